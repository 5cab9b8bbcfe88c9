"""The form for people without a link and the page after it: mistakes, what was entered, and the way back."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import parse_qsl

import pytest

from functions.preferences import app as preferences
from functions.resubscribe import app
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import MINOR, Change, Entry, Source
from heed.entrypoints.http.pages.pages import ADDRESS, FORM_FIELDS, PREFERENCES_URL
from tests.support.deployment import NOW, World, http_event, restart
from tests.support.failing_client import FailingCalls
from tests.support.preference_centre import (
    BROWSER,
    EVERYTHING,
    READER,
    follow,
    path,
    save,
    sendable,
    show,
    title,
)
from tests.support.registers import confirmed

TOPICS = ["offers", "news", "events", "research"]
FORM = [("address", READER), ("topics", "offers"), ("topics", "research"), ("intent", "in")]


def submit(world: World, form: Any = FORM, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = app.handler(http_event("POST", "/subscribe", form=form, **more), world.context)
    return answer


def queued(world: World) -> list[dict[str, Any]]:
    return [json.loads(body) for body in world.messages("CONFIRMATION_REQUESTS_QUEUE_URL")]


def fields_of(page: str) -> list[tuple[str, str]]:
    """Returns the hidden fields and the checked boxes of a page, and its address."""
    found = []
    for tag in re.findall("<input[^>]*>", page):
        name, value = re.search('name="([^"]*)"', tag), re.search('value="([^"]*)"', tag)
        if name and value and ("checkbox" not in tag or " checked" in tag):
            found.append((html.unescape(name[1]), html.unescape(value[1])))
    return found


def test_all_mistakes_of_the_form_are_shown_at_once_and_link_to_their_fields(world: World) -> None:
    page = submit(world, [("address", "somebody at example")])["body"]

    assert "<title>Error: " in page
    assert re.findall(r'<li><a href="#([^"]+)">([^<]+)<', page) == [
        ("address", "Enter an email address, like name@example.com."),
        ("topic-offers", "Select at least one topic."),
    ]
    assert 'id="address"' in page and 'id="topic-offers"' in page
    assert len(re.findall('class="error"', page)) == 2
    assert re.findall("<[^>]*autofocus", page) == [
        '<section class="notice mistakes" role="alert" tabindex="-1" aria-labelledby="mistakes" autofocus'
    ]


def test_the_answer_shows_the_address_and_sends_the_same_form_again(world: World) -> None:
    form = [("address", " Reader <b@example.com>"), ("topics", "offers"), ("topics", "nonsense")]
    first = submit(world, form)

    assert "If b@example.com can get email from us" in first["body"]
    assert fields_of(first["body"]) == [
        ("intent", "in"),
        ("address", "b@example.com"),
        ("topics", "offers"),
    ]
    again = submit(world, fields_of(first["body"]))
    assert (again["statusCode"], again["body"]) == (202, first["body"])
    assert [request["address"] for request in queued(world)] == ["b@example.com"] * 2


@pytest.mark.parametrize("intent", ["in", "out"])
def test_the_form_can_be_changed_after_it_was_accepted(world: World, intent: str) -> None:
    form = [("intent", intent), ("address", READER), ("topics", "offers")]
    accepted = submit(world, form)["body"]
    queued(world)
    answer = submit(world, [*fields_of(accepted), ("edit", "1")])

    assert answer["statusCode"] == 200 and queued(world) == []
    assert set(fields_of(answer["body"])) >= {("intent", intent), ("address", READER)}
    assert ("topics", "offers") in fields_of(answer["body"])
    assert "Error" not in answer["body"] and "error" not in answer["body"].partition("<main>")[2]


@pytest.mark.parametrize(
    ("address", "more"), [(READER, {"edit": "1"}), ("reader at example", {})], ids=["change", "mistake"]
)
def test_an_opt_out_of_topics_stays_one_of_these_topics_when_the_address_changes(
    world: World, address: str, more: dict[str, str]
) -> None:
    chosen = [("topics", "offers"), ("topics", "targeted-advertising")]
    page = submit(world, [("intent", "out"), ("address", address), *chosen, *more.items()])["body"]

    assert "a link to unsubscribe from:" in page and "all marketing emails from" not in page
    assert "<ul><li>Offers</li><li>Targeted advertising</li></ul>" in page and "News" not in page
    submit(world, [field for field in fields_of(page) if field[0] != "address"] + [("address", READER)])
    assert queued(world)[0]["scopes"] == [2, 7]


@pytest.mark.parametrize("mark", [FORM_FIELDS, ADDRESS, PREFERENCES_URL])
def test_a_mark_of_the_compiled_answer_in_an_address_is_only_text(world: World, mark: str) -> None:
    body = submit(world, [("address", f'"{mark}"@example.com'), ("intent", "out")])["body"]

    assert "<!--" not in body and body.count(f"{html.escape(mark)}&#34;@example.com") == 2


@pytest.mark.threat(
    "T31",
    "Another site posts the form with a false message as the name beside an address.",
    "The pages show a valid address alone. Any other text is only in the value of the field.",
)
@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("Your account is LOCKED. Call +1 900 555 0100 <X@Example.com>", "X@Example.com"),
        ('"Your account, LOCKED" <x@example.com>', "x@example.com"),
        ("\u202eLOCKED <x@example.com>", "x@example.com"),
        ("LOCKED <x@exam\u00adple.com>", "x@example.com"),
    ],
)
@pytest.mark.parametrize("more", [[], [("edit", "1")]])
def test_a_name_beside_the_address_is_not_shown(
    world: World, address: str, shown: str, more: list[tuple[str, str]]
) -> None:
    body = submit(world, [("address", address), ("intent", "out"), *more])["body"]

    assert dict(fields_of(body))["address"] == shown
    assert not re.search("LOCKED|[\u00ad\u202e]", body)


def test_a_text_that_is_no_address_is_shown_only_in_its_field(world: World) -> None:
    text = "\u202eLOCKED <x@\u202aexample.com>"
    body = submit(world, [("address", text), ("intent", "out")])["body"]

    assert dict(fields_of(body))["address"] == text
    assert not re.search("LOCKED|[\u202a\u202e]", re.sub('value="[^"]*"', "", body))


# ---- One more step after the preference centre


def preferences_link(world: World, **more: Any) -> str:
    return world.token(READER, purpose=TokenPurpose.PREFERENCES, **more)


def test_a_browser_comes_to_the_consent_page_by_a_redirect(world: World) -> None:
    """So the person can reload it and come back to it. Any other client gets the same page at once."""
    form = {"topic.research": "in", "topic.offers": "out", "was.topic.offers": "in"}
    direct = save(world, form)
    world.clear_table(world.table, "id")
    redirect = save(world, form, headers=BROWSER)
    before = world.items()
    pages = [follow(world, redirect, headers=BROWSER) for _ in range(2)]

    assert (direct["statusCode"], pages) == (200, [direct["body"]] * 2)
    assert "confirm=5&saved=1" in redirect["headers"]["Location"]
    assert title(pages[0]) == "One more step: confirm Research"
    assert 'id="topic-research" name="topics" value="research" checked' in pages[0]
    assert f'href="{path(world)}?lang=en">Back to your preferences<' in pages[0]
    assert 'href="?confirm=5&amp;saved=1&amp;lang=de"' in pages[0]
    assert world.items() == before and sendable(world) == EVERYTHING - {"offers"}


def test_the_consent_page_says_that_the_rest_is_saved_only_if_something_was(world: World) -> None:
    page = follow(world, save(world, {"topic.research": "in"}, headers=BROWSER))

    assert "is saved" not in page and world.items() == []
    assert "We don’t store your address, so please enter it." in page


def test_the_end_of_a_pause_is_one_more_step_as_well(world: World) -> None:
    save(world, {"pause": "30"})
    page = follow(world, save(world, {"pause": "0"}, at=NOW + 1, headers=BROWSER))

    assert title(page) == "One more step: confirm by email"
    assert 'name="resume" value="meridian" checked' in page and 'name="topics"' not in page


def test_an_undo_after_an_hour_is_one_more_step_as_well(world: World) -> None:
    saved = save(world, {"pause": "30", "topic.research": "out", "was.topic.research": "in"})
    undo = dict(parse_qsl(saved["headers"]["Location"].partition("?")[2]))["saved"]
    late = NOW + 3_600_000
    direct = save(world, {"undo": undo}, at=late)
    redirect = save(world, {"undo": undo}, at=late, headers=BROWSER)

    assert (direct["statusCode"], redirect["statusCode"]) == (200, 303)
    assert follow(world, redirect, late) == direct["body"]
    assert re.findall('name="topics" value="([^"]+)" checked', direct["body"]) == TOPICS


def test_the_consent_page_of_a_topic_that_is_on_is_the_preference_centre(world: World) -> None:
    """Its address may be opened again after the confirmation."""
    for query in ({"confirm": "2"}, {"confirm": "6-99-x-"}, {"resume": "0-1-2"}, {"confirm": "5" * 5_000}):
        assert show(world, query=query) == show(world)
    world.apply_changes(READER, Change(confirmed(5), Entry(Millis(NOW - 5), Source.CONFIRMATION, "{}")))
    assert show(world, query={"confirm": "5"}) == show(world)


def test_the_consent_page_of_a_minor_is_the_neutral_page(world: World) -> None:
    world.apply_changes(READER, Change(MINOR, Entry(Millis(5), Source.AGE_REPORT, "{}")))

    assert show(world, query={"confirm": "5"}) == show(world)


def test_the_way_from_the_preference_centre_leads_back_to_it(world: World) -> None:
    origin = preferences_link(world)
    page = preferences.handler(
        http_event("POST", f"/p/{origin}", form={"topic.research": "in"}), world.context
    )
    assert "<h1>One more step: confirm Research</h1>" in page["body"]
    assert f'<a href="/p/{origin}?lang=en">Back to your preferences</a>' in page["body"]
    fields = [field for field in fields_of(page["body"]) if field[0] != "address"]

    mistaken = submit(world, [*fields, ("address", "reader at example")])
    assert mistaken["statusCode"] == 422 and ("preferences", origin) in fields_of(mistaken["body"])
    assert "<h1>One more step: confirm Research</h1>" in mistaken["body"]
    assert f'href="/p/{origin}?confirm=5&amp;lang=de"' in mistaken["body"]

    accepted = submit(world, [*fields, ("address", READER)])
    assert accepted["statusCode"] == 202 and "Location" not in accepted["headers"]
    assert f'<a href="/p/{origin}?lang=en">Back to your preferences</a>' in accepted["body"]
    assert ("preferences", origin) in fields_of(accepted["body"])
    assert queued(world)[0]["scopes"] == [5]


def test_an_opt_out_from_the_preference_centre_asks_for_no_consent(world: World) -> None:
    origin = ("preferences", preferences_link(world))
    form = [("intent", "out"), ("topics", "offers"), ("address", "reader at example")]

    assert submit(world, [*form, origin])["body"] == submit(world, form)["body"]


@pytest.mark.threat(
    "T29",
    "An attacker puts another site, or an invented token, into the hidden field that leads back.",
    "The page after the form links only to a preference centre whose token it verified. It never redirects.",
)
def test_a_form_leads_back_only_to_a_verified_preference_centre(world: World) -> None:
    usual = submit(world)["body"]
    for text in ("", "x", "https://example.org", preferences_link(world)[:-1], world.token(READER)):
        assert submit(world, [*FORM, ("preferences", text)])["body"] == usual


def test_a_form_is_accepted_although_its_way_back_cannot_be_verified(world: World) -> None:
    origin = preferences_link(world)
    restart()
    usual = submit(world)["body"]  # it loads the key of the form, and no key of links
    fault = FailingCalls("kms", "GenerateMac")

    assert submit(world, [*FORM, ("preferences", origin)])["body"] == usual and fault.calls


def test_a_choice_that_a_link_cannot_make_continues_by_mail(world: World) -> None:
    link = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    page = preferences.handler(http_event("POST", link, form={"topic.research": "in"}), world.context)["body"]
    form = re.findall(r'name="(topics|intent)" value="([a-z]+)"', page)
    assert 'action="/subscribe?lang=en"' in page
    assert submit(world, [("address", READER), *form])["statusCode"] == 202
    assert queued(world)[0]["scopes"] == [5]
