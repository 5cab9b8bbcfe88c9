"""Splits the text of a delimited file (comma, semicolon or tab) into rows, without changing a character.

A quote that never closes makes one invalid row, and reading goes on at the next line. So does a row that is
too long. Each character is read a fixed number of times at most, and memory is flat.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from enum import Enum
from functools import partial
from io import StringIO
from itertools import count
from typing import NamedTuple

MAX_ROW = 1 << 16
"""The longest row, in characters."""

DELIMITERS = ",;\t"
_BLOCK = 2 * MAX_ROW  # characters that are split at a time


class RowKind(Enum):
    """What a row is."""

    DATA = "data"
    HEADER = "header"  # also a later row that is the same as the header, as in a joined file
    BLANK = "blank"  # an empty line
    BAD_QUOTES = "bad-quotes"  # invalid: a quote never closes, or text follows a closing quote
    TOO_MANY_CELLS = "too-many-cells"  # invalid: it has more cells than the header
    TOO_LONG = "too-long"  # invalid: the last piece of a row that is too long
    PIECE = "piece"  # an earlier piece of such a row


class Row(NamedTuple):
    """A row of a delimited file.

    Attributes:
        line: the physical line at which it begins; the first line of the file is 1.
        kind: what it is.
        text: all its characters, with its line end. The texts of all rows are the whole file.
        cells: its cells; none if it is blank or its text cannot be split.
    """

    line: int
    kind: RowKind
    text: str
    cells: Sequence[str]


_make_row = partial(tuple.__new__, Row)  # Row._make does the same more slowly


class Dialect(NamedTuple):
    """How a file separates its cells, and its header.

    Attributes:
        delimiter: the character between two cells.
        header: the names of the columns, as they are in the file.
        has_header: whether the file has the header. Otherwise the names are implied.
    """

    delimiter: str
    header: tuple[str, ...]
    has_header: bool = True


def read_rows(texts: Iterable[str], dialect: Dialect) -> Iterator[Row]:
    """Yields the rows of a text, in order.

    Args:
        texts: the text, in pieces of any size. It begins at the start of a row.
        dialect: the delimiter and the header of the file.
    """
    return RowReader(dialect).read(texts)


def read_first_row(start: str, delimiter: str) -> Sequence[str]:
    """Returns the cells of the first row that is not blank; none if there is none or it is invalid.

    Args:
        start: the start of the text, longer than the longest row, or all of it.
        delimiter: the character between two cells.
    """
    rows = read_rows([start[: MAX_ROW + 1]], Dialect(delimiter, ()))
    return next((row.cells for row in rows if row.kind is not RowKind.BLANK), ())


def _blocks(texts: Iterable[str]) -> Iterator[str]:
    """Yields the same text in blocks, so that neither tiny nor huge pieces cost more."""
    pending: list[str] = []
    size = 0
    for text in texts:
        pending.append(text)
        size += len(text)
        if size >= _BLOCK:
            joined, size = "".join(pending), 0
            pending.clear()
            yield from (joined[at : at + _BLOCK] for at in range(0, len(joined), _BLOCK))
    yield "".join(pending)


class _QuoteState(Enum):
    """Where a line ends."""

    CLOSED = "closed"  # outside of quotes
    OPEN = "open"  # within quotes
    MALFORMED = "malformed"  # text follows a closing quote


class RowReader:
    """Reads the rows of one text.

    Args:
        dialect: the delimiter and the header of the file.
        first_line: the physical line at which the text begins.
        single_lines: the number that another reader had at the end of the row before this text.

    Attributes:
        single_lines: the number of next lines that are rows of their own.
    """

    def __init__(self, dialect: Dialect, first_line: int = 1, single_lines: int = 0) -> None:
        delimiter = self._delimiter = dialect.delimiter
        self._header = list(dialect.header)
        self._header_kind = RowKind.HEADER if dialect.has_header else RowKind.DATA
        self._width = len(dialect.header)
        self._next_line = first_line
        content = r'(?:[^"]++|"")*+'  # of a quoted cell
        cell = rf'(?:"{content}"|(?!")[^{delimiter}\r\n]*+)'
        line = rf'(?:{cell}{delimiter})*+(?:"{content}(\Z)|{cell}[\r\n]*+\Z)'
        self._line = re.compile(line)
        self._line_within_quotes = re.compile(rf'{content}(?:(\Z)|"(?:[\r\n]*+\Z|{delimiter}{line}))')
        self._rest = ""
        self.single_lines = single_lines
        self._is_within_long_row = False

    def read(self, texts: Iterable[str]) -> Iterator[Row]:
        """Yields the rows of the text, which comes in pieces of any size."""
        for block in _blocks(texts):
            yield from self._split(block)
        yield from self._split("", is_last=True)

    def _split(self, block: str, *, is_last: bool = False) -> Iterator[Row]:
        """Yields the rows that end in this block, and pieces of a row that is too long.

        It keeps the start of a row that a later block ends.
        """
        lines = list(StringIO(self._rest + block, newline=""))
        partial = lines.pop() if lines and not is_last and not lines[-1].endswith("\n") else ""
        if self._is_within_long_row and (lines or is_last):
            self._is_within_long_row = False
            yield self._take(RowKind.TOO_LONG, lines.pop(0) if lines else "")
        is_long = self._is_within_long_row or len(partial) > MAX_ROW
        parsed = None if self.single_lines else self._parse_lines(lines)
        if parsed is None:
            held = yield from self._join_lines(lines, may_continue=not is_last and not is_long)
        else:
            held = []
            yield from self._take_lines(lines, parsed)
        self._rest = "".join([*held, partial])
        if is_long:
            self._is_within_long_row = True
            piece = partial.removesuffix("\r")  # a line feed may follow
            self._rest = partial[len(piece) :]
            yield self._take(RowKind.PIECE, piece, line_ends=0)

    def _take(self, kind: RowKind, text: str, cells: Sequence[str] = (), line_ends: int = 1) -> Row:
        line = self._next_line
        self._next_line += line_ends
        return Row(line, kind, text, cells)

    def _take_lines(self, lines: list[str], parsed: list[list[str]]) -> Iterator[Row]:
        """Yields a row for each line. Nearly all rows of a file are read here."""
        data, width, header = RowKind.DATA, self._width, self._header
        kinds = [
            data if 0 < len(cells) <= width and cells != header else self._find_kind(cells)
            for cells in parsed
        ]
        numbers = count(self._next_line)
        self._next_line += len(lines)
        return map(_make_row, zip(numbers, kinds, lines, parsed, strict=False))

    def _find_kind(self, cells: list[str]) -> RowKind:
        if not cells:
            return RowKind.BLANK
        if cells == self._header:
            return self._header_kind
        return RowKind.TOO_MANY_CELLS if any(cells[self._width :]) else RowKind.DATA

    def _parse_lines(self, lines: list[str]) -> list[list[str]] | None:
        """Returns the cells of each line; None if a line is not a row of its own, or is too long."""
        if max(map(len, lines), default=0) > MAX_ROW:
            return None
        try:
            parsed = list(csv.reader(lines, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return None
        return parsed if len(parsed) == len(lines) else None

    def _join_lines(self, lines: list[str], *, may_continue: bool) -> Generator[Row, None, list[str]]:
        """Yields the rows of lines, some of which have several lines.

        After a quote that never closes, each line that was tried as its end is a row of its own. Otherwise
        each of them could try the same lines again.

        Returns:
            The lines of a row that a later block may end; only if it `may_continue`.
        """
        start = 0
        while start < len(lines):
            end, state = self._find_end(lines, start)
            if state is _QuoteState.OPEN and end == len(lines) and may_continue:
                return lines[start:]
            first, next_start = lines[start], start + 1
            if len(first) > MAX_ROW:
                row = self._take(RowKind.TOO_LONG, first)
            elif state is _QuoteState.CLOSED:
                text = "".join(lines[start:end])
                (cells,) = csv.reader([text], delimiter=self._delimiter, strict=True)
                row, next_start = self._take(self._find_kind(cells), text, cells, end - start), end
            else:
                row = self._take(RowKind.BAD_QUOTES, first)
                self.single_lines = max(self.single_lines, end - start)
            self.single_lines = max(0, self.single_lines - 1)
            yield row
            start = next_start
        return []

    def _find_end(self, lines: list[str], start: int) -> tuple[int, _QuoteState]:
        """Returns the line behind the row that begins at `start`, and how its last line ends."""
        state, pattern, size = _QuoteState.OPEN, self._line, 0
        end = start
        while state is _QuoteState.OPEN and end < len(lines):
            size += len(lines[end])
            if size > MAX_ROW or (self.single_lines and end > start):
                break
            match = pattern.match(lines[end])
            end += 1
            if match is None:
                state = _QuoteState.MALFORMED
            elif match.lastindex is None:
                state = _QuoteState.CLOSED
            pattern = self._line_within_quotes
        return end, state
