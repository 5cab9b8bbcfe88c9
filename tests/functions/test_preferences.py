from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.preferences import app
from heed import wiring
from heed.domain.decision import decide
from heed.domain.register import (
    COMPLAINT,
    HOLD,
    MINOR,
    UNDELIVERABLE,
    Change,
    Entry,
    Source,
    in_,
    out,
    pause,
)
from heed.domain.token import Purpose
from tests.brands import deploy_catalogue
from tests.world import NOW, World, brand, client, http

EVENTS = Path(__file__).parents[2] / "events"
READER = "reader@example.com"
DAY = 86_400_000
ALL_SHOWN_IN = {f"was.topic.{topic}": "in" for topic in ("offers", "news", "events")}


def path(world: World, scope: int = 2, issued: int = NOW - DAY) -> str:
    return f"/p/{world.token(READER, scope, issued, Purpose.PREFERENCES)}"


def save(world: World, form: dict[str, str], **more: Any) -> dict[str, Any]:
    where = more.pop("path", None) or path(world)
    answer: dict[str, Any] = app.handler(http("POST", where, form=form, **more), world.context)
    return answer


def show(world: World, **more: Any) -> str:
    answer = app.handler(http("GET", path(world), **more), world.context)
    assert answer["statusCode"] == 200
    return str(answer["body"])


def sendable(world: World, at: int = NOW + 1) -> set[str]:
    record, catalogue = wiring.preferences().read(world.recipient(READER)), wiring.catalogue()
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
    assert {name for name in world.items()[0] if name[1:2] == ":"} == {"o:2"}


def test_a_page_left_open_never_revives_anything(world: World) -> None:
    world.put(READER, Change(out(0), Entry(NOW - 5, Source.PHONE, "{}")))
    save(world, {**ALL_SHOWN_IN, "topic.offers": "in", "topic.news": "in", "topic.events": "in"})

    assert sendable(world) == {"service", "targeted-advertising"}


def test_without_the_shown_state_the_record_s_counts(world: World) -> None:
    world.put(READER, Change(out(3), Entry(NOW - 5, Source.LINK, "{}")))
    save(world, {"topic.offers": "in", "topic.news": "out", "topic.events": "out"})

    assert {name for name in world.items()[0] if name[1:2] == ":"} == {"o:3", "o:4"}


def test_the_undo_of_the_done_page_brings_back_what_it_stopped(world: World) -> None:
    world.put(READER, Change(out(2), Entry(NOW - 5, Source.LINK, "{}")))
    assert save(world, {"was.topic.offers": "out", "topic.offers": "in"})["statusCode"] == 303

    assert sendable(world) == EVERYTHING


@pytest.mark.parametrize(
    ("stop", "topic", "issued"),
    [
        (Change(out(2), Entry(NOW - 5, Source.LINK, "{}")), "offers", NOW - 30 * DAY),
        (Change(out(5), Entry(NOW - 5, Source.LINK, "{}")), "research", NOW - DAY),
        (Change(COMPLAINT, Entry(NOW - 5, Source.COMPLAINT, "{}")), "offers", NOW - DAY),
    ],
    ids=["an old link", "a consent that never was", "a complaint"],
)
def test_an_in_that_a_link_cannot_give_is_not_written_but_the_form_to_confirm_it_is_shown(
    world: World, stop: Change, topic: str, issued: int
) -> None:
    world.put(READER, stop)
    before = world.items()
    answer = save(world, {f"topic.{topic}": "in"}, path=path(world, issued=issued))

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
    assert {name for name in world.items()[0] if name[1:2] == ":"} == {"o:0"}


def test_a_pause_ends_by_itself_and_resuming_ends_it_now(world: World) -> None:
    save(world, {"pause": "30"})
    assert sendable(world) == {"service", "targeted-advertising"}
    assert sendable(world, NOW + 30 * DAY) == EVERYTHING

    save(world, {"pause": "0"}, at=NOW + 1_000)
    assert sendable(world, NOW + 1_000) == EVERYTHING


def test_resuming_ends_a_pause_of_all_marketing_too(world: World) -> None:
    world.put(READER, Change(pause(0), Entry(NOW - 5, Source.PHONE, "{}", until=NOW + DAY)))
    assert "offers" not in sendable(world)

    save(world, {"pause": "0"})
    assert sendable(world) == EVERYTHING


def test_resuming_a_pause_heals_no_out(world: World) -> None:
    world.put(READER, Change(out(2), Entry(NOW - 9, Source.LINK, "{}")))
    world.put(READER, Change(pause(1), Entry(NOW - 5, Source.LINK, "{}", until=NOW + DAY)))
    save(world, {"pause": "0"})

    assert sendable(world) == EVERYTHING - {"offers"}


@pytest.mark.parametrize("headers", [{"sec-gpc": "1"}, {"dnt": "1"}, {"Sec-GPC": "1,1"}])
def test_a_privacy_signal_is_kept_with_any_save_and_no_form_overrides_it(
    world: World, headers: dict[str, str]
) -> None:
    save(world, {"targeted-advertising": "in", "was.targeted-advertising": "out"}, headers=headers)

    assert sendable(world) == EVERYTHING - {"targeted-advertising"}
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
def test_a_minor_and_a_held_address_see_the_neutral_page(world: World, register: str) -> None:
    neutral = Change(register, Entry(5, Source.AGE_REPORT, "{}"))
    wiring.preferences().apply(world.recipient(READER), [neutral], NOW)
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
        '<form method="post" class="actions"><input type="hidden" name="all" value="out">'
        in (answer["body"])
    )
    assert 'name="topic.offers"' not in answer["body"]
