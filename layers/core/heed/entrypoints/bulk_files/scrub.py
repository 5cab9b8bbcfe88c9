"""Writes a delimited file back with the answers of Heed behind each row. No byte of the file changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from heed.domain.errors import InvalidAddress
from heed.domain.imports.columns import remove_guard
from heed.domain.recipients.address import normalise_address
from heed.domain.recipients.recipient import recipient_id
from heed.entrypoints.bulk_files.delimited import Dialect, Row, RowKind
from heed.entrypoints.bulk_files.encoding import TextEncoding
from heed.use_cases.ports.bulk_files import INVALID_ROW, ScrubAnswer

ANSWER_COLUMNS = ("recipient", "sendable", "reason", "since")
LINK_COLUMNS = ("unsubscribe_url", "preferences_url", "list_unsubscribe", "list_unsubscribe_post")
"""The added columns, in this order. Those of links are only there if the caller wants them."""


def recipient_ids(cells: Sequence[str], encoding: TextEncoding, identity: bytes) -> list[str]:
    """Returns the recipient id of the address in each cell; "" if it is invalid.

    Args:
        cells: cells as they are in the file.
        encoding: the encoding of the file.
        identity: the key of recipient ids.
    """
    joined = "".join(cells)
    if "'" in joined or not joined.isascii():
        cells = [remove_guard(encoding.read_cell(cell)) for cell in cells]
    recipients: list[str] = []
    add = recipients.append
    for cell in cells:
        try:
            add(recipient_id(identity, normalise_address(cell)))
        except InvalidAddress:
            add("")
    return recipients


class ScrubWriter:
    """Writes the rows of one file, part by part.

    Before the first part, the caller writes the byte order mark of the encoding, if it has one.
    """

    def __init__(self, encoding: TextEncoding, dialect: Dialect, *, with_links: bool) -> None:
        self._encoding = encoding
        self._delimiter = dialect.delimiter
        self._width = len(dialect.header)
        links = LINK_COLUMNS if with_links else ()
        self._no_links = ("",) * len(links)
        self._header = self._join([*ANSWER_COLUMNS, *links])
        self._invalid = self._join([""]) + self._format(INVALID_ROW)

    def write(self, rows: Iterable[Row], recipients: Iterable[str], answers: Iterable[ScrubAnswer]) -> bytes:
        """Returns the bytes of rows with their answers.

        A row that has fewer cells than the header is filled up, so that the answers are in their columns.

        Args:
            rows: the rows, in order.
            recipients: the recipient id for each row of the kind DATA, in order.
            answers: the answer for each of these rows.
        """
        data, width, delimiter = RowKind.DATA, self._width, self._delimiter
        people = zip(recipients, answers, strict=True)
        formatted, text_of_answer = None, ""
        parts: list[str] = []
        for _, kind, text, cells in rows:
            body = text.rstrip("\r\n")
            end = text[len(body) :]
            if kind is not data:
                parts.append(f"{body}{self._added_to(kind)}{end}")
                continue
            recipient, answer = next(people)
            if answer is not formatted:  # most people have the same answer
                formatted, text_of_answer = answer, self._format(answer)
            missing = delimiter * (width - len(cells)) if len(cells) < width else ""
            parts.append(f"{body}{missing}{delimiter}{recipient}{text_of_answer}{end}")
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
        is_sendable, reason, since, links = answer
        return self._join(["true" if is_sendable else "false", reason, since, *(links or self._no_links)])

    def _join(self, cells: Iterable[str]) -> str:
        return "".join(f"{self._delimiter}{self._quote(cell)}" for cell in cells)

    def _quote(self, cell: str) -> str:
        if self._delimiter not in cell and '"' not in cell:
            return cell
        quoted = cell.replace('"', '""')
        return f'"{quoted}"'
