"""Whether a ledger is whole: every number there, every hash right, every entry under a seal.

Reads the lines of heed.actions.export_ledger once, in memory that does not grow with their number: what
must be brought into order goes through a sorter, which may use the disk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from heed.actions.export_ledger import FORMAT
from heed.domain import merkle, times
from heed.domain.errors import Malformed
from heed.domain.ledger_entry import ERASED, FLOOR, LedgerEntry, Outcome, canonical
from heed.domain.register import DAY
from heed.domain.seal import NO_ROOT, Seal, root_of


class Sorter(Protocol):
    """Brings records of bytes into order, however many they are."""

    def add(self, record: bytes) -> None:
        """Take one."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """All of them, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found.

    Attributes:
        entries: how many there were, up to the fault.
        seals: how many days are sealed.
        root: the last root, hex, "" if none: to be compared with one that was written down elsewhere.
        fault: the first thing that does not fit, or None.
    """

    entries: int
    seals: int
    root: str
    fault: str | None


class _Fault(Exception):
    """The first thing that does not fit."""


def verify(lines: Iterable[bytes], sorter: Callable[[], AbstractContextManager[Sorter]]) -> Verdict:
    """Check an export. The first fault is that of the lowest line, then of the lowest hash, then number."""
    fault: str | None = None
    with sorter() as found, sorter() as sealed, sorter() as chains:
        check = _Check(found, sealed, chains)
        try:
            check.read(lines)
            check.compare()
            check.count()
        except _Fault as first:
            fault = str(first)
    return Verdict(check.entries, check.seals, check.root, fault)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: bytes
    document: dict[str, Any]


class _Check:
    """One pass over the lines, then two over what was put in order."""

    def __init__(self, found: Sorter, sealed: Sorter, chains: Sorter) -> None:
        self.entries = 0
        self.seals = 0
        self.root = NO_ROOT
        self._found, self._sealed, self._chains = found, sealed, chains
        self._day: int | None = None
        self._lines: Iterator[_Line] = iter(())
        self._ahead: _Line | None = None
        self._leaves_read = 0

    def read(self, lines: Iterable[bytes]) -> None:
        """Every line by itself, and every root over its leaves."""
        self._lines = _numbered(lines)
        self._step()
        if self._ahead is None or self._ahead.document != FORMAT:
            raise _Fault("line 1: not an export of a ledger")
        self._step()
        while self._ahead is not None and "seal" in self._ahead.document:
            self.root = self._seal(self._ahead, "seal").root
            self.seals += 1
        if self._ahead is None or "open" not in self._ahead.document:
            raise _Fault("the part that no seal is over yet is missing")
        self._seal(self._ahead, "open")
        while self._ahead is not None:
            self._enter(self._ahead)
            self._step()

    def _step(self) -> None:
        self._ahead = next(self._lines, None)

    def _seal(self, line: _Line, kind: str) -> Seal:
        try:
            seal = Seal.of(line.document[kind])
        except Malformed as error:
            raise _Fault(f"line {line.number}: {error}") from error
        day = times.write_day(seal.day)
        if seal.previous != self.root:
            raise _Fault(f"line {line.number}: the seal of {day} is not on the root before it")
        if kind == "seal" and self._day is not None and seal.day != self._day + 1:
            raise _Fault(f"line {line.number}: a seal between two days is missing before {day}")
        self._day = seal.day
        self._leaves_read = 0
        self._step()
        root = root_of(seal.day, seal.count, seal.previous, self._leaves(seal.day))
        if (root, self._leaves_read) != (seal.root, seal.count):
            raise _Fault(f"line {line.number}: the root of {day} is not that of its hashes")
        return seal

    def _leaves(self, day: int) -> Iterator[bytes]:
        before = b""
        while self._ahead is not None and "leaves" in self._ahead.document:
            for leaf in _hashes(self._ahead):
                if leaf <= before:
                    raise _Fault(f"line {self._ahead.number}: hashes out of order")
                before = leaf
                self._leaves_read += 1
                self._sealed.add(leaf + day.to_bytes(4, "big"))
                yield leaf
            self._step()

    def _enter(self, line: _Line) -> None:
        try:
            entry = LedgerEntry.of(line.document)
            subject, day = bytes.fromhex(entry.subject), entry.recorded_at // DAY
            numbers = entry.seq.to_bytes(8, "big") + entry.first.to_bytes(8, "big")
            place = subject + numbers + _kind(entry)
            name = bytes.fromhex(line.document["id"])  # which `of` held against the content
            self._found.add(merkle.leaf(line.text[:-1]) + day.to_bytes(4, "big") + name)
        except (Malformed, ValueError, TypeError, OverflowError) as error:
            raise _Fault(f"line {line.number}: {error}") from error
        self._chains.add(place + name)
        self.entries += 1

    def compare(self) -> None:
        """Every entry under one seal, and an entry for every hash under a seal."""
        found, sealed = iter(self._found), iter(self._sealed)
        entry, hashed = next(found, b""), next(sealed, b"")
        while entry or hashed:
            leaf, under = entry[: merkle.SIZE], hashed[: merkle.SIZE]
            if not hashed or (entry and leaf < under):
                raise _Fault(f"entry {entry[-merkle.SIZE :].hex()}: as it is, it is under no seal")
            day = times.write_day(int.from_bytes(hashed[merkle.SIZE :], "big"))
            if not entry or under < leaf:
                raise _Fault(f"an entry is missing: {under.hex()}, under the seal of {day}")
            if hashed[merkle.SIZE :] < entry[merkle.SIZE : merkle.SIZE + 4]:
                name = entry[-merkle.SIZE :].hex()
                raise _Fault(f"entry {name}: recorded after the seal of {day} that it is under")
            entry, hashed = next(found, b""), next(sealed, b"")

    def count(self) -> None:
        """Of every subject every number, from its first entry to its last."""
        subject, last, ended = b"", 0, False
        for record in self._chains:
            whose, seq = record[: merkle.SIZE], int.from_bytes(record[32:40], "big")
            first, kind, name = (
                int.from_bytes(record[40:48], "big"),
                record[48:49],
                record[49:].hex(),
            )
            if whose != subject:
                subject, last, ended = whose, first - 1 if kind == _OPENS else 0, False
            if first > last + 1 or (seq > last and kind == _LATE):
                raise _Fault(
                    f"an entry is missing: number {last + 1} of subject {subject.hex()}, "
                    f"before entry {name}"
                )
            if ended and seq > last:
                raise _Fault(f"entry {name}: after the last of its subject")
            last, ended = seq, ended or kind == _ENDS


_OPENS, _PLAIN, _ENDS, _LATE = (bytes([kind]) for kind in range(4))
"""How entries of one number are ordered; a late one has the number of another."""


def _kind(entry: LedgerEntry) -> bytes:
    if entry.outcome is Outcome.SUPERSEDED:
        return _LATE
    return {FLOOR: _OPENS, ERASED: _ENDS}.get(entry.register, _PLAIN)


def _numbered(lines: Iterable[bytes]) -> Iterator[_Line]:
    for number, text in enumerate(lines, 1):
        try:
            document = json.loads(text)
        except ValueError as error:
            raise _Fault(f"line {number}: not JSON") from error
        if not isinstance(document, dict) or canonical(document) + b"\n" != text:
            raise _Fault(f"line {number}: not in the canonical form")
        yield _Line(number, text, document)


def _hashes(line: _Line) -> list[bytes]:
    try:
        found = [bytes.fromhex(leaf) for leaf in line.document["leaves"]]
    except (TypeError, ValueError) as error:
        raise _Fault(f"line {line.number}: not hashes") from error
    if [leaf.hex() for leaf in found] != line.document["leaves"] or any(
        len(leaf) != merkle.SIZE for leaf in found
    ):
        raise _Fault(f"line {line.number}: not hashes")
    return found
