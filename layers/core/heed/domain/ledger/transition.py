"""One write of the table, seen from behind: the record before and after it, and what the ledger enters.

A subject's entries are a chain: numbers 1, 2, 3 … without a gap. It begins with the number 1, or with an
entry FLOOR where an epoch begins; it may end with an entry ERASED, after which nothing follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from heed.domain.ledger.entry import (
    ERASED,
    FLOOR,
    LEDGER,
    LedgerEntry,
    Outcome,
    keyed,
    recorded,
    subject_of,
)
from heed.domain.links.repeats import BY_LINK, is_of_its_hour, of_its_hour
from heed.domain.preferences.record import NOTHING, Record, changes
from heed.domain.preferences.register import ALL, MINOR, Change, Source, out


@dataclass(frozen=True, slots=True)
class Transition:
    """One write.

    Attributes:
        id: the same at every delivery, and of no other write.
        recipient: recipient id.
        before, after: the record; empty where there was or is none.
        late: wishes that came late and are not known to be entered yet.
        recorded_at: when the table took it, milliseconds; its stream tells whole seconds, rounded down.
        expired: whether the table removed the item because its time was over.
    """

    id: str
    recipient: str
    before: Record
    after: Record
    late: frozenset[Change] = frozenset()
    recorded_at: int = 0
    expired: bool = False

    @property
    def changes(self) -> list[Change]:
        """What was written, register by register; of each new day of soft bounces an entry of its own."""
        return changes(self.before, self.after)

    @property
    def told(self) -> list[Change]:
        """What the ledger and the bus are told of: of repeats by link nothing, or one that stands for all."""
        if self.is_spared:
            return []
        return of_its_hour(self.before.registers, self.changes) if self._is_hourly else self.changes

    @property
    def is_spared(self) -> bool:
        """Whether the next write that is told of stands for this one too."""
        return self.after.tally.spared is not None and self.before.n > 0

    @property
    def first_seq(self) -> int | None:
        """The first number that its entries stand for, where they stand for others than their own changes."""
        if self.is_spared:
            return None
        spared = (self.before if self.before.n else self.after).tally.spared
        if spared is None:
            stands_for_others = self._is_hourly and len(self.told) < len(self.changes)
            return self.after.n if stands_for_others else None
        return spared + 1

    @property
    def _is_hourly(self) -> bool:
        """Whether it was told of as the one of its hour (heed.domain.links.repeats)."""
        return (
            self.before.n > 0
            and not self.is_spared
            and is_of_its_hour(self.before.tally, self.after.tally)
            and all(change.entry.source in BY_LINK for change in self.changes)
        )

    @property
    def begins_an_epoch(self) -> bool:
        """Whether everything before it is to be forgotten."""
        return self.after.floor is not None and self.after.floor != self.before.floor

    @property
    def erased(self) -> str | None:
        """The subject that is nobody's after it, or None."""
        if self.before.salt and self.before.salt != self.after.salt:
            return subject_of(self.before.salt, self.recipient)
        return None


class Written(NamedTuple):
    """An entry, and the evidence beside it."""

    entry: LedgerEntry
    evidence: str


def entries(transition: Transition) -> Iterator[Written]:
    """What the ledger enters of a write; the same at every delivery."""
    before, after = transition.before, transition.after
    if transition.erased:
        yield _closing(transition)
    if not after.salt:
        return
    opens = before.n > 0 and before.salt != after.salt
    if opens or transition.begins_an_epoch:
        # Written without a salt, the epoch's first record was nobody's until now: it keeps its number.
        carried = opens and not before.salt
        yield _floor(transition, before.n if carried else after.n)
        if carried:
            for change in changes(NOTHING, before):
                yield _entry(transition, change, before.n)
            opens = False
    everything = opens and not transition.is_spared
    for change in changes(NOTHING, after) if everything else transition.told:
        yield _entry(transition, change, after.n)
    for change in sorted(transition.late, key=lambda late: (late.register.code, late.entry.rank)):
        yield _entry(transition, change, after.told, Outcome.SUPERSEDED)


def entry_of(
    salt: bytes,
    recipient: str,
    change: Change,
    seq: int,
    recorded_at: int,
    outcome: Outcome = Outcome.APPLIED,
    first_seq: int | None = None,
) -> Written:
    """The entry of a change that the table took at `recorded_at`."""
    said = change.entry
    entry = LedgerEntry(
        subject=subject_of(salt, recipient),
        seq=seq,
        scope=change.register.scope,
        register=change.kind.value,
        at=said.at,
        recorded_at=recorded(said.at, recorded_at),
        source=said.source.value,
        policy_version=said.policy,
        commitment=keyed(salt, said.evidence),
        outcome=outcome,
        until=said.until,
        first_seq=first_seq,
    )
    return Written(entry, said.evidence)


def _entry(
    transition: Transition, change: Change, seq: int, outcome: Outcome = Outcome.APPLIED
) -> Written:
    salt, recipient = transition.after.salt, transition.recipient
    # One that came late has the number of another: it stands for none.
    first = (
        transition.first_seq if outcome is Outcome.APPLIED and seq == transition.after.n else None
    )
    return entry_of(salt, recipient, change, seq, transition.recorded_at, outcome, first)


def _closing(transition: Transition) -> Written:
    """The last entry of a subject. Why it was erased is on record of the epoch after it."""
    after = transition.after
    cause = after.get(MINOR) or after.get(out(ALL))
    if transition.expired:
        source = Source.RETENTION.value
    else:
        source = cause.source.value if cause and after.floor == cause.at else LEDGER
    at = transition.recorded_at if after.floor is None else after.floor
    salt, seq = transition.before.salt, transition.before.n + 1
    first = transition.first_seq
    return _of_itself(transition, salt, ERASED, at=at, source=source, seq=seq, first_seq=first)


def _floor(transition: Transition, seq: int) -> Written:
    after = transition.after
    at = transition.recorded_at if after.floor is None else after.floor
    return _of_itself(transition, after.salt, FLOOR, at=at, source=LEDGER, seq=seq)


def _of_itself(
    transition: Transition,
    salt: bytes,
    register: str,
    *,
    at: int,
    source: str,
    seq: int,
    first_seq: int | None = None,
) -> Written:
    entry = LedgerEntry(
        subject=subject_of(salt, transition.recipient),
        seq=seq,
        scope=ALL,
        register=register,
        at=at,
        recorded_at=recorded(at, transition.recorded_at),
        source=source,
        policy_version="",
        commitment=keyed(salt, ""),
        first_seq=first_seq,
    )
    return Written(entry, "")
