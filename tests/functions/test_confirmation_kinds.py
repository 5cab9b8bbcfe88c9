"""Confirmations that are no opt-in to a topic: the end of a pause, and targeted advertising."""

from __future__ import annotations

from typing import Any

import pytest

from functions.preferences import app as preferences
from functions.resubscribe import app
from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent, mint_confirmation_token
from heed.domain.preferences.decision import decide
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import HOLD, UNDELIVERABLE, Change, Entry, Register, Source
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, follow_redirect, http_event, parts
from tests.support.registers import in_, out, pause, scope_numbers, undoable

READER = "reader@example.com"
DAY = 86_400_000
BRAND = 1
OFFERS, ADVERTISING = 2, 7


def confirm(world: World, **fields: Any) -> str:
    token = ConfirmationToken(world.recipient(READER), Intent.IN, requested_at=NOW, scopes=(), **fields)
    path = f"/c/{mint_confirmation_token(token, parts().confirmation_keys.confirmation_key(1))}"
    pressed = app.handler(http_event("POST", path, at=NOW + 5), world.context)
    answer = follow_redirect(app.handler, pressed, world, at=NOW + 6)
    assert answer["statusCode"] == 200
    return str(answer["body"])


def registers(world: World) -> set[Register]:
    return set(parts().preferences.read(world.recipient(READER)).registers)


def sendable(world: World, at: Millis = Millis(NOW + 9)) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    return {topic.name for topic in catalogue.topics.values() if decide(record, topic, at).sendable}


def pause_entry(until: Millis = Millis(NOW + DAY)) -> Entry:
    return Entry(Millis(NOW - 9), Source.PREFERENCE_CENTRE, '{"press":"1"}', "", until)


def test_a_confirmed_end_of_a_pause_writes_nothing_else(world: World) -> None:
    world.apply_changes(READER, Change(pause(BRAND), pause_entry()))
    assert "offers" not in sendable(world)
    confirm(world, resume=(BRAND,))

    assert "offers" in sendable(world)
    assert registers(world) == {pause(BRAND)}


def test_the_page_before_the_press_does_not_call_the_end_of_a_pause_done(world: World) -> None:
    token = ConfirmationToken(
        world.recipient(READER), Intent.IN, requested_at=NOW, scopes=(), resume=scope_numbers(BRAND)
    )
    path = f"/c/{mint_confirmation_token(token, parts().confirmation_keys.confirmation_key(1))}"
    page = app.handler(http_event("GET", path, at=NOW + 5), world.context)["body"]

    assert "<p>Once you confirm, Meridian Watches will send you:</p>" in page
    assert "<li>The emails that are paused now</li>" in page


def test_consent_to_advertising_is_not_worded_as_consent_to_mail(world: World) -> None:
    token = ConfirmationToken(
        world.recipient(READER), Intent.IN, requested_at=NOW, scopes=scope_numbers(ADVERTISING, OFFERS)
    )
    path = f"/c/{mint_confirmation_token(token, parts().confirmation_keys.confirmation_key(1))}"
    page = app.handler(http_event("GET", path, at=NOW + 5), world.context)["body"]

    assert "send you:</p>\n<ul><li>Offers</li></ul>" in page
    assert "<p>Once you confirm, you agree to:</p>\n<ul><li>Targeted advertising</li></ul>" in page
    assert "<button>Yes, I agree</button>" in page


def test_a_confirmation_ends_an_undoable_pause(world: World) -> None:
    world.apply_changes(READER, Change(undoable(BRAND), pause_entry()))
    assert "offers" not in sendable(world)
    assert "Offers" in confirm(world, resume=(BRAND,))

    assert "offers" in sendable(world)


def test_a_confirmation_ends_no_opt_out_and_no_newer_pause(world: World) -> None:
    world.apply_changes(READER, Change(out(2), Entry(Millis(NOW - 5), Source.LINK, "{}")))
    world.apply_changes(READER, Change(pause(BRAND), pause_entry()))
    confirm(world, resume=(BRAND,))
    assert {"news"} <= sendable(world) and "offers" not in sendable(world)

    newer_pause = Entry(Millis(NOW + 1), Source.PHONE, "{}", until=Millis(NOW + DAY))
    world.apply_changes(READER, Change(pause(BRAND), newer_pause))
    confirm(world, resume=(BRAND,))
    assert "news" not in sendable(world)


def test_a_confirmed_end_of_a_pause_lifts_no_undeliverable_address(world: World) -> None:
    world.apply_changes(READER, Change(UNDELIVERABLE, Entry(Millis(NOW - 5), Source.BOUNCE, "{}")))
    world.apply_changes(READER, Change(pause(BRAND), pause_entry()))
    page = confirm(world, resume=(BRAND,))

    assert "bounced, so we’re not sending any for now. Once that changes, you’ll get:" in page
    assert "<li>Offers</li>" in page and "unsubscribed" not in page
    assert "offers" not in sendable(world)


def test_a_newer_pause_is_not_called_an_opt_out(world: World) -> None:
    newer = Entry(Millis(NOW + 1), Source.PHONE, "{}", until=Millis(NOW + DAY))
    world.apply_changes(READER, Change(pause(BRAND), newer))
    page = confirm(world, resume=(BRAND,))

    assert "This link no longer changes anything." in page and "unsubscribed" not in page


def test_topics_that_were_off_before_the_pause_stay_off_without_a_newer_choice(world: World) -> None:
    world.apply_changes(READER, Change(out(0), Entry(Millis(NOW - 5), Source.LINK, "{}")))
    world.apply_changes(READER, Change(pause(BRAND), pause_entry()))

    assert "This link no longer changes anything." in confirm(world, resume=(BRAND,))


def test_advertising_needs_its_own_confirmation(world: World) -> None:
    world.apply_changes(READER, Change(out(7), Entry(Millis(NOW - 5), Source.SIGNAL, "{}")))
    confirm(world, signals=(7,))

    assert "targeted-advertising" in sendable(world)
    assert registers(world) == {out(7), in_(7)}


def test_a_signal_with_the_press_does_not_override_the_confirmation(
    world: World,
) -> None:
    world.apply_changes(READER, Change(out(7), Entry(Millis(NOW - 5), Source.SIGNAL, "{}")))
    token = ConfirmationToken(
        world.recipient(READER), Intent.IN, requested_at=NOW, scopes=(), signals=scope_numbers(7)
    )
    path = f"/c/{mint_confirmation_token(token, parts().confirmation_keys.confirmation_key(1))}"
    app.handler(http_event("POST", path, at=NOW + 5, headers={"sec-gpc": "1"}), world.context)

    assert "targeted-advertising" in sendable(world)


def test_a_hold_between_read_and_write_stops_the_opt_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = PreferencesTable.read

    def read_then_hold(self: PreferencesTable, recipient: str) -> Record:
        record = read(self, recipient)
        if not record.revision:
            with outside_handlers():
                world.apply_changes(READER, Change(HOLD, Entry(Millis(NOW + 1), Source.AGENT, "{}")))
        return record

    monkeypatch.setattr(PreferencesTable, "read", read_then_hold)
    token = ConfirmationToken(world.recipient(READER), Intent.IN, requested_at=NOW, scopes=scope_numbers(2))
    path = f"/c/{mint_confirmation_token(token, parts().confirmation_keys.confirmation_key(1))}"
    app.handler(http_event("POST", path, at=NOW + 5), world.context)

    assert registers(world) == {HOLD}


def test_an_older_request_does_not_override_a_newer_signal(world: World) -> None:
    world.apply_changes(READER, Change(out(7), Entry(Millis(NOW + 1), Source.SIGNAL, "{}")))
    confirm(world, signals=(7,))

    assert "targeted-advertising" not in sendable(world)


def test_the_form_after_a_link_requests_exactly_the_chosen_changes(world: World) -> None:
    world.apply_changes(READER, Change(pause(BRAND), pause_entry()))
    world.apply_changes(READER, Change(out(7), Entry(Millis(NOW - 5), Source.PHONE, "{}")))
    path = f"/p/{world.token(READER, purpose=TokenPurpose.PREFERENCES)}"
    form = {"pause": "0", "targeted-advertising": "in", "topic.news": "out"}
    page = preferences.handler(http_event("POST", path, form=form), world.context)["body"]

    assert 'name="resume" value="meridian" checked' in page
    assert 'name="topics" value="targeted-advertising" checked' in page
    fields = [("address", READER), ("intent", "in"), ("topics", "targeted-advertising")]
    answer = app.handler(
        http_event("POST", "/subscribe", form=[*fields, ("resume", "meridian")]), world.context
    )
    assert answer["statusCode"] == 202
    (request,) = world.messages("CONFIRMATION_REQUESTS_QUEUE_URL")
    assert '"resume": [1]' in request and '"scopes": [7]' in request
