from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.preferences import app
from heed.domain.links.link_token import TokenPurpose
from heed.domain.preferences.decision import decide
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
from tests.support.deployment import NOW, World, brand, client, http, parts
from tests.support.registers import in_, out, pause, yes

EVENTS = Path(__file__).parents[2] / "events"
READER = "reader@example.com"
DAY = 86_400_000
ALL_SHOWN_IN = {f"was.topic.{topic}": "in" for topic in ("offers", "news", "events")}


def path(world: World, scope: int = 2, issued: int = NOW - DAY) -> str:
    return f"/p/{world.token(READER, scope, issued, TokenPurpose.PREFERENCES)}"


def save(world: World, form: dict[str, str], **more: Any) -> dict[str, Any]:
    where = more.pop("path", None) or path(world)
    answer: dict[str, Any] = app.handler(http("POST", where, form=form, **more), world.context)
    return answer


def show(world: World, **more: Any) -> str:
    answer = app.handler(http("GET", path(world), **more), world.context)
    assert answer["statusCode"] == 200
    return str(answer["body"])


def sendable(world: World, at: int = NOW + 1) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    return {topic.name for topic in catalogue.topics.values() if decide(record, topic, at).sendable}


EVERYTHING = {"offers", "news", "events", "service", "targeted-advertising"}


def test_showing_the_page_changes_nothing(world: World) -> None:
    show(world, query={"all": "out", "topic.offers": "out"}, headers={"sec-gpc": "1"})

    assert world.items() == []


def test_only_what_differs_from_what_the_page_showed_is_written(world: World) -> None:
    answer = save(
        world,
        {**ALL_SHOWN_IN, "topic.offers": "out", "topic.news": "in", "topic.events": "in"},
    )

    assert answer["statusCode"] == 303
    assert answer["headers"]["Location"].startswith("/p/")
    assert {name for name in world.items()[0] if name[1:2] == ":"} == {"c:2"}


def test_a_page_left_open_never_revives_anything(world: World) -> None:
    world.put(READER, Change(out(0), Entry(NOW - 5, Source.PHONE, "{}")))
    save(world, {**ALL_SHOWN_IN, "topic.offers": "in", "topic.news": "in", "topic.events": "in"})

    assert sendable(world) == {"service", "targeted-advertising"}


def test_without_the_shown_state_the_record_s_counts(world: World) -> None:
    world.put(READER, Change(out(3), Entry(NOW - 5, Source.LINK, "{}")))
    save(world, {"topic.offers": "in", "topic.news": "out", "topic.events": "out"})

    assert {name for name in world.items()[0] if name[1:2] == ":"} == {"o:3", "c:4"}


@pytest.mark.parametrize(
    ("stop", "topic", "issued"),
    [
        (Change(out(2), Entry(NOW - 5, Source.LINK, "{}")), "offers", NOW - DAY),
        (Change(out(0), Entry(NOW - 5, Source.ONE_CLICK, "{}")), "offers", NOW),
        (Change(out(2), Entry(NOW - 5, Source.LETTER, "{}")), "offers", NOW - DAY),
        (Change(out(7), Entry(NOW - 5, Source.PHONE, "{}")), "targeted-advertising", NOW),
        (Change(out(5), Entry(NOW - 5, Source.LINK, "{}")), "research", NOW - DAY),
        (Change(COMPLAINT, Entry(NOW - 5, Source.COMPLAINT, "{}")), "offers", NOW - DAY),
    ],
    ids=[
        "a stop by a link",
        "a stop by a mail client",
        "a stop by letter",
        "advertising",
        "a consent that never was",
        "a complaint",
    ],
)
def test_an_in_that_a_link_cannot_give_is_not_written_but_the_form_to_confirm_it_is_shown(
    world: World, stop: Change, topic: str, issued: int
) -> None:
    world.put(READER, stop)
    before = world.items()
    field = topic if topic == "targeted-advertising" else f"topic.{topic}"
    answer = save(world, {field: "in"}, path=path(world, issued=issued))

    assert answer["statusCode"] == 200 and world.items() == before
    assert f'value="{topic}"' in answer["body"]


def test_an_out_beside_an_in_that_is_refused_is_written_all_the_same(world: World) -> None:
    form = {"topic.research": "in", "topic.offers": "out"}
    answer = save(world, form, headers={"sec-gpc": "1"})

    assert answer["statusCode"] == 200
    assert sendable(world) == EVERYTHING - {"offers", "targeted-advertising"}
    assert "What you turned off is off." in answer["body"]
    assert "Targeted advertising is off in your profile." in answer["body"]


def test_everything_off_ignores_the_rest_of_the_form(world: World) -> None:
    save(world, {"all": "out", "topic.offers": "in", "pause": "30", "targeted-advertising": "out"})

    assert sendable(world) == {"service", "targeted-advertising"}
    assert {name for name in world.items()[0] if name[1:2] == ":"} == {"c:0"}


def test_a_pause_ends_by_itself_and_no_link_ends_it(world: World) -> None:
    save(world, {"pause": "30"})
    assert sendable(world) == {"service", "targeted-advertising"}
    assert sendable(world, NOW + 30 * DAY) == EVERYTHING

    before = world.items()
    answer = save(world, {"pause": "0"}, at=NOW + 1_000)
    assert answer["statusCode"] == 200 and world.items() == before
    assert 'name="resume" value="meridian" checked' in answer["body"]


def test_the_end_of_a_pause_of_all_marketing_is_asked_for_likewise(world: World) -> None:
    world.put(READER, Change(pause(0), Entry(NOW - 5, Source.PHONE, "{}", until=NOW + DAY)))
    assert 'name="resume" value="*" checked' in save(world, {"pause": "0"})["body"]
    save(world, {"pause": "30"})
    assert 'name="resume" value="meridian,*" checked' in save(world, {"pause": "0"})["body"]


def test_where_nothing_is_paused_there_is_nothing_to_end(world: World) -> None:
    assert save(world, {"pause": "0"})["statusCode"] == 303
    assert world.items() == []


def test_a_pause_is_made_longer_by_a_link_and_never_shorter(world: World) -> None:
    save(world, {"pause": "90"})
    before = world.items()
    assert save(world, {"pause": "30"}, at=NOW + DAY)["statusCode"] == 200
    assert world.items() == before
    assert sendable(world, NOW + 60 * DAY) == {"service", "targeted-advertising"}

    save(world, {"pause": "90"}, at=NOW + 10 * DAY)
    assert sendable(world, NOW + 95 * DAY) == {"service", "targeted-advertising"}
    assert sendable(world, NOW + 100 * DAY) == EVERYTHING


URLENCODED = {"content-type": "application/x-www-form-urlencoded"}
UNREAD: dict[str, dict[str, Any]] = {
    "too many fields": {"form": [(f"x{n}", "y") for n in range(400)]},
    "a body that is too long": {"form": {"topic.offers": "out", "x": "y" * 500_000}},
    "multipart without a boundary": {
        "body": '--b\r\nContent-Disposition: form-data; name="topic.offers"\r\n\r\nout\r\n--b--',
        "headers": {"content-type": "multipart/form-data"},
    },
    "multipart that is said to be urlencoded": {
        "body": '--b\r\nContent-Disposition: form-data; name="topic.offers"\r\n\r\nout\r\n--b--',
        "headers": {"content-type": "application/x-www-form-urlencoded"},
    },
    "JSON": {
        "body": '{"topic.offers": "out"}',
        "headers": {"content-type": "application/json"},
    },
    "two bytes a character": {"body": "topic.offers=out".encode("utf-16")},
    "no field of ours": {"form": {"utm_source": "x"}},
    "a topic that nobody knows": {"form": {"topic.offers": "out", "topic.nothing": "out"}},
    "a pause of no length that there is": {"form": {"pause": "45"}},
    "an Undo that is none": {"form": {"undo": "x"}},
    "an Undo of nothing": {"form": {"undo": ""}},
    "an Undo beside a choice": {"form": {"undo": "x", "topic.offers": "out"}},
    "an Undo in a body that was cut": {"body": "undo=x&topic.eve%", "headers": URLENCODED},
    "advertising without a value": {"form": {"topic.offers": "out", "targeted-advertising": ""}},
}


@pytest.mark.parametrize("sent", UNREAD.values(), ids=UNREAD.keys())
def test_nothing_is_called_saved_that_was_not_read(world: World, sent: dict[str, Any]) -> None:
    answer = app.handler(http("POST", path(world), **sent), world.context)

    assert answer["statusCode"] == 422 and world.items() == []
    assert "Nothing was saved" in answer["body"] and "was.topic.offers" in answer["body"]


@pytest.mark.parametrize(
    "sent",
    [
        {"form": [*((f"x{n}", "y") for n in range(400)), ("all", "out")]},
        {"form": {"all": "out", "x": "y" * 500_000}},
        {"form": [("all", "out"), ("all", "in")]},
        {"form": {"all": "off"}},
        {"form": {"undo": "x", "all": "out"}},
        {"form": {" ALL": "out"}},
    ],
    ids=["too many fields", "too long", "said twice", "another word", "an Undo", "capitals"],
)
def test_everything_off_is_seen_in_whatever_says_it(world: World, sent: dict[str, Any]) -> None:
    answer = app.handler(http("POST", path(world), **sent), world.context)

    assert answer["statusCode"] == 303
    assert sendable(world) == {"service", "targeted-advertising"}


@pytest.mark.parametrize(
    ("sent", "left"),
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
def test_an_opt_out_that_was_sent_to_the_wrong_link_is_one(
    world: World, sent: dict[str, Any], left: set[str]
) -> None:
    answer = app.handler(http("POST", path(world), **sent), world.context)

    assert (answer["statusCode"], answer["body"]) == (200, "Unsubscribed.\n")
    assert "Location" not in answer["headers"]
    assert sendable(world) == {"service", "targeted-advertising", *left}


@pytest.mark.parametrize(
    "form",
    [
        [("topic.offers", "in"), ("topic.offers", "out")],
        [("topic.offers", "out"), ("topic.offers", "in")],
        [("topic.offers", "off")],
        [("was.topic.offers", "out"), ("was.topic.offers", "in"), ("topic.offers", "out")],
    ],
)
def test_of_what_is_said_twice_or_in_other_words_the_stop_counts(
    world: World, form: list[tuple[str, str]]
) -> None:
    assert app.handler(http("POST", path(world), form=form), world.context)["statusCode"] == 303
    assert sendable(world) == EVERYTHING - {"offers"}


@pytest.mark.parametrize("saved", ["", "2", "true", "A" * 80])
def test_the_page_says_saved_only_where_something_was(world: World, saved: str) -> None:
    query = {"saved": saved} if saved else {}

    assert show(world, query=query) == show(world)


@pytest.mark.parametrize("headers", [{"sec-gpc": "1"}, {"dnt": "1"}, {"Sec-GPC": "1,1"}])
def test_a_privacy_signal_is_kept_with_any_save_and_no_form_overrides_it(
    world: World, headers: dict[str, str]
) -> None:
    save(world, {"targeted-advertising": "in", "was.targeted-advertising": "out"}, headers=headers)

    assert sendable(world) == EVERYTHING - {"targeted-advertising"}
    assert world.items()[0]["o:7"]["M"]["by"] == {"S": "signal"}


@pytest.mark.parametrize("change", [out(3), HOLD])
def test_a_privacy_signal_is_kept_of_a_form_that_cannot_be_read_too(world: World, change: Register) -> None:
    """The signal is the request (11 CCR 7025(c)), whatever else came with it."""
    world.put(READER, Change(change, Entry(NOW - 1, Source.PHONE, "{}")))
    answer = save(world, {"undo": "x"}, headers={"sec-gpc": "1"})

    assert answer["statusCode"] == (200 if change == HOLD else 422)
    assert world.items()[0]["o:7"]["M"]["by"] == {"S": "signal"}


def test_a_signal_where_advertising_is_off_outlasts_an_older_yes_that_comes_late(
    world: World,
) -> None:
    world.put(READER, Change(out(7), Entry(NOW - 3 * DAY, Source.PHONE, "{}")))
    save(world, {"topic.news": "in", "was.topic.news": "in"}, headers={"sec-gpc": "1"})
    world.put(READER, Change(in_(7), Entry(NOW - 2 * DAY, Source.LETTER, "{}")))

    assert "targeted-advertising" not in sendable(world)


@pytest.mark.parametrize("headers", [{"sec-gpc": "0"}, {"sec-gpc": "true"}, {"dnt": "null"}, {}])
def test_what_is_not_exactly_1_is_no_signal(world: World, headers: dict[str, str]) -> None:
    save(world, {"topic.news": "out"}, headers=headers)

    assert "targeted-advertising" in sendable(world)


def test_an_e_mail_opt_out_is_no_advertising_one_nor_the_other_way_round(world: World) -> None:
    save(world, {"targeted-advertising": "out"})
    assert sendable(world) == EVERYTHING - {"targeted-advertising"}


def test_the_page_shows_the_true_state_and_nothing_about_the_person(world: World) -> None:
    world.put(READER, Change(out(2), Entry(NOW - DAY, Source.PHONE, '{"reference":"call 17"}')))
    world.put(READER, Change(in_(4), Entry(NOW - 2 * DAY, Source.LETTER, "{}")))
    page = show(world)

    assert 'name="was.topic.offers" value="out"' in page
    assert 'name="was.topic.events" value="in"' in page
    assert "call 17" not in page and "reader" not in page.lower().replace("readers", "")


def test_a_dead_mailbox_is_told_of(world: World) -> None:
    before = show(world)
    world.put(READER, Change(UNDELIVERABLE, Entry(NOW - DAY, Source.BOUNCE, "{}")))

    assert show(world) != before


@pytest.mark.parametrize("register", [MINOR, HOLD])
def test_a_minor_and_a_held_address_see_the_neutral_page(world: World, register: Register) -> None:
    neutral = Change(register, Entry(5, Source.AGE_REPORT, "{}"))
    parts().preferences.apply(world.recipient(READER), [neutral], NOW)
    posted = save(world, {"topic.offers": "in", "was.topic.offers": "out"})

    assert posted["statusCode"] == 200 and posted["body"] == show(world)


def test_an_unsubscribe_link_opens_no_preference_centre(world: World) -> None:
    event = http("GET", f"/p/{world.token(READER)}")

    assert app.handler(event, world.context)["statusCode"] == 404


def test_the_documents_of_the_standards(world: World) -> None:
    gpc = app.handler(
        json.loads((EVENTS / "preferences-v2-get-well-known-gpc-json.json").read_text()),
        world.context,
    )
    dnt = app.handler(http("GET", "/.well-known/dnt/"), world.context)
    policy = app.handler(http("GET", "/policy.json"), world.context)

    assert json.loads(gpc["body"])["gpc"] is True
    assert gpc["headers"]["Content-Type"] == "application/json"
    assert json.loads(dnt["body"]) == {"tracking": "N"}
    assert dnt["headers"]["Content-Type"] == "application/tracking-status+json"
    [version] = json.loads(policy["body"])["versions"]
    assert set(version) == {"version", "effective", "material", "summary"}


@pytest.mark.parametrize("path", ["/", "/u/", "/u/a/b", "/p/a/", "/favicon.ico", "/no/such"])
def test_whoever_lost_the_way_finds_the_other_ways_to_opt_out(world: World, path: str) -> None:
    answer = app.handler(http("GET", path), world.context)

    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert answer["body"] == app.handler(http("GET", "/p/mangled"), world.context)["body"]


@pytest.mark.parametrize("path", ["/u/abc", "/p/abc", "/c/abc", "/subscribe"])
def test_a_method_that_no_link_has_is_told_which_there_are(world: World, path: str) -> None:
    answer = app.handler(http("PUT", path), world.context)

    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "GET, HEAD, POST")


def test_a_brand_that_sends_no_marketing_any_more_still_has_its_page(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = json.loads((brand() / "catalogue.json").read_text())["topics"]
    ended = [{**topic, "retired": topic["kind"] == "marketing"} for topic in topics]
    deploy_catalogue(tmp_path, monkeypatch, topics=ended)
    world.put(READER, Change(UNDELIVERABLE, Entry(NOW - 5, Source.BOUNCE, "{}")))

    page = show(world)
    assert 'name="topic.' not in page and 'name="targeted-advertising"' in page
    assert "came back to us" in page


@pytest.mark.parametrize("word", ["OUT", " out ", "Out\r\n"])
def test_a_stop_is_a_stop_however_it_is_written(world: World, word: str) -> None:
    save(world, {"topic.offers": word, "was.topic.offers": "In"})

    assert sendable(world) == EVERYTHING - {"offers"}


def test_when_everything_off_cannot_be_written_the_same_press_is_offered_again(
    world: World,
) -> None:
    client("dynamodb").delete_table(TableName=world.table)
    answer = save(world, {"all": "out", "topic.offers": "in"})

    assert answer["statusCode"] == 503 and answer["headers"]["Retry-After"]
    assert (
        '<form method="post" class="actions"><input type="hidden" name="all" value="out">' in (answer["body"])
    )


def test_a_stop_is_written_though_the_topic_is_stopped_already(world: World) -> None:
    """A yes that was asked for before it may still be on its way: it must not go before the stop."""
    world.put(READER, Change(COMPLAINT, Entry(NOW - 9, Source.COMPLAINT, "{}")))
    save(world, {"topic.offers": "out"})
    late = Entry(NOW - 1, Source.CONFIRMATION, "{}")
    world.put(READER, Change(yes(2), late))

    assert "offers" not in sendable(world)


def test_an_opt_out_that_cannot_be_written_waits_in_the_queue_as_that_of_the_other_link(
    world: World,
) -> None:
    client("dynamodb").delete_table(TableName=world.table)
    answer = app.handler(http("POST", path(world), body="List-Unsubscribe=One-Click"), world.context)

    assert answer["statusCode"] == 503
    assert len(world.messages("OPT_OUT_RETRY_QUEUE_URL")) == 1
