"""What the rest of the company hears of a change: events under ids that are no ids of the ledger.

Who archives them keeps recipients beside changes; the ledger must not become linkable by that archive,
so that nothing in an event is keyed with a salt or hashed as an entry is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import assert_never

from heed.domain import rfc3339
from heed.domain.ledger.transition import Transition
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import undeliverable_until
from heed.domain.preferences.register import (
    ALL_SCOPES,
    MINOR,
    SOFT_BOUNCE,
    Change,
    ChoiceKind,
    LiftKind,
    OtherKind,
    RegisterKind,
    Source,
    StopKind,
    opted_out,
)

EVENT_SOURCE = "heed"


class EventType(StrEnum):
    """What happened."""

    OPTED_OUT = "Recipient Opted Out"
    OPTED_IN = "Recipient Opted In"
    PAUSED = "Recipient Paused"
    SUPPRESSED = "Recipient Suppressed"
    LIFTED = "Recipient Lifted"
    PURGED = "Recipient Purged"


@dataclass(frozen=True, slots=True)
class PreferenceEvent:
    """An event: what happened, and to whom.

    Attributes:
        type: what happened.
        detail: `id`, `recipient`, `scope`, `state`, `at`, `source`; `until` where it ends by time; and
            `changes` where it stands for several, repeats by link that were spared.
    """

    type: EventType
    detail: dict[str, str | int]


def _event(kind: RegisterKind) -> tuple[EventType, str] | None:
    """The type and the state of the event of a change; None: it changes nobody's mail by itself."""
    match kind:
        case ChoiceKind.OUT | ChoiceKind.UNDOABLE:
            return EventType.OPTED_OUT, "out"
        case ChoiceKind.IN | ChoiceKind.CONFIRMED:
            return EventType.OPTED_IN, kind.value
        case ChoiceKind.PAUSE:
            return EventType.PAUSED, "paused"
        case ChoiceKind.UNDONE:
            return EventType.LIFTED, "undone"
        case StopKind() | OtherKind.COMPLAINT:
            return EventType.SUPPRESSED, kind.value
        case LiftKind():
            return EventType.LIFTED, kind.stop.value
        case OtherKind.ACKNOWLEDGED | OtherKind.SOFT_BOUNCE:
            return None
        case _:
            assert_never(kind)


def events_for(transition: Transition, catalogue: Catalogue) -> Iterator[PreferenceEvent]:
    """The events of a write; the same at every delivery."""
    if transition.is_erasure:
        yield _purged(transition)
    elif not transition.after.revision:
        yield _removed(transition)
    for change in transition.told:
        if (event := _event(change.kind)) is not None:
            yield _changed(transition, change, event, catalogue)
    before, after = transition.before, transition.after
    until = undeliverable_until(after, transition.recorded_at)
    if until and not undeliverable_until(before, transition.recorded_at):
        yield _suppressed(transition, until)


def _changed(
    transition: Transition, change: Change, event: tuple[EventType, str], catalogue: Catalogue
) -> PreferenceEvent:
    register, entry = change.register, change.entry
    kind, state = event
    if entry.until is not None and entry.until <= entry.at:
        kind, state = EventType.LIFTED, "paused"  # a pause of no length ends the one before it
    scope = catalogue.name(register.scope)
    detail = _detail(transition, register.code, state, entry.at, entry.source.value, scope)
    if kind is EventType.PAUSED and entry.until is not None:
        detail["until"] = rfc3339.format_time(entry.until)
    stands_for = transition.after.revision - (transition.first_seq or transition.after.revision) + 1
    if stands_for > 1:
        detail["changes"] = stands_for
    return PreferenceEvent(kind, detail)


def _suppressed(transition: Transition, until: int) -> PreferenceEvent:
    """Soft bounces on so many days that the address counts as undeliverable."""
    at, source = transition.recorded_at, Source.BOUNCE.value
    detail = _detail(transition, SOFT_BOUNCE.code, "undeliverable", at, source)
    return PreferenceEvent(EventType.SUPPRESSED, detail | {"until": rfc3339.format_time(until)})


def _purged(transition: Transition) -> PreferenceEvent:
    after = transition.after
    cause = after.get(MINOR) or after.get(opted_out(ALL_SCOPES))
    state = "minor" if MINOR in after.registers else "erased"
    source = Source.AGENT if cause is None else cause.source
    floor = transition.recorded_at if after.erased_at is None else after.erased_at
    return PreferenceEvent(EventType.PURGED, _detail(transition, "purged", state, floor, source.value))


def _removed(transition: Transition) -> PreferenceEvent:
    source = Source.RETENTION if transition.expired else Source.AGENT
    at = transition.recorded_at
    return PreferenceEvent(EventType.PURGED, _detail(transition, "removed", "removed", at, source.value))


def _detail(
    transition: Transition, part: str, state: str, at: int, source: str, scope: str = "*"
) -> dict[str, str | int]:
    name = sha256(f"heed event {transition.id} {part}".encode()).hexdigest()[:32]
    return {
        "id": name,
        "recipient": transition.recipient,
        "scope": scope,
        "state": state,
        "at": rfc3339.format_time(at),
        "source": source,
    }
