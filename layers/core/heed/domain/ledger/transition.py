"""One write of the table, seen from behind: the record before and after it, and what the ledger enters.

A subject's entries are a chain: numbers 1, 2, 3 … without a gap. It begins with the number 1, or with an
entry FLOOR where an epoch begins; it may end with an entry ERASED, after which nothing follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from heed.domain.ledger.entry import (
    ERASED_REGISTER,
    FLOOR_REGISTER,
    LEDGER_SOURCE,
    EntryOutcome,
    LedgerEntry,
    keyed_hash,
    ledger_subject,
    time_recorded,
)
from heed.domain.links.entry_rate import LINK_SOURCES, hourly_registers, is_hourly_write
from heed.domain.preferences.record import EMPTY_RECORD, Record, changes_between
from heed.domain.preferences.register import ALL_SCOPES, MINOR, Change, Source, opted_out


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
        return changes_between(self.before, self.after)

    @property
    def told(self) -> list[Change]:
        """What the ledger and the bus are told of: of repeats by link nothing, or one that stands for all."""
        if self.is_spared:
            return []
        return hourly_registers(self.before.registers, self.changes) if self._is_hourly else self.changes

    @property
    def is_spared(self) -> bool:
        """Whether the next write that is told of stands for this one too."""
        return self.after.tally.spared is not None and self.before.revision > 0

    @property
    def first_seq(self) -> int | None:
        """The first number that its entries stand for, where they stand for others than their own changes."""
        if self.is_spared:
            return None
        spared = (self.before if self.before.revision else self.after).tally.spared
        if spared is None:
            stands_for_others = self._is_hourly and len(self.told) < len(self.changes)
            return self.after.revision if stands_for_others else None
        return spared + 1

    @property
    def _is_hourly(self) -> bool:
        """Whether it was told of as the one of its hour (heed.domain.links.entry_rate)."""
        return (
            self.before.revision > 0
            and not self.is_spared
            and is_hourly_write(self.before.tally, self.after.tally)
            and all(change.entry.source in LINK_SOURCES for change in self.changes)
        )

    @property
    def is_erasure(self) -> bool:
        """Whether everything before it is to be forgotten."""
        return self.after.erased_at is not None and self.after.erased_at != self.before.erased_at

    @property
    def erased(self) -> str | None:
        """The subject that is nobody's after it, or None."""
        if self.before.salt and self.before.salt != self.after.salt:
            return ledger_subject(self.before.salt, self.recipient)
        return None


class EntryWithEvidence(NamedTuple):
    """An entry, and the evidence beside it."""

    entry: LedgerEntry
    evidence: str


def ledger_entries(transition: Transition) -> Iterator[EntryWithEvidence]:
    """What the ledger enters of a write; the same at every delivery."""
    before, after = transition.before, transition.after
    if transition.erased:
        yield _closing(transition)
    if not after.salt:
        return
    opens = before.revision > 0 and before.salt != after.salt
    if opens or transition.is_erasure:
        # Written without a salt, the epoch's first record was nobody's until now: it keeps its number.
        carried = opens and not before.salt
        yield _floor(transition, before.revision if carried else after.revision)
        if carried:
            for change in changes_between(EMPTY_RECORD, before):
                yield _entry(transition, change, before.revision)
            opens = False
    everything = opens and not transition.is_spared
    for change in changes_between(EMPTY_RECORD, after) if everything else transition.told:
        yield _entry(transition, change, after.revision)
    for change in sorted(transition.late, key=lambda late: (late.register.code, late.entry.rank)):
        yield _entry(transition, change, after.told, EntryOutcome.SUPERSEDED)


def make_ledger_entry(
    salt: bytes,
    recipient: str,
    change: Change,
    seq: int,
    recorded_at: int,
    outcome: EntryOutcome = EntryOutcome.APPLIED,
    first_seq: int | None = None,
) -> EntryWithEvidence:
    """The entry of a change that the table took at `recorded_at`."""
    said = change.entry
    entry = LedgerEntry(
        subject=ledger_subject(salt, recipient),
        seq=seq,
        scope=change.register.scope,
        register=change.kind.value,
        at=said.at,
        recorded_at=time_recorded(said.at, recorded_at),
        source=said.source.value,
        policy_version=said.policy,
        commitment=keyed_hash(salt, said.evidence),
        outcome=outcome,
        until=said.until,
        first_seq=first_seq,
    )
    return EntryWithEvidence(entry, said.evidence)


def _entry(
    transition: Transition, change: Change, seq: int, outcome: EntryOutcome = EntryOutcome.APPLIED
) -> EntryWithEvidence:
    salt, recipient = transition.after.salt, transition.recipient
    # One that came late has the number of another: it stands for none.
    first = (
        transition.first_seq if outcome is EntryOutcome.APPLIED and seq == transition.after.revision else None
    )
    return make_ledger_entry(salt, recipient, change, seq, transition.recorded_at, outcome, first)


def _closing(transition: Transition) -> EntryWithEvidence:
    """The last entry of a subject. Why it was erased is on record of the epoch after it."""
    after = transition.after
    cause = after.get(MINOR) or after.get(opted_out(ALL_SCOPES))
    if transition.expired:
        source = Source.RETENTION.value
    else:
        source = cause.source.value if cause and after.erased_at == cause.at else LEDGER_SOURCE
    at = transition.recorded_at if after.erased_at is None else after.erased_at
    salt, seq = transition.before.salt, transition.before.revision + 1
    first = transition.first_seq
    return _of_itself(transition, salt, ERASED_REGISTER, at=at, source=source, seq=seq, first_seq=first)


def _floor(transition: Transition, seq: int) -> EntryWithEvidence:
    after = transition.after
    at = transition.recorded_at if after.erased_at is None else after.erased_at
    return _of_itself(transition, after.salt, FLOOR_REGISTER, at=at, source=LEDGER_SOURCE, seq=seq)


def _of_itself(
    transition: Transition,
    salt: bytes,
    register: str,
    *,
    at: int,
    source: str,
    seq: int,
    first_seq: int | None = None,
) -> EntryWithEvidence:
    entry = LedgerEntry(
        subject=ledger_subject(salt, transition.recipient),
        seq=seq,
        scope=ALL_SCOPES,
        register=register,
        at=at,
        recorded_at=time_recorded(at, transition.recorded_at),
        source=source,
        policy_version="",
        commitment=keyed_hash(salt, ""),
        first_seq=first_seq,
    )
    return EntryWithEvidence(entry, "")
