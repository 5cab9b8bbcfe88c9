from __future__ import annotations

import html
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import anyio
import httpx
import pytest
from boto3.dynamodb.types import Binary

from local import sample
from local.feedback import make_bounce_event, make_complaint_event
from local.page import make_page

NOW = datetime(2026, 3, 5, 9, 12, 44, 390_000, tzinfo=UTC)
LINK = {
    "recipient": "r" * 26,
    "unsubscribe_url": "http://127.0.0.1:8000/u/visible",
    "preferences_url": "http://127.0.0.1:8000/p/visible",
    "headers": {
        "List-Unsubscribe": "<mailto:u+x@mail.example.com>, <http://127.0.0.1:8000/u/header>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
    "tags": {"heed-recipient": "r" * 26},
}


class FakeSender:
    """A fake sender, with the content of the page and a record of the pressed buttons."""

    def __init__(self, *, sendable: bool = True, reaches: bool = True) -> None:
        self.sendable = sendable
        self.reaches = reaches
        self.pressed: list[str] = []
        self.mails: list[dict[str, Any]] = []

    def make_mail(self) -> sample.SampleMail:
        return sample.make_sample_mail(LINK, NOW)

    def check(self) -> dict[str, Any]:
        return {"sendable": self.sendable, "reason": "ok" if self.sendable else "complained"}

    def press_one_click(self) -> int:
        self.pressed.append("one-click")
        return 200 if self.reaches else 503

    def send_feedback(self, make_event: Any) -> bool:
        self.pressed.append(make_event(self.make_mail(), NOW)["eventType"])
        return self.reaches

    def preferences(self) -> list[dict[str, Any]]:
        return [
            {
                "id": "r",
                "n": Decimal(2),
                "soft": {Decimal(3)},
                "salt": Binary(b"\x01"),
                "o:2": {"ev": "<b>"},
            }
        ]

    def ledger(self) -> list[dict[str, Any]]:
        entry = {"id": "e" * 64, "seq": Decimal(1), "recorded_at": Decimal(1), "source": "<i>"}
        return [entry, {**entry, "id": "f" * 64, "recorded_at": Decimal(2)}]

    def sent_mails(self) -> list[dict[str, Any]]:
        return self.mails


def _send(sender: FakeSender, method: str, path: str) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(make_page(sender))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, follow_redirects=True)

    return anyio.run(send)


def test_the_page_shows_the_newest_ledger_entry_first() -> None:
    text = _send(FakeSender(), "GET", "/").text

    assert 0 < text.index("f" * 16) < text.index("e" * 16)
    assert "source: &lt;i&gt;" in text


def test_the_page_shows_the_mail_and_the_answer_of_the_check() -> None:
    text = _send(FakeSender(sendable=False), "GET", "/").text

    assert "<b>List-Unsubscribe-Post:</b> List-Unsubscribe=One-Click" in text
    assert 'href="http://127.0.0.1:8000/u/visible"' in text
    assert "No: complained." in text


def test_stored_values_are_escaped() -> None:
    text = _send(FakeSender(), "GET", "/").text

    assert "n: 2" in text
    assert "soft: 3" in text
    assert "salt: 01" in text
    assert "o:2:\n    ev: &lt;b&gt;" in text


def test_the_page_loads_nothing_and_has_no_script() -> None:
    text = _send(FakeSender(), "GET", "/").text

    assert "<script" not in text
    assert "src=" not in text
    assert "<link" not in text


@pytest.mark.parametrize(
    ("button", "pressed"),
    [("one-click", "one-click"), ("bounce", "Bounce"), ("complaint", "Complaint")],
)
def test_a_button_does_its_work_and_redirects_to_the_page(button: str, pressed: str) -> None:
    sender = FakeSender()

    response = _send(sender, "POST", f"/{button}")

    assert response.history[0].status_code == 303
    assert sender.pressed == [pressed]
    assert 'role="status"' in response.text


@pytest.mark.parametrize("button", ["one-click", "bounce", "complaint"])
def test_a_button_reports_a_failure(button: str) -> None:
    assert " not " in _send(FakeSender(reaches=False), "POST", f"/{button}").text.split("</p>")[1]


@pytest.mark.parametrize("button", ["one-click", "bounce", "complaint"])
def test_a_get_never_presses_a_button(button: str) -> None:
    sender = FakeSender()

    assert _send(sender, "GET", f"/{button}").status_code == 405
    assert sender.pressed == []


def test_the_one_click_url_is_the_https_url_of_the_header() -> None:
    assert sample.make_sample_mail(LINK, NOW).one_click_url == "http://127.0.0.1:8000/u/header"


def test_feedback_is_about_the_sample_mail() -> None:
    mail = sample.make_sample_mail(LINK, NOW)

    assert make_bounce_event(mail, NOW)["bounce"]["bouncedRecipients"][0]["emailAddress"] == sample.ADDRESS
    assert make_complaint_event(mail, NOW)["complaint"]["timestamp"] == "2026-03-05T09:12:44.390Z"
    assert make_bounce_event(mail, NOW)["mail"]["tags"]["heed-recipient"] == [LINK["recipient"]]


SENT = {
    "MessageId": "m1@email.amazonses.com",
    "To": ["ada@example.com"],
    "Subject": "Please <confirm>",
    "BodyText": "Open <it>",
    "BodyHtml": '<html><head></head><body><a href="http://127.0.0.1:8000/c/token">Confirm</a></body></html>',
    "Timestamp": 1_795_375_535.59,
}


def test_a_sent_mail_opens_and_its_links_leave_the_frame() -> None:
    sender = FakeSender()
    sender.mails = [SENT]
    assert 'href="mails/m1@email.amazonses.com"' in _send(sender, "GET", "/").text
    mail = _send(sender, "GET", "/mails/m1@email.amazonses.com").text

    assert "Please &lt;confirm&gt;" in mail and "Open &lt;it&gt;" in mail
    frame = html.unescape(mail.partition('srcdoc="')[2].partition('"')[0])
    assert '<base target="_top">' in frame and 'href="http://127.0.0.1:8000/c/token"' in frame
    assert 'sandbox="allow-top-navigation-by-user-activation"' in mail  # without scripts


def test_an_unknown_mail_is_not_found() -> None:
    assert _send(FakeSender(), "GET", "/mails/m2").status_code == 404
