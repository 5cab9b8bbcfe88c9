from __future__ import annotations

import html
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import anyio
import httpx
import pytest

from heed.domain.mailbox.case import CaseKind
from local import sample
from local.api_page.contract import Contract
from local.api_page.render import POLICY, Home, render_page
from local.feedback import make_bounce_event, make_complaint_event
from local.inbound_mail import LocalMail
from local.mails import find_one_click_url
from local.page import make_page
from local.person import CASES
from tests.support.catalogues import CATALOGUE

NOW = datetime(2026, 3, 5, 9, 12, 44, 390_000, tzinfo=UTC)
AT = int(NOW.timestamp() * 1000)
RECIPIENT = "qtghtyzv56eql37an76zexdwsm"
LINK = {
    "address": sample.ADDRESS,
    "recipient": RECIPIENT,
    "unsubscribe_url": "http://127.0.0.1:8000/u/visible",
    "preferences_url": "http://127.0.0.1:8000/p/visible",
    "headers": {
        "List-Unsubscribe": "<mailto:u+x@mail.example.com>, <http://127.0.0.1:8000/u/header>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
    "tags": {"heed-recipient": RECIPIENT},
}


def make_confirmation() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = '"Meridian <Watches>" <preferences@example.com>'
    mail["To"] = "ada@example.com"
    mail["Subject"] = "Please <confirm>"
    mail["List-Unsubscribe"] = "<http://127.0.0.1:8000/u/header>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content("Open <it>")
    link = '<a href="http://127.0.0.1:8000/c/token">Confirm</a>'
    mail.add_alternative(f"<html><head></head><body>{link}</body></html>", "html")
    return mail


ENTRY = {
    "id": "e" * 64,
    "subject": "5" * 64,
    "seq": 1,
    "register": "out",
    "scope": 0,
    "outcome": "applied",
    "source": "<i>",
    "recorded_at": AT,
}
DECISION = {"sendable": False, "reason": "unsubscribed", "since": "2026-03-05T09:12:44.390Z"}


class FakeClient:
    """A fake client, with the content of the page and a record of the pressed buttons."""

    def __init__(self, *, sendable: bool = True, reaches: bool = True) -> None:
        self.sendable = sendable
        self.reaches = reaches
        self.pressed: list[str] = []
        self.mails: list[dict[str, Any]] = []
        self.ledger = [ENTRY]
        self.waiting: list[dict[str, Any]] = []
        self.looked_up: dict[str, str] = {}

    def make_mail(self) -> sample.SampleMail:
        return sample.make_sample_mail(LINK, NOW)

    def check(self) -> dict[str, Any]:
        return {"sendable": self.sendable, "reason": "ok" if self.sendable else "complained"}

    def press_one_click(self, url: str) -> int:
        self.pressed.append(url)
        return 200 if self.reaches else 503

    def send_feedback(self, make_event: Any) -> bool:
        self.pressed.append(make_event(self.make_mail(), NOW)["eventType"])
        return self.reaches

    def deliver(self, mail: LocalMail) -> bool:
        self.pressed.append(mail.recipient)
        return self.reaches

    def cases(self) -> list[dict[str, Any]]:
        return self.waiting

    def look_up(self, person: dict[str, str]) -> dict[str, Any]:
        self.looked_up = person
        fact = {"register": "out", "scope": "*", "at": DECISION["since"], "source": "link", "until": None}
        entry = {**ENTRY, "scope": "*", "recorded_at": fact["at"]}
        return {
            "recipient": RECIPIENT,
            "registers": [
                {**fact, "register": "in", "evidence": "not JSON"},
                {**fact, "evidence": {"key": "<b>"}},
            ],
            "soft_bounces": ["2026-03-01"],
            "erased_at": None,
            "decisions": {"offers": {**DECISION, "source": "link", "until": None}},
            "history": [entry, {**entry, "seq": 2, "register": "in"}],
        }

    def records(self) -> list[dict[str, Any]]:
        return [{"id": RECIPIENT, "n": 1, "o:0": {"t": AT, "ev": "<b>"}}]

    def entries(self) -> list[dict[str, Any]]:
        return self.ledger

    def sent_mails(self) -> list[dict[str, Any]]:
        return self.mails

    def sent_mail(self, message_id: str) -> EmailMessage | None:
        return make_confirmation() if any(mail["id"] == message_id for mail in self.mails) else None


def make_client_with_mail() -> FakeClient:
    client = FakeClient()
    client.mails = [
        {"id": "m1@ses", "at": AT, "from": "x", "to": "ada@example.com", "subject": "Please <confirm>"}
    ]
    return client


def _send(client: FakeClient, method: str, path: str, files: Any = None) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(make_page(client, CATALOGUE))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as browser:
            return await browser.request(method, path, files=files, follow_redirects=True)

    return anyio.run(send)


def test_the_mails_come_before_everything_else_and_the_newest_change_before_older_ones() -> None:
    client = make_client_with_mail()
    client.ledger = [ENTRY, {**ENTRY, "register": "complaint", "recorded_at": AT + 1}]
    text = _send(client, "GET", "/").text

    order = ["Please &lt;confirm&gt;", "Marked a mail as spam", "Opted out of everything"]
    assert sorted(order, key=text.index) == order


def test_the_page_shows_twenty_of_ten_thousand_changes_and_a_way_to_the_others() -> None:
    client = FakeClient()
    client.ledger = [{**ENTRY, "seq": number, "recorded_at": AT + number} for number in range(10_000)]
    home = _send(client, "GET", "/").text
    last = _send(client, "GET", "/changes?page=500").text

    assert home.count("<code>subject ") == last.count("<code>subject ") == 20
    assert '<a href="/changes">All 10,000</a>' in home
    assert "9,981 to 10,000 of 10,000" in last
    assert 'href="/changes?page=499&amp;q="' in last and "Older" not in last


def test_the_page_has_the_api_under_a_policy_that_permits_its_own_style_alone() -> None:
    home, page = _send(FakeClient(), "GET", "/"), _send(FakeClient(), "GET", "/api")

    assert home.text.count('href="/api') == 2
    assert page.text == render_page(Contract(), Home("/", "Heed on this machine"), None)
    assert page.headers["content-security-policy"] == f"{POLICY}; frame-ancestors 'none'"


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 5_000, "²"])
def test_a_page_that_does_not_exist_shows_the_nearest(page: str) -> None:
    assert "1 to 1 of 1" in _send(FakeClient(), "GET", f"/changes?page={page}").text


@pytest.mark.parametrize("name", ["changes", "records"])
def test_a_search_finds_the_words_that_a_list_shows(name: str) -> None:
    assert "1 to 1 of 1" in _send(FakeClient(), "GET", f"/{name}?q=opted+OUT").text
    assert "Nothing here contains" in _send(FakeClient(), "GET", f"/{name}?q=complaint").text


def test_a_search_filters_each_list_and_is_escaped() -> None:
    text = _send(make_client_with_mail(), "GET", "/?q=%3Cconfirm%3E").text

    assert "Please &lt;confirm&gt;" in text
    assert text.count("Nothing here contains “&lt;confirm&gt;”.") == 3
    assert "<confirm>" not in text


@pytest.mark.parametrize(
    ("search", "person"),
    [("Ada@Example.com", {"address": "ada@example.com"}), (RECIPIENT, {"recipient": RECIPIENT})],
)
def test_a_search_for_a_person_explains_step_by_step_what_is_on_record(
    search: str, person: dict[str, str]
) -> None:
    client = make_client_with_mail()
    text = _send(client, "GET", f"/?q={search}").text

    assert client.looked_up == person
    steps = ["The address", RECIPIENT, "What is on record", "What may be sent now", "What the ledger proves"]
    positions = [text.index(step, text.index("<ol")) for step in steps]
    assert positions == sorted(positions)
    assert text.index("Opted out of everything") < text.index("Opted in to everything")
    assert "The person opted out of everything." in text
    assert "key=&lt;b&gt;" in text and "not JSON" in text
    assert ("Mails to this address" in text) == ("@" in search)


def test_the_answer_of_the_check_is_explained() -> None:
    text = _send(FakeClient(sendable=False), "GET", "/").text

    assert "No: complained." in text
    assert "The person marked a mail as spam." in text


@pytest.mark.parametrize(
    "path",
    ["/", "/?q=ada@example.com", "/mails", "/changes", "/records", "/cases", "/campaign", "/mails/m1@ses"],
)
def test_a_page_loads_nothing_and_has_no_script_and_a_strict_policy(path: str) -> None:
    response = _send(make_client_with_mail(), "GET", path)

    assert response.status_code == 200
    for forbidden in ("<script", " src=", "<link", "<b>key"):
        assert forbidden not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "script-src" not in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("button", "pressed"),
    [
        ("one-click", "http://127.0.0.1:8000/u/header"),
        ("mails/m1@ses/one-click", "http://127.0.0.1:8000/u/header"),
        ("bounce", "Bounce"),
        ("complaint", "Complaint"),
        ("apple", "u+x@mail.example.com"),
        ("reply", "privacy@mail.example.com"),
        ("parent", "privacy@mail.example.com"),
    ],
)
def test_a_button_does_its_work_and_redirects_to_its_page(button: str, pressed: str) -> None:
    client = make_client_with_mail()

    response = _send(client, "POST", f"/{button}")

    assert response.history[0].status_code == 303
    assert response.url.path == (f"/{button}").rpartition("/")[0] + ("" if "mails" in button else "/")
    assert client.pressed == [pressed]
    assert 'role="status"' in response.text


@pytest.mark.parametrize("button", ["one-click", "bounce", "complaint", "apple", "reply", "parent"])
def test_a_button_reports_a_failure(button: str) -> None:
    text = _send(FakeClient(reaches=False), "POST", f"/{button}").text

    assert " not " in text.partition('role="status">')[2].partition("</p>")[0]


@pytest.mark.parametrize("button", ["one-click", "bounce", "complaint", "apple", "deliver"])
def test_a_get_never_presses_a_button(button: str) -> None:
    client = FakeClient()

    assert _send(client, "GET", f"/{button}").status_code == 405
    assert client.pressed == []


def test_the_one_click_url_is_the_web_url_of_the_header() -> None:
    assert (
        find_one_click_url(dict(sample.make_sample_mail(LINK, NOW).headers))
        == "http://127.0.0.1:8000/u/header"
    )


def test_feedback_is_about_the_sample_mail() -> None:
    mail = sample.make_sample_mail(LINK, NOW)

    assert make_bounce_event(mail, NOW)["bounce"]["bouncedRecipients"][0]["emailAddress"] == sample.ADDRESS
    assert make_complaint_event(mail, NOW)["complaint"]["timestamp"] == "2026-03-05T09:12:44.390Z"
    assert make_bounce_event(mail, NOW)["mail"]["tags"]["heed-recipient"] == [LINK["recipient"]]


def test_a_sent_mail_looks_as_in_an_inbox_and_its_links_leave_the_frame() -> None:
    mail = _send(make_client_with_mail(), "GET", "/mails/m1@ses").text

    assert "Meridian &lt;Watches&gt;" in mail and "&lt;preferences@example.com&gt;" in mail
    assert '<form method="post" action="/mails/m1@ses/one-click"><button>Unsubscribe</button>' in mail
    assert "<b>List-Unsubscribe-Post:</b> List-Unsubscribe=One-Click" in mail
    assert "Please &lt;confirm&gt;" in mail and "Open &lt;it&gt;" in mail
    frame = html.unescape(mail.partition('srcdoc="')[2].partition('"')[0])
    assert '<base target="_top">' in frame and 'href="http://127.0.0.1:8000/c/token"' in frame
    assert 'sandbox="allow-top-navigation-by-user-activation"' in mail  # without scripts


def test_the_campaign_mail_has_its_headers_its_button_and_its_links() -> None:
    mail = _send(FakeClient(), "GET", "/campaign").text

    assert "Meridian Watches" in mail and sample.SUBJECT in mail
    assert '<form method="post" action="/one-click"><button>Unsubscribe</button>' in mail
    assert "<b>List-Unsubscribe-Post:</b> List-Unsubscribe=One-Click" in mail
    frame = html.unescape(mail.partition('srcdoc="')[2].partition('"')[0])
    assert 'href="http://127.0.0.1:8000/u/visible"' in frame


@pytest.mark.parametrize("method_and_path", ["GET /mails/m2", "POST /mails/m2/one-click"])
def test_an_unknown_mail_is_not_found(method_and_path: str) -> None:
    client = FakeClient()

    assert _send(client, *method_and_path.split()).status_code == 404
    assert client.pressed == []


@pytest.mark.parametrize(
    ("text", "recipients", "note"),
    [
        ("From: <a@example.com>\nTo: u+y@mail.example.com\n", ["u+y@mail.example.com"], "handled the mail"),
        ("no header", [], "not a mail"),
    ],
)
def test_the_form_delivers_what_is_a_mail(text: str, recipients: list[str], note: str) -> None:
    client = FakeClient()
    page = _send(client, "POST", "/deliver", {"mail": (None, text)})

    assert client.pressed == recipients
    assert note in page.text.partition('role="status">')[2].partition("</p>")[0]


def test_a_case_names_its_kind_its_due_date_and_the_command_that_shows_it() -> None:
    client = FakeClient()
    client.waiting = [
        {
            "id": "c" * 32,
            "kind": kind,
            "recipient": recipient,
            "received_at": "2026-03-05T09:12:44.390Z",
            "due_at": "2026-03-12T09:12:44.390Z",
            "state": "open",
        }
        for kind, recipient in (("child-report", RECIPIENT), ("other", None))
    ]
    text = _send(client, "GET", "/cases").text

    assert text.count("<code>heed case show " + "c" * 32) == 2
    assert "A report of a child" in text and "A question, or something else" in text
    assert "12 Mar 2026" in text and text.count(f'href="/?q={RECIPIENT}"') == 1
    assert "1 to 1 of 1" in _send(client, "GET", "/cases?q=QUESTION").text


def test_every_kind_of_a_case_has_words() -> None:
    assert CASES.keys() == set(CaseKind)
