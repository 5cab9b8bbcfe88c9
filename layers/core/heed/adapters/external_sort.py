"""Sorting more than memory is to hold: parts in order on the disk, merged as they are read."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, Self

from heed.override import override
from heed.use_cases.ports.ledger import Sorter

_PART = 100_000  # records that are in memory at a time
_READ = 4096  # records read of a part at a time


class ExternalSorter(Sorter):
    """Records of bytes, all of one length, in order. A context: nothing is left on the disk behind it."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._parts: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for part in self._parts:
            part.close()

    @override
    def add(self, record: bytes) -> None:
        self._held.append(record)
        if len(self._held) == _PART:
            part = TemporaryFile()  # noqa: SIM115 - closed at the end of the context
            part.write(b"".join(sorted(self._held)))
            self._parts.append(part)
            self._held = []

    @override
    def __iter__(self) -> Iterator[bytes]:
        self._held.sort()
        size = len(self._held[0]) if self._held else 0
        parts: list[Iterator[bytes]] = [_read(part, size) for part in self._parts]
        return heapq.merge(*parts, iter(self._held))


def _read(part: IO[bytes], size: int) -> Iterator[bytes]:
    part.seek(0)
    while chunk := part.read(size * _READ):
        for at in range(0, len(chunk), size):
            yield chunk[at : at + size]
