"""The preference centre: its page, its form, and the documents beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.preferences import app
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import (
    COMPLAINT,
    HOLD,
    MINOR,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    Source,
)
from tests.support.brands import deploy_catalogue
from tests.support.deployment import NOW, World, client, http_event, parts
from tests.support.preference_centre import DAY, EVERYTHING, READER, path, save, sendable, show
from tests.support.registers import confirmed, in_, out, pause
from tests.support.sample_brand import brand

EVENTS = Path(__file__).parents[2] / "events"
ALL_SHOWN_IN = {f"was.topic.{topic}": "in" for topic in ("offers", "news", "events")}


def test_showing_the_page_changes_nothing(world: World) -> None:
    show(world, query={"all": "out", "topic.offers": "out"}, headers={"sec-gpc": "1"})

    assert world.items() == []


def test_only_changed_fields_of_the_form_are_stored(world: World) -> None:
    answer = save(
        world,
        {**ALL_SHOWN_IN, "topic.offers": "out", "topic.news": "in", "topic.events": "in"},
    )

    assert answer["statusCode"] == 303
    assert answer["headers"]["Location"].startswith("/p/")
    assert {name for name in world.items()[0] if name[1:2] == ":"} == {"c:2"}


def test_an_old_page_does_not_end_a_newer_opt_out(world: World) -> None:
    world.apply_changes(READER, Change(out(0), Entry(Millis(NOW - 5), Source.PHONE, "{}")))
    save(world, {**ALL_SHOWN_IN, "topic.offers": "in", "topic.news": "in", "topic.events": "in"})

    assert sendable(world) == {"service", "targeted-advertising"}


def test_a_form_without_the_shown_state_is_compared_with_the_record(world: World) -> None:
    world.apply_changes(READER, Change(out(3), Entry(Millis(NOW - 5), Source.LINK, "{}")))
    save(world, {"topic.offers": "in", "topic.news": "out", "topic.events": "out"})

    assert {name for name in world.items()[0] if name[1:2] == ":"} == {"o:3", "c:4"}


@pytest.mark.parametrize(
    ("stop", "topic", "issued"),
    [
        (Change(out(2), Entry(Millis(NOW - 5), Source.LINK, "{}")), "offers", NOW - DAY),
        (Change(out(0), Entry(Millis(NOW - 5), Source.ONE_CLICK, "{}")), "offers", NOW),
        (Change(out(2), Entry(Millis(NOW - 5), Source.LETTER, "{}")), "offers", NOW - DAY),
        (Change(out(7), Entry(Millis(NOW - 5), Source.PHONE, "{}")), "targeted-advertising", NOW),
        (Change(out(5), Entry(Millis(NOW - 5), Source.LINK, "{}")), "research", NOW - DAY),
        (Change(COMPLAINT, Entry(Millis(NOW - 5), Source.COMPLAINT, "{}")), "offers", NOW - DAY),
    ],
    ids=[
        "an opt-out by a link",
        "an opt-out by a mail client",
        "an opt-out by letter",
        "advertising",
        "a topic without consent",
        "a complaint",
    ],
)
def test_an_opt_in_that_needs_a_confirmation_shows_the_form_for_it(
    world: World, stop: Change, topic: str, issued: Millis
) -> None:
    world.apply_changes(READER, stop)
    before = world.items()
    field = topic if topic == "targeted-advertising" else f"topic.{topic}"
    answer = save(world, {field: "in"}, path=path(world, issued=issued))

    assert answer["statusCode"] == 200 and world.items() == before
    assert f'value="{topic}"' in answer["body"]


def test_an_opt_out_next_to_a_refused_opt_in_is_stored(world: World) -> None:
    form = {"topic.research": "in", "topic.offers": "out"}
    answer = save(world, form, headers={"sec-gpc": "1"})

    assert answer["statusCode"] == 200
    assert sendable(world) == EVERYTHING - {"offers", "targeted-advertising"}
    assert "Everything else is saved." in answer["body"]
    assert "Targeted advertising is off." in answer["body"]


def test_opting_out_of_everything_ignores_the_other_fields(world: World) -> None:
    save(world, {"all": "out", "topic.offers": "in", "pause": "30", "targeted-advertising": "out"})

    assert sendable(world) == {"service", "targeted-advertising"}
    assert {name for name in world.items()[0] if name[1:2] == ":"} == {"c:0"}


def test_a_pause_ends_at_its_time_but_not_by_a_link(world: World) -> None:
    save(world, {"pause": "30"})
    assert sendable(world) == {"service", "targeted-advertising"}
    assert sendable(world, Millis(NOW + 30 * DAY)) == EVERYTHING

    before = world.items()
    answer = save(world, {"pause": "0"}, at=NOW + 1_000)
    assert answer["statusCode"] == 200 and world.items() == before
    assert 'name="resume" value="meridian" checked' in answer["body"]


def test_ending_a_pause_of_all_marketing_needs_a_confirmation(world: World) -> None:
    world.apply_changes(
        READER, Change(pause(0), Entry(Millis(NOW - 5), Source.PHONE, "{}", until=Millis(NOW + DAY)))
    )
    assert 'name="resume" value="*" checked' in save(world, {"pause": "0"})["body"]
    save(world, {"pause": "30"})
    assert 'name="resume" value="meridian,*" checked' in save(world, {"pause": "0"})["body"]


def test_ending_a_pause_without_a_pause_changes_nothing(world: World) -> None:
    assert save(world, {"pause": "0"})["statusCode"] == 303
    assert world.items() == []


def test_a_link_can_extend_a_pause_but_not_shorten_it(world: World) -> None:
    save(world, {"pause": "90"})
    before = world.items()
    assert save(world, {"pause": "30"}, at=NOW + DAY)["statusCode"] == 200
    assert world.items() == before
    assert sendable(world, Millis(NOW + 60 * DAY)) == {"service", "targeted-advertising"}

    save(world, {"pause": "90"}, at=NOW + 10 * DAY)
    assert sendable(world, Millis(NOW + 95 * DAY)) == {"service", "targeted-advertising"}
    assert sendable(world, Millis(NOW + 100 * DAY)) == EVERYTHING


URLENCODED = {"content-type": "application/x-www-form-urlencoded"}
UNREADABLE: dict[str, dict[str, Any]] = {
    "too many fields": {"form": [(f"x{number}", "y") for number in range(400)]},
    "a body that is too long": {"form": {"topic.offers": "out", "x": "y" * 500_000}},
    "multipart without a boundary": {
        "body": '--b\r\nContent-Disposition: form-data; name="topic.offers"\r\n\r\nout\r\n--b--',
        "headers": {"content-type": "multipart/form-data"},
    },
    "multipart labelled as urlencoded": {
        "body": '--b\r\nContent-Disposition: form-data; name="topic.offers"\r\n\r\nout\r\n--b--',
        "headers": {"content-type": "application/x-www-form-urlencoded"},
    },
    "JSON": {
        "body": '{"topic.offers": "out"}',
        "headers": {"content-type": "application/json"},
    },
    "two bytes a character": {"body": "topic.offers=out".encode("utf-16")},
    "no known field": {"form": {"utm_source": "x"}},
    "an unknown topic": {"form": {"topic.offers": "out", "topic.nothing": "out"}},
    "an unknown length of a pause": {"form": {"pause": "45"}},
    "an invalid Undo": {"form": {"undo": "x"}},
    "an empty Undo": {"form": {"undo": ""}},
    "an Undo with a choice": {"form": {"undo": "x", "topic.offers": "out"}},
    "an Undo in a truncated body": {"body": "undo=x&topic.eve%", "headers": URLENCODED},
    "advertising without a value": {"form": {"topic.offers": "out", "targeted-advertising": ""}},
}


@pytest.mark.parametrize("request_fields", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_form_is_not_reported_as_saved(world: World, request_fields: dict[str, Any]) -> None:
    answer = app.handler(http_event("POST", path(world), **request_fields), world.context)

    assert answer["statusCode"] == 422 and world.items() == []
    assert "nothing was saved" in answer["body"] and "was.topic.offers" in answer["body"]


@pytest.mark.parametrize(
    "request_fields",
    [
        {"form": [*((f"x{number}", "y") for number in range(400)), ("all", "out")]},
        {"form": {"all": "out", "x": "y" * 500_000}},
        {"form": [("all", "out"), ("all", "in")]},
        {"form": {"all": "off"}},
        {"form": {"undo": "x", "all": "out"}},
        {"form": {" ALL": "out"}},
    ],
    ids=["too many fields", "too long", "twice", "another word", "an Undo", "capitals"],
)
def test_an_opt_out_of_everything_is_found_in_any_form(world: World, request_fields: dict[str, Any]) -> None:
    answer = app.handler(http_event("POST", path(world), **request_fields), world.context)

    assert answer["statusCode"] == 303
    assert sendable(world) == {"service", "targeted-advertising"}


@pytest.mark.parametrize(
    ("request_fields", "remaining"),
    [
        ({"form": {"List-Unsubscribe": "One-Click"}}, {"news", "events"}),
        ({"body": ""}, {"news", "events"}),
        ({"body": b" \r\n"}, {"news", "events"}),
        ({}, {"news", "events"}),
        ({"form": {"scope": "all"}}, set()),
        ({"form": {"Scope": " ALL "}}, set()),
        ({"form": {"scope": "this"}}, {"news", "events"}),
        ({"form": {"scope": "whatever"}}, {"news", "events"}),
        ({"form": {"list-unsubscribe": "one-click"}}, {"news", "events"}),
        ({"form": {"List-Unsubscribe": ""}}, {"news", "events"}),
        ({"form": {"List-Unsubscribe": "One-Click", "topic.news": "in"}}, {"news", "events"}),
        ({"body": "List-Unsubscribe=One-Click"}, {"news", "events"}),
        ({"body": b'{"List-Unsubscribe": "One-Click"}'}, {"news", "events"}),
    ],
)
def test_a_one_click_post_to_a_preferences_link_opts_out(
    world: World, request_fields: dict[str, Any], remaining: set[str]
) -> None:
    answer = app.handler(http_event("POST", path(world), **request_fields), world.context)

    assert (answer["statusCode"], answer["body"]) == (200, "Unsubscribed.\n")
    assert "Location" not in answer["headers"]
    assert sendable(world) == {"service", "targeted-advertising", *remaining}


@pytest.mark.parametrize(
    "form",
    [
        [("topic.offers", "in"), ("topic.offers", "out")],
        [("topic.offers", "out"), ("topic.offers", "in")],
        [("topic.offers", "off")],
        [("was.topic.offers", "out"), ("was.topic.offers", "in"), ("topic.offers", "out")],
    ],
)
def test_the_opt_out_counts_when_a_form_contradicts_itself(world: World, form: list[tuple[str, str]]) -> None:
    assert app.handler(http_event("POST", path(world), form=form), world.context)["statusCode"] == 303
    assert sendable(world) == EVERYTHING - {"offers"}


@pytest.mark.parametrize("saved", ["", "2", "true", "A" * 80])
def test_the_page_shows_saved_only_after_a_save(world: World, saved: str) -> None:
    query = {"saved": saved} if saved else {}

    assert show(world, query=query) == show(world)


@pytest.mark.parametrize("headers", [{"sec-gpc": "1"}, {"dnt": "1"}, {"Sec-GPC": "1,1"}])
def test_a_privacy_signal_is_recorded_with_a_save_and_overrides_the_form(
    world: World, headers: dict[str, str]
) -> None:
    save(world, {"targeted-advertising": "in", "was.targeted-advertising": "out"}, headers=headers)

    assert sendable(world) == EVERYTHING - {"targeted-advertising"}
    assert world.items()[0]["o:7"]["M"]["by"] == {"S": "signal"}


@pytest.mark.parametrize("change", [out(3), HOLD])
def test_a_privacy_signal_is_recorded_with_an_unreadable_form_too(world: World, change: Register) -> None:
    """The signal is a request of its own (11 CCR 7025(c)), so the rest of the form does not matter."""
    world.apply_changes(READER, Change(change, Entry(Millis(NOW - 1), Source.PHONE, "{}")))
    answer = save(world, {"undo": "x"}, headers={"sec-gpc": "1"})

    assert answer["statusCode"] == (200 if change == HOLD else 422)
    assert world.items()[0]["o:7"]["M"]["by"] == {"S": "signal"}


def test_a_signal_overrides_an_older_opt_in_that_arrives_late(
    world: World,
) -> None:
    world.apply_changes(READER, Change(out(7), Entry(Millis(NOW - 3 * DAY), Source.PHONE, "{}")))
    save(world, {"topic.news": "in", "was.topic.news": "in"}, headers={"sec-gpc": "1"})
    world.apply_changes(READER, Change(in_(7), Entry(Millis(NOW - 2 * DAY), Source.LETTER, "{}")))

    assert "targeted-advertising" not in sendable(world)


@pytest.mark.parametrize("headers", [{"sec-gpc": "0"}, {"sec-gpc": "true"}, {"dnt": "null"}, {}])
def test_a_header_value_other_than_1_is_not_a_signal(world: World, headers: dict[str, str]) -> None:
    save(world, {"topic.news": "out"}, headers=headers)

    assert "targeted-advertising" in sendable(world)


def test_an_opt_out_of_advertising_does_not_stop_mail(world: World) -> None:
    save(world, {"targeted-advertising": "out"})
    assert sendable(world) == EVERYTHING - {"targeted-advertising"}


def test_the_page_shows_the_state_but_no_data_of_the_person(world: World) -> None:
    world.apply_changes(
        READER, Change(out(2), Entry(Millis(NOW - DAY), Source.PHONE, '{"reference":"call 17"}'))
    )
    world.apply_changes(READER, Change(in_(4), Entry(Millis(NOW - 2 * DAY), Source.LETTER, "{}")))
    page = show(world)

    assert 'name="was.topic.offers" value="out"' in page
    assert 'name="was.topic.events" value="in"' in page
    assert "call 17" not in page and "reader" not in page.lower().replace("readers", "")


def test_the_page_says_that_an_address_is_undeliverable(world: World) -> None:
    before = show(world)
    world.apply_changes(READER, Change(UNDELIVERABLE, Entry(Millis(NOW - DAY), Source.BOUNCE, "{}")))

    assert show(world) != before


@pytest.mark.parametrize("register", [MINOR, HOLD])
def test_a_minor_and_an_address_on_hold_get_the_neutral_page(world: World, register: Register) -> None:
    change = Change(register, Entry(Millis(5), Source.AGE_REPORT, "{}"))
    parts().preferences.apply(world.recipient(READER), [change], NOW)
    answer = save(world, {"topic.offers": "in", "was.topic.offers": "out"})

    assert answer["statusCode"] == 200 and answer["body"] == show(world)


def test_an_unsubscribe_link_does_not_open_the_preference_centre(world: World) -> None:
    event = http_event("GET", f"/p/{world.token(READER)}")

    assert app.handler(event, world.context)["statusCode"] == 404


def test_the_documents_about_signals_and_policy_are_served(world: World) -> None:
    gpc = app.handler(
        json.loads((EVENTS / "preferences-v2-get-well-known-gpc-json.json").read_text()),
        world.context,
    )
    dnt = app.handler(http_event("GET", "/.well-known/dnt/"), world.context)
    policy = app.handler(http_event("GET", "/policy.json"), world.context)

    assert json.loads(gpc["body"])["gpc"] is True
    assert gpc["headers"]["Content-Type"] == "application/json"
    assert json.loads(dnt["body"]) == {"tracking": "N"}
    assert dnt["headers"]["Content-Type"] == "application/tracking-status+json"
    [version] = json.loads(policy["body"])["versions"]
    assert set(version) == {"version", "effective", "material", "summary"}


@pytest.mark.parametrize("path", ["/", "/u/", "/u/a/b", "/p/a/", "/favicon.ico", "/no/such"])
def test_an_unknown_path_shows_the_other_ways_to_opt_out(world: World, path: str) -> None:
    answer = app.handler(http_event("GET", path), world.context)

    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert answer["body"] == app.handler(http_event("GET", "/p/mangled"), world.context)["body"]


@pytest.mark.parametrize("path", ["/u/abc", "/p/abc", "/c/abc", "/subscribe"])
def test_an_unknown_method_gets_the_list_of_allowed_methods(world: World, path: str) -> None:
    answer = app.handler(http_event("PUT", path), world.context)

    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "GET, HEAD, POST")


def test_a_brand_without_marketing_topics_still_has_its_page(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = json.loads((brand() / "catalogue.json").read_text())["topics"]
    retired_topics = [{**topic, "retired": topic["kind"] == "marketing"} for topic in topics]
    deploy_catalogue(tmp_path, monkeypatch, topics=retired_topics)
    world.apply_changes(READER, Change(UNDELIVERABLE, Entry(Millis(NOW - 5), Source.BOUNCE, "{}")))

    page = show(world)
    assert 'name="topic.' not in page and 'name="targeted-advertising"' in page
    assert "bounced" in page


@pytest.mark.parametrize("word", ["OUT", " out ", "Out\r\n"])
def test_the_value_out_is_read_in_any_case_and_spacing(world: World, word: str) -> None:
    save(world, {"topic.offers": word, "was.topic.offers": "In"})

    assert sendable(world) == EVERYTHING - {"offers"}


def test_a_failed_opt_out_of_everything_offers_a_retry(
    world: World,
) -> None:
    client("dynamodb").delete_table(TableName=world.table)
    answer = save(world, {"all": "out", "topic.offers": "in"})

    assert answer["statusCode"] == 503 and answer["headers"]["Retry-After"]
    assert (
        '<form method="post" class="actions"><input type="hidden" name="all" value="out">' in (answer["body"])
    )


def test_an_opt_out_is_stored_even_if_a_complaint_stops_the_topic(world: World) -> None:
    """A confirmation of an older request may still arrive. It must not override this opt-out."""
    world.apply_changes(READER, Change(COMPLAINT, Entry(Millis(NOW - 9), Source.COMPLAINT, "{}")))
    save(world, {"topic.offers": "out"})
    confirmation = Entry(Millis(NOW - 1), Source.CONFIRMATION, "{}")
    world.apply_changes(READER, Change(confirmed(2), confirmation))

    assert "offers" not in sendable(world)


def test_a_failed_one_click_opt_out_is_queued_for_a_retry(
    world: World,
) -> None:
    client("dynamodb").delete_table(TableName=world.table)
    answer = app.handler(http_event("POST", path(world), body="List-Unsubscribe=One-Click"), world.context)

    assert answer["statusCode"] == 503
    assert len(world.messages("OPT_OUT_RETRY_QUEUE_URL")) == 1
