"""Verifies a ledger: no revision is missing, each hash is correct, and each entry is under a seal.

It reads the lines of heed.use_cases.ledger.export once. The use of memory does not depend on the number of
lines: it sorts through a sorter, which may use the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from heed.domain import rfc3339
from heed.domain.errors import MalformedMessage
from heed.domain.ledger import merkle
from heed.domain.ledger.entry import ERASED_REGISTER, FLOOR_REGISTER, EntryOutcome, LedgerEntry
from heed.domain.ledger.seal import FIRST_PREVIOUS_ROOT, LATE_DAYS, Seal, root_of_day
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.export import MAX_LEAVES_A_LINE
from heed.use_cases.ledger.read_export import (
    ExportedEntry,
    ExportedLeaves,
    ExportedSeal,
    ExportLine,
    read_export,
)
from heed.use_cases.ports.ledger import Alteration, AlteredObject, Sorter
from heed.use_cases.ports.preferences import UnreadableItem


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """The result of a verification.

    Attributes:
        entries: the number of entries, up to the fault.
        roots: the root of each sealed day, hex, by days since 1970-01-01; the oldest first.
        fault: the first fault, or None.
    """

    entries: int
    roots: dict[int, str]
    fault: str | None

    @property
    def root(self) -> str:
        """The last root, or "". The user keeps a copy of it outside of Heed."""
        return next(reversed(self.roots.values()), FIRST_PREVIOUS_ROOT)

    def find_root(self, root: str | None) -> tuple[int, int] | None:
        """Finds a root that the user kept. Returns its day and the number of seals after it, or None."""
        days = list(self.roots)
        for index, day in enumerate(days):
            if self.roots[day] == root:
                return day, len(days) - index - 1
        return None


class _Fault(Exception):
    """The first fault of a ledger."""


def verify_ledger(lines: Iterable[bytes], sorter: Callable[[], Sorter]) -> LedgerCheck:
    """Verifies an export.

    It reports only the first fault, in this order: faults of lines by line number, faults of hashes by hash,
    faults of revisions, and last those alterations of the storage that do not affect the export.

    Args:
        lines: lines of an export.
        sorter: opens a new sorter.
    """
    fault: str | None = None
    with closing(sorter()) as entries, closing(sorter()) as leaves, closing(sorter()) as chains:
        check = _Verification(entries, leaves, chains)
        try:
            check.read(lines)
            check.compare_hashes()
            check.check_revisions()
            check.check_storage()
        except _Fault as error:
            fault = str(error)
    return LedgerCheck(check.entries, check.roots, fault)


class _Verification:
    """One pass over the lines, and then two passes over sorted records."""

    def __init__(self, entries: Sorter, leaves: Sorter, chains: Sorter) -> None:
        self.entries = 0
        self.roots: dict[int, str] = {}
        self._entries, self._leaves, self._chains = entries, leaves, chains
        self._day: int | None = None
        self._root = FIRST_PREVIOUS_ROOT
        self._lines: Iterator[ExportLine] = iter(())
        self._next_line: ExportLine | None = None
        self._leaves_read = 0
        self._altered: list[AlteredObject] = []

    def read(self, lines: Iterable[bytes]) -> None:
        """Checks each line by itself, and each root against its leaves."""
        self._lines = read_export(lines)
        self._advance()
        while (exported := self._next_seal()) and not exported.is_open:
            seal = exported.seal
            if self._day is not None and seal.day != self._day + 1:
                raise self._at_line(
                    f"a seal between two days is missing before {rfc3339.format_day(seal.day)}"
                )
            self._check_seal(seal, seal.day - LATE_DAYS)
            self._root = self.roots[seal.day] = seal.root
        if exported is None:
            raise _Fault("the open part of the export is missing")
        # The open part covers the days after the last seal. If there is no seal yet, it may cover any day.
        self._check_seal(exported.seal, 0 if self._day is None else self._day + 1 - LATE_DAYS)
        while self._next_line is not None:
            self._add_entry(self._next_line)
            self._advance()

    def _advance(self) -> None:
        try:
            self._next_line = next(self._lines, None)
        except MalformedMessage as error:
            raise _Fault(str(error)) from error

    def _next_seal(self) -> ExportedSeal | None:
        content = self._next_line and self._next_line.content
        return content if isinstance(content, ExportedSeal) else None

    def _at_line(self, message: str) -> _Fault:
        return _Fault(f"line {self._next_line.number if self._next_line else 0}: {message}")

    def _check_seal(self, seal: Seal, oldest: int) -> None:
        """Checks a seal and its leaves. `oldest` is the first day that the seal may cover."""
        day = rfc3339.format_day(seal.day)
        if seal.previous != self._root:
            raise self._at_line(f"the seal of {day} does not include the previous root")
        wrong_root = self._at_line(f"the root of {day} does not match its hashes")
        self._day = seal.day
        self._leaves_read = 0
        self._advance()
        leaves = self._read_leaves(seal.day, max(oldest, 0))
        if (root_of_day(seal.day, seal.count, seal.previous, leaves), self._leaves_read) != (
            seal.root,
            seal.count,
        ):
            raise wrong_root

    def _read_leaves(self, day: int, oldest: int) -> Iterator[bytes]:
        days = oldest.to_bytes(4, "big") + day.to_bytes(4, "big")
        previous, is_last = b"", False
        while self._next_line is not None and isinstance(self._next_line.content, ExportedLeaves):
            hashes = self._next_line.content.hashes
            if is_last:
                raise self._at_line("hashes after a line that is not full")
            is_last = len(hashes) < MAX_LEAVES_A_LINE
            for leaf in hashes:
                if leaf <= previous:
                    raise self._at_line("the hashes are not in order")
                previous = leaf
                self._leaves_read += 1
                self._leaves.add(leaf + days)
                yield leaf
            self._advance()

    def _add_entry(self, line: ExportLine) -> None:
        if isinstance(line.content, AlteredObject):
            self._altered.append(line.content)
            return
        if isinstance(line.content, UnreadableItem):
            raise self._at_line("an unreadable entry")
        if not isinstance(line.content, ExportedEntry):
            raise self._at_line("a seal or hashes among the entries")
        entry, entry_id = line.content.entry, bytes.fromhex(line.content.id)
        day = entry.recorded_at // DAY_MS
        self._entries.add(merkle.leaf_hash(line.text[:-1]) + day.to_bytes(4, "big") + entry_id)
        revisions = entry.seq.to_bytes(8, "big") + entry.first_revision.to_bytes(8, "big")
        position = bytes.fromhex(entry.subject) + revisions + _sort_kind(entry)
        self._chains.add(position + entry_id)
        self.entries += 1

    def compare_hashes(self) -> None:
        """Checks that each entry is under one seal of its time, and that each sealed hash has an entry."""
        entries, leaves = iter(self._entries), iter(self._leaves)
        entry, leaf = next(entries, b""), next(leaves, b"")
        while entry or leaf:
            entry_hash, leaf_hash = entry[: merkle.HASH_SIZE], leaf[: merkle.HASH_SIZE]
            if entry_hash == leaf_hash:
                # Bytes of days: that of the entry, and the first and the last that the seal may cover.
                if not leaf[32:36] <= entry[32:36] <= leaf[36:]:
                    raise _wrong_day(entry, leaf)
            elif not leaf or (entry and entry_hash < leaf_hash):
                entry_id = entry[-merkle.HASH_SIZE :].hex()
                raise _Fault(f"entry {entry_id}: in its present form it is under no seal")
            else:
                day = _format_day(leaf[36:])
                raise _Fault(f"an entry is missing: {leaf_hash.hex()}, under the seal of {day}")
            entry, leaf = next(entries, b""), next(leaves, b"")

    def check_revisions(self) -> None:
        """Checks that each subject has all revisions, from its first entry to its last."""
        subject, last, is_ended = b"", 0, False
        for record in self._chains:
            record_subject, revision = record[: merkle.HASH_SIZE], int.from_bytes(record[32:40], "big")
            first, kind, entry_id = (
                int.from_bytes(record[40:48], "big"),
                record[48:49],
                record[49:].hex(),
            )
            if record_subject != subject:
                subject, last, is_ended = record_subject, first - 1 if kind == _OPENS else 0, False
            if first > last + 1 or (revision > last and kind == _LATE):
                raise _Fault(
                    f"an entry is missing: revision {last + 1} of subject {subject.hex()}, "
                    f"before entry {entry_id}"
                )
            if is_ended and revision > last:
                raise _Fault(f"entry {entry_id}: it comes after the last entry of its subject")
            last, is_ended = revision, is_ended or kind == _ENDS

    def check_storage(self) -> None:
        """Checks that nobody rewrote, deleted or forged an object in the storage of hashes and seals."""
        if self._altered:
            name, alteration = self._altered[0]
            raise _Fault(f"{name}: {_ALTERATION_TEXTS[alteration]}")


_ALTERATION_TEXTS = {
    Alteration.REWRITTEN: "somebody wrote a second version; the first version was used",
    Alteration.DELETED: "somebody deleted or hid it; the first version was used",
    Alteration.MISNAMED: "its name is not the hash of its content; it was ignored",
    Alteration.MALFORMED: "no name or no length that Heed writes; it was left out",
}


def _wrong_day(entry: bytes, leaf: bytes) -> _Fault:
    entry_id, seal_day = entry[-merkle.HASH_SIZE :].hex(), _format_day(leaf[36:])
    if entry[32:36] > leaf[36:]:
        return _Fault(f"entry {entry_id}: its date is after that of its seal, {seal_day}")
    recorded = _format_day(entry[32:36])
    return _Fault(f"entry {entry_id}: its date is {recorded}, but its seal is that of {seal_day}")


def _format_day(packed: bytes) -> str:
    return rfc3339.format_day(int.from_bytes(packed, "big"))


_OPENS, _PLAIN, _ENDS, _LATE = (bytes([kind]) for kind in range(4))
"""The order of entries with the same revision. A late entry has the revision of another entry."""


def _sort_kind(entry: LedgerEntry) -> bytes:
    if entry.outcome is EntryOutcome.SUPERSEDED:
        return _LATE
    return {FLOOR_REGISTER: _OPENS, ERASED_REGISTER: _ENDS}.get(entry.register, _PLAIN)
