"""External sorting of records that do not fit into memory.

Sorted parts are stored in temporary files and merged when they are read.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, Self

from heed.override import override
from heed.use_cases.ports.ledger import Sorter

_MAX_RECORDS_IN_MEMORY = 100_000
_RECORDS_PER_READ = 4096  # records that one read of a part returns


class ExternalSorter(Sorter):
    """Sorts records of bytes that all have the same length.

    It is a context manager: at the end of the context no temporary file is left.
    """

    def __init__(self) -> None:
        self._buffer: list[bytes] = []
        self._parts: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for part in self._parts:
            part.close()

    @override
    def add(self, record: bytes) -> None:
        self._buffer.append(record)
        if len(self._buffer) == _MAX_RECORDS_IN_MEMORY:
            part = TemporaryFile()  # noqa: SIM115 - `__exit__` closes it
            part.write(b"".join(sorted(self._buffer)))
            self._parts.append(part)
            self._buffer = []

    @override
    def __iter__(self) -> Iterator[bytes]:
        self._buffer.sort()
        record_size = len(self._buffer[0]) if self._buffer else 0
        parts: list[Iterator[bytes]] = [_read_records(part, record_size) for part in self._parts]
        return heapq.merge(*parts, iter(self._buffer))


def _read_records(part: IO[bytes], record_size: int) -> Iterator[bytes]:
    part.seek(0)
    while chunk := part.read(record_size * _RECORDS_PER_READ):
        for start in range(0, len(chunk), record_size):
            yield chunk[start : start + record_size]
