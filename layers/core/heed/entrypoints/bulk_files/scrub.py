"""Writes a delimited file back with the answers of Heed behind each row. No byte of the file changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, assert_never

from heed.entrypoints.bulk_files.delimited import Dialect, Row, RowKind
from heed.entrypoints.bulk_files.encoding import TextEncoding

ANSWER_COLUMNS = ("recipient", "sendable", "reason", "since")
LINK_COLUMNS = ("unsubscribe_url", "preferences_url", "list_unsubscribe", "list_unsubscribe_post")
"""The added columns, in this order. Those of links are only there if the caller wants them."""


class ScrubAnswer(NamedTuple):
    """The answer about one row.

    Attributes:
        recipient: the recipient id.
        is_sendable: whether mail may be sent.
        reason: the reason, as a check has it.
        since: the time of that reason (RFC 3339), or "".
        links: the cells of the link columns, if they are wanted.
    """

    recipient: str
    is_sendable: bool
    reason: str
    since: str
    links: tuple[str, ...] = ()


INVALID = ScrubAnswer("", False, "invalid", "")
"""The answer about a row without a valid address."""


class ScrubWriter:
    """Writes the rows of one file, part by part.

    Before the first part, the caller writes the byte order mark of the encoding, if it has one.
    """

    def __init__(self, encoding: TextEncoding, dialect: Dialect, *, with_links: bool) -> None:
        self._encoding = encoding
        self._delimiter = dialect.delimiter
        self._width = len(dialect.header)
        self._links = len(LINK_COLUMNS) if with_links else 0
        self._header = self._join([*ANSWER_COLUMNS, *LINK_COLUMNS[: self._links]])
        self._invalid = self._format(INVALID._replace(links=("",) * self._links))

    def write(self, rows: Iterable[Row], answers: Iterable[ScrubAnswer]) -> bytes:
        """Returns the bytes of rows with their answers.

        A row that has fewer cells than the header is filled up, so that the answers are in their columns.

        Args:
            rows: the rows, in order.
            answers: the answer for each row of the kind DATA, in order.
        """
        data, remaining, width, delimiter = RowKind.DATA, iter(answers), self._width, self._delimiter
        parts: list[str] = []
        for row in rows:
            kind, text = row.kind, row.text
            if kind is data:
                added = self._format(next(remaining))
                if len(row.cells) < width:
                    added = delimiter * (width - len(row.cells)) + added
            else:
                added = self._added_to(kind)
            body = text.rstrip("\r\n")
            parts += body, added, text[len(body) :]
        return self._encoding.encode("".join(parts))

    def _added_to(self, kind: RowKind) -> str:
        match kind:
            case RowKind.HEADER:
                return self._header
            case RowKind.BLANK | RowKind.PIECE:
                return ""
            case RowKind.DATA | RowKind.BAD_QUOTES | RowKind.TOO_MANY_CELLS | RowKind.TOO_LONG:
                return self._invalid
            case _:
                assert_never(kind)

    def _format(self, answer: ScrubAnswer) -> str:
        recipient, is_sendable, reason, since, links = answer
        delimiter = self._delimiter
        sendable = "true" if is_sendable else "false"
        cells = f"{delimiter}{recipient}{delimiter}{sendable}{delimiter}{reason}{delimiter}{since}"
        return cells + self._join(links) if links else cells

    def _join(self, cells: Sequence[str]) -> str:
        return "".join(f"{self._delimiter}{self._quote(cell)}" for cell in cells)

    def _quote(self, cell: str) -> str:
        if self._delimiter not in cell and '"' not in cell:
            return cell
        quoted = cell.replace('"', '""')
        return f'"{quoted}"'
