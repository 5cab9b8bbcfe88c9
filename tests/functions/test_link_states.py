"""An opened unsubscribe link knows the state of its person: out already, since when, and what is left."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from functions.preferences import app as preferences
from functions.unsubscribe import app
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import (
    ALL_SCOPES,
    COMPLAINT,
    DAY_MS,
    UNDELIVERABLE,
    Change,
    Entry,
    ScopeNumber,
    Source,
)
from tests.support.deployment import NOW, World, follow_redirect, http_event
from tests.support.failing_client import FailingCalls
from tests.support.registers import confirmed, in_, out, pause

READER = "reader@example.com"
BRAND, OFFERS, NEWS, EVENTS, RESEARCH = 1, 2, 3, 4, 5
HOUR = 3_600_000
CANNOT_SHOW = "We can’t show this page right now"
# NOW is 5 March 2026.
YESTERDAY, LAST_WEEK = Millis(NOW - DAY_MS), Millis(NOW - 7 * DAY_MS)
SINCE_YESTERDAY, SINCE_LAST_WEEK = "2026-03-04T09:12:44Z", "2026-02-26T09:12:44Z"


def entry(at: Millis = YESTERDAY, source: Source = Source.LINK, days: int | None = None) -> Entry:
    return Entry(at, source, "{}", until=None if days is None else Millis(at + days * DAY_MS))


def open_link(
    world: World, changes: Iterable[Change] = (), scope: int = OFFERS, at: int = NOW, **query: str
) -> str:
    """Opens the link of a person with these choices; returns the page."""
    for change in changes:
        world.apply_changes(READER, change)
    before = world.items()
    path = f"/u/{world.token(READER, scope=ScopeNumber(scope))}"
    answer = app.handler(http_event("GET", path, query=query, at=at), world.context)
    assert answer["statusCode"] == 200
    assert world.items() == before
    return str(answer["body"])


def press(world: World, scope: str, at: int = NOW, **request: Any) -> dict[str, Any]:
    """Presses a button of the page."""
    event = http_event("POST", f"/u/{world.token(READER)}", form={"scope": scope}, at=at, **request)
    answer: dict[str, Any] = app.handler(event, world.context)
    return answer


def heading(page: str) -> str:
    return re.sub(r"\s+", " ", re.findall(r"<h1>(.*?)</h1>", page)[0])


def buttons(page: str) -> list[str]:
    """The buttons of the page's own form."""
    return re.findall(r'name="scope" value="(\w+)"', page)


def since(page: str) -> list[str]:
    return re.findall(r'<time datetime="([^"]+)">', page)


UNSUBSCRIBED = "You’re unsubscribed from "


def test_a_person_who_is_out_of_the_topic_may_still_leave_everything(world: World) -> None:
    page = open_link(world, [Change(out(OFFERS), entry())])

    assert heading(page) == UNSUBSCRIBED + "Offers"
    assert "You’ve been unsubscribed since March 4, 2026." in page and since(page) == [SINCE_YESTERDAY]
    assert buttons(page) == ["all"] and 'href="/p/' in page


@pytest.mark.parametrize("scope", [OFFERS, NEWS, BRAND, ALL_SCOPES])
@pytest.mark.parametrize("stopped", [BRAND, ALL_SCOPES])
def test_a_person_who_is_out_of_everything_has_nothing_left_to_press(
    world: World, scope: int, stopped: int
) -> None:
    page = open_link(world, [Change(out(stopped), entry())], scope)

    assert heading(page) == UNSUBSCRIBED + "all marketing emails"
    assert buttons(page) == [] and 'href="/p/' in page


def test_everything_is_off_since_its_last_topic_is_off(world: World) -> None:
    changes = [Change(out(topic), entry(LAST_WEEK)) for topic in (OFFERS, NEWS)]
    page = open_link(world, [*changes, Change(out(EVENTS), entry(YESTERDAY))])

    assert heading(page) == UNSUBSCRIBED + "all marketing emails"
    assert since(page) == [SINCE_YESTERDAY]


def test_a_topic_is_off_since_the_first_opt_out_that_is_active(world: World) -> None:
    for at in (LAST_WEEK, YESTERDAY):
        press(world, "this", at)
    page = open_link(world)

    assert since(page) == [SINCE_LAST_WEEK] and "since February 26, 2026." in page


def test_a_person_who_complained_reads_so(world: World) -> None:
    page = open_link(world, [Change(COMPLAINT, entry(source=Source.COMPLAINT))])

    assert "when one of our emails was reported as spam" in page and buttons(page) == []


def test_a_topic_that_needs_consent_is_not_called_unsubscribed(world: World) -> None:
    page = open_link(world, scope=RESEARCH, done="1")

    assert heading(page) == "You’re not subscribed to Research"
    assert "only send these emails to people who ask for them" in page
    assert since(page) == [] and buttons(page) == ["this", "all"]


@pytest.mark.parametrize("scope", [OFFERS, BRAND, ALL_SCOPES])
def test_a_paused_person_reads_until_when_and_may_unsubscribe(world: World, scope: int) -> None:
    page = open_link(world, [Change(pause(BRAND), entry(days=30))], scope, done="1")

    assert heading(page).startswith("Unsubscribe from")
    assert "Paused until" in page and buttons(page)[-1] == "all"
    assert since(page) == ["2026-04-03T09:12:44Z", SINCE_YESTERDAY]


def test_a_pause_of_one_topic_is_no_pause_of_all(world: World) -> None:
    changes = [Change(pause(NEWS), entry(days=30))]

    assert "Paused until" not in open_link(world, changes, ALL_SCOPES)
    assert "Paused until" in open_link(world, scope=NEWS)
    assert "Paused until" not in open_link(world, scope=NEWS, at=NOW + 30 * DAY_MS)


def test_a_paused_person_who_is_out_reads_of_no_pause(world: World) -> None:
    page = open_link(world, [Change(pause(BRAND), entry(days=30)), Change(out(ALL_SCOPES), entry())])

    assert heading(page) == UNSUBSCRIBED + "all marketing emails" and "Paused" not in page


@pytest.mark.parametrize("choices", [[], [Change(out(OFFERS), entry())]], ids=["in", "out"])
def test_the_page_of_a_bounced_address_says_so_beside_its_choices(
    world: World, choices: list[Change]
) -> None:
    page = open_link(world, [*choices, Change(UNDELIVERABLE, entry(source=Source.BOUNCE))])

    assert "Our emails to this address bounced" in page
    assert heading(page) == (UNSUBSCRIBED if choices else "Unsubscribe from ") + "Offers"


def test_a_bounced_address_is_not_called_unsubscribed(world: World) -> None:
    page = open_link(world, [Change(UNDELIVERABLE, entry(source=Source.BOUNCE))], done="1")

    assert heading(page) == "Unsubscribe from Offers" and buttons(page) == ["this", "all"]


def test_an_opt_in_after_the_opt_out_shows_the_button_again(world: World) -> None:
    changes = [Change(out(OFFERS), entry(LAST_WEEK)), Change(confirmed(OFFERS), entry())]

    assert buttons(open_link(world, changes)) == ["this", "all"]


def test_an_exception_of_one_topic_is_still_there_to_leave(world: World) -> None:
    changes = [Change(out(ALL_SCOPES), entry(LAST_WEEK)), Change(in_(OFFERS), entry())]

    assert buttons(open_link(world, changes)) == ["this", "all"]
    page = open_link(world, scope=NEWS)
    assert heading(page) == UNSUBSCRIBED + "News" and buttons(page) == ["all"]


# ---- The page after a press


@pytest.mark.parametrize(("scope", "name"), [("this", "Offers"), ("all", "all marketing emails")])
def test_the_page_after_a_press_can_be_reloaded(world: World, scope: str, name: str) -> None:
    pressed = press(world, scope, query={"c": "may", "lang": "en-GB"})
    after = world.items()
    pages = [follow_redirect(app.handler, pressed, world, at=NOW + later) for later in (1, 2, HOUR - 1)]

    assert pressed["headers"]["Location"].endswith("&c=may&lang=en-GB")
    assert {page["statusCode"] for page in pages} == {200}
    assert pages[0]["body"] == pages[1]["body"] == pages[2]["body"]
    assert heading(pages[0]["body"]) == UNSUBSCRIBED + name
    assert "already on its way" in pages[0]["body"] and 'name="undo"' in pages[0]["body"]
    assert world.items() == after


def test_the_page_after_a_press_becomes_that_of_the_link_after_an_hour(world: World) -> None:
    pressed = press(world, "this")
    page = follow_redirect(app.handler, pressed, world, at=NOW + HOUR)["body"]

    assert page == open_link(world, at=NOW + HOUR, lang="en")
    assert heading(page) == UNSUBSCRIBED + "Offers" and 'name="undo"' not in page


@pytest.mark.parametrize("done", ["", "0", "x", "A" * 150, "1"])
def test_no_query_makes_a_page_say_that_a_person_is_out_who_is_not(world: World, done: str) -> None:
    page = open_link(world, done=done)

    assert heading(page) == "Unsubscribe from Offers" and buttons(page) == ["this", "all"]


def test_the_token_of_another_person_shows_the_plain_page(world: World) -> None:
    location = press(world, "this")["headers"]["Location"]
    done = location.partition("?done=")[2].partition("&")[0]
    path = f"/u/{world.token('other@example.com')}"
    other = app.handler(http_event("GET", path, query={"done": done}, at=NOW + 1), world.context)

    assert heading(other["body"]) == "Unsubscribe from Offers"


def test_an_undo_of_another_topic_is_not_shown_as_that_of_the_link(world: World) -> None:
    done = dict(parse_qsl(press(world, "this")["headers"]["Location"].partition("?")[2]))["done"]
    page = open_link(world, [Change(out(NEWS), entry())], scope=NEWS, at=NOW + 1, done=done)

    assert heading(page) == UNSUBSCRIBED + "News" and 'name="undo"' not in page


def test_a_topic_that_needs_an_opt_in_can_be_refused_alone(world: World) -> None:
    assert buttons(open_link(world, scope=RESEARCH)) == ["this", "all"]
    assert buttons(open_link(world, [Change(out(RESEARCH), entry())], scope=RESEARCH)) == ["all"]


@pytest.mark.parametrize("scope", ["this", "all"])
def test_a_stored_press_is_not_called_lost_if_its_page_cannot_be_read(world: World, scope: str) -> None:
    pressed = press(world, scope)
    fault = FailingCalls("dynamodb", "GetItem")
    page = follow_redirect(app.handler, pressed, world, at=NOW + 1)

    assert fault.calls and page["statusCode"] == 503 and int(page["headers"]["Retry-After"]) > 0
    assert heading(page["body"]) == CANNOT_SHOW
    assert "gone through" not in page["body"] and "saved" not in page["body"]


def test_a_saved_form_is_not_called_lost_if_its_page_cannot_be_read(world: World) -> None:
    path = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    saved = preferences.handler(http_event("POST", path, form={"topic.news": "out"}), world.context)
    FailingCalls("dynamodb", "GetItem")
    page = follow_redirect(preferences.handler, saved, world, at=NOW + 1)

    assert page["statusCode"] == 503 and heading(page["body"]) == CANNOT_SHOW


def test_a_page_before_a_press_that_cannot_be_read_claims_nothing(world: World) -> None:
    FailingCalls("dynamodb", "GetItem")
    path = f"/u/{world.token(READER)}"
    page = app.handler(http_event("GET", path), world.context)
    pressed = press(world, "this", query={"done": "1"})

    for answer in (page, pressed):
        assert answer["statusCode"] == 503 and "saved" not in answer["body"]


def test_a_failed_press_after_a_save_is_not_called_saved_when_the_page_is_loaded_again(world: World) -> None:
    path = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    saved = preferences.handler(http_event("POST", path, form={"topic.news": "out"}), world.context)
    page = follow_redirect(preferences.handler, saved, world, at=NOW + 1)["body"]
    (action,) = set(re.findall('<form method="post" action="([^"]*)"', page))
    for operation in ("GetItem", "UpdateItem"):
        FailingCalls("dynamodb", operation)
    pressed = preferences.handler(http_event("POST", path, form={"all": "out"}, at=NOW + 2), world.context)
    query = dict(parse_qsl(saved["headers"]["Location"].partition("?")[2]))
    again = [
        preferences.handler(http_event(method, path, query=query, at=NOW + 3), world.context)
        for method in ("GET", "HEAD")
    ]

    assert action == f"{path}?lang=en" and page.count("<form ") == page.count(" action=")
    assert pressed["statusCode"] == 503 and "hasn’t gone through" in pressed["body"]
    assert [answer["statusCode"] for answer in again] == [503, 503]
    assert heading(again[0]["body"]) == CANNOT_SHOW and "saved" not in again[0]["body"]
