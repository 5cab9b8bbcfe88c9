"""The port of files of many rows: how the work on a job reads them, in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

ReadUpload = Callable[[int], Iterator[bytes]]
"""Yields the bytes of an upload, from a byte on."""
FileShape = Mapping[str, Any]
"""What the rows of a file have in common, such as its dialect, as JSON. Only `BulkFiles` reads it."""


class FileRecord(NamedTuple):
    """A row of a delimited file, or a record of a JSON file, as the rules of imports read it.

    Attributes:
        line: the physical line at which it begins; the first line of the file is 1.
        fields: its cells by the keys of their columns; none if it cannot be read.
        fault: why it cannot be read, or "".
        cells: its cells in the order of the header, as they are in the file.
    """

    line: int
    fields: Mapping[str, str]
    fault: str
    cells: Sequence[str]


class PartStart(NamedTuple):
    """Where a part of a file begins.

    Attributes:
        offset: the number of bytes of the expanded file before it or, in a JSON file, of records.
        line: the physical line.
        single_lines: the number of next lines that are rows of their own (a quote never closes).
        rows: the number of rows before it.
    """

    offset: int = 0
    line: int = 1
    single_lines: int = 0
    rows: int = 0


FILE_START = PartStart()
"""The start of a file."""


class FilePart(NamedTuple):
    """A part of a file.

    Attributes:
        content: its bytes.
        encoding: the encoding in which its rows are read.
        start: where it begins.
        end: where the next part begins.
    """

    content: bytes
    encoding: str
    start: PartStart
    end: PartStart


class ScrubAnswer(NamedTuple):
    """The answer about a person.

    Attributes:
        is_sendable: whether mail may be sent.
        reason: the reason, as a check has it.
        since: the time of that reason (RFC 3339), or "".
        links: the cells of the link columns, if the caller wants them.
    """

    is_sendable: bool
    reason: str
    since: str
    links: tuple[str, ...] = ()


INVALID_ROW = ScrubAnswer(is_sendable=False, reason="invalid", since="")
"""The answer about a row without a valid address. Its recipient id is empty."""

AnswerPeople = Callable[[Iterable[str]], Mapping[str, ScrubAnswer]]
"""Returns the answer about each recipient id."""


class ScrubbedPart(NamedTuple):
    """A part of a file with its answers, and the number of its rows by the reason of the answer."""

    content: bytes
    rows: Mapping[str, int]


class SplitFile(Protocol):
    """A file that can be split once."""

    @property
    def header(self) -> Sequence[str]:
        """The names of the columns, as they are in the file."""
        ...

    @property
    def shape(self) -> FileShape:
        """The shape, with which a part can be read."""
        ...

    def parts(self) -> Iterator[FilePart]:
        """Yields the parts, in order. The header is a row of the first one.

        Raises:
            FileRefused: The file is damaged or too large.
        """
        ...


class OpenedPart(Protocol):
    """A part of a file, which can be read once."""

    @property
    def header(self) -> Sequence[str]:
        """The names of the columns, as they are in the file."""
        ...

    def records(self) -> Iterator[FileRecord]:
        """Yields the records: the rows that are neither the header nor blank."""
        ...


class BulkFiles(Protocol):
    """Reads files of many rows."""

    def open_upload(
        self, read: ReadUpload, shape: FileShape | None = None, start: PartStart = FILE_START
    ) -> SplitFile:
        """Opens an uploaded file.

        Args:
            read: reads the upload.
            shape: the shape of the file, if it was opened before.
            start: where to go on.

        Raises:
            FileRefused: The file cannot be read.
        """
        ...

    def open_part(self, shape: FileShape, start: PartStart, content: bytes) -> OpenedPart:
        """Opens a part of a file.

        Args:
            shape: the shape of the file.
            start: where the part begins.
            content: its bytes.
        """
        ...

    def write_rejects(self, rejected: Iterable[tuple[FileRecord, str]]) -> bytes:
        """Returns the lines of `rejects.csv` for rows, with the reason why each was not imported."""
        ...

    def rejects_header(self, shape: FileShape) -> bytes:
        """Returns the first line of `rejects.csv`."""
        ...

    def write_unknown(self, words: Mapping[str, int]) -> bytes:
        """Returns `unknown.csv`: words of the file that Heed does not know, with the number of their rows."""
        ...

    def scrub_part(
        self,
        shape: FileShape,
        start: PartStart,
        content: bytes,
        column: str,
        identity: bytes,
        answer: AnswerPeople,
        *,
        with_links: bool,
    ) -> ScrubbedPart:
        """Adds the answers to each row of a part. No other byte changes.

        Args:
            shape: the shape of the file.
            start: where the part begins.
            content: the part.
            column: the name that the caller gives to the column with the address, or "".
            identity: the key of recipient ids.
            answer: answers about the people of some rows.
            with_links: whether each row gets links too.

        Raises:
            RecordsWithoutMembers: A record of a JSON file is no object.
        """
        ...

    def scrubbed_name(self, shape: FileShape) -> str:
        """Returns the name of the result file of a scrub."""
        ...
