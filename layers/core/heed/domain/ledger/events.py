"""Events: they report each change to other systems of the company. Their ids are not ids of ledger entries.

An archive of events contains recipients beside their changes. Such an archive must not link ledger entries
to recipients. So no part of an event is a hash with the salt, or a hash of the kind that the ledger uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import assert_never

from heed.domain import rfc3339
from heed.domain.ledger.transition import Transition
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import undeliverable_until
from heed.domain.preferences.evidence import campaign_of_evidence, ref_of_evidence
from heed.domain.preferences.kinds import (
    STOP_KINDS,
    ChoiceKind,
    ImportKind,
    LiftKind,
    OtherKind,
    RegisterKind,
    SuppressionKind,
    TakenBackKind,
)
from heed.domain.preferences.register import ALL_SCOPES, MINOR, SOFT_BOUNCE, Change, Source, opt_out_register

EVENT_SOURCE = "heed"


class EventType(StrEnum):
    """The type of an event."""

    OPTED_OUT = "Recipient Opted Out"
    OPTED_IN = "Recipient Opted In"
    PAUSED = "Recipient Paused"
    SUPPRESSED = "Recipient Suppressed"
    LIFTED = "Recipient Lifted"
    PURGED = "Recipient Purged"


@dataclass(frozen=True, slots=True)
class PreferenceEvent:
    """An event about one recipient.

    Attributes:
        type: the type of the event.
        detail: `id`, `recipient`, `scope`, `state`, `at`, `source`; `until` if the state has an end;
            `campaign` and `ref` if the link, or the mail that bounced, had them; and `changes` if the event
            reports several changes by links, of which the earlier ones were omitted.
    """

    type: EventType
    detail: dict[str, str | int]


def _type_and_state(kind: RegisterKind) -> tuple[EventType, str] | None:
    """Returns the type and the state of a change's event; None if the change alone affects no mail."""
    match kind:
        case ChoiceKind.OUT | ChoiceKind.UNDOABLE:
            return EventType.OPTED_OUT, "out"
        case ChoiceKind.IN | ChoiceKind.CONFIRMED:
            return EventType.OPTED_IN, kind.value
        case ChoiceKind.PAUSE:
            return EventType.PAUSED, "paused"
        case ChoiceKind.UNDONE:
            return EventType.LIFTED, "undone"
        case SuppressionKind() | OtherKind.COMPLAINT:
            return EventType.SUPPRESSED, kind.value
        case ImportKind():
            return _type_and_state(STOP_KINDS[kind])
        case TakenBackKind():
            return EventType.LIFTED, "taken-back"
        case LiftKind():
            return EventType.LIFTED, kind.suppression.value
        case OtherKind.ACKNOWLEDGED | OtherKind.SOFT_BOUNCE:
            return None
        case _:
            assert_never(kind)


def events_for(transition: Transition, catalogue: Catalogue) -> Iterator[PreferenceEvent]:
    """Yields the events of a write. They are the same at every delivery."""
    if transition.is_erasure:
        yield _purge_event(transition)
    elif not transition.after.revision:
        yield _removal_event(transition)
    for change in transition.recorded_changes:
        if (type_and_state := _type_and_state(change.recorded_kind)) is not None:
            yield _change_event(transition, change, type_and_state, catalogue)
    before, after = transition.before, transition.after
    until = undeliverable_until(after, transition.recorded_at)
    if until and not undeliverable_until(before, transition.recorded_at):
        yield _undeliverable_event(transition, until)


def _change_event(
    transition: Transition, change: Change, type_and_state: tuple[EventType, str], catalogue: Catalogue
) -> PreferenceEvent:
    register, entry = change.register, change.entry
    event_type, state = type_and_state
    if entry.until is not None and entry.until <= entry.at:
        event_type, state = EventType.LIFTED, "paused"  # a pause of no length ends the one before it
    scope = catalogue.scope_name(register.scope)
    detail = _detail(transition, register.code, state, entry.at, entry.source.value, scope)
    if event_type is EventType.PAUSED and entry.until is not None:
        detail["until"] = rfc3339.format_time(entry.until)
    if campaign := campaign_of_evidence(entry.evidence):
        detail["campaign"] = campaign
    if ref := ref_of_evidence(entry.evidence):
        detail["ref"] = ref
    change_count = transition.after.revision - (transition.first_revision or transition.after.revision) + 1
    if change_count > 1:
        detail["changes"] = change_count
    return PreferenceEvent(event_type, detail)


def _undeliverable_event(transition: Transition, until: Millis) -> PreferenceEvent:
    """Returns the event of an address that soft bounces have made undeliverable."""
    at, source = transition.recorded_at, Source.BOUNCE.value
    detail = _detail(transition, SOFT_BOUNCE.code, "undeliverable", at, source)
    return PreferenceEvent(EventType.SUPPRESSED, detail | {"until": rfc3339.format_time(until)})


def _purge_event(transition: Transition) -> PreferenceEvent:
    after = transition.after
    cause = after.get(MINOR) or after.get(opt_out_register(ALL_SCOPES))
    state = "minor" if MINOR in after.registers else "erased"
    source = Source.AGENT if cause is None else cause.source
    at = transition.recorded_at if after.erased_at is None else after.erased_at
    return PreferenceEvent(EventType.PURGED, _detail(transition, "purged", state, at, source.value))


def _removal_event(transition: Transition) -> PreferenceEvent:
    source = Source.RETENTION if transition.expired else Source.AGENT
    at = transition.recorded_at
    return PreferenceEvent(EventType.PURGED, _detail(transition, "removed", "removed", at, source.value))


def _detail(
    transition: Transition, part: str, state: str, at: Millis, source: str, scope: str = "*"
) -> dict[str, str | int]:
    event_id = sha256(f"heed event {transition.id} {part}".encode()).hexdigest()[:32]
    return {
        "id": event_id,
        "recipient": transition.recipient,
        "scope": scope,
        "state": state,
        "at": rfc3339.format_time(at),
        "source": source,
    }
