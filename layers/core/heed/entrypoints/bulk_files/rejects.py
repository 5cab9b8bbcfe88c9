"""Writes `rejects.csv` and `unknown.csv`: what was not imported of a file, for the person who brought it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from heed.entrypoints.guarded_csv import guarded_csv_line
from heed.use_cases.ports.bulk_files import FileRecord


def rejects_header(header: Iterable[str]) -> bytes:
    """Returns the first line of the file, for a file with these columns."""
    return _write_line(["line", "why", *header])


def write_rejects(rejected: Iterable[tuple[FileRecord, str]]) -> Iterator[bytes]:
    """Yields a line of UTF-8 for each row and the reason why it was not imported.

    A spreadsheet runs no cell of it as a formula. A row that cannot be split has no cells.
    """
    for record, why in rejected:
        yield _write_line([str(record.line), why, *record.cells])


def write_unknown_words(words: Mapping[str, int]) -> bytes:
    """Returns the file of the words of a file that have no meaning for Heed, the most frequent ones first."""
    listed = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    return b"".join([_write_line(["word", "rows"]), *(_write_line([word, str(n)]) for word, n in listed)])


def _write_line(cells: Iterable[str]) -> bytes:
    return guarded_csv_line(cells).encode(errors="replace")
