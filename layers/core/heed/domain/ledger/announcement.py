"""What the rest of the company hears of a change: events under ids that are no ids of the ledger.

Who archives them keeps recipients beside changes; the ledger must not become linkable by that archive,
so that nothing in an event is keyed with a salt or hashed as an entry is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from heed.domain import rfc3339
from heed.domain.ledger.transition import Transition
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import undeliverable_until
from heed.domain.preferences.register import (
    ACKNOWLEDGED,
    ALL,
    COMPLAINT,
    HOLD,
    LIFT_HOLD,
    LIFT_UNDELIVERABLE,
    MINOR,
    SOFT,
    UNDELIVERABLE,
    Change,
    Source,
    out,
    scope_of,
)

SOURCE = "heed"


class DetailType(StrEnum):
    """What happened."""

    OPTED_OUT = "Recipient Opted Out"
    OPTED_IN = "Recipient Opted In"
    PAUSED = "Recipient Paused"
    SUPPRESSED = "Recipient Suppressed"
    LIFTED = "Recipient Lifted"
    PURGED = "Recipient Purged"


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event: what happened, and to whom.

    Attributes:
        type: what happened.
        detail: `id`, `recipient`, `scope`, `state`, `at`, `source`; `until` where it ends by time; and
            `changes` where it stands for several, repeats by link that were spared.
    """

    type: DetailType
    detail: dict[str, str | int]


_STATES = {
    "o": (DetailType.OPTED_OUT, "out"),
    "i": (DetailType.OPTED_IN, "in"),
    "k": (DetailType.OPTED_IN, "confirmed"),
    "p": (DetailType.PAUSED, "paused"),
    "u": (DetailType.LIFTED, "undone"),
    COMPLAINT: (DetailType.SUPPRESSED, "complaint"),
    UNDELIVERABLE: (DetailType.SUPPRESSED, "undeliverable"),
    HOLD: (DetailType.SUPPRESSED, "hold"),
    MINOR: (DetailType.SUPPRESSED, "minor"),
    LIFT_UNDELIVERABLE: (DetailType.LIFTED, "undeliverable"),
    LIFT_HOLD: (DetailType.LIFTED, "hold"),
}
_SILENT = (ACKNOWLEDGED, SOFT)  # changes nobody's mail by itself


def announcements(transition: Transition, catalogue: Catalogue) -> Iterator[Announcement]:
    """The events of a write; the same at every delivery."""
    if transition.begins_an_epoch:
        yield _purged(transition)
    elif not transition.after.n:
        yield _removed(transition)
    for change in transition.told:
        if change.register not in _SILENT:
            yield _changed(transition, change, catalogue)
    before, after = transition.before, transition.after
    until = undeliverable_until(after, transition.recorded_at)
    if until and not undeliverable_until(before, transition.recorded_at):
        yield _suppressed(transition, until)


def _changed(transition: Transition, change: Change, catalogue: Catalogue) -> Announcement:
    register, entry = change.register, change.entry
    letter = register[:1]
    if letter == "c":  # a press that can be taken back stops as every other does
        letter = "o" if entry.until is None else "p"
    kind, state = _STATES.get(register) or _STATES[letter]
    if entry.until is not None and entry.until <= entry.at:
        kind, state = DetailType.LIFTED, "paused"  # a pause of no length ends the one before it
    scope = catalogue.name(scope_of(register))
    detail = _detail(transition, register, state, entry.at, entry.source.value, scope)
    if kind is DetailType.PAUSED and entry.until is not None:
        detail["until"] = rfc3339.write(entry.until)
    stands_for = transition.after.n - (transition.first_seq or transition.after.n) + 1
    if stands_for > 1:
        detail["changes"] = stands_for
    return Announcement(kind, detail)


def _suppressed(transition: Transition, until: int) -> Announcement:
    """Soft bounces on so many days that the address counts as undeliverable."""
    at, source = transition.recorded_at, Source.BOUNCE.value
    detail = _detail(transition, SOFT, "undeliverable", at, source)
    return Announcement(DetailType.SUPPRESSED, detail | {"until": rfc3339.write(until)})


def _purged(transition: Transition) -> Announcement:
    after = transition.after
    cause = after.get(MINOR) or after.get(out(ALL))
    state = "minor" if MINOR in after.registers else "erased"
    source = Source.AGENT if cause is None else cause.source
    floor = transition.recorded_at if after.floor is None else after.floor
    return Announcement(
        DetailType.PURGED, _detail(transition, "purged", state, floor, source.value)
    )


def _removed(transition: Transition) -> Announcement:
    source = Source.RETENTION if transition.expired else Source.AGENT
    at = transition.recorded_at
    return Announcement(
        DetailType.PURGED, _detail(transition, "removed", "removed", at, source.value)
    )


def _detail(
    transition: Transition, part: str, state: str, at: int, source: str, scope: str = "*"
) -> dict[str, str | int]:
    name = sha256(f"heed event {transition.id} {part}".encode()).hexdigest()[:32]
    return {
        "id": name,
        "recipient": transition.recipient,
        "scope": scope,
        "state": state,
        "at": rfc3339.write(at),
        "source": source,
    }
