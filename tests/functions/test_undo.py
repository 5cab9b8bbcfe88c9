"""Undo takes back what the press did, the whole of it, and nothing that was so before."""

from __future__ import annotations

import re

import pytest

from functions.preferences import app as preferences
from functions.unsubscribe import app as unsubscribe
from heed import wiring
from heed.domain.decision import decide
from heed.domain.register import Change, Entry, Source, in_, out, yes
from tests.world import NOW, World, http

READER = "reader@example.com"
DAY = 86_400_000


def wish(at: int) -> Entry:
    return Entry(at, Source.LINK, "{}")


def press(world: World, scope: str = "all") -> str:
    where = f"/u/{world.token(READER)}"
    form = {"scope": scope}
    return str(unsubscribe.handler(http("POST", where, form=form), world.context)["body"])


def undo(world: World, done: str, at: int = NOW + 1) -> int:
    form = re.search(r'<form[^>]*action="(/p/[^"?]+)[^>]*>(.*?)</form>', done, re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]+)"', form[2]))
    answer = preferences.handler(http("POST", form[1], form=fields, at=at), world.context)
    return int(answer["statusCode"])


def sendable(world: World) -> set[str]:
    record, catalogue = wiring.preferences().read(world.recipient(READER)), wiring.catalogue()
    topics = catalogue.topics.values()
    return {topic.name for topic in topics if decide(record, topic, NOW + 2).sendable}


@pytest.mark.parametrize("scope", ["this", "all"])
@pytest.mark.parametrize(
    "before",
    [
        [],
        [Change(out(3), wish(5))],
        [Change(out(0), wish(5)), Change(in_(2), wish(6))],
        [Change(yes(5), wish(5))],
        [Change(out(1), wish(5)), Change(in_(2), wish(6))],
    ],
    ids=["nothing said", "no news", "offers alone", "research confirmed", "offers of the brand"],
)
def test_it_brings_back_what_was_sent_before_and_no_more(
    world: World, scope: str, before: list[Change]
) -> None:
    world.put(READER, Change(in_(7), wish(1)), *before)
    was = sendable(world)
    done = press(world, scope)
    assert sendable(world) < was
    assert undo(world, done) == 303

    assert sendable(world) == was


def test_everything_taken_back_stops_no_topic_that_begins_later(world: World) -> None:
    undo(world, press(world))
    record = wiring.preferences().read(world.recipient(READER))

    assert record.at(in_(0)) == NOW + 1 > record.at(out(0))


def test_a_stop_that_stood_before_the_press_stays(world: World) -> None:
    world.put(READER, Change(out(0), wish(5)), Change(in_(2), wish(6)))
    undo(world, press(world))

    assert wiring.preferences().read(world.recipient(READER)).get(in_(0)) is None


def test_with_an_old_link_it_asks_for_a_confirmation(world: World) -> None:
    assert undo(world, press(world), NOW + 31 * DAY) == 200
    assert sendable(world) == {"service", "targeted-advertising"}


def test_everything_in_is_no_wish_without_the_state_that_was_shown(world: World) -> None:
    done = press(world)
    where = re.search(r'action="(/p/[^"?]+)', done)
    assert where is not None
    preferences.handler(http("POST", where[1], form={"all": "in"}, at=NOW + 1), world.context)

    assert sendable(world) == {"service", "targeted-advertising"}
