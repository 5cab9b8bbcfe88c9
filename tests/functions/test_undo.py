"""Undo takes back what the press did, the whole of it, and nothing that was so before."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

import pytest

from functions.preferences import app as preferences
from functions.unsubscribe import app as unsubscribe
from heed.domain.links.link_token import TokenPurpose, verify_link_token
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import HOLD, Change, Entry, ScopeNumber, Source
from heed.use_cases.links.unsubscribe import opt_out_of
from tests.support.deployment import NOW, World, http, parts
from tests.support.failing_client import Fault
from tests.support.registers import in_, out, pause, undoable, yes

READER = "reader@example.com"
DAY = 86_400_000


def wish(at: int) -> Entry:
    return Entry(at, Source.LINK, "{}")


def press(world: World, scope: str = "all", at: int = NOW) -> str:
    """The path of the page that follows a press by hand."""
    where = f"/u/{world.token(READER)}"
    answer = unsubscribe.handler(http("POST", where, form={"scope": scope}, at=at), world.context)
    assert answer["statusCode"] == 303
    return str(answer["headers"]["Location"])


def get(world: World, location: str, at: int = NOW + 1) -> str:
    where, _, query = location.partition("?")
    app = unsubscribe if where.startswith("/u/") else preferences
    event = http("GET", where, query=dict(parse_qsl(query)), at=at)
    return str(app.handler(event, world.context)["body"])


def undo_in(page: str) -> tuple[str, str]:
    """The path and the token of a page's Undo."""
    form = re.search(r'action="(/p/[^"?]+)[^>]*><button[^>]*name="undo" value="([^"]+)"', page)
    assert form is not None
    return form[1], form[2]


def undo(world: World, done: str, at: int = NOW + 1) -> int:
    where, token = undo_in(get(world, done))
    answer = preferences.handler(http("POST", where, form={"undo": token}, at=at), world.context)
    return int(answer["statusCode"])


def sendable(world: World, at: int = NOW + 5) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    topics = catalogue.topics.values()
    return {topic.name for topic in topics if decide(record, topic, at).sendable}


def test_a_press_after_a_pause_that_is_over_stops_and_keeps_the_pause_on_record(
    world: World,
) -> None:
    begun = NOW - 100 * DAY
    where = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    chosen = http("POST", where, form={"pause": "30"}, at=begun)
    assert preferences.handler(chosen, world.context)["statusCode"] == 303
    paused = parts().preferences.read(world.recipient(READER)).registers[undoable(1)]
    assert (paused.until or NOW) < NOW

    brand = http("POST", f"/u/{world.token(READER, scope=1)}", form={"scope": "this"})
    assert unsubscribe.handler(brand, world.context)["statusCode"] == 303

    record = parts().preferences.read(world.recipient(READER))
    assert record.registers[pause(1)] == paused
    assert record.registers[undoable(1)].until is None


@pytest.mark.parametrize("scope", ["this", "all"])
@pytest.mark.parametrize(
    "before",
    [
        [],
        [Change(out(3), wish(5))],
        [Change(yes(5), wish(5))],
        [Change(out(1), wish(5)), Change(in_(2), wish(6))],
    ],
    ids=["nothing said", "no news", "research confirmed", "offers of the brand"],
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

    assert parts().preferences.read(world.recipient(READER)).outs(ScopeNumber(0)) == ()


def test_a_stop_that_stood_before_the_press_stays(world: World) -> None:
    world.put(READER, Change(out(0), wish(5)), Change(in_(2), wish(6)))
    press(world)

    assert out(0) in parts().preferences.read(world.recipient(READER)).registers
    assert sendable(world) == {"service", "targeted-advertising"}


def test_after_its_hour_it_asks_for_a_confirmation(world: World) -> None:
    assert undo(world, press(world), NOW + 60 * 60 * 1000) == 200
    assert sendable(world) == {"service", "targeted-advertising"}


def test_after_its_hour_too_a_privacy_signal_that_came_with_it_is_kept(world: World) -> None:
    where, token = undo_in(get(world, press(world)))
    late, form = NOW + 60 * 60 * 1000, {"undo": token}
    event = http("POST", where, form=form, headers={"sec-gpc": "1"}, at=late)
    assert preferences.handler(event, world.context)["statusCode"] == 200
    assert sendable(world, late) == {"service"}


def test_who_presses_second_stays_out_whatever_the_first_takes_back(world: World) -> None:
    done = press(world)
    later = press(world, at=NOW + 1)
    assert later.split("done=")[1].startswith("1&")
    assert undo(world, done, NOW + 2) == 303

    assert sendable(world) == {"service", "targeted-advertising"}


def test_one_click_behind_the_press_stays_too(world: World) -> None:
    done = press(world, "this")
    one_click = http("POST", f"/u/{world.token(READER)}", body="List-Unsubscribe=One-Click")
    unsubscribe.handler(one_click, world.context)
    undo(world, done)

    assert "offers" not in sendable(world)


def test_pressed_twice_it_is_pressed_once(world: World) -> None:
    done = press(world)
    undo(world, done)
    before = world.items()
    where, token = undo_in(get(world, press(world, at=NOW + 2 * DAY), at=NOW + 2 * DAY + 1))
    assert undo_token(done) != token
    preferences.handler(http("POST", where, form={"undo": undo_token(done)}, at=NOW + 3), world.context)
    assert world.items() != before  # the press of two days later
    assert sendable(world, NOW + 2 * DAY + 2) == {"service", "targeted-advertising"}


def undo_token(done: str) -> str:
    return dict(parse_qsl(done.partition("?")[2]))["done"]


def test_an_undo_is_offered_once_a_scope_and_day(world: World) -> None:
    undo(world, press(world))
    again = press(world, at=NOW + 2)

    assert undo_token(again) == "1"
    assert 'name="undo"' not in get(world, again, NOW + 3)


def test_no_page_that_is_fetched_makes_one(world: World) -> None:
    """Whoever is forwarded the mail polls the done page: it shows what it is given, or nothing."""
    press(world)
    for guess in ("1", "x", "A" * 54, world.token(READER)):
        page = get(world, f"/u/{world.token(READER)}?done={guess}")
        assert 'name="undo"' not in page


def test_an_undo_of_somebody_else_is_shown_and_taken_by_nobody(world: World) -> None:
    token = undo_token(press(world))
    other = world.token("other@example.com")
    world.put("other@example.com", Change(out(0), wish(5)))
    assert token not in get(world, f"/u/{other}?done={token}")
    where = f"/p/{world.token('other@example.com', purpose=TokenPurpose.PREFERENCES)}"
    answer = preferences.handler(http("POST", where, form={"undo": token}), world.context)

    assert answer["statusCode"] == 422
    assert sendable(world) == {"service", "targeted-advertising"}


def test_under_a_hold_and_of_a_minor_it_changes_nothing(world: World) -> None:
    where, token = undo_in(get(world, press(world)))
    world.put(READER, Change(HOLD, Entry(NOW + 1, Source.AGENT, "{}")))
    before = world.items()
    preferences.handler(http("POST", where, form={"undo": token}, at=NOW + 2), world.context)

    assert world.items() == before


def test_a_press_that_could_not_be_written_has_none_and_what_the_queue_writes_stays(
    world: World,
) -> None:
    said = opt_out_of(
        verify_link_token(world.token(READER), TokenPurpose.UNSUBSCRIBE, parts().link_keys.link_key),
        parts().catalogue,
        NOW,
        Source.LINK,
        "",
        everything=True,
        signal=False,
        press="1",
    )
    parts().write_opt_out(said, NOW + 5)

    record = parts().preferences.read(world.recipient(READER))
    assert set(record.registers) == {out(0)}


def test_the_done_page_can_be_reloaded_and_says_no_more_than_is_so(world: World) -> None:
    done = press(world, "this")
    assert get(world, done) == get(world, done)
    assert "Unsubscribed from" in get(world, done)
    undo(world, done)
    assert "Unsubscribed from" not in get(world, done, NOW + 2)


def test_a_save_of_the_preference_centre_has_an_undo_of_its_own(world: World) -> None:
    where = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    form = {"was.topic.offers": "in", "topic.offers": "out", "pause": "30"}
    saved = preferences.handler(http("POST", where, form=form), world.context)
    assert saved["statusCode"] == 303 and sendable(world) == {"service", "targeted-advertising"}
    location = saved["headers"]["Location"]
    token = dict(parse_qsl(location.partition("?")[2]))["saved"]
    assert f'name="undo" value="{token}"' in get(world, location)
    preferences.handler(http("POST", where, form={"undo": token}, at=NOW + 1), world.context)

    assert "offers" in sendable(world)


def test_an_undo_does_not_undo_the_browser_s_signal(world: World) -> None:
    where = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    form = {"targeted-advertising": "out"}
    saved = preferences.handler(http("POST", where, form=form), world.context)
    token = dict(parse_qsl(saved["headers"]["Location"].partition("?")[2]))["saved"]
    again = http("POST", where, form={"undo": token}, at=NOW + 1, headers={"sec-gpc": "1"})
    preferences.handler(again, world.context)

    assert "targeted-advertising" not in sendable(world)


def save(world: World, form: dict[str, str], at: int) -> str:
    """The page after a save of the preference centre."""
    where = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    answer = preferences.handler(http("POST", where, form=form, at=at), world.context)
    return get(world, str(answer["headers"]["Location"]), at)


def test_it_names_what_it_takes_back_which_may_be_a_part_of_the_save(world: World) -> None:
    first = save(world, {"topic.news": "out"}, NOW)
    assert re.findall(r">Undo: ([^<]*)<", first) == ["News"]
    world.put(READER, Change(yes(3), wish(NOW + 1)))

    both = save(world, {"topic.news": "out", "topic.offers": "out"}, NOW + 2)

    assert re.findall(r">Undo: ([^<]*)<", both) == ["Offers"]  # of News once a day


def test_one_that_could_not_be_written_is_on_the_page_to_be_pressed_again(world: World) -> None:
    where, token = undo_in(get(world, press(world)))
    before = world.items()
    failing = Fault("dynamodb", "UpdateItem")
    pressed = http("POST", where, form={"undo": token}, at=NOW + 2)
    answer = preferences.handler(pressed, world.context)

    assert answer["statusCode"] == 503 and failing.calls
    assert f'<input type="hidden" name="undo" value="{token}">' in answer["body"]
    assert world.items() == before


def test_a_form_that_could_not_be_saved_is_on_the_page_as_it_was_sent(world: World) -> None:
    Fault("dynamodb", "UpdateItem")
    where = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    form = {"topic.news": "out", "was.topic.news": "in", "address": READER, "pause": "30"}
    answer = preferences.handler(http("POST", where, form=form), world.context)

    assert answer["statusCode"] == 503
    fields = re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', answer["body"])
    assert dict(fields) == {"topic.news": "out", "was.topic.news": "in", "pause": "30"}
