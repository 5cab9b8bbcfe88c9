"""Records against their entries: a number without an entry, a register or a wish that was never entered.

The table's stream brings every write, and its reader enters every one; this finds what was lost all the
same: a record that nobody could read, a day on which nothing ran. As long as the stream may still bring
it, a gap is told; then it is mended, by what the record holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from heed.domain.errors import UnreadableRecord
from heed.domain.ledger.entry import (
    CLOCK_TOLERANCE,
    FLOOR_REGISTER,
    LEDGER_SOURCE,
    LOST_REGISTER,
    EntryOutcome,
    LedgerEntry,
    keyed_hash,
    ledger_subject,
)
from heed.domain.ledger.transition import EntryWithEvidence, make_ledger_entry
from heed.domain.links.entry_rate import LINK_SOURCES
from heed.domain.preferences.record import EMPTY_RECORD, Record, changes_between
from heed.domain.preferences.register import ALL_SCOPES, DAY_MS
from heed.use_cases.ports.ledger import Ledger, Seals, StoredEntry, StoredRecipient, StoredRecords

REPAIR_AFTER = 3_600_000  # milliseconds after which a write has its entries
STREAM_RETENTION = 25 * REPAIR_AFTER  # after which no stream brings it any more
MAX_ENTRIES_READ = 20_000
"""Entries of one person that are compared at most: what somebody can make more of must not end a walk."""


class ReconcileFindings(NamedTuple):
    """What was found of one recipient.

    Attributes:
        missing: numbers without an entry.
        unentered: what is on record and has no entry.
        altered: entries whose evidence is not what was committed to, or that nobody can read.
        repaired: entries made now; of wishes that came late and of repeats that were spared too.
        passed: whether there was too much to be compared.
    """

    missing: int = 0
    unentered: int = 0
    altered: int = 0
    repaired: int = 0
    passed: int = 0


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Looks at one recipient after the other."""

    ledger: Ledger
    seals: Seals
    records: StoredRecords

    def __call__(self, held: StoredRecipient, now: int) -> ReconcileFindings:
        """What is wrong with a recipient's entries; mended, once nothing else can mend it.

        Raises:
            Unavailable: it cannot be told, or not be mended now.
        """
        if not held.record.salt or held.changed_at > now - REPAIR_AFTER:
            return ReconcileFindings()
        of_subject = self.ledger.entries_of(ledger_subject(held.record.salt, held.recipient))
        try:
            kept = list(islice(of_subject, MAX_ENTRIES_READ + 1))
        except UnreadableRecord:
            return ReconcileFindings(altered=1)  # told of, for a person to look at; it holds up nobody else
        if len(kept) > MAX_ENTRIES_READ:
            return ReconcileFindings(passed=1)
        entries = [one.entry for one in kept]
        gaps = _gaps(held.record, entries)
        missing = sum(map(len, gaps))
        names = {one.entry.id for one in kept}
        unentered, waiting = _unentered(held, names, now), _waiting(held, names, now)
        spared = _spared(held, entries, unentered)
        known = {one.entry.id for one in spared}
        unentered = [one for one in unentered if one.entry.id not in known]
        altered = sum(_is_altered(one, held.record.salt) for one in kept)
        if held.changed_at > now - STREAM_RETENTION:
            return ReconcileFindings(missing, len(unentered), altered)
        made = [*_repairs(held, gaps, [*unentered, *waiting], now), *spared]
        if made and not self._stands(held):
            return ReconcileFindings()  # it changed since it was read: the next walk looks again
        self._seal([self.ledger.enter(*one) for one in made] + _unsure(held, kept, now))
        if made and not self._stands(held):
            # Erased in between, perhaps when the stream had told of it already: no evidence stays behind.
            self.ledger.erase(ledger_subject(held.record.salt, held.recipient))
        if held.late:
            self.records.settle(held.recipient, held.late)
        return ReconcileFindings(missing, len(unentered), altered, len(made))

    def _stands(self, held: StoredRecipient) -> bool:
        """Whether the record is still the one that was read; asked consistently, as a walk is not."""
        try:
            return self.records.read(held.recipient).salt == held.record.salt
        except UnreadableRecord:
            return False

    def _seal(self, entries: list[LedgerEntry]) -> None:
        leaves: dict[int, list[bytes]] = {}
        for entry in entries:
            leaves.setdefault(entry.recorded_at // DAY_MS, []).append(entry.leaf)
        for day, hashed in leaves.items():
            self.seals.add(day, hashed)


def _unsure(held: StoredRecipient, kept: list[StoredEntry], now: int) -> list[LedgerEntry]:
    """Entries that a walk made a while ago, and that may have no hash: it may have died in between.

    The next walk begins where that one died. Keeping a hash again changes nothing.
    """
    made = (one.entry for one in kept if one.entry.recorded_at >= held.changed_at + STREAM_RETENTION)
    return [entry for entry in made if entry.recorded_at > now - DAY_MS]


def _gaps(record: Record, entries: list[LedgerEntry]) -> list[range]:
    """The numbers of the record's subject that no entry stands for, but for those that were spared."""
    applied = sorted((one.first, one.seq) for one in entries if one.outcome is EntryOutcome.APPLIED)
    opened = [entry.seq for entry in entries if entry.register == FLOOR_REGISTER]
    if record.erased_at is not None and not opened:
        # Its first entry is what is missing.
        opened = [min((first for first, _ in applied), default=record.told)]
    due, gaps = min(opened, default=1), []
    for first, last in [*applied, (record.told + 1, record.told)]:
        if first > due:
            gaps.append(range(due, first))
        due = max(due, last + 1)
    return gaps


def _spared(
    held: StoredRecipient, entries: list[LedgerEntry], unentered: list[EntryWithEvidence]
) -> list[EntryWithEvidence]:
    """What was changed by link and need have no entry of its own, each with the numbers that stand for it."""
    applied = (one for one in entries if one.outcome is EntryOutcome.APPLIED)
    spans = sorted((one for one in applied if one.first_seq is not None), key=lambda one: one.seq)
    found = []
    for entry, evidence in unentered:
        if entry.source in LINK_SOURCES and (numbers := _numbers(held.record, spans, entry.at)):
            first, last = numbers
            found.append(EntryWithEvidence(replace(entry, seq=last, first_seq=first), evidence))
    return found


def _numbers(record: Record, spans: list[LedgerEntry], at: int) -> tuple[int, int] | None:
    """The first and the last number of the row in which a change by link was spared, or None.

    It is the row that nothing has ended yet, or one that an entry stands for which came later.
    """
    if record.tally.spared is not None:
        return record.told + 1, record.revision
    return next(((one.first, one.seq) for one in spans if at < one.recorded_at + CLOCK_TOLERANCE), None)


def _unentered(held: StoredRecipient, names: set[str], now: int) -> list[EntryWithEvidence]:
    """What the record holds and the ledger does not; the number is still to be found."""
    salt, recipient = held.record.salt, held.recipient
    said = [
        make_ledger_entry(salt, recipient, one, 0, now) for one in changes_between(EMPTY_RECORD, held.record)
    ]
    return [one for one in said if one.entry.id not in names]


def _waiting(held: StoredRecipient, names: set[str], now: int) -> list[EntryWithEvidence]:
    """Wishes that came late and have no entry: no gap, for nobody knows since when they wait."""
    salt, recipient = held.record.salt, held.recipient
    late = [make_ledger_entry(salt, recipient, one, 0, now, EntryOutcome.SUPERSEDED) for one in held.late]
    return [one for one in late if one.entry.id not in names]


def _is_altered(kept: StoredEntry, salt: bytes) -> bool:
    return kept.evidence is not None and keyed_hash(salt, kept.evidence) != kept.entry.commitment


def _repairs(
    held: StoredRecipient, gaps: list[range], unentered: list[EntryWithEvidence], now: int
) -> Iterable[EntryWithEvidence]:
    """What was lost gets the numbers that are free, in order of time; numbers too many are LOST."""
    free = list(gaps)
    for entry, evidence in sorted(unentered, key=lambda one: one.entry.at):
        seq = held.record.told
        if entry.outcome is EntryOutcome.APPLIED and free:
            seq, free = free[0][0], [gap for gap in (free[0][1:], *free[1:]) if gap]
        yield EntryWithEvidence(replace(entry, seq=seq), evidence)
    salt = held.record.salt
    subject, nothing = ledger_subject(salt, held.recipient), keyed_hash(salt, "")
    for gap in free:
        lost = LedgerEntry(
            subject,
            gap[-1],
            ALL_SCOPES,
            LOST_REGISTER,
            held.changed_at,
            now,
            LEDGER_SOURCE,
            "",
            nothing,
        )
        yield EntryWithEvidence(replace(lost, first_seq=gap[0] if len(gap) > 1 else None), "")
