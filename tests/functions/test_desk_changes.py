"""Recording at the desk what a person requested: the form, the preview, the entry, and taking it back."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from heed.domain.desk.session import IDLE_LIMIT, DeskRole
from heed.domain.milliseconds import Millis
from heed.domain.preferences.brand_access import ALL_BRANDS, BrandAccess
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    MINOR,
    Change,
    Entry,
    Register,
    ScopeNumber,
    Source,
)
from heed.entrypoints.http.desk.change_form import DeskChange, DeskChangeMistake, DeskChangeSource
from tests.support.deployment import NOW, World, parts, restart
from tests.support.desk import AGENT, ISSUER, Browser, sign_in
from tests.support.failing_client import FailingCalls
from tests.support.registers import confirmed, in_, out, pause, undoable

JOAN = "joan.k@example.com"
LANGUAGES = ("en", "de", "fr", "es", "ja")
MINUTE = 60_000
EVERYTHING = {"change": "all", "source": "phone"}
FOCUSABLE = re.compile(
    r'<(?:a [^>]*href|button|input(?! type="hidden")|select|textarea)[^>]*>|<[^>]* tabindex="0"[^>]*>'
)


def base(world: World) -> str:
    return f"/desk/people/{world.recipient(JOAN)}"


def send(
    browser: Browser, form: dict[str, str] | list[tuple[str, str]], step: str = "", at: int = NOW
) -> Any:
    """Sends the form of changes, and returns the answer."""
    fields = [*(form.items() if isinstance(form, dict) else form), *([("step", step)] if step else [])]
    return browser.post(f"{base(browser.world)}/changes", fields, at=at)


def record(browser: Browser, form: dict[str, str] | list[tuple[str, str]], at: int = NOW) -> str:
    """Records a change, and returns the page that says so."""
    return browser.follow(send(browser, form, "record", at), at=at)


def sendable(world: World, at: int = NOW + 1) -> set[str]:
    current, catalogue = parts().preferences.read(world.recipient(JOAN)), parts().catalogue
    topics = catalogue.topics.values()
    return {topic.name for topic in topics if decide(current, topic, Millis(at)).sendable}


def entries(world: World) -> dict[Register, Entry]:
    return dict(parts().preferences.read(world.recipient(JOAN)).registers)


def put(world: World, register: Register, at: int = NOW - DAY_MS, until: int | None = None) -> None:
    end = None if until is None else Millis(until)
    world.apply_changes(JOAN, Change(register, Entry(Millis(at), Source.LINK, "{}", until=end)))


def look_up(browser: Browser, at: int = NOW) -> str:
    return browser.follow(browser.post("/desk/people", {"person": JOAN}, at=at), at=at)


def test_a_call_for_no_more_mail_stops_all_marketing_and_says_what_to_tell_the_person(world: World) -> None:
    page = record(sign_in(world), EVERYTHING)
    assert sendable(world) == {"service", "targeted-advertising"}
    (entry,) = entries(world).values()
    assert (entry.at, entry.source) == (NOW, Source.PHONE)
    assert json.loads(entry.evidence) == {"agent": AGENT, "key": "oidc:00000000000000a1"}
    assert "You have been unsubscribed from all our marketing emails." in page


def test_the_commonest_call_needs_at_most_eight_keys_after_the_address(world: World) -> None:
    """The keys are Enter in the field, Tab to the button, and Enter there and on the preview."""
    browser = sign_in(world)
    keys = 1  # Enter looks up
    page = look_up(browser)
    after_focus = page.partition("autofocus")[2]
    focusable = FOCUSABLE.findall(after_focus)
    button = re.search(r'<button accesskey="1">', after_focus)
    assert button is not None
    keys += next(n for n, tag in enumerate(focusable, 1) if tag == button[0]) + 1  # Tabs, then Enter
    (form,) = re.findall(
        r'<form method="post" action="[^"]*/changes" class="actions">(.*?)</form>', page, re.DOTALL
    )
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
    preview = send(browser, [field for field in fields if field[0] != "token"])["body"]
    assert re.search(r'<button name="step" value="record"[^>]* autofocus>', preview)
    keys += 1  # Enter records
    assert "Recorded" in record(browser, dict(fields))
    assert keys <= 8


def test_a_preview_records_nothing_and_shows_what_it_would_do(world: World) -> None:
    answer = send(sign_in(world), EVERYTHING)
    rows = re.findall(r'<th scope="row">([^<]*)</th><td>(\w+)</td><td>(?:<b>)?(\w+)', answer["body"])
    assert (answer["statusCode"], entries(world)) == (200, {})
    assert ("Offers", "yes", "no") in rows
    assert any(row[1:] == ("yes", "yes") for row in rows)  # service mail goes on


def test_the_preview_can_be_changed_and_keeps_what_was_entered(world: World) -> None:
    form = [("change", "topics"), ("topic", "offers"), ("source", "letter"), ("reference", "L-1 <b>")]
    page = send(sign_in(world), form, "edit")["body"]
    assert re.search('value="topics" id="change-topics" checked', page)
    assert re.search('value="offers" checked', page)
    assert re.search('value="letter" checked', page)
    assert 'value="L-1 &lt;b&gt;"' in page


def test_topics_are_stopped_alone(world: World) -> None:
    record(
        sign_in(world), [("change", "topics"), ("topic", "offers"), ("topic", "news"), ("source", "agent")]
    )
    assert {"offers", "news"}.isdisjoint(sendable(world))
    assert "events" in sendable(world)
    assert {entry.source for entry in entries(world).values()} == {Source.AGENT}


def test_a_pause_lasts_until_the_day_has_ended_everywhere(world: World) -> None:
    page = record(sign_in(world), {"change": "pause", "source": "phone", "until": "2026-03-31"})
    (entry,) = entries(world).values()
    assert entry.until == 1_775_044_800_000  # 2026-04-01T12:00Z
    assert "offers" not in sendable(world)
    assert "offers" in sendable(world, 1_775_044_800_000)
    assert "Our marketing emails to you are paused." in page


def test_a_pause_does_not_end_a_longer_one_because_that_would_bring_mail_back_without_proof(
    world: World,
) -> None:
    browser = sign_in(world)
    long, short = (
        {"change": "pause", "source": "phone", "until": day} for day in ("2026-05-31", "2026-03-07")
    )
    record(browser, long)
    assert "this changes nothing" in send(browser, short, at=NOW + MINUTE)["body"]
    assert "this changes nothing" in record(browser, short, at=NOW + MINUTE)
    assert "offers" not in sendable(world, NOW + 10 * DAY_MS)


def test_mail_comes_back_with_the_reference_of_a_letter(world: World) -> None:
    put(world, out(0))
    form = [("change", "back"), ("topic", "offers"), ("source", "letter"), ("reference", "L-7")]
    page = record(sign_in(world), form)
    assert sendable(world) == {"offers", "service", "targeted-advertising"}
    assert "You will get these emails again." in page
    assert "Take it back" not in page


def test_the_date_of_a_letter_counts_and_not_that_of_today(world: World) -> None:
    record(sign_in(world), {**EVERYTHING, "source": "letter", "day": "2026-03-02", "reference": "L-1"})
    (entry,) = entries(world).values()
    assert entry.at == 1_772_495_999_999  # the last instant of the day


def test_a_time_of_day_is_in_utc(world: World) -> None:
    record(sign_in(world), {**EVERYTHING, "day": "2026-03-05", "time": "08:30"})
    (entry,) = entries(world).values()
    assert entry.at == 1_772_699_400_000  # 2026-03-05T08:30Z


@pytest.mark.parametrize("scopes", [(2, 3, 4, 5), (2,)])
def test_a_letter_that_is_older_than_a_new_yes_does_not_stop_that_mail_and_the_page_says_so(
    world: World, scopes: tuple[int, ...]
) -> None:
    for scope in scopes:
        put(world, confirmed(scope), NOW - DAY_MS)
    form = {**EVERYTHING, "source": "letter", "day": "2026-02-01"}
    browser = sign_in(world)
    if len(scopes) == 4:
        assert "Something newer counts instead" in send(browser, form)["body"]
    page = record(browser, form)
    assert "Something newer counts instead" in page
    assert "You have been unsubscribed from all our marketing emails." not in page
    assert "offers" in sendable(world)


def test_the_same_request_again_changes_nothing(world: World) -> None:
    browser = sign_in(world)
    form = {**EVERYTHING, "day": "2026-03-02"}
    record(browser, form)
    before = entries(world)
    assert "This is on record already." in send(browser, form)["body"]
    record(browser, form)
    assert entries(world) == before


@pytest.mark.parametrize("register", [MINOR, HOLD])
def test_a_refused_request_is_not_recorded(world: World, register: Register) -> None:
    put(world, register)
    before = entries(world)
    form = [("change", "back"), ("topic", "offers"), ("source", "phone"), ("reference", "C-1")]
    answer = send(sign_in(world), form, "record")
    assert (answer["statusCode"], entries(world)) == (200, before)
    assert "This cannot be recorded" in answer["body"]
    assert 'value="record"' not in answer["body"]


def test_a_held_address_can_still_be_stopped(world: World) -> None:
    put(world, HOLD)
    record(sign_in(world), EVERYTHING)
    assert len(entries(world)) == 2


def test_what_still_stops_mail_is_named_before_mail_comes_back(world: World) -> None:
    put(world, COMPLAINT)
    form = [("change", "back"), ("topic", "offers"), ("source", "phone"), ("reference", "C-1")]
    page = send(sign_in(world), form)["body"]
    assert "This still stops mail afterwards" in page
    assert "reported as spam" in page


MISTAKES = [
    ({"change": "none"}, DeskChangeMistake.CHOICE, "Choose one of the answers."),
    ({"source": "fax"}, DeskChangeMistake.CHOICE, "Choose one of the answers."),
    ({"change": "topics"}, DeskChangeMistake.NO_TOPIC, "Choose at least one topic."),
    ({"change": "topics", "topic": "service"}, DeskChangeMistake.NO_TOPIC, "Choose at least one topic."),
    ({"day": "2026-02-30"}, DeskChangeMistake.DATE, "Enter a date."),
    ({"day": "5.3.2026"}, DeskChangeMistake.DATE, "Enter a date."),
    ({"time": "09:00"}, DeskChangeMistake.CLOCK, "together with a date"),
    ({"day": "2026-03-05", "time": "25:00"}, DeskChangeMistake.CLOCK, "together with a date"),
    ({"day": "2026-03-05", "time": "09:00:00+23:59"}, DeskChangeMistake.CLOCK, "together with a date"),
    ({"day": "2026-03-06"}, DeskChangeMistake.FUTURE, "in the future"),
    ({"day": "2026-03-05", "time": "09:13"}, DeskChangeMistake.FUTURE, "in the future"),
    ({"change": "pause"}, DeskChangeMistake.DATE, "Enter a date."),
    ({"change": "pause", "until": "2026-03-01"}, DeskChangeMistake.PAST, "be over already"),
    ({"change": "back", "topic": "offers"}, DeskChangeMistake.NO_REFERENCE, "needs proof"),
    ({"reference": "x" * 201}, DeskChangeMistake.LONG, "at most 200 characters"),
]


@pytest.mark.parametrize(("fields", "_mistake", "words"), MISTAKES)
@pytest.mark.parametrize("step", ["", "record"])
def test_a_mistake_is_named_at_its_field_and_in_a_summary_and_nothing_is_recorded(
    world: World, fields: dict[str, str], _mistake: object, words: str, step: str
) -> None:
    answer = send(sign_in(world), {**EVERYTHING, **fields}, step)
    page = answer["body"]
    assert (answer["statusCode"], entries(world)) == (422, {})
    summary, _, form = page.partition('id="record"')
    assert words in summary and words in form
    (anchor,) = set(re.findall('<a href="#([a-z]+)">', summary.partition('role="alert"')[2]))
    assert f'id="{anchor}"' in form


def test_every_mistake_has_a_test() -> None:
    assert {mistake for _, mistake, _ in MISTAKES} == set(DeskChangeMistake)


@pytest.mark.parametrize("field", ["change", "topic", "source", "day", "time", "until", "reference"])
def test_hostile_input_is_escaped_or_refused(world: World, field: str) -> None:
    text = "\"><script>alert('x')</script>\u202e"
    browser = sign_in(world)
    for step in ("", "record", "edit"):
        answer = send(browser, [*EVERYTHING.items(), (field, text)][::-1], step)
        assert "<script" not in answer["body"]


def test_an_address_in_a_reference_is_not_stored(world: World) -> None:
    record(sign_in(world), {**EVERYTHING, "reference": f"call of {JOAN}"})
    (entry,) = entries(world).values()
    assert json.loads(entry.evidence)["reference"] == "call of [address]"


def test_an_entry_can_be_taken_back_and_lifts_that_stop_alone(world: World) -> None:
    browser = sign_in(world)
    page = record(browser, EVERYTHING)
    assert "Take it back" in page
    answer = browser.post(f"{base(world)}/taken-back", at=NOW + 9 * MINUTE)
    assert "Taken back" in browser.follow(answer, at=NOW + 9 * MINUTE)
    assert "offers" in sendable(world)
    undone = [entry for register, entry in entries(world).items() if register.kind.value == "undone"]
    assert [json.loads(entry.evidence)["agent"] for entry in undone] == [AGENT]


def test_a_pause_can_be_taken_back(world: World) -> None:
    browser = sign_in(world)
    record(browser, {"change": "pause", "source": "phone", "until": "2026-03-31"})
    browser.post(f"{base(world)}/taken-back")
    assert "offers" in sendable(world)


def test_an_entry_can_be_taken_back_for_ten_minutes(world: World) -> None:
    browser = sign_in(world)
    record(browser, EVERYTHING)
    browser.post(f"{base(world)}/taken-back", at=NOW + 10 * MINUTE)
    assert "offers" not in sendable(world)


@pytest.mark.threat(
    "T51",
    "An agent takes back an entry of another agent, so that mail is sent again without a request.",
    "Only the session that made an entry can take it back, for ten minutes.",
)
def test_only_the_session_that_made_an_entry_takes_it_back(world: World) -> None:
    browser, other = sign_in(world), sign_in(world, DeskRole.PRIVACY)
    record(browser, EVERYTHING)
    other.cookies = dict(browser.cookies)
    other.post(f"{base(world)}/taken-back")
    assert "offers" not in sendable(world)


@pytest.mark.threat(
    "T51",
    "An agent records a stop and takes it back, to lift a stop of the person that arrives later.",
    "Taking back lifts the own entry alone, and is no yes.",
)
def test_another_stop_stays_when_an_entry_is_taken_back(world: World) -> None:
    browser = sign_in(world)
    record(browser, EVERYTHING)
    put(world, out(0), NOW - DAY_MS)  # it arrives late, from another system
    browser.post(f"{base(world)}/taken-back")
    assert "offers" not in sendable(world)


def test_an_entry_about_somebody_who_was_out_already_cannot_be_taken_back(world: World) -> None:
    put(world, out(0))
    browser = sign_in(world)
    assert "Take it back" not in record(browser, EVERYTHING)
    browser.post(f"{base(world)}/taken-back")
    assert "offers" not in sendable(world)
    assert undoable(0) not in entries(world)


def test_an_entry_taken_back_once_does_not_come_back(world: World) -> None:
    browser = sign_in(world)
    record(browser, EVERYTHING)
    for _ in range(2):
        browser.post(f"{base(world)}/taken-back")
    assert "Take it back" not in browser.page(f"{base(world)}/changes")
    record(browser, EVERYTHING, at=NOW + MINUTE)
    assert "offers" not in sendable(world, NOW + 2 * MINUTE)


LETTER = {**EVERYTHING, "source": "letter", "day": "2026-03-02", "reference": "L-1"}


def test_a_letter_that_is_recorded_again_after_it_was_taken_back_stops_mail(world: World) -> None:
    """Both entries are the same, byte by byte."""
    browser = sign_in(world)
    record(browser, LETTER)
    browser.post(f"{base(world)}/taken-back")
    assert "offers" in sendable(world)
    assert "Take it back" not in record(browser, LETTER, at=NOW + MINUTE)
    browser.post(f"{base(world)}/taken-back", at=NOW + MINUTE)
    assert "offers" not in sendable(world, NOW + 2 * MINUTE)


@pytest.mark.threat(
    "T51",
    "An agent records a letter again that stopped mail weeks ago, and takes that back: mail is sent again.",
    "Only what was not on record before can be taken back.",
)
@pytest.mark.parametrize("second", ["topics", "back"])
def test_a_letter_that_stopped_mail_days_ago_is_not_lifted_by_recording_it_again(
    world: World, second: str
) -> None:
    letter = [
        ("topic", "offers"),
        ("source", "letter"),
        ("day", "2026-03-02"),
        ("time", "09:12"),
        ("reference", "L"),
    ]
    record(sign_in(world), [("change", "topics"), *letter])
    later = NOW + 5 * DAY_MS
    browser = sign_in(world, at=later)
    assert "Take it back" not in record(browser, [("change", second), *letter], at=later)
    browser.post(f"{base(world)}/taken-back", at=later)
    assert "offers" not in sendable(world, later + 1)


def test_nothing_says_taken_back_that_still_stops_mail(world: World) -> None:
    browser = sign_in(world)
    record(browser, EVERYTHING)
    put(world, HOLD, NOW)
    answer = browser.post(f"{base(world)}/taken-back")
    assert answer["headers"]["Location"] == base(world)
    assert "Taken back" not in browser.page(f"{base(world)}/changes")


def test_the_page_of_an_entry_can_be_reloaded_and_leads_to_the_person_after_ten_minutes(world: World) -> None:
    browser = sign_in(world)
    record(browser, EVERYTHING)
    assert "Recorded" in browser.page(f"{base(world)}/changes", at=NOW + 9 * MINUTE)
    answer = browser.get(f"{base(world)}/changes", at=NOW + 10 * MINUTE)
    assert (answer["statusCode"], answer["headers"]["Location"]) == (303, base(world))


def test_the_entry_of_one_person_is_not_shown_as_that_of_another(world: World) -> None:
    browser = sign_in(world)
    record(browser, EVERYTHING)
    other = f"/desk/people/{world.recipient('jane@example.com')}"
    assert browser.get(f"{other}/changes")["headers"]["Location"] == other


def test_the_home_page_lists_what_the_session_recorded_today_without_addresses(world: World) -> None:
    browser = sign_in(world)
    look_up(browser)
    record(browser, EVERYTHING)
    page = browser.page("/desk")
    assert f'<a href="{base(world)}">{world.recipient(JOAN)}</a>' in page
    assert JOAN not in page
    assert "What you recorded today" not in sign_in(world, DeskRole.PRIVACY).page("/desk")


def test_the_cookies_stay_small(world: World) -> None:
    browser = sign_in(world)
    for number in range(30):
        path = f"/desk/people/{world.recipient(f'p{number}@example.com')}"
        browser.post(f"{path}/changes", {**EVERYTHING, "step": "record"})
    assert sum(map(len, browser.cookies.values())) < 3_000  # API Gateway accepts 10,240 bytes of headers
    assert browser.page("/desk").count("no more marketing email") == 10


def test_nothing_says_recorded_that_is_not_stored(world: World) -> None:
    browser = sign_in(world)
    failure = FailingCalls("dynamodb", "UpdateItem")
    answer = send(browser, EVERYTHING, "record")
    failure.stop()
    assert (answer["statusCode"], entries(world)) == (503, {})
    assert not any("entry" in cookie for cookie in answer.get("cookies", ()))


def test_a_confirmation_mail_is_proposed_in_place_of_a_letter_if_the_address_is_known(
    world: World,
) -> None:
    put(world, out(0))
    browser = sign_in(world)
    form = [("change", "back"), ("topic", "offers"), ("source", "phone"), ("reference", "C-1")]
    assert "Send a confirmation email instead" not in send(browser, form)["body"]
    look_up(browser)
    assert re.search(r'<button name="step" value="mail" autofocus>', send(browser, form)["body"])
    answer = send(browser, form, "mail")
    assert "The confirmation email is on its way" in answer["body"]
    (message,) = world.messages("CONFIRMATION_REQUESTS_QUEUE_URL")
    assert JOAN in message
    assert "offers" not in sendable(world)


def test_a_caller_without_a_letter_gets_a_confirmation_mail_and_nothing_else(world: World) -> None:
    put(world, out(0))
    browser = sign_in(world)
    look_up(browser)
    form = [("change", "back"), ("topic", "offers"), ("source", "phone")]
    preview = send(browser, form)["body"]
    assert ('value="mail"' in preview, 'value="record"' in preview) == (True, False)
    assert send(browser, form, "record")["statusCode"] == 422
    assert "The confirmation email is on its way" in send(browser, form, "mail")["body"]
    assert "offers" not in sendable(world)


def test_a_deployment_without_mail_proposes_no_confirmation_mail(world: World) -> None:
    browser = sign_in(world)
    look_up(browser)
    restart(MAIL_FROM="", DESK_ISSUER=ISSUER)
    form = [("change", "back"), ("topic", "offers"), ("source", "phone"), ("reference", "C-1")]
    assert "Send a confirmation email instead" not in send(browser, form)["body"]
    assert world.messages("CONFIRMATION_REQUESTS_QUEUE_URL") == []


def test_the_link_of_a_person_is_shown_once_it_is_in_the_register_of_disclosures(world: World) -> None:
    browser = sign_in(world)
    answer = browser.post(f"{base(world)}/link")
    assert re.search(r"https://prefs\.example\.com/p/[A-Za-z0-9_-]{54}\?lang=en", answer["body"])
    entry = parts().disclosures.latest(None, 10).entries[0]
    assert (entry.details.what, entry.details.key) == ("link", "oidc:00000000000000a1")
    failure = FailingCalls("dynamodb", "PutItem")
    assert "/p/" not in browser.post(f"{base(world)}/link")["body"]
    failure.stop()


@pytest.mark.threat(
    "T51",
    "An agent makes links of many people without a look-up, and reads their choices behind the links.",
    "A link is a look-up too, in the register of disclosures and for the alarm.",
)
def test_the_link_of_a_person_is_a_look_up_once_a_session(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    browser = sign_in(world)
    for _ in range(2):
        browser.post(f"{base(world)}/link")
    entries_of_register = parts().disclosures.latest(None, 10).entries
    assert [entry.details.what for entry in entries_of_register] == ["link", "link", "lookup"]
    assert caplog.messages.count("looked up") == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("change", list(DeskChange))
def test_each_change_is_complete_in_each_language(world: World, language: str, change: DeskChange) -> None:
    put(world, pause(4), until=NOW + DAY_MS)
    put(world, in_(5))
    is_of_brands = change in (DeskChange.BRANDS, DeskChange.BRANDS_PAUSE)
    browser = sign_in(world, brands=BrandAccess(frozenset({ScopeNumber(1)})) if is_of_brands else ALL_BRANDS)
    browser.language = language
    form = {"change": change.value, "topic": "offers", "until": "2026-03-31", "reference": "C-1"}
    form |= {"brands": "1"} if is_of_brands else {}
    for source in DeskChangeSource:
        pages = [send(browser, {**form, "source": source.value}, step)["body"] for step in ("", "edit")]
        pages.append(record(browser, {**form, "source": source.value}))
        for page in pages:
            assert f'<html lang="{language}">' in page
            assert "{{" not in page


def test_a_form_whose_session_had_ended_comes_back_filled(world: World) -> None:
    browser, later = sign_in(world), NOW + IDLE_LIMIT
    answer = send(browser, {"change": "pause", "source": "letter", "reference": "L-9"}, "record", at=later)
    assert (answer["statusCode"], entries(world)) == (403, {})
    again = sign_in(world, at=later)
    again.cookies = browser.cookies
    page = again.page(f"{base(world)}/changes", at=later)
    assert 'value="L-9"' in page
    assert re.search('value="pause" id="change-pause" checked', page)


def test_an_address_whose_session_had_ended_comes_back(world: World) -> None:
    browser, later = sign_in(world), NOW + IDLE_LIMIT
    assert browser.post("/desk/people", {"person": JOAN}, at=later)["statusCode"] == 403
    again = sign_in(world, at=later)
    again.cookies = browser.cookies
    assert f'value="{JOAN}"' in again.page("/desk", at=later)
