"""Looking a person up at the desk, and the page of a person."""

from __future__ import annotations

import re
from typing import Any

import pytest

from functions.desk import app
from heed.domain.desk.session import DeskRole
from heed.domain.ledger.transition import make_ledger_entry
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    MINOR,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    Source,
)
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.domain.recipients.recipient import recipient_to_bytes
from tests.support.deployment import NOW, World, client, parts, restart
from tests.support.desk import ISSUER, Browser, sign_in
from tests.support.failing_client import FailingCalls
from tests.support.recorded_calls import record_calls
from tests.support.registers import in_, out, pause

JOAN = "joan.k@example.com"
LANGUAGES = ("en", "de", "fr", "es", "ja")
MINUTE = 60_000


def look_up(browser: Browser, text: str = JOAN, purpose: str = "", at: int = NOW) -> str:
    """Looks a person up, and returns the page."""
    form = {"person": text, **({"purpose": purpose} if purpose else {})}
    return browser.follow(browser.post("/desk/people", form, at=at), at=at)


def _change(
    world: World,
    register: Register,
    source: Source = Source.AGENT,
    *,
    at: int = NOW - DAY_MS,
    evidence: str = "{}",
    until: int | None = None,
) -> None:
    end = None if until is None else Millis(until)
    world.apply_changes(JOAN, Change(register, Entry(Millis(at), source, evidence, until=end)))


def heading(page: str) -> str:
    """Returns the heading of a page."""
    return " ".join(page.partition("<h1>")[2].partition("</h1>")[0].split())


def disclosed() -> list[tuple[str, str]]:
    """Returns the purposes and keys in the register, the oldest first."""
    page = parts().disclosures.latest(None, 100)
    return [(entry.details.purpose.value, entry.details.key) for entry in reversed(page.entries)]


def person(world: World) -> str:
    return f"/desk/people/{world.recipient(JOAN)}"


def test_an_address_leads_to_the_page_of_the_person_and_is_in_no_url(world: World) -> None:
    browser = sign_in(world)
    answer = browser.post("/desk/people", {"person": "Joan <JOAN.K@Example.com>"})
    assert answer["headers"]["Location"] == person(world)
    assert "joan" not in str({**answer, "body": ""}).lower()
    assert heading(browser.follow(answer)) == JOAN


@pytest.mark.parametrize("spelling", ["upper", "hex", "spaces"])
def test_a_recipient_id_leads_to_the_same_page_without_an_address(world: World, spelling: str) -> None:
    recipient, browser = world.recipient(JOAN), sign_in(world)
    text = {
        "upper": recipient.upper(),
        "hex": recipient_to_bytes(recipient).hex(),
        "spaces": f"  {recipient}\n",
    }[spelling]
    assert heading(look_up(browser, text)) == f"Recipient {recipient}"


@pytest.mark.parametrize("purpose", [TokenPurpose.UNSUBSCRIBE, TokenPurpose.PREFERENCES, TokenPurpose.MAILTO])
def test_a_link_of_a_mail_leads_to_the_person_of_the_mail(world: World, purpose: TokenPurpose) -> None:
    token = world.token(JOAN, purpose=purpose)
    link = {
        TokenPurpose.UNSUBSCRIBE: f"https://prefs.example.com/u/{token}?c=spring",
        TokenPurpose.PREFERENCES: f"<https://prefs.example.com/p/{token}>",
        TokenPurpose.MAILTO: f"mailto:u+{token}@mail.example.com?subject=unsubscribe",
    }[purpose]
    assert heading(look_up(sign_in(world), link)) == f"Recipient {world.recipient(JOAN)}"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "Enter an email address or a recipient ID."),
        ("joan", "This is neither an email address nor a recipient ID."),
        ("a@b.example, c@d.example", "This is neither an email address nor a recipient ID."),
        ("https://prefs.example.com/u/abc", "This link is not complete, or it is not one of ours."),
        ("<script>alert(1)</script>", "This is neither an email address nor a recipient ID."),
    ],
)
def test_a_mistake_is_named_at_the_field_and_in_a_summary_and_the_form_is_refilled(
    world: World, text: str, mistake: str
) -> None:
    answer = sign_in(world).post("/desk/people", {"person": text, "purpose": "legal"})
    page = answer["body"]
    assert (answer["statusCode"], page.count(mistake)) == (422, 2)
    assert '<a href="#person">' in page
    assert "<script" not in page
    assert re.search('<option value="legal" selected>', page)
    (entered,) = re.findall('<input id="person"[^>]* value="([^"]*)"', page)
    assert entered == text.replace("<", "&lt;").replace(">", "&gt;")


def test_the_address_is_gone_after_ten_minutes(world: World) -> None:
    browser = sign_in(world)
    look_up(browser)
    assert JOAN in browser.page(person(world), at=NOW + 10 * MINUTE - 1)
    assert JOAN not in browser.page(person(world), at=NOW + 10 * MINUTE)


@pytest.mark.threat(
    "T51",
    "Two tabs are open, and the address of one person is shown above the record of another one.",
    "The cookie names the person and the session that it belongs to, and has the path of the page.",
)
def test_the_address_is_shown_on_no_other_persons_page_and_to_no_other_session(world: World) -> None:
    browser = sign_in(world)
    look_up(browser)
    assert JOAN not in browser.page(f"/desk/people/{world.recipient('jane@example.com')}")
    other = sign_in(world, DeskRole.PRIVACY)
    other.cookies = browser.cookies
    assert JOAN not in other.page(person(world))


def test_the_same_user_sees_the_address_after_another_sign_in(world: World) -> None:
    browser = sign_in(world)
    look_up(browser)
    again = sign_in(world, at=NOW + MINUTE)
    again.cookies = browser.cookies
    assert JOAN in again.page(person(world), at=NOW + MINUTE)
    assert len(disclosed()) == 2


@pytest.mark.threat(
    "T51",
    "Somebody reads the address of a caller from a cookie, a URL or a log.",
    "The address is in an encrypted cookie of one page for ten minutes, and nowhere else.",
)
def test_the_cookie_of_the_address_is_encrypted_and_belongs_to_the_path_of_the_page(world: World) -> None:
    answer = sign_in(world).post("/desk/people", {"person": JOAN})
    (cookie,) = answer["cookies"]
    assert cookie.startswith("__Secure-desk-person=eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..")
    for part in (f"Path={person(world)}", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=600"):
        assert part in cookie
    assert JOAN not in cookie


@pytest.mark.parametrize(
    "value", ["", "x", "eyJhbGciOiJub25lIn0..a.b.c", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0....."]
)
def test_a_damaged_cookie_shows_the_page_without_the_address(world: World, value: str) -> None:
    browser = sign_in(world)
    browser.cookies |= {"__Secure-desk-person": value, "__Host-desk-disclosed": value}
    assert "Recipient" in browser.page(person(world))
    assert len(disclosed()) == 1


def test_a_disclosure_is_entered_once_for_a_session_a_person_and_a_purpose(world: World) -> None:
    browser = sign_in(world)
    for _ in range(2):
        look_up(browser)
        browser.page(person(world))
    assert disclosed() == [("data-subject", "oidc:00000000000000a1")]
    look_up(browser, purpose="legal")
    look_up(browser, "jane@example.com")
    look_up(sign_in(world, at=NOW - MINUTE))
    assert [purpose for purpose, _ in disclosed()] == [
        "data-subject",
        "legal",
        "data-subject",
        "data-subject",
    ]


@pytest.mark.threat(
    "T51",
    "An agent opens the page of a person by its URL, so that no look-up is on record.",
    "Each page about a person enters the disclosure before it shows anything.",
)
def test_a_page_that_was_reached_without_a_look_up_is_a_disclosure_too(world: World) -> None:
    sign_in(world, DeskRole.PRIVACY).page(person(world))
    assert disclosed() == [("data-subject", "oidc:00000000000000b2")]


def test_the_oldest_of_100_disclosures_is_forgotten_and_the_cookie_fits_into_a_browser(world: World) -> None:
    browser = sign_in(world)
    for number in range(101):
        look_up(browser, f"p{number}@example.com")
    assert len(browser.cookies["__Host-desk-disclosed"]) < 2_000
    look_up(browser, "p100@example.com")
    look_up(browser, "p1@example.com")
    assert parts().disclosures.latest(None, 1).entries[0].number == 101
    look_up(browser, "p0@example.com")
    assert parts().disclosures.latest(None, 1).entries[0].number == 102


def test_nothing_is_shown_if_the_disclosure_cannot_be_entered(world: World) -> None:
    browser = sign_in(world)
    _change(world, out(0))
    failure = FailingCalls("dynamodb", "PutItem")
    answer = browser.get(person(world))
    failure.stop()
    assert (answer["statusCode"], "Since" in answer["body"], disclosed()) == (503, False, [])


def test_an_unknown_purpose_is_refused(world: World) -> None:
    answer = sign_in(world).post("/desk/people", {"person": JOAN, "purpose": "marketing"})
    assert (answer["statusCode"], "closed list of the privacy policy" in answer["body"]) == (403, True)


@pytest.mark.parametrize("path", ["/desk/people/x", "/desk/people/" + "a" * 27, "/desk/people/%2e%2e"])
def test_a_path_without_a_recipient_id_is_not_found(world: World, path: str) -> None:
    assert sign_in(world).get(path)["statusCode"] == 404


def test_the_id_of_a_path_has_one_spelling(world: World) -> None:
    assert (
        sign_in(world).get(person(world).replace(world.recipient(JOAN), world.recipient(JOAN).upper()))[
            "statusCode"
        ]
        == 404
    )


def test_nobody_on_record_is_normal(world: World) -> None:
    page = look_up(sign_in(world))
    assert "Nothing is on record for this person" in page
    assert "May we send email? Yes, some topics" in page


def test_a_mistyped_domain_is_looked_up_and_the_page_offers_the_one_that_was_meant(world: World) -> None:
    browser = sign_in(world)
    page = look_up(browser, "joan@gmial.com", "sending")
    assert heading(page) == "joan@gmial.com"
    assert "Did you mean joan@gmail.com?" in page
    assert 'name="person" value="joan@gmail.com"' in page and 'name="purpose" value="sending"' in page
    assert "Did you mean" not in look_up(browser, "joan@gmail.com")


def test_an_address_that_is_on_record_is_not_taken_for_a_mistake(world: World) -> None:
    world.apply_changes("joan@gmial.com", Change(out(2), Entry(Millis(NOW - DAY_MS), Source.PHONE, "{}")))
    assert "Did you mean" not in look_up(sign_in(world), "joan@gmial.com")


def test_somebody_with_a_history_is_on_record_although_nothing_counts_any_more(world: World) -> None:
    _change(world, out(0))
    _enter(world)
    (item,) = world.items()
    kept = {name: value for name, value in item.items() if name != "o:0"}
    client("dynamodb").put_item(TableName=world.table, Item=kept)

    page = look_up(sign_in(world))

    assert ("o:0" in item, "Unsubscribed" in page) == (True, True)
    assert "Nothing is on record for this person" not in page


def test_the_first_line_says_what_may_be_sent_and_the_agent_can_read_the_rest_out(world: World) -> None:
    _change(world, out(0))
    page = look_up(sign_in(world))
    assert "May we send email? No marketing; service mail only" in page
    assert "“You have been unsubscribed from our marketing emails since March 4, 2026.”" in page
    assert "It ends when the person asks for mail again" in page


@pytest.mark.parametrize(
    ("register", "verdict", "words"),
    [
        (MINOR, "No, nothing at all", "We send nothing to this address"),
        (HOLD, "No, nothing at all", "We send nothing to this address"),
        (UNDELIVERABLE, "No, nothing at all", "Do you have another address?"),
        (COMPLAINT, "No marketing; service mail only", "reported as spam"),
    ],
)
def test_each_suppression_has_its_words(world: World, register: Register, verdict: str, words: str) -> None:
    _change(world, register)
    page = look_up(sign_in(world))
    assert verdict in page
    assert words in page


def test_a_pause_says_when_it_ends(world: World) -> None:
    _change(world, pause(0), until=NOW + 10 * DAY_MS)
    assert "are paused until March 15, 2026" in look_up(sign_in(world))


def test_the_history_is_a_timeline_with_evidence_the_newest_first(world: World) -> None:
    evidence = '{"agent":"kim","reference":"CALL-1 <b>"}'
    _change(world, in_(2), at=NOW - 3 * DAY_MS)
    _change(world, out(0), Source.PHONE, evidence=evidence)
    _enter(world)
    page = look_up(sign_in(world))
    timeline = page.partition('<ol class="timeline">')[2]
    assert timeline.index("Unsubscribed") < timeline.index("Asked for mail")
    assert "reference: CALL-1 &lt;b&gt;" in timeline
    assert "by phone" in timeline


def test_the_history_says_in_words_when_a_link_was_made(world: World) -> None:
    _change(world, out(2), Source.ONE_CLICK, evidence='{"issued":1772701964000,"key":1}')
    _enter(world)
    timeline = look_up(sign_in(world)).partition('<ol class="timeline">')[2]
    assert "issued: 2026-03-05T09:12:44.000Z" in timeline
    assert "1772701964000" not in timeline


def _enter(world: World) -> None:
    """Enters the changes of the person in the ledger, as the stream of the table does."""
    recipient = world.recipient(JOAN)
    record = parts().preferences.read(recipient)
    changes = [Change(register, entry) for register, entry in record.registers.items()]
    for change in changes:
        parts().ledger.enter(*make_ledger_entry(record.salt, recipient, change, record.revision, NOW))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_complete_in_each_language(world: World, language: str) -> None:
    _change(world, in_(2), at=NOW - 2 * DAY_MS)
    _change(world, out(1))
    _change(world, pause(3), until=NOW + DAY_MS)
    browser = sign_in(world)
    browser.language = language
    page = look_up(browser)
    assert f'<html lang="{language}">' in page
    assert "{{" not in page


def test_a_look_up_needs_at_most_five_calls_of_aws(world: World) -> None:
    browser = sign_in(world)
    _change(world, out(0))
    look_up(browser, "jane@example.com")  # the keys are derived
    with record_calls("dynamodb") as calls, record_calls("kms") as keys:
        look_up(browser)
    assert (len(calls) <= 5, keys) == (True, []), calls


def test_the_local_stack_has_no_tls(world: World) -> None:
    browser = sign_in(world)
    restart(PUBLIC_URL="http://127.0.0.1:8000", DESK_ISSUER=ISSUER)
    browser.cookies["desk"] = browser.value
    answer: dict[str, Any] = browser.post("/desk/people", {"person": JOAN}, origin="http://127.0.0.1:8000")
    (cookie,) = answer["cookies"]
    assert cookie.startswith("desk-person=")
    assert "Secure" not in cookie


def test_the_log_names_the_purpose_and_neither_the_person_nor_the_agent(world: World, log: Any) -> None:
    look_up(sign_in(world), purpose=DisclosurePurpose.LEGAL.value)
    assert '"purpose":"legal"' in log.getvalue()
    assert not re.search("joan|Ada Agent", log.getvalue())
    assert app.heed is parts()
