"""Compares records with their ledger entries, reports missing entries, and repairs them.

The reader of the table's stream adds an entry for each write. An entry can be missing all the same, for
example after an outage of a day. As long as the stream may still deliver the write, a missing entry is only
reported. After that it is repaired from the record.
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
from heed.domain.links.entry_mode import LINK_SOURCES
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import EMPTY_RECORD, Record, changes_between
from heed.domain.preferences.register import ALL_SCOPES, DAY_MS
from heed.use_cases.ports.ledger import Ledger, Seals, StoredEntry, StoredRecipient, StoredRecords

REPAIR_AFTER = 3_600_000  # milliseconds; by then the entries of a write should exist
STREAM_RETENTION = 25 * REPAIR_AFTER  # milliseconds; after that the stream does not deliver the write
MAX_ENTRIES_READ = 20_000
"""The most entries of one person that are compared. A person can create many, and must not stop the walk."""


class ReconcileFindings(NamedTuple):
    """The findings for one recipient, as counts.

    Attributes:
        missing: revisions without a ledger entry.
        unrecorded: registers whose value has no ledger entry.
        altered: entries whose evidence does not match its commitment, or that are unreadable.
        repaired: entries that were created now, including those of late changes and of omitted repeats.
        skipped: 1 if the recipient was skipped: too many entries, or a failure in two runs in a row.
    """

    missing: int = 0
    unrecorded: int = 0
    altered: int = 0
    repaired: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Reconciles a recipient: compares their record with their entries, and repairs missing entries."""

    ledger: Ledger
    seals: Seals
    records: StoredRecords

    def __call__(self, stored: StoredRecipient, now: Millis) -> ReconcileFindings:
        """Compares the entries of a recipient. Repairs them once the stream cannot deliver them any more.

        Raises:
            DependencyUnavailable: The entries could not be compared, or not all could be repaired.
        """
        if not stored.record.salt or stored.changed_at > now - REPAIR_AFTER:
            return ReconcileFindings()
        stored_entries = self.ledger.entries_of(ledger_subject(stored.record.salt, stored.recipient))
        try:
            with_evidence = list(islice(stored_entries, MAX_ENTRIES_READ + 1))
        except UnreadableRecord:
            return ReconcileFindings(altered=1)  # a person has to look at it; other recipients go on
        if len(with_evidence) > MAX_ENTRIES_READ:
            return ReconcileFindings(skipped=1)
        entries = [item.entry for item in with_evidence]
        gaps = _find_gaps(stored.record, entries)
        missing = sum(map(len, gaps))
        ids = {entry.id for entry in entries}
        unrecorded, late = _find_unrecorded(stored, ids, now), _find_late(stored, ids, now)
        omitted = _find_omitted(stored, entries, unrecorded)
        omitted_ids = {item.entry.id for item in omitted}
        unrecorded = [item for item in unrecorded if item.entry.id not in omitted_ids]
        altered = sum(_is_altered(item, stored.record.salt) for item in with_evidence)
        if stored.changed_at > now - STREAM_RETENTION:
            return ReconcileFindings(missing, len(unrecorded), altered)
        repairs = [*_make_repairs(stored, gaps, [*unrecorded, *late], now), *omitted]
        if repairs and not self._is_current(stored):
            return ReconcileFindings()  # the record changed after the walk read it: the next walk compares it
        repaired = [self.ledger.enter(*repair) for repair in repairs]
        self._store_hashes(repaired + _recent_repairs(stored, with_evidence, now))
        if repairs and not self._is_current(stored):
            # An erasure happened meanwhile, and the stream may have delivered it already. Without this call
            # the evidence of the repairs would stay.
            self.ledger.erase_evidence(ledger_subject(stored.record.salt, stored.recipient))
        if stored.late_changes:
            self.records.delete_entered(stored.recipient, stored.late_changes)
        return ReconcileFindings(missing, len(unrecorded), altered, len(repairs))

    def _is_current(self, stored: StoredRecipient) -> bool:
        """Returns whether no erasure replaced the record meanwhile, by a consistent read."""
        try:
            return self.records.read(stored.recipient).salt == stored.record.salt
        except UnreadableRecord:
            return False

    def _store_hashes(self, entries: list[LedgerEntry]) -> None:
        leaves: dict[int, list[bytes]] = {}
        for entry in entries:
            leaves.setdefault(entry.recorded_at // DAY_MS, []).append(entry.leaf)
        for day, hashes in leaves.items():
            self.seals.add_leaves(day, hashes)


def _recent_repairs(
    stored: StoredRecipient, with_evidence: list[StoredEntry], now: Millis
) -> list[LedgerEntry]:
    """Returns the repairs of the last day. Their hashes may be missing, if the walk crashed after the repair.

    The next walk starts where that walk crashed. Storing a hash again changes nothing.
    """
    repaired_from = max(stored.changed_at + STREAM_RETENTION, now - DAY_MS + 1)
    return [item.entry for item in with_evidence if item.entry.recorded_at >= repaired_from]


def _find_gaps(record: Record, entries: list[LedgerEntry]) -> list[range]:
    """Returns the revisions that no entry covers, without the revisions of omitted repeats."""
    applied = sorted(
        (entry.first_revision, entry.seq) for entry in entries if entry.outcome is EntryOutcome.APPLIED
    )
    first_revisions = [entry.seq for entry in entries if entry.register == FLOOR_REGISTER]
    if record.erased_at is not None and not first_revisions:
        # The first entry after the erasure is missing itself.
        first_revisions = [min((first for first, _ in applied), default=record.last_ledger_revision)]
    expected, gaps = min(first_revisions, default=1), []
    for first, last in [*applied, (record.last_ledger_revision + 1, record.last_ledger_revision)]:
        if first > expected:
            gaps.append(range(expected, first))
        expected = max(expected, last + 1)
    return gaps


def _find_omitted(
    stored: StoredRecipient, entries: list[LedgerEntry], unrecorded: list[EntryWithEvidence]
) -> list[EntryWithEvidence]:
    """Returns the repeats by link that need no entry of their own, each with the revisions that cover it."""
    applied = (entry for entry in entries if entry.outcome is EntryOutcome.APPLIED)
    range_entries = sorted(
        (entry for entry in applied if entry.first_seq is not None), key=lambda entry: entry.seq
    )
    omitted = []
    for entry, evidence in unrecorded:
        revisions = _covering_revisions(stored.record, range_entries, entry.at)
        if entry.source in LINK_SOURCES and revisions is not None:
            first, last = revisions
            omitted.append(EntryWithEvidence(replace(entry, seq=last, first_seq=first), evidence))
    return omitted


def _covering_revisions(
    record: Record, range_entries: list[LedgerEntry], at: Millis
) -> tuple[int, int] | None:
    """Returns the first and the last revision of the series in which a repeat by link was omitted, or None.

    This is the series that is still open, or the series of a later entry that covers several revisions.

    Args:
        record: the record.
        range_entries: the entries that cover several revisions, in order.
        at: time of the repeat, milliseconds.
    """
    if record.tally.omitted_after is not None:
        return record.last_ledger_revision + 1, record.revision
    later = (entry for entry in range_entries if at < entry.recorded_at + CLOCK_TOLERANCE)
    return next(((entry.first_revision, entry.seq) for entry in later), None)


def _find_unrecorded(stored: StoredRecipient, ids: set[str], now: Millis) -> list[EntryWithEvidence]:
    """Returns entries for the registers of the record that the ledger does not have. Their `seq` is 0."""
    salt, recipient = stored.record.salt, stored.recipient
    changes = changes_between(EMPTY_RECORD, stored.record)
    entries = [make_ledger_entry(salt, recipient, change, 0, now) for change in changes]
    return [item for item in entries if item.entry.id not in ids]


def _find_late(stored: StoredRecipient, ids: set[str], now: Millis) -> list[EntryWithEvidence]:
    """Returns entries for the late changes that the ledger does not have.

    They are not findings: their age is unknown, so the stream may still deliver them.
    """
    salt, recipient = stored.record.salt, stored.recipient
    entries = [
        make_ledger_entry(salt, recipient, change, 0, now, EntryOutcome.SUPERSEDED)
        for change in stored.late_changes
    ]
    return [item for item in entries if item.entry.id not in ids]


def _is_altered(item: StoredEntry, salt: bytes) -> bool:
    return item.evidence is not None and keyed_hash(salt, item.evidence) != item.entry.commitment


def _make_repairs(
    stored: StoredRecipient, gaps: list[range], unrecorded: list[EntryWithEvidence], now: Millis
) -> Iterable[EntryWithEvidence]:
    """Yields the missing entries, in order of time. Each gets a revision that has no entry.

    If such revisions remain, it yields an entry with the register `lost` for each gap.
    """
    free = list(gaps)
    for entry, evidence in sorted(unrecorded, key=lambda item: item.entry.at):
        revision = stored.record.last_ledger_revision
        if entry.outcome is EntryOutcome.APPLIED and free:
            revision, free = free[0][0], [gap for gap in (free[0][1:], *free[1:]) if gap]
        yield EntryWithEvidence(replace(entry, seq=revision), evidence)
    salt = stored.record.salt
    subject, commitment = ledger_subject(salt, stored.recipient), keyed_hash(salt, "")
    for gap in free:
        lost = LedgerEntry(
            subject,
            gap[-1],
            ALL_SCOPES,
            LOST_REGISTER,
            stored.changed_at,
            now,
            LEDGER_SOURCE,
            "",
            commitment,
        )
        yield EntryWithEvidence(replace(lost, first_seq=gap[0] if len(gap) > 1 else None), "")
