"""Whether a ledger is whole: every number there, every hash right, every entry under a seal.

Reads the lines of heed.use_cases.ledger.export once, in memory that does not grow with their number: what
must be brought into order goes through a sorter, which may use the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
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
    """What was found.

    Attributes:
        entries: how many there were, up to the fault.
        roots: of each day that is sealed, from the epoch, its root, hex; the oldest first.
        fault: the first thing that does not fit, or None.
    """

    entries: int
    roots: dict[int, str]
    fault: str | None

    @property
    def root(self) -> str:
        """The last root, "" if there is none: to be written down elsewhere."""
        return next(reversed(self.roots.values()), FIRST_PREVIOUS_ROOT)

    def under(self, root: str | None) -> tuple[int, int] | None:
        """Which day's root a root is that was written down, and how many nights were sealed on top of it."""
        days = list(self.roots)
        for place, day in enumerate(days):
            if self.roots[day] == root:
                return day, len(days) - place - 1
        return None


class _Fault(Exception):
    """The first thing that does not fit."""


def verify_ledger(
    lines: Iterable[bytes], sorter: Callable[[], AbstractContextManager[Sorter]]
) -> LedgerCheck:
    """Check an export.

    The first fault is that of the lowest line, then of the lowest hash, then number; last comes what was
    done to the storage without any harm to what is read of it.
    """
    fault: str | None = None
    with sorter() as found, sorter() as sealed, sorter() as chains:
        check = _Check(found, sealed, chains)
        try:
            check.read(lines)
            check.compare()
            check.count()
            check.storage()
        except _Fault as first:
            fault = str(first)
    return LedgerCheck(check.entries, check.roots, fault)


class _Check:
    """One pass over the lines, then two over what was put in order."""

    def __init__(self, found: Sorter, sealed: Sorter, chains: Sorter) -> None:
        self.entries = 0
        self.roots: dict[int, str] = {}
        self._found, self._sealed, self._chains = found, sealed, chains
        self._day: int | None = None
        self._root = FIRST_PREVIOUS_ROOT
        self._lines: Iterator[ExportLine] = iter(())
        self._ahead: ExportLine | None = None
        self._leaves_read = 0
        self._altered: list[AlteredObject] = []

    def read(self, lines: Iterable[bytes]) -> None:
        """Every line by itself, and every root over its leaves."""
        self._lines = read_export(lines)
        self._step()
        while (sealing := self._sealing()) and not sealing.is_open:
            seal = sealing.seal
            if self._day is not None and seal.day != self._day + 1:
                raise self._at_line(
                    f"a seal between two days is missing before {rfc3339.format_day(seal.day)}"
                )
            self._seal(seal, seal.day - LATE_DAYS)
            self._root = self.roots[seal.day] = seal.root
        if sealing is None:
            raise _Fault("the part that no seal is over yet is missing")
        # It holds the days behind the last seal. Before the first seal nothing was promised of any day.
        self._seal(sealing.seal, 0 if self._day is None else self._day + 1 - LATE_DAYS)
        while self._ahead is not None:
            self._enter(self._ahead)
            self._step()

    def _step(self) -> None:
        try:
            self._ahead = next(self._lines, None)
        except MalformedMessage as error:
            raise _Fault(str(error)) from error

    def _sealing(self) -> ExportedSeal | None:
        says = self._ahead and self._ahead.content
        return says if isinstance(says, ExportedSeal) else None

    def _at_line(self, what: str) -> _Fault:
        return _Fault(f"line {self._ahead.number if self._ahead else 0}: {what}")

    def _seal(self, seal: Seal, oldest: int) -> None:
        """A seal and the leaves behind it; `oldest` is the first day that may be under it."""
        day = rfc3339.format_day(seal.day)
        if seal.previous != self._root:
            raise self._at_line(f"the seal of {day} is not on the root before it")
        wrong = self._at_line(f"the root of {day} is not that of its hashes")
        self._day = seal.day
        self._leaves_read = 0
        self._step()
        leaves = self._leaves(seal.day, max(oldest, 0))
        if (root_of_day(seal.day, seal.count, seal.previous, leaves), self._leaves_read) != (
            seal.root,
            seal.count,
        ):
            raise wrong

    def _leaves(self, day: int, oldest: int) -> Iterator[bytes]:
        place = oldest.to_bytes(4, "big") + day.to_bytes(4, "big")
        before, is_last = b"", False
        while self._ahead is not None and isinstance(self._ahead.content, ExportedLeaves):
            hashes = self._ahead.content.hashes
            if is_last:
                raise self._at_line("hashes behind a line that is not full")
            is_last = len(hashes) < MAX_LEAVES_A_LINE
            for leaf in hashes:
                if leaf <= before:
                    raise self._at_line("hashes out of order")
                before = leaf
                self._leaves_read += 1
                self._sealed.add(leaf + place)
                yield leaf
            self._step()

    def _enter(self, line: ExportLine) -> None:
        if isinstance(line.content, AlteredObject):
            self._altered.append(line.content)
            return
        if isinstance(line.content, UnreadableItem):
            raise self._at_line("an entry that nobody can read")
        if not isinstance(line.content, ExportedEntry):
            raise self._at_line("a seal or hashes among the entries")
        entry, name = line.content.entry, bytes.fromhex(line.content.id)
        day = entry.recorded_at // DAY_MS
        self._found.add(merkle.leaf_hash(line.text[:-1]) + day.to_bytes(4, "big") + name)
        numbers = entry.seq.to_bytes(8, "big") + entry.first.to_bytes(8, "big")
        place = bytes.fromhex(entry.subject) + numbers + _kind(entry)
        self._chains.add(place + name)
        self.entries += 1

    def compare(self) -> None:
        """Every entry under one seal of its time, and an entry for every hash under a seal."""
        found, sealed = iter(self._found), iter(self._sealed)
        entry, hashed = next(found, b""), next(sealed, b"")
        while entry or hashed:
            leaf, under = entry[: merkle.HASH_SIZE], hashed[: merkle.HASH_SIZE]
            if leaf == under:
                # Days as bytes: of the record, and the first and the last that may be under the seal.
                if not hashed[32:36] <= entry[32:36] <= hashed[36:]:
                    raise _untimely(entry, hashed)
            elif not hashed or (entry and leaf < under):
                name = entry[-merkle.HASH_SIZE :].hex()
                raise _Fault(f"entry {name}: as it is, it is under no seal")
            else:
                day = _day(hashed[36:])
                raise _Fault(f"an entry is missing: {under.hex()}, under the seal of {day}")
            entry, hashed = next(found, b""), next(sealed, b"")

    def count(self) -> None:
        """Of every subject every number, from its first entry to its last."""
        subject, last, ended = b"", 0, False
        for record in self._chains:
            whose, seq = record[: merkle.HASH_SIZE], int.from_bytes(record[32:40], "big")
            first, kind, name = (
                int.from_bytes(record[40:48], "big"),
                record[48:49],
                record[49:].hex(),
            )
            if whose != subject:
                subject, last, ended = whose, first - 1 if kind == _OPENS else 0, False
            if first > last + 1 or (seq > last and kind == _LATE):
                raise _Fault(
                    f"an entry is missing: number {last + 1} of subject {subject.hex()}, before entry {name}"
                )
            if ended and seq > last:
                raise _Fault(f"entry {name}: after the last of its subject")
            last, ended = seq, ended or kind == _ENDS

    def storage(self) -> None:
        """Nothing was written a second time, deleted or forged where hashes and seals lie."""
        if self._altered:
            name, how = self._altered[0]
            raise _Fault(f"{name}: {_SAID[how]}")


_SAID = {
    Alteration.REWRITTEN: "written a second time; the first version was read",
    Alteration.DELETED: "deleted, or covered up; the first version was read",
    Alteration.MISNAMED: "its content is not what its name says; it was left out",
    Alteration.MALFORMED: "no name or no length that Heed writes; it was left out",
}


def _untimely(entry: bytes, hashed: bytes) -> _Fault:
    name, recorded, seal = entry[-merkle.HASH_SIZE :].hex(), _day(entry[32:36]), _day(hashed[36:])
    if entry[32:36] > hashed[36:]:
        return _Fault(f"entry {name}: recorded after the seal of {seal} that it is under")
    return _Fault(f"entry {name}: says that it was recorded on {recorded}, under the seal of {seal}")


def _day(packed: bytes) -> str:
    return rfc3339.format_day(int.from_bytes(packed, "big"))


_OPENS, _PLAIN, _ENDS, _LATE = (bytes([kind]) for kind in range(4))
"""How entries of one number are ordered; a late one has the number of another."""


def _kind(entry: LedgerEntry) -> bytes:
    if entry.outcome is EntryOutcome.SUPERSEDED:
        return _LATE
    return {FLOOR_REGISTER: _OPENS, ERASED_REGISTER: _ENDS}.get(entry.register, _PLAIN)
