"""The pages of the desk for what cannot be undone: reports of minors, erasures, holds and lifts."""

from __future__ import annotations

import html
import itertools
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from functions.purge import app as purge
from heed.domain.desk.session import RECENT_SIGN_IN, DeskRole
from heed.domain.mailbox.case import Case, CaseDecision, CaseKind, CaseState, Ruling
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import (
    ALL_SCOPES,
    COMPLAINT,
    DAY_MS,
    HOLD,
    LIFT_HOLD,
    LIFT_UNDELIVERABLE,
    MINOR,
    UNDELIVERABLE,
    Change,
    Entry,
    Source,
    confirmed_register,
    opt_out_register,
)
from tests.support.api_callers import ApiCallers
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, parts, restart
from tests.support.desk import AGENT, OFFICER, Browser, open_desk, sign_in
from tests.support.registers import in_

JANE = "jane.doe@example.com"
ANN, BEA = "oidc:00000000000000a1", "oidc:00000000000000b2"  # the keys of the agent and of the officer
CAROL = "oidc:00000000000000c3"
FILE = {"way": "phone", "reference": "call 17"}
CONFIRMED = {**FILE, "confirmed": "yes"}
WHY = {**FILE, "reason": "court order 9"}
PAGES = ("minor", "erase", "hold", "lift")
LANGUAGES = ("en", "de", "fr", "es", "ja")
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def jane(world: World) -> None:
    """Jane has a record."""
    open_desk()
    world.context.milliseconds_left = 300_000
    world.apply_changes(JANE, Change(in_(3), _entry(NOW - DAY_MS, '{"campaign":"spring"}')))


def _entry(at: int, evidence: str = "{}", source: Source = Source.LINK) -> Entry:
    return Entry(Millis(at), source, evidence)


def path_of(world: World, page: str, address: str = JANE) -> str:
    with outside_handlers():
        return f"/desk/people/{world.recipient(address)}/{page}"


def officer(world: World, key: str = "", name: str = "", at: int = NOW) -> Browser:
    """Signs an officer in, in a new session each time."""
    return sign_in(world, DeskRole.PRIVACY, key=key, name=name, at=at - next(_numbers))


def registers(world: World, address: str = JANE) -> Mapping[Any, Entry]:
    with outside_handlers():
        return parts().preferences.read(world.recipient(address)).registers


def evidence(world: World, register: Any) -> dict[str, Any]:
    return dict(json.loads(registers(world)[register].evidence))


def words(page: str) -> str:
    """Returns the text of a page, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.partition("</style>")[2])).split())


def recorded(browser: Browser, path: str, form: Mapping[str, str], at: int = NOW) -> str:
    """Sends a form that is recorded, and returns the text of the page that it leads to."""
    return words(browser.follow(browser.post(path, form, at=at), at=at))


def purge_all(world: World) -> None:
    purge.handler({}, world.context)


# Reports of minors


def test_an_officer_reports_a_minor_and_sees_the_certificate(world: World) -> None:
    page = path_of(world, "minor")
    browser = officer(world)
    assert "What cannot be undone" in browser.page(page)
    shown = recorded(browser, page, CONFIRMED)
    proof = evidence(world, MINOR)
    assert proof == {
        "agent": OFFICER,
        "channel": "phone",
        "key": BEA,
        "purge": proof["purge"],
        "reference": "call 17",
    }
    assert set(registers(world)) == {MINOR, opt_out_register(ALL_SCOPES)}
    assert proof["purge"] in shown
    assert "The other stores are cleared in the next minutes" in shown
    assert "Report and delete" not in shown
    purge_all(world)
    shown = words(browser.page(page))
    assert "all other stores are clear" in shown
    assert "lift-requests 0" in shown


def test_an_agent_reports_a_minor(world: World) -> None:
    shown = recorded(sign_in(world), path_of(world, "minor"), CONFIRMED)
    assert evidence(world, MINOR)["agent"] == AGENT
    assert evidence(world, MINOR)["purge"] in shown


def test_a_second_report_changes_nothing(world: World) -> None:
    page, browser = path_of(world, "minor"), officer(world)
    first = recorded(browser, page, CONFIRMED)
    before = world.items()
    assert recorded(browser, page, CONFIRMED, at=NOW + 5) == first
    assert world.items() == before


def test_above_the_limit_of_an_agent_the_report_waits_for_an_officer(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    restart(MINOR_REPORTS_PER_KEY="1")
    page, agent = path_of(world, "minor"), sign_in(world)
    recorded(agent, path_of(world, "minor", "child@example.com"), CONFIRMED)
    shown = recorded(agent, page, CONFIRMED)
    assert "waits for a privacy officer" in shown
    assert "Report and delete" not in shown
    assert MINOR not in registers(world)
    assert registers(world)[HOLD].source is Source.AGE_REPORT
    assert in_(3) in registers(world), "nothing is erased yet"
    assert "report of a minor waits" in caplog.messages, "the alarm's filter reads it"
    assert "This form confirms it" in words(officer(world).page(page))
    recorded(officer(world), page, CONFIRMED, at=NOW + 9)
    assert evidence(world, MINOR)["agent"] == OFFICER


def test_an_officer_rejects_a_waiting_report_by_lifting_its_hold(world: World) -> None:
    restart(MINOR_REPORTS_PER_KEY="1")
    agent = sign_in(world)
    for address in ("child@example.com", JANE):
        recorded(agent, path_of(world, "minor", address), CONFIRMED)
    page, browser = path_of(world, "lift"), officer(world)
    assert "you reject the report" in words(browser.page(page))
    shown = recorded(browser, page, {**WHY, "register": "hold"}, at=NOW + 5)
    assert "does not stand any more" in shown
    assert MINOR not in registers(world)


def test_a_report_during_a_hold_erases_nothing_until_the_lift(world: World) -> None:
    browser = officer(world)
    recorded(browser, path_of(world, "hold"), WHY)
    assert "A legal hold preserves the record" in recorded(
        browser, path_of(world, "minor"), CONFIRMED, at=NOW + 5
    )
    assert in_(3) in registers(world)
    shown = recorded(browser, path_of(world, "lift"), {**WHY, "register": "hold"}, at=NOW + 10)
    assert "the record was erased when the hold was lifted" in shown
    assert evidence(world, MINOR)["purge"] in shown
    assert in_(3) not in registers(world)


# Erasures


def test_an_officer_erases_a_person_and_sees_the_certificate(world: World) -> None:
    page, browser = path_of(world, "erase"), officer(world)
    assert "Service mail continues" in words(browser.page(page))
    shown = recorded(browser, page, {**CONFIRMED, "way": "letter"})
    everything = opt_out_register(ALL_SCOPES)
    proof = evidence(world, everything)
    assert proof == {"agent": OFFICER, "key": BEA, "purge": proof["purge"], "reference": "call 17"}
    assert registers(world)[everything].source is Source.LETTER
    assert proof["purge"] in shown
    purge_all(world)
    assert "all other stores are clear" in words(browser.page(page))


def test_a_hold_refuses_an_erasure(world: World) -> None:
    page, browser = path_of(world, "erase"), officer(world)
    recorded(browser, path_of(world, "hold"), WHY)
    assert "Delete what is on record" not in words(browser.page(page))
    answer = browser.post(page, CONFIRMED, at=NOW + 5)
    assert answer["statusCode"] == 409
    assert "A legal hold preserves this record" in words(answer["body"])
    assert in_(3) in registers(world)


def test_an_agent_who_asks_for_an_erasure_opens_a_case(world: World) -> None:
    page, agent = path_of(world, "erase"), sign_in(world)
    assert "Ask for the erasure" in words(agent.page(page))
    shown = recorded(agent, page, CONFIRMED)
    assert "A privacy officer decides by" in shown
    assert in_(3) in registers(world), "nothing is erased yet"
    with outside_handlers():
        (case,) = parts().cases.open_cases()
        assert isinstance(case, Case)
        mail = parts().show_case(case.id, BEA, NOW).mail
    assert (case.kind, case.recipient) == (CaseKind.ERASURE, world.recipient(JANE))
    assert mail is not None
    assert mail.text.split("\n")[:3] == [
        f"Agent: {AGENT} ({ANN})",
        "Received: phone",
        "Reference: call 17",
    ]


def test_the_same_request_on_one_day_is_one_case(world: World) -> None:
    page, agent = path_of(world, "erase"), sign_in(world)
    recorded(agent, page, CONFIRMED)
    recorded(agent, page, CONFIRMED, at=NOW + 60_000)
    recorded(agent, page, {**CONFIRMED, "reference": "call 18"}, at=NOW + 60_000)
    with outside_handlers():
        assert len(list(parts().cases.open_cases())) == 2


def test_a_decided_request_says_so_and_a_case_of_somebody_else_is_not_shown(world: World) -> None:
    page, agent = path_of(world, "erase"), sign_in(world)
    answer = agent.post(page, CONFIRMED)
    case_id = answer["headers"]["Location"].partition("?case=")[2]
    other = agent.page(f"{path_of(world, 'erase', 'joe@example.com')}?case={case_id}")
    assert "decides by" not in words(other)
    assert "Ask for the erasure" in words(agent.page(f"{page}?case={'0' * 32}"))
    assert "Ask for the erasure" in words(agent.page(f"{page}?case={'x' * 5000}"))
    ruling = Ruling(CaseDecision.NONE, ALL_SCOPES, "no", BEA, NOW)
    with outside_handlers():
        parts().decide_case(case_id, ruling, "")
    assert "has decided about this request" in words(agent.follow(answer))


def test_the_erasure_closes_the_case_of_the_request(world: World) -> None:
    answer = sign_in(world).post(path_of(world, "erase"), CONFIRMED)
    recorded(officer(world), path_of(world, "erase"), CONFIRMED, at=NOW + 5)
    purge_all(world)
    with outside_handlers():
        case = parts().cases.find(answer["headers"]["Location"].partition("?case=")[2])
    assert case is not None
    assert case.state is CaseState.DECIDED


def test_with_too_many_cases_the_request_is_not_recorded_and_the_page_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heed.bootstrap.mailbox._CASES_PER_AGENT", 1)
    agent = sign_in(world)
    recorded(agent, path_of(world, "erase", "joe@example.com"), CONFIRMED)
    answer = agent.post(path_of(world, "erase"), CONFIRMED)
    assert answer["statusCode"] == 409
    assert "The request was not recorded" in words(answer["body"])


# The second step


@pytest.mark.parametrize("page", ["minor", "erase"])
@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("confirmed", "Tick the box to confirm."),
        ("reference", "Enter the reference."),
        ("way", "Choose how the request arrived."),
    ],
)
def test_a_form_that_is_not_complete_does_nothing_and_keeps_what_was_entered(
    world: World, page: str, missing: str, message: str
) -> None:
    before = world.items()
    form = {name: value for name, value in CONFIRMED.items() if name != missing}
    answer = officer(world).post(path_of(world, page), form)
    assert answer["statusCode"] == 422
    assert world.items() == before
    assert words(answer["body"]).count(message) == 2, "in the summary and at the field"
    assert f'href="#{missing}"' in answer["body"]
    assert f'id="{missing}"' in answer["body"]
    if missing != "reference":
        assert 'value="call 17"' in answer["body"]
    if missing != "way":
        assert 'value="phone" checked' in answer["body"]
    assert not re.search("<input[^>]*confirmed[^>]*checked", answer["body"]), "it is ticked each time"


# Holds and lifts


def test_an_officer_places_a_hold_and_lifts_it(world: World) -> None:
    page, browser = path_of(world, "hold"), officer(world)
    assert "A legal hold stands since" in recorded(browser, page, WHY)
    assert evidence(world, HOLD) == {
        "agent": OFFICER,
        "key": BEA,
        "reason": "court order 9",
        "reference": "call 17",
    }
    lift = path_of(world, "lift")
    assert re.findall('name="register" value="([^"]*)" checked', browser.page(lift)) == ["hold"]
    shown = recorded(browser, lift, {**WHY, "register": "hold"}, at=NOW + 5)
    assert "Legal hold: This does not stand any more." in shown
    assert "Nothing stands against this address" in shown
    assert evidence(world, LIFT_HOLD)["agent"] == OFFICER


@pytest.mark.parametrize("missing", ["reason", "reference", "way"])
def test_a_hold_needs_a_way_a_reason_and_a_reference(world: World, missing: str) -> None:
    form = {name: value for name, value in WHY.items() if name != missing}
    assert officer(world).post(path_of(world, "hold"), form)["statusCode"] == 422
    assert HOLD not in registers(world)


def test_there_is_no_hold_on_the_erased_record_of_a_minor(world: World) -> None:
    browser = officer(world)
    recorded(browser, path_of(world, "minor"), CONFIRMED)
    assert "there is nothing to preserve" in recorded(browser, path_of(world, "hold"), WHY, at=NOW + 5)
    assert HOLD not in registers(world)


def test_only_what_is_active_is_offered_and_lifted(world: World) -> None:
    page, browser = path_of(world, "lift"), officer(world)
    assert "Nothing stands against this address" in words(browser.page(page))
    before = world.items()
    for what in ("undeliverable", "hold", "complaint", "minor", "", "unsubscribed"):
        assert browser.post(page, {**WHY, "register": what, "scope": "*"})["statusCode"] == 409
    assert world.items() == before
    world.apply_changes(JANE, Change(UNDELIVERABLE, _entry(NOW, source=Source.BOUNCE)))
    before = world.items()
    for what in ("hold", "complaint", "minor", "", "unsubscribed"):
        answer = browser.post(page, {**WHY, "register": what, "scope": "*"})
        assert answer["statusCode"] == 422
        assert words(answer["body"]).count("Choose what to lift.") == 2
    assert world.items() == before
    shown = recorded(browser, page, {**WHY, "register": "undeliverable"}, at=NOW + 5)
    assert "Undeliverable address: This does not stand any more." in shown
    assert evidence(world, LIFT_UNDELIVERABLE)["key"] == BEA


def test_a_complaint_is_lifted_for_the_mail_that_the_person_asks_for(world: World) -> None:
    page, browser = path_of(world, "lift"), officer(world)
    world.apply_changes(JANE, Change(COMPLAINT, _entry(NOW, source=Source.COMPLAINT)))
    lift = {**WHY, "register": "complaint"}
    for scope in ("", "service", "no-such-topic"):
        answer = browser.post(page, {**lift, "scope": scope}, at=NOW + 5)
        assert answer["statusCode"] == 422
        assert "Choose the emails" in words(answer["body"])
    offered = re.findall('<option value="([^"]+)"', browser.page(page))
    assert offered[0] == "*"
    shown = recorded(browser, page, {**lift, "scope": "news"}, at=NOW + 5)
    assert "something of this kind still stands" in shown
    number = parts().catalogue.scope_number("news")
    assert confirmed_register(number) in registers(world)
    assert "news" not in re.findall('<option value="([^"]+)"', browser.page(page))
    shown = recorded(browser, page, {**lift, "scope": "*"}, at=NOW + 9)
    assert "Spam complaint: This does not stand any more." in shown


def test_under_a_hold_a_complaint_cannot_be_lifted(world: World) -> None:
    page, browser = path_of(world, "lift"), officer(world)
    world.apply_changes(JANE, Change(COMPLAINT, _entry(NOW, source=Source.COMPLAINT)))
    recorded(browser, path_of(world, "hold"), WHY)
    assert re.findall('name="register" value="([^"]*)"', browser.page(page)) == ["hold"]


# The second person


@pytest.fixture
def minor(world: World) -> str:
    """Jane was reported, wrongly. Returns the path of the page that lifts the report."""
    recorded(officer(world), path_of(world, "minor"), CONFIRMED, at=NOW + 1)
    return path_of(world, "lift")


LIFT = {**WHY, "register": "minor"}


def test_two_people_lift_the_report_of_a_minor(world: World, minor: str) -> None:
    first = officer(world)
    assert "Two privacy officers must sign" in words(first.page(minor))
    shown = recorded(first, minor, LIFT, at=NOW + 10)
    assert "You have signed as the first person" in shown
    assert "Confirm as the second person" not in shown
    assert MINOR in registers(world)
    second = officer(world, CAROL, "Carol")
    shown = words(second.page(minor, at=NOW + 20))
    assert f"{OFFICER} has signed: court order 9 (call 17)" in shown
    assert "Confirm as the second person" in shown
    shown = recorded(second, minor, {**LIFT, "reason": "shown a passport"}, at=NOW + 30)
    assert "Report of a minor: This does not stand any more." in shown
    assert evidence(world, opt_out_register(ALL_SCOPES)) == {
        "agent": OFFICER,
        "key": BEA,
        "lifted": "minor",
        "reason": "court order 9",
        "reference": "call 17",
        "second_agent": "Carol",
        "second_key": CAROL,
        "second_reason": "shown a passport",
        "second_reference": "call 17",
    }


def test_the_same_person_in_another_session_is_no_second_person(world: World, minor: str) -> None:
    recorded(officer(world), minor, LIFT, at=NOW + 10)
    again = officer(world, name="Another Name", at=NOW + 15)
    assert "You have signed" in words(again.page(minor, at=NOW + 20))
    assert "You have signed" in recorded(again, minor, LIFT, at=NOW + 20)
    assert MINOR in registers(world)


@pytest.mark.threat(
    "W32",
    "An officer lifts the report of a minor alone, with her account at the desk and with her own API key.",
    "A lift that began by key is confirmed by key, and one that began at the desk by another account there.",
)
def test_one_person_with_a_login_and_an_api_key_is_not_two(world: World, minor: str) -> None:
    callers = ApiCallers(world)
    assert callers.lift_suppression("minor", NOW + 10)[0] == 202
    shown = recorded(officer(world), minor, LIFT, at=NOW + 20)
    assert "You have signed as the first person" in shown
    assert callers.lift_suppression("minor", NOW + 30)[0] == 202
    assert MINOR in registers(world)


def test_a_lift_begun_by_key_is_confirmed_by_key(world: World, minor: str) -> None:
    callers = ApiCallers(world)
    callers.lift_suppression("minor", NOW + 10)
    recorded(officer(world), minor, LIFT, at=NOW + 20)
    assert callers.lift_suppression("minor", NOW + 30, by="officer 2")[0] == 200
    assert MINOR not in registers(world)
    with outside_handlers():
        assert not list(parts().lift_requests.waiting(Millis(NOW + 40)))


def test_an_owner_whose_name_is_that_of_a_person_at_the_desk_does_not_confirm(
    world: World, minor: str
) -> None:
    recorded(officer(world), minor, LIFT, at=NOW + 10)
    assert ApiCallers(world).lift_suppression("minor", NOW + 20, by=CAROL)[0] == 202
    assert MINOR in registers(world)


def test_the_second_signature_at_the_desk_must_come_within_a_day(world: World, minor: str) -> None:
    recorded(officer(world), minor, LIFT, at=NOW + 10)
    later = NOW + 10 + DAY_MS
    second = officer(world, CAROL, "Carol", at=later)
    assert "has signed" not in words(second.page(minor, at=later))
    assert "You have signed as the first person" in recorded(second, minor, LIFT, at=later)
    assert MINOR in registers(world)


def test_the_lifts_that_wait_are_listed_with_who_signed(world: World, minor: str) -> None:
    recorded(officer(world), minor, LIFT, at=NOW + 10)
    other = path_of(world, "minor", "joe@example.com")
    recorded(officer(world), other, CONFIRMED, at=NOW + 20)
    second = officer(world, CAROL, "Carol")
    recorded(second, path_of(world, "lift", "joe@example.com"), LIFT, at=NOW + 30)
    ApiCallers(world).lift_suppression("minor", NOW + 40)
    page = second.page(minor, at=NOW + 50)
    assert words(page).count(world.recipient(JANE)) == 3  # above, and signed at the desk and by key
    assert words(page).count(world.recipient("joe@example.com")) == 1
    agent = sign_in(world)
    for signer in (f"{OFFICER} signed on", "you signed on", "an API key signed"):
        assert signer in words(page)
        assert signer in words(second.page("/desk", at=NOW + 50))
        assert signer not in words(agent.page("/desk", at=NOW + 50))


def test_the_page_of_a_person_leads_to_what_the_role_may_do(world: World) -> None:
    person = path_of(world, "")[:-1]
    for browser, pages in ((officer(world), PAGES), (sign_in(world), ("minor", "erase"))):
        links = re.findall(f'href="{person}/([a-z]+)"', browser.page(person))
        assert [link for link in links if link in PAGES] == list(pages)


def test_a_purge_clears_a_signature_from_before_the_report(world: World, minor: str) -> None:
    recorded(officer(world), minor, LIFT, at=NOW + 10)
    recorded(officer(world, CAROL), minor, LIFT, at=NOW + 20)
    recorded(officer(world), path_of(world, "minor"), CONFIRMED, at=NOW + 30)
    purge_all(world)
    with outside_handlers():
        assert not list(parts().lift_requests.waiting(Millis(NOW + 40)))


# Attacks


@pytest.mark.parametrize("page", ["hold", "lift"])
def test_an_agent_who_opens_the_page_of_an_officer_is_refused(world: World, page: str) -> None:
    assert sign_in(world).get(path_of(world, page))["statusCode"] == 403


@pytest.mark.parametrize(
    ("page", "form"), [("hold", WHY), ("lift", {**WHY, "register": "hold"}), ("lift", LIFT)]
)
@pytest.mark.threat(
    "W33",
    "An agent sends the form of an officer, to place or to lift a hold, or to erase a person.",
    "The desk checks the role at each form. From an agent, an erasure is a case that an officer decides.",
)
def test_an_agent_who_posts_the_form_of_an_officer_is_refused(
    world: World, page: str, form: dict[str, str]
) -> None:
    recorded(officer(world), path_of(world, "hold"), WHY)
    before = world.items(), world.items("Control")
    assert sign_in(world).post(path_of(world, page), form)["statusCode"] == 403
    assert world.items() == before[0]


def test_an_agent_who_posts_the_officers_form_of_an_erasure_only_asks_for_it(world: World) -> None:
    browser, form = officer(world), CONFIRMED
    assert "Delete what is on record" in browser.page(path_of(world, "erase"))
    recorded(sign_in(world), path_of(world, "erase"), form)
    assert in_(3) in registers(world)


@pytest.mark.parametrize("page", PAGES)
def test_a_sign_in_of_more_than_ten_minutes_ago_opens_no_page_and_sends_no_form(
    world: World, page: str
) -> None:
    browser = sign_in(world, DeskRole.PRIVACY, signed_in_at=NOW - RECENT_SIGN_IN)
    before, path = world.items(), path_of(world, page)
    again = f"/desk/sign-in?fresh=1&next={quote(path, safe='')}"
    shown, sent = browser.get(path), browser.post(path, {**CONFIRMED, **LIFT})
    assert (shown["statusCode"], shown["headers"]["Location"]) == (303, again)
    assert sent["statusCode"] == 403
    assert again in html.unescape(sent["body"])
    assert world.items() == before


@pytest.mark.parametrize("page", PAGES)
def test_the_form_comes_back_after_the_sign_in_without_the_second_step(world: World, page: str) -> None:
    browser, path = sign_in(world, DeskRole.PRIVACY, signed_in_at=NOW - RECENT_SIGN_IN), path_of(world, page)
    world.apply_changes(JANE, Change(UNDELIVERABLE, _entry(NOW, source=Source.BOUNCE)))
    browser.post(path, {**CONFIRMED, **WHY, "register": "undeliverable"})
    for key, is_kept in (("", True), (CAROL, False)):
        new = officer(world, key)
        new.cookies |= browser.cookies
        shown = new.page(path)
        assert ('value="call 17"' in shown) is is_kept
        assert ('value="phone" checked' in shown) is (is_kept and page != "lift")
        assert not re.search("<input[^>]*confirmed[^>]*checked", shown)
        assert 'role="alert"' not in shown


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("token", "origin"), [("0" * 32, None), (None, "https://evil.example")])
def test_a_form_with_a_foreign_token_or_from_another_site_does_nothing(
    world: World, page: str, token: str | None, origin: str | None
) -> None:
    browser, before = officer(world), world.items()
    more = {name: value for name, value in (("token", token), ("origin", origin)) if value}
    answer = browser.post(path_of(world, page), {**CONFIRMED, **WHY, "register": "hold"}, **more)  # type: ignore[arg-type]
    assert answer["statusCode"] == 403
    assert world.items() == before


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("id_", ["jane.doe@example.com", "x", "0" * 26, "A" * 26])
def test_a_path_without_a_recipient_id_is_no_page(world: World, page: str, id_: str) -> None:
    browser = officer(world)
    for answer in (
        browser.get(f"/desk/people/{id_}/{page}"),
        browser.post(f"/desk/people/{id_}/{page}", WHY),
    ):
        assert answer["statusCode"] == 404


@pytest.mark.parametrize("page", PAGES)
def test_hostile_text_stays_text_and_an_address_is_not_stored(world: World, page: str) -> None:
    hostile = {
        "way": "<script>",
        "reference": '"><script>alert(1)</script> jane.doe@example.com',
        "reason": "{{ frame }} jane.doe@example.com",
        "register": "hold",
        "confirmed": "yes",
    }
    browser = officer(world)
    answer = browser.post(path_of(world, page), hostile)
    assert "<script" not in answer["body"]
    recorded(browser, path_of(world, "hold"), {**hostile, "way": "phone"})
    stored = repr([world.items(), world.items("Control")])
    assert "example.com" not in stored
    assert "[address]" in stored


# Everywhere


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_is_in_each_language(world: World, language: str) -> None:
    browser, agent = officer(world), sign_in(world)
    browser.language = agent.language = language
    shown = [browser.page(path_of(world, page)) for page in PAGES]
    shown += [agent.page(path_of(world, page)) for page in ("minor", "erase")]
    shown += [browser.post(path_of(world, page), {})["body"] for page in PAGES]
    for page in shown:
        assert f'<html lang="{language}">' in page
        assert "<script" not in page


def test_each_page_that_shows_a_record_is_entered_as_a_disclosure_once(world: World) -> None:
    browser = officer(world)
    for page in (*PAGES, *PAGES):
        browser.page(path_of(world, page))
    with outside_handlers():
        entries = parts().disclosures.latest(None, 10).entries
    assert [(entry.details.what, entry.details.key) for entry in entries] == [("lookup", BEA)]
