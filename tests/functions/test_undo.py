"""Undo takes back all changes of one press, and nothing older."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

import pytest

from functions.preferences import app as preferences
from functions.unsubscribe import app as unsubscribe
from heed.domain.links.link_hints import LinkHints
from heed.domain.links.link_token import TokenPurpose, verify_link_token
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import HOLD, Change, Entry, ScopeNumber, Source
from heed.use_cases.links.unsubscribe import opt_out_for
from tests.support.deployment import NOW, World, http_event, parts
from tests.support.failing_client import FailingCalls
from tests.support.registers import confirmed, in_, out, pause, undoable

READER = "reader@example.com"
DAY = 86_400_000


def link_entry(at: Millis) -> Entry:
    return Entry(at, Source.LINK, "{}")


def press(world: World, scope: str = "all", at: int = NOW) -> str:
    """Presses a button of the page; returns the path of the page that follows."""
    path = f"/u/{world.token(READER)}"
    answer = unsubscribe.handler(http_event("POST", path, form={"scope": scope}, at=at), world.context)
    assert answer["statusCode"] == 303
    return str(answer["headers"]["Location"])


def get(world: World, location: str, at: int = NOW + 1) -> str:
    path, _, query = location.partition("?")
    app = unsubscribe if path.startswith("/u/") else preferences
    event = http_event("GET", path, query=dict(parse_qsl(query)), at=at)
    return str(app.handler(event, world.context)["body"])


def find_undo(page: str) -> tuple[str, str]:
    """Returns the path and the token of the Undo button of a page."""
    form = re.search(r'action="(/p/[^"?]+)[^>]*><button[^>]*name="undo" value="([^"]+)"', page)
    assert form is not None
    return form[1], form[2]


def press_undo(world: World, done_page: str, at: int = NOW + 1) -> int:
    path, token = find_undo(get(world, done_page))
    answer = preferences.handler(http_event("POST", path, form={"undo": token}, at=at), world.context)
    return int(answer["statusCode"])


def sendable(world: World, at: Millis = Millis(NOW + 5)) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    topics = catalogue.topics.values()
    return {topic.name for topic in topics if decide(record, topic, at).sendable}


def test_a_press_after_an_expired_pause_keeps_the_pause_on_record(
    world: World,
) -> None:
    paused_at = NOW - 100 * DAY
    path = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    pause_event = http_event("POST", path, form={"pause": "30"}, at=paused_at)
    assert preferences.handler(pause_event, world.context)["statusCode"] == 303
    pause_entry = parts().preferences.read(world.recipient(READER)).registers[undoable(1)]
    assert (pause_entry.until or NOW) < NOW

    event = http_event("POST", f"/u/{world.token(READER, scope=1)}", form={"scope": "this"})
    assert unsubscribe.handler(event, world.context)["statusCode"] == 303

    record = parts().preferences.read(world.recipient(READER))
    assert record.registers[pause(1)] == pause_entry
    assert record.registers[undoable(1)].until is None


@pytest.mark.parametrize("scope", ["this", "all"])
@pytest.mark.parametrize(
    "before",
    [
        [],
        [Change(out(3), link_entry(Millis(5)))],
        [Change(confirmed(5), link_entry(Millis(5)))],
        [Change(out(1), link_entry(Millis(5))), Change(in_(2), link_entry(Millis(6)))],
    ],
    ids=["no choice", "no news", "research confirmed", "offers of the brand"],
)
def test_an_undo_restores_exactly_the_previous_choices(
    world: World, scope: str, before: list[Change]
) -> None:
    world.apply_changes(READER, Change(in_(7), link_entry(Millis(1))), *before)
    sendable_before = sendable(world)
    done_page = press(world, scope)
    assert sendable(world) < sendable_before
    assert press_undo(world, done_page) == 303

    assert sendable(world) == sendable_before


def test_an_undo_of_everything_leaves_no_opt_out_for_later_topics(world: World) -> None:
    press_undo(world, press(world))

    assert parts().preferences.read(world.recipient(READER)).opt_outs(ScopeNumber(0)) == ()


def test_an_opt_out_from_before_the_press_stays(world: World) -> None:
    world.apply_changes(READER, Change(out(0), link_entry(Millis(5))), Change(in_(2), link_entry(Millis(6))))
    press(world)

    assert out(0) in parts().preferences.read(world.recipient(READER)).registers
    assert sendable(world) == {"service", "targeted-advertising"}


def test_an_undo_after_an_hour_needs_a_confirmation(world: World) -> None:
    assert press_undo(world, press(world), NOW + 60 * 60 * 1000) == 200
    assert sendable(world) == {"service", "targeted-advertising"}


def test_a_privacy_signal_with_an_expired_undo_is_recorded(world: World) -> None:
    path, token = find_undo(get(world, press(world)))
    expired_at, form = NOW + 60 * 60 * 1000, {"undo": token}
    event = http_event("POST", path, form=form, headers={"sec-gpc": "1"}, at=expired_at)
    assert preferences.handler(event, world.context)["statusCode"] == 200
    assert sendable(world, Millis(expired_at)) == {"service"}


def test_an_undo_of_the_first_press_leaves_the_second_press_active(world: World) -> None:
    done_page = press(world)
    second_page = press(world, at=NOW + 1)
    assert second_page.split("done=")[1].startswith("1&")
    assert press_undo(world, done_page, NOW + 2) == 303

    assert sendable(world) == {"service", "targeted-advertising"}


def test_an_undo_leaves_a_later_one_click_active(world: World) -> None:
    done_page = press(world, "this")
    one_click = http_event("POST", f"/u/{world.token(READER)}", body="List-Unsubscribe=One-Click")
    unsubscribe.handler(one_click, world.context)
    press_undo(world, done_page)

    assert "offers" not in sendable(world)


def test_a_used_undo_does_not_affect_a_later_press(world: World) -> None:
    done_page = press(world)
    press_undo(world, done_page)
    before = world.items()
    path, token = find_undo(get(world, press(world, at=NOW + 2 * DAY), at=NOW + 2 * DAY + 1))
    assert undo_token(done_page) != token
    preferences.handler(
        http_event("POST", path, form={"undo": undo_token(done_page)}, at=NOW + 3), world.context
    )
    assert world.items() != before  # the press two days later is recorded
    assert sendable(world, Millis(NOW + 2 * DAY + 2)) == {"service", "targeted-advertising"}


def undo_token(done_page: str) -> str:
    return dict(parse_qsl(done_page.partition("?")[2]))["done"]


def test_an_undo_is_offered_once_per_scope_and_day(world: World) -> None:
    press_undo(world, press(world))
    second_page = press(world, at=NOW + 2)

    assert undo_token(second_page) == "1"
    assert 'name="undo"' not in get(world, second_page, NOW + 3)


def test_opening_a_page_creates_no_undo(world: World) -> None:
    """Another holder of the link may poll the done page. It shows no Undo for an invalid token."""
    press(world)
    for guess in ("1", "x", "A" * 54, world.token(READER)):
        page = get(world, f"/u/{world.token(READER)}?done={guess}")
        assert 'name="undo"' not in page


def test_an_undo_of_another_person_is_neither_shown_nor_accepted(world: World) -> None:
    token = undo_token(press(world))
    other_token = world.token("other@example.com")
    world.apply_changes("other@example.com", Change(out(0), link_entry(Millis(5))))
    assert token not in get(world, f"/u/{other_token}?done={token}")
    path = f"/p/{world.token('other@example.com', purpose=TokenPurpose.PREFERENCES)}"
    answer = preferences.handler(http_event("POST", path, form={"undo": token}), world.context)

    assert answer["statusCode"] == 422
    assert sendable(world) == {"service", "targeted-advertising"}


def test_an_undo_during_a_hold_changes_nothing(world: World) -> None:
    path, token = find_undo(get(world, press(world)))
    world.apply_changes(READER, Change(HOLD, Entry(Millis(NOW + 1), Source.AGENT, "{}")))
    before = world.items()
    preferences.handler(http_event("POST", path, form={"undo": token}, at=NOW + 2), world.context)

    assert world.items() == before


def test_an_opt_out_stored_from_the_queue_has_no_undo(
    world: World,
) -> None:
    queued = opt_out_for(
        verify_link_token(world.token(READER), TokenPurpose.UNSUBSCRIBE, parts().link_keys.link_key),
        parts().catalogue,
        NOW,
        Source.LINK,
        LinkHints(),
        all_marketing=True,
        signal=False,
        press_id="1",
    )
    parts().write_opt_out(queued, Millis(NOW + 5))

    record = parts().preferences.read(world.recipient(READER))
    assert set(record.registers) == {out(0)}


def test_the_done_page_shows_the_current_state_at_each_load(world: World) -> None:
    done_page = press(world, "this")
    assert get(world, done_page) == get(world, done_page)
    assert "unsubscribed from" in get(world, done_page)
    press_undo(world, done_page)
    assert "unsubscribed from" not in get(world, done_page, NOW + 2)


def test_a_save_in_the_preference_centre_has_its_own_undo(world: World) -> None:
    path = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    form = {"was.topic.offers": "in", "topic.offers": "out", "pause": "30"}
    saved = preferences.handler(http_event("POST", path, form=form), world.context)
    assert saved["statusCode"] == 303 and sendable(world) == {"service", "targeted-advertising"}
    location = saved["headers"]["Location"]
    token = dict(parse_qsl(location.partition("?")[2]))["saved"]
    assert f'name="undo" value="{token}"' in get(world, location)
    preferences.handler(http_event("POST", path, form={"undo": token}, at=NOW + 1), world.context)

    assert "offers" in sendable(world)


def test_an_undo_does_not_remove_the_privacy_signal(world: World) -> None:
    path = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    form = {"targeted-advertising": "out"}
    saved = preferences.handler(http_event("POST", path, form=form), world.context)
    token = dict(parse_qsl(saved["headers"]["Location"].partition("?")[2]))["saved"]
    event = http_event("POST", path, form={"undo": token}, at=NOW + 1, headers={"sec-gpc": "1"})
    preferences.handler(event, world.context)

    assert "targeted-advertising" not in sendable(world)


def save(world: World, form: dict[str, str], at: int) -> str:
    """Saves a form of the preference centre; returns the page that follows."""
    path = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    response = preferences.handler(http_event("POST", path, form=form, at=at), world.context)
    return get(world, str(response["headers"]["Location"]), at)


def test_the_button_names_the_topics_that_the_undo_restores(world: World) -> None:
    first_page = save(world, {"topic.news": "out"}, NOW)
    assert re.findall(r">Undo: ([^<]*)<", first_page) == ["News"]
    world.apply_changes(READER, Change(confirmed(3), link_entry(Millis(NOW + 1))))

    second_page = save(world, {"topic.news": "out", "topic.offers": "out"}, NOW + 2)

    assert re.findall(r">Undo: ([^<]*)<", second_page) == ["Offers"]  # the Undo of News is used for today


def test_a_failed_undo_is_on_the_page_for_a_retry(world: World) -> None:
    path, token = find_undo(get(world, press(world)))
    before = world.items()
    fault = FailingCalls("dynamodb", "UpdateItem")
    event = http_event("POST", path, form={"undo": token}, at=NOW + 2)
    answer = preferences.handler(event, world.context)

    assert answer["statusCode"] == 503 and fault.calls
    assert f'<input type="hidden" name="undo" value="{token}">' in answer["body"]
    assert world.items() == before


def test_a_failed_save_is_on_the_page_for_a_retry(world: World) -> None:
    FailingCalls("dynamodb", "UpdateItem")
    path = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    form = {"topic.news": "out", "was.topic.news": "in", "address": READER, "pause": "30"}
    answer = preferences.handler(http_event("POST", path, form=form), world.context)

    assert answer["statusCode"] == 503
    fields = re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', answer["body"])
    assert dict(fields) == {"topic.news": "out", "was.topic.news": "in", "pause": "30"}
