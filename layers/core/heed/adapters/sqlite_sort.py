"""Sorting of records that do not fit into memory, by SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter

from heed.domain.errors import SortFailed
from heed.override import override
from heed.use_cases.ports.ledger import Sorter

_BATCH_RECORDS = 1_000  # records of one call of SQLite; one call for each record takes a third longer


@contextmanager
def _translate_failures() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise SortFailed(str(error)) from error


class SqliteSorter(Sorter):
    """Sorts records of bytes in a temporary database.

    SQLite keeps two megabytes of it in memory and the rest in files without a name, which only their owner
    can read. The operating system deletes them when the process ends, even if it is killed.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # no name: a temporary database on disk
        self._database.execute("PRAGMA temp_store = FILE")  # for the files of the sort, too
        self._database.execute("CREATE TABLE records (record BLOB)")
        self._batch: list[bytes] = []

    @override
    def add(self, record: bytes) -> None:
        self._batch.append(record)
        if len(self._batch) == _BATCH_RECORDS:
            self._insert_batch()

    @override
    def __iter__(self) -> Iterator[bytes]:
        self._insert_batch()
        with _translate_failures():
            query = self._database.execute("SELECT record FROM records ORDER BY record")
            yield from map(itemgetter(0), query)

    @override
    def close(self) -> None:
        self._database.close()

    @_translate_failures()
    def _insert_batch(self) -> None:
        self._database.executemany("INSERT INTO records VALUES (?)", zip(self._batch, strict=True))
        self._batch.clear()
