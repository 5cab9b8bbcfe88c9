"""The checkboxes of the preference centre, and the page after a save: it knows what the form did."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from functions.preferences import app
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Change, Entry, Source
from tests.support.brands import deploy_catalogue
from tests.support.deployment import NOW, World, http_event
from tests.support.preference_centre import (
    DAY,
    EVERYTHING,
    READER,
    boxes,
    follow,
    save,
    sendable,
    show,
    title,
)
from tests.support.registers import in_, out
from tests.support.sample_brand import brand


def test_an_empty_checkbox_stops_its_topic(world: World) -> None:
    answer = save(world, boxes(show(world), news=False))

    assert answer["statusCode"] == 303 and sendable(world) == EVERYTHING - {"news"}


def test_a_checkbox_of_an_old_page_changes_nothing_that_its_person_left_alone(world: World) -> None:
    page = show(world)
    world.apply_changes(READER, Change(out(2), Entry(Millis(NOW - 5), Source.PHONE, "{}")))
    assert save(world, boxes(page, news=False))["statusCode"] == 303

    assert sendable(world) == EVERYTHING - {"offers", "news"}


def test_a_cut_form_with_checkboxes_is_not_reported_as_saved(world: World) -> None:
    fields = boxes(show(world), news=False)
    for form in (fields[:-1], fields[1:], fields[:-4]):
        answer = save(world, form)
        assert answer["statusCode"] == 422 and world.items() == []
        assert "nothing was saved" in answer["body"] and "<title>Error: " in answer["body"]


def test_a_form_without_the_state_that_the_page_showed_is_not_called_unchanged(world: World) -> None:
    fields = boxes(show(world), news=False)
    for form in (
        [field for field in fields if field[0] != "was.topic.news"],
        [field for field in fields if not field[0].startswith("was.")],
        [(name, "" if name == "was.topic.news" else value) for name, value in fields],
    ):
        assert save(world, form)["statusCode"] == 422 and world.items() == []


def test_a_page_from_before_a_deployment_with_a_new_topic_still_saves(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = boxes(show(world), news=False)
    catalogue = json.loads((brand() / "catalogue.json").read_text())
    topics = catalogue["topics"]
    added = {**topics[0], "number": 8, "name": "straps"}
    deploy_catalogue(tmp_path, monkeypatch, topics=[*topics, added])
    assert 'name="topic.straps"' in show(world)

    assert save(world, form)["statusCode"] == 303
    assert sendable(world) == EVERYTHING - {"news"} | {"straps"}


def test_a_form_that_changes_nothing_is_not_called_saved(world: World) -> None:
    answer = save(world, boxes(show(world)))
    page = follow(world, answer)

    assert "saved=" not in answer["headers"]["Location"] and world.items() == []
    assert title(page) == "Nothing to save"
    assert 'role="status">Nothing to save: these are your current choices.<' in page
    assert "are saved" not in page


def test_everything_off_during_a_pause_shows_no_pause(world: World) -> None:
    save(world, {"pause": "30"}, at=NOW - DAY)
    assert 'id="paused"' in show(world)
    page = follow(world, save(world, {"all": "out"}))

    assert "You’re unsubscribed from all marketing emails" in page
    assert 'id="paused"' not in page and 'name="pause"' not in page and "Paused" not in page


def test_everything_off_has_its_own_undo(world: World) -> None:
    page = follow(world, save(world, {"all": "out"}))

    assert title(page) == "You’re unsubscribed"
    assert "Other changes on this page weren’t saved." in page
    assert 'name="pause"' not in page and 'name="all"' not in page
    (undo,) = re.findall('name="undo" value="([^"]+)"', page)
    save(world, {"undo": undo}, at=NOW + 2)
    assert sendable(world, Millis(NOW + 3)) == EVERYTHING


def test_everything_off_without_an_undo_is_not_called_saved_preferences(world: World) -> None:
    save(world, {"all": "out"})
    second = save(world, {"all": "out"}, at=NOW + 1)
    page = follow(world, second, NOW + 2)

    assert "saved=1&off=1" in second["headers"]["Location"]
    assert title(page) == "You’re unsubscribed" and 'name="undo"' not in page


def test_everything_off_is_not_claimed_after_a_later_opt_in(world: World) -> None:
    saved = save(world, {"all": "out"})
    world.apply_changes(READER, Change(in_(2), Entry(Millis(NOW + 1), Source.LETTER, "{}")))

    assert "unsubscribed from all marketing emails." not in follow(world, saved, NOW + 2)


def test_an_undo_does_not_claim_what_a_later_opt_in_turned_on(world: World) -> None:
    saved = save(world, {"all": "out"})
    undo = dict(parse_qsl(saved["headers"]["Location"].partition("?")[2]))["saved"]
    answer = save(world, {"undo": undo}, at=NOW + 1)
    world.apply_changes(READER, Change(in_(2), Entry(Millis(NOW + 2), Source.LETTER, "{}")))

    assert "Back on: News, Events.<" in follow(world, answer, NOW + 3)
    for number in (3, 4):
        world.apply_changes(READER, Change(in_(number), Entry(Millis(NOW + 2), Source.LETTER, "{}")))
    assert 'role="status"' not in follow(world, answer, NOW + 3)


@pytest.mark.parametrize("more", [{}, {"off": "1"}, {"confirm": "5"}])
def test_no_query_claims_a_save_that_the_record_does_not_have(world: World, more: dict[str, str]) -> None:
    page = show(world, query={"saved": "1", **more})

    assert 'role="status"' not in page and "saved." not in page


def test_the_page_after_an_undo_names_what_is_on_again_at_each_load(world: World) -> None:
    world.apply_changes(READER, Change(out(3), Entry(Millis(NOW - 5), Source.LINK, "{}")))
    saved = save(world, {"all": "out"})
    undo = dict(parse_qsl(saved["headers"]["Location"].partition("?")[2]))["saved"]
    answer = save(world, {"undo": undo}, at=NOW + 1)
    before = world.items()
    pages = [follow(world, answer, NOW + 2), follow(world, answer, NOW + 3), follow(world, saved, NOW + 4)]

    assert 'role="status">Undone. Back on: Offers, Events.<' in pages[0]
    assert title(pages[0]) == "Undone" and 'name="undo"' not in pages[0]
    assert pages == [pages[0]] * 3 and world.items() == before
    assert "Undone" not in follow(world, answer, NOW + 3_600_000)


def test_an_undo_of_a_topic_and_a_pause_says_that_it_ends_the_pause(world: World) -> None:
    page = follow(world, save(world, {"topic.offers": "out", "pause": "30"}))

    assert ">Undo: Offers (also ends the pause)<" in page


def test_an_undo_beside_another_opt_out_does_not_claim_that_mail_is_on(world: World) -> None:
    saved = save(world, {"topic.offers": "out"})
    undo = dict(parse_qsl(saved["headers"]["Location"].partition("?")[2]))["saved"]
    world.apply_changes(READER, Change(out(0), Entry(Millis(NOW + 1), Source.PHONE, "{}")))
    page = follow(world, save(world, {"undo": undo}, at=NOW + 2))

    assert "Undone, but you had also unsubscribed in another way" in page
    assert "Back on" not in page and "offers" not in sendable(world)


def test_an_undo_of_another_person_is_not_called_undone(world: World) -> None:
    answer = save(world, {"all": "out"})
    undo = dict(parse_qsl(answer["headers"]["Location"].partition("?")[2]))["saved"]
    save(world, {"undo": undo}, at=NOW + 1)
    other = f"/p/{world.token('other@example.com', purpose=TokenPurpose.PREFERENCES)}"
    page = app.handler(http_event("GET", other, query={"saved": undo}, at=NOW + 2), world.context)["body"]

    assert "Undone" not in page and undo not in page
