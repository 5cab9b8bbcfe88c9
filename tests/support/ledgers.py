"""Ledgers in memory: the entries of several subjects, daily seals, and an export."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from heed.domain.ledger.entry import EntryOutcome, LedgerEntry, keyed_hash, ledger_subject
from heed.domain.ledger.seal import Seal
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, ScopeNumber
from heed.use_cases.ledger.export import export_ledger
from heed.use_cases.ports.ledger import AlteredObject, Ledger, StoredEntry, StoredLeaves

START = 20_000 * DAY_MS


@dataclass
class MemoryLedger:
    """Implements the port Ledger."""

    entries: dict[tuple[str, str], StoredEntry] = field(default_factory=dict)

    def enter(self, entry: LedgerEntry, evidence: str) -> LedgerEntry:
        return self.entries.setdefault((entry.subject, entry.id), StoredEntry(entry, evidence)).entry

    def entries_of(self, subject: str) -> Iterator[StoredEntry]:
        return (stored for (owner, _), stored in list(self.entries.items()) if owner == subject)

    def erase_evidence(self, subject: str) -> int:
        keys = [key for key in self.entries if key[0] == subject]
        for key in keys:
            self.entries[key] = StoredEntry(self.entries[key].entry, None)
        return len(keys)

    def all_entries(self) -> Iterator[LedgerEntry]:
        return iter([stored.entry for _, stored in sorted(self.entries.items())])


@dataclass
class MemorySeals:
    """Implements the port Seals."""

    hashes_by_day: dict[int, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    sealed_by_day: dict[int, Sequence[bytes]] = field(default_factory=dict)
    added_seals: list[Seal] = field(default_factory=list)
    alterations: list[AlteredObject] = field(default_factory=list)

    def add_leaves(self, day: int, leaves: Iterable[bytes]) -> None:
        self.hashes_by_day[day].update(leaves)

    def stored_leaves(self, day: int) -> StoredLeaves:
        return StoredLeaves(set(self.hashes_by_day.get(day, ())), [])

    def first_day(self) -> int | None:
        return min(self.hashes_by_day, default=None)

    def seals(self) -> list[Seal]:
        return list(self.added_seals)

    def sealed_leaves(self, day: int) -> Iterator[bytes]:
        return iter(self.sealed_by_day[day])

    def altered_objects(self) -> list[AlteredObject]:
        return list(self.alterations)

    def freeze_leaves(self, day: int, leaves: Sequence[bytes]) -> list[bytes]:
        return list(self.sealed_by_day.setdefault(day, leaves))

    def add_seal(self, seal: Seal) -> None:
        self.added_seals.append(seal)


def entries_in_order(ledger: Ledger, subject: str) -> list[StoredEntry]:
    """Returns the entries of a subject, sorted by their sequence numbers."""
    return sorted(ledger.entries_of(subject), key=lambda stored: stored.entry.sort_key)


def salt(subject: int) -> bytes:
    return hmac.digest(b"a salt of the tests", str(subject).encode(), "sha256")[:16]


def entry(
    subject: int, seq: int, *, at: int = 0, outcome: EntryOutcome = EntryOutcome.APPLIED
) -> LedgerEntry:
    """Returns the entry of an opt-out that was recorded three seconds after the press."""
    at = Millis(START + at)
    return LedgerEntry(
        subject=ledger_subject(salt(subject), str(subject)),
        seq=seq,
        scope=ScopeNumber(2),
        register="out",
        at=at,
        recorded_at=Millis((at + 3_000) // 1000 * 1000),
        source="one-click",
        policy_version="2026-01",
        commitment=keyed_hash(salt(subject), "{}"),
        outcome=outcome,
    )


@dataclass
class Ledgers:
    """A ledger and its seals."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    seals: MemorySeals = field(default_factory=MemorySeals)

    def enter(self, *entries: LedgerEntry) -> None:
        for new_entry in entries:
            stored_entry = self.ledger.enter(new_entry, "{}")
            self.seals.add_leaves(stored_entry.recorded_at // DAY_MS, [stored_entry.leaf])

    def lines(self, now: Millis) -> list[bytes]:
        return list(export_ledger(self.ledger, self.seals, now))


def sample_ledger(subjects: int = 5, changes: int = 4, days: int = 3) -> Ledgers:
    """Returns a ledger with several changes of several subjects. All days but the last are sealed."""
    from heed.use_cases.ledger.seal_days import seal_days

    ledgers = Ledgers()
    for subject in range(subjects):
        for seq in range(1, changes + 1):
            at = (subject + seq) % days * DAY_MS + subject * 1_000_000 + seq * 1_000
            ledgers.enter(entry(subject, seq, at=at))
    seal_days(ledgers.seals, START // DAY_MS + days - 1)
    return ledgers
