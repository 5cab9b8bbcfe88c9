"""Writes `rejects.csv`: the rows of a file that were not imported, for the person who brought it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from heed.domain.imports.columns import guard_formula
from heed.entrypoints.bulk_files.reader import FileRecord


def rejects_header(header: Iterable[str]) -> bytes:
    """Returns the first line of the file, for a file with these columns."""
    return _write_line(["line", "why", *header])


def write_rejects(rejected: Iterable[tuple[FileRecord, str]]) -> Iterator[bytes]:
    """Yields a line of UTF-8 for each row and the reason why it was not imported.

    A spreadsheet runs no cell of it as a formula. A row that cannot be split has no cells.
    """
    for record, why in rejected:
        yield _write_line([str(record.line), why, *record.cells])


def _write_line(cells: Iterable[str]) -> bytes:
    line = StringIO()
    csv.writer(line, lineterminator="\n").writerow([guard_formula(cell) for cell in cells])
    return line.getvalue().encode(errors="replace")
