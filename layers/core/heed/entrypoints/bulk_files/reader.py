"""Opens a file of many rows: finds its encoding, its form and its header, and yields its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import assert_never

from heed.domain.errors import EmptyFile, MalformedHeader
from heed.domain.imports.columns import column_key, flatten_record, imply_header, read_fields
from heed.entrypoints.bulk_files.delimited import (
    DELIMITERS,
    MAX_ROW,
    Dialect,
    Row,
    RowKind,
    RowReader,
    read_first_row,
)
from heed.entrypoints.bulk_files.encoding import TextEncoding, decode_chunks
from heed.entrypoints.bulk_files.json_records import JsonRecord, read_json_records
from heed.use_cases.ports.bulk_files import FileRecord

MAX_COLUMNS = 500


@dataclass(frozen=True, slots=True)
class DelimitedFile:
    """A delimited file, or a part of it, which can be read once.

    Attributes:
        encoding: its encoding.
        dialect: its delimiter and header.
        texts: its text, without the byte order mark.
        first_line: the physical line at which it begins.
        single_lines: how many lines from there on are rows of their own (RowReader).
    """

    encoding: TextEncoding
    dialect: Dialect
    texts: Iterable[str]
    first_line: int = 1
    single_lines: int = 0

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns, as they are in the file."""
        return self.dialect.header

    def rows(self) -> Iterator[Row]:
        """Yields all rows, the header among them."""
        return RowReader(self.dialect, self.first_line, self.single_lines).read(self.texts)

    def records(self) -> Iterator[FileRecord]:
        """Yields the rows that are neither the header nor blank."""
        keys = [column_key(name) for name in self.header]
        for row in self.rows():
            cells = [self.encoding.read_cell(cell) for cell in row.cells]
            match row.kind:
                case RowKind.DATA:
                    yield FileRecord(row.line, read_fields(keys, cells), "", cells)
                case RowKind.HEADER | RowKind.BLANK | RowKind.PIECE:
                    pass
                case RowKind.BAD_QUOTES | RowKind.TOO_MANY_CELLS | RowKind.TOO_LONG:
                    yield FileRecord(row.line, {}, row.kind.value, cells)
                case _:
                    assert_never(row.kind)


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A JSON file, which can be read once.

    Attributes:
        encoding: its encoding.
        header: the columns of its first record.
        values: its records.
    """

    encoding: TextEncoding
    header: tuple[str, ...]
    values: Iterable[JsonRecord]

    def records(self) -> Iterator[FileRecord]:
        """Yields the records."""
        for line, value, _, _ in self.values:
            if isinstance(value, Mapping | str):
                fields = flatten_record(value)
                yield FileRecord(line, fields, "", [fields.get(name, "") for name in self.header])
            else:
                yield FileRecord(line, {}, "not-an-object", ())


def open_file(chunks: Iterable[bytes]) -> DelimitedFile | JsonFile:
    """Opens a file, which is expanded already. It reads the first row and no further.

    Raises:
        EmptyFile: The file has no row.
        MalformedHeader: The first row is no header and its columns are not known, or it is too wide.
        MalformedJson: The first record of a JSON file is malformed.
    """
    encoding, texts = decode_chunks(chunks)
    start = _read_start(texts)
    first_sign = start.lstrip()[:1]
    if not first_sign:
        raise EmptyFile("the file is empty")
    texts = chain([start], texts)
    if first_sign in "{[":
        values = read_json_records(texts)
        first = next(values, None)
        if first is None:
            raise EmptyFile("the file has no record")
        header = tuple(flatten_record(first.value))
        _check_width(header)
        return JsonFile(encoding, header, chain([first], values))
    return DelimitedFile(encoding, _find_dialect(encoding, start), texts)


def _check_width(header: Sequence[str]) -> None:
    if len(header) > MAX_COLUMNS:
        raise MalformedHeader(f"the file has more than {MAX_COLUMNS} columns", 1)


def _read_start(texts: Iterator[str]) -> str:
    """Returns the start of the text, longer than the longest row, or all of it."""
    pieces, size = [], 0
    for text in texts:
        pieces.append(text)
        size += len(text)
        if size > MAX_ROW:
            break
    return "".join(pieces)


def _find_dialect(encoding: TextEncoding, start: str) -> Dialect:
    """Finds the delimiter: the one that makes the most cells of the first row."""
    rows = [(read_first_row(start, delimiter), delimiter) for delimiter in DELIMITERS]
    cells, delimiter = max(rows, key=lambda row: len(row[0]))
    if not any(cells):
        raise MalformedHeader("the first row is no header: it is malformed or longer than 64 kB", 1)
    _check_width(cells)
    implied = imply_header([encoding.read_cell(cell) for cell in cells])
    return Dialect(delimiter, implied or tuple(cells), has_header=implied is None)
