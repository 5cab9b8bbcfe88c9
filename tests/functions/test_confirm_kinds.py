"""What a confirmation can do beside a topic's yes: end a pause, and let advertising be targeted again."""

from __future__ import annotations

from typing import Any

import pytest

from functions.preferences import app as preferences
from functions.resubscribe import app
from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.domain.links.link_token import TokenPurpose
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent, mint_confirmation_token
from heed.domain.preferences.decision import decide
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import HOLD, UNDELIVERABLE, Change, Entry, Register, Source
from tests.support.aws_calls import by_somebody_else
from tests.support.deployment import NOW, World, http, parts
from tests.support.registers import in_, out, pause, scope_numbers, undoable

READER = "reader@example.com"
DAY = 86_400_000
BRAND = 1


def confirm(world: World, **asked: Any) -> str:
    said = ConfirmationToken(world.recipient(READER), Intent.IN, issued=NOW, scopes=(), **asked)
    where = f"/c/{mint_confirmation_token(said, parts().confirmation_keys.confirmation_key(1))}"
    answer = app.handler(http("POST", where, at=NOW + 5), world.context)
    assert answer["statusCode"] == 200
    return str(answer["body"])


def registers(world: World) -> set[Register]:
    return set(parts().preferences.read(world.recipient(READER)).registers)


def sendable(world: World, at: int = NOW + 9) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    return {topic.name for topic in catalogue.topics.values() if decide(record, topic, at).sendable}


def paused(until: int = NOW + DAY) -> Entry:
    return Entry(NOW - 9, Source.PREFERENCE_CENTRE, '{"press":"1"}', "", until)


def test_the_end_of_a_pause_ends_it_and_writes_nothing_else(world: World) -> None:
    world.put(READER, Change(pause(BRAND), paused()))
    assert "offers" not in sendable(world)
    confirm(world, resume=(BRAND,))

    assert "offers" in sendable(world)
    assert registers(world) == {pause(BRAND)}


def test_it_ends_a_pause_that_could_be_taken_back_too(world: World) -> None:
    world.put(READER, Change(undoable(BRAND), paused()))
    assert "offers" not in sendable(world)
    assert "Offers" in confirm(world, resume=(BRAND,))

    assert "offers" in sendable(world)


def test_it_heals_no_out_and_no_pause_of_after_the_request(world: World) -> None:
    world.put(READER, Change(out(2), Entry(NOW - 5, Source.LINK, "{}")))
    world.put(READER, Change(pause(BRAND), paused()))
    confirm(world, resume=(BRAND,))
    assert {"news"} <= sendable(world) and "offers" not in sendable(world)

    later = Entry(NOW + 1, Source.PHONE, "{}", until=NOW + DAY)
    world.put(READER, Change(pause(BRAND), later))
    confirm(world, resume=(BRAND,))
    assert "news" not in sendable(world)


def test_it_lifts_no_dead_mailbox(world: World) -> None:
    world.put(READER, Change(UNDELIVERABLE, Entry(NOW - 5, Source.BOUNCE, "{}")))
    world.put(READER, Change(pause(BRAND), paused()))
    assert "Not changed" in confirm(world, resume=(BRAND,))

    assert "offers" not in sendable(world)


def test_advertising_is_turned_on_again_by_a_yes_of_its_own(world: World) -> None:
    world.put(READER, Change(out(7), Entry(NOW - 5, Source.SIGNAL, "{}")))
    confirm(world, signals=(7,))

    assert "targeted-advertising" in sendable(world)
    assert registers(world) == {out(7), in_(7)}


def test_a_browser_that_sends_the_signal_does_not_undo_what_its_own_press_confirms(
    world: World,
) -> None:
    world.put(READER, Change(out(7), Entry(NOW - 5, Source.SIGNAL, "{}")))
    said = ConfirmationToken(
        world.recipient(READER), Intent.IN, issued=NOW, scopes=(), signals=scope_numbers(7)
    )
    where = f"/c/{mint_confirmation_token(said, parts().confirmation_keys.confirmation_key(1))}"
    app.handler(http("POST", where, at=NOW + 5, headers={"sec-gpc": "1"}), world.context)

    assert "targeted-advertising" in sendable(world)


def test_a_hold_that_comes_between_the_reading_and_the_writing_lets_no_yes_through(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = PreferencesTable.read

    def reading(self: PreferencesTable, recipient: str) -> Record:
        found = read(self, recipient)
        if not found.revision:
            with by_somebody_else():
                world.put(READER, Change(HOLD, Entry(NOW + 1, Source.AGENT, "{}")))
        return found

    monkeypatch.setattr(PreferencesTable, "read", reading)
    said = ConfirmationToken(world.recipient(READER), Intent.IN, issued=NOW, scopes=scope_numbers(2))
    where = f"/c/{mint_confirmation_token(said, parts().confirmation_keys.confirmation_key(1))}"
    app.handler(http("POST", where, at=NOW + 5), world.context)

    assert registers(world) == {HOLD}


def test_an_older_request_for_it_does_not_go_before_a_newer_signal(world: World) -> None:
    world.put(READER, Change(out(7), Entry(NOW + 1, Source.SIGNAL, "{}")))
    confirm(world, signals=(7,))

    assert "targeted-advertising" not in sendable(world)


def test_the_form_that_a_link_leads_to_asks_for_just_what_was_wanted(world: World) -> None:
    world.put(READER, Change(pause(BRAND), paused()))
    world.put(READER, Change(out(7), Entry(NOW - 5, Source.PHONE, "{}")))
    where = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    form = {"pause": "0", "targeted-advertising": "in", "topic.news": "out"}
    page = preferences.handler(http("POST", where, form=form), world.context)["body"]

    assert 'name="resume" value="meridian" checked' in page
    assert 'name="topics" value="targeted-advertising" checked' in page
    sent = [("address", READER), ("intent", "in"), ("topics", "targeted-advertising")]
    answer = app.handler(http("POST", "/subscribe", form=[*sent, ("resume", "meridian")]), world.context)
    assert answer["statusCode"] == 202
    (waiting,) = world.messages("CONFIRMATION_REQUESTS_QUEUE_URL")
    assert '"resume": [1]' in waiting and '"scopes": [7]' in waiting
