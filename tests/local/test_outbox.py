"""The outbox of the emulator: each mail that was sent, with all its headers."""

from __future__ import annotations

import asyncio
import base64
import json
from email.message import EmailMessage

import pytest

from local import outbox
from local.mails import find_one_click_url, get_part, parse_mail
from local.outbox import PATH, Answer, with_outbox

SEND = "/v2/email/outbound-emails"


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_summaries", [])
    monkeypatch.setattr(outbox, "_messages", {})


def request(method: str, path: str, body: bytes = b"", *, status: int = 200) -> Answer:
    """Returns the answer to a request, when the emulator itself answers with this status."""

    async def others(*_: object) -> Answer:
        return status, {}, b'{"MessageId": "m1@ses"}'

    async def answer() -> Answer:
        return await with_outbox(others)(method, path, {}, body, {})

    return asyncio.run(answer())


def make_message() -> bytes:
    message = EmailMessage()
    message["From"] = "Meridian Watches <preferences@example.com>"
    message["To"] = "ada@example.com"
    message["Subject"] = "Bitte bestätigen"
    message["List-Unsubscribe"] = "<mailto:u+x@mail.example.com>, <http://127.0.0.1:8000/u/token>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content("Plain")
    message.add_alternative("<p>Rich</p>", subtype="html")
    return bytes(message)


def send(message: bytes, *, status: int = 200) -> None:
    body = {"Content": {"Raw": {"Data": base64.b64encode(message).decode()}}}
    request("POST", SEND, json.dumps(body).encode(), status=status)


def test_a_mail_that_was_sent_is_listed_and_kept_byte_for_byte() -> None:
    message = make_message()
    send(message)

    (summary,) = json.loads(request("GET", PATH)[2])

    assert (summary["id"], summary["to"]) == ("m1@ses", "ada@example.com")
    assert summary["subject"] == "Bitte bestätigen"
    assert request("GET", f"{PATH}/m1@ses")[2] == message


def test_a_mail_of_parts_is_kept_with_its_headers() -> None:
    link = f"<https://preferences.example.com/u/{'a' * 54}?c=winter&r=4711>, <mailto:u+token@example.com>"
    content = {
        "Subject": {"Data": "Grüße"},
        "Body": {"Text": {"Data": "Hello"}, "Html": {"Data": "<p>Hello</p>"}},
        "Headers": [
            {"Name": "List-Unsubscribe", "Value": link},
            {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
        ],
    }
    sent = {
        "FromEmailAddress": "news@example.com",
        "Destination": {"ToAddresses": ["ada@example.com"]},
        "Content": {"Simple": content},
    }
    request("POST", SEND, json.dumps(sent).encode())
    (summary,) = json.loads(request("GET", PATH)[2])
    assert (summary["from"], summary["to"], summary["subject"]) == (
        "news@example.com",
        "ada@example.com",
        "Grüße",
    )
    message = request("GET", f"{PATH}/m1@ses")[2]
    mail = parse_mail(message)
    assert f"List-Unsubscribe: {link}\n".encode() in message
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert get_part(mail, "html").strip() == "<p>Hello</p>"


def test_a_mail_of_a_template_is_sent_and_not_listed() -> None:
    sent = {"Content": {"Template": {"TemplateName": "news"}}}
    assert request("POST", SEND, json.dumps(sent).encode())[0] == 200
    assert json.loads(request("GET", PATH)[2]) == []


def test_a_refused_mail_is_not_listed() -> None:
    send(make_message(), status=400)

    assert json.loads(request("GET", PATH)[2]) == []
    assert request("GET", f"{PATH}/m1@ses")[0] == 404


def test_other_requests_go_to_the_emulator() -> None:
    assert request("GET", "/v2/email/identities", status=418)[0] == 418


def test_a_mail_has_the_parts_and_the_button_of_a_mail_client() -> None:
    mail = parse_mail(make_message())

    assert mail["Subject"] == "Bitte bestätigen"
    assert (get_part(mail, "plain").strip(), get_part(mail, "html").strip()) == ("Plain", "<p>Rich</p>")
    assert find_one_click_url(mail) == "http://127.0.0.1:8000/u/token"


def test_a_mail_without_the_header_of_rfc_8058_offers_no_one_click() -> None:
    message = make_message().replace(b"List-Unsubscribe-Post", b"X-Something")

    assert find_one_click_url(parse_mail(message)) is None
