"""Splits a file into parts that can be read alone, and reads them. Memory is flat for any size."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from heed.domain.imports.recognition import find_address_column
from heed.entrypoints.bulk_files.delimited import Dialect, RowKind, RowReader
from heed.entrypoints.bulk_files.encoding import LATIN_1, TextEncoding, decode_as
from heed.entrypoints.bulk_files.expansion import expand, is_compressed
from heed.entrypoints.bulk_files.json_records import JsonRecord
from heed.entrypoints.bulk_files.reader import DelimitedFile, JsonFile, open_file
from heed.entrypoints.bulk_files.rejects import rejects_header, write_rejects, write_unknown_words
from heed.entrypoints.bulk_files.scrub_parts import scrub_records, scrub_rows
from heed.override import override
from heed.use_cases.ports.bulk_files import (
    FILE_START,
    AnswerPeople,
    BulkFiles,
    FilePart,
    FileRecord,
    FileShape,
    PartStart,
    ReadUpload,
    ScrubbedPart,
    SplitFile,
)

MAX_PART_ROWS = 5_000
"""The most rows of a part."""
MAX_PART_SIZE = 8 << 20
"""A part ends with the row that makes it longer than this, characters."""

_NO_CUT = (RowKind.PIECE, RowKind.TOO_LONG)  # a part does not end within a row that is too long


class DelimitedParts(SplitFile):
    """A delimited file that is split into parts.

    Args:
        file: the file.
        start: where it begins.
        is_compressed: whether the upload is compressed.
    """

    def __init__(self, file: DelimitedFile, start: PartStart, *, is_compressed: bool) -> None:
        self._file, self._start, self._is_compressed = file, start, is_compressed

    @property
    @override
    def header(self) -> Sequence[str]:
        return self._file.header

    @property
    @override
    def shape(self) -> FileShape:
        encoding, dialect = self._file.encoding, self._file.dialect
        return {
            "encoding": _describe_encoding(encoding),
            "dialect": [dialect.delimiter, list(dialect.header), dialect.has_header],
            "is_compressed": self._is_compressed,
        }

    @override
    def parts(self) -> Iterator[FilePart]:
        reader = RowReader(self._file.dialect, self._start.line, self._start.single_lines)
        start, texts, size, rows = self._start, list[str](), 0, 0
        kind, single_lines = RowKind.HEADER, start.single_lines
        for row in reader.read(self._file.texts):
            if (rows >= MAX_PART_ROWS or size > MAX_PART_SIZE) and kind not in _NO_CUT:
                part = self._make_part(texts, start, row.line, single_lines, rows)
                yield part
                start, texts, size, rows = part.end, [], 0, 0
            texts.append(row.text)
            size += len(row.text)
            kind, single_lines = row.kind, reader.single_lines
            rows += kind not in (RowKind.HEADER, RowKind.BLANK, RowKind.PIECE)
        if texts:
            yield self._make_part(texts, start, 0, 0, rows)

    def _make_part(
        self, texts: list[str], start: PartStart, line: int, single_lines: int, rows: int
    ) -> FilePart:
        encoding, text = self._file.encoding, "".join(texts)
        content = encoding.encode(text)
        mark = 0 if start.offset else len(encoding.mark)
        end = PartStart(start.offset + mark + len(content), line, single_lines, start.rows + rows)
        return FilePart(content, encoding.name if encoding.is_valid(text) else LATIN_1, start, end)


class JsonParts(SplitFile):
    """A JSON file that is split into parts. A part has a line for each record: its line, and its value."""

    def __init__(self, file: JsonFile, start: PartStart) -> None:
        self._file, self._start = file, start

    @property
    @override
    def header(self) -> Sequence[str]:
        return self._file.header

    @property
    @override
    def shape(self) -> FileShape:
        return {"encoding": _describe_encoding(self._file.encoding), "json": list(self._file.header)}

    @override
    def parts(self) -> Iterator[FilePart]:
        start, values = self._start, islice(self._file.values, self._start.offset, None)
        while True:
            lines, size = list[str](), 0
            while len(lines) < MAX_PART_ROWS and size <= MAX_PART_SIZE:
                record = next(values, None)
                if record is None:
                    break
                lines.append(json.dumps(record))
                size += len(lines[-1])
            if not lines:
                return
            start = start._replace(line=JsonRecord(*json.loads(lines[0])).line)
            end = PartStart(start.offset + len(lines), 0, 0, start.rows + len(lines))
            yield FilePart("\n".join(lines).encode(), self._file.encoding.name, start, end)
            start = end


class UploadedFiles(BulkFiles):
    """Implements the port BulkFiles."""

    @override
    def open_upload(
        self, read: ReadUpload, shape: FileShape | None = None, start: PartStart = FILE_START
    ) -> SplitFile:
        if shape is None or "json" in shape:
            chunks = read(0)
            first = next(chunks, b"")
            file = open_file(expand(chain([first], chunks)))
            if isinstance(file, JsonFile):
                return JsonParts(file, start)
            return DelimitedParts(file, start, is_compressed=is_compressed(first))
        compressed = bool(shape["is_compressed"])
        chunks = _skip(expand(read(0)), start.offset) if compressed else read(start.offset)
        return DelimitedParts(open_delimited(shape, start, chunks), start, is_compressed=compressed)

    @override
    def open_part(self, shape: FileShape, start: PartStart, content: bytes) -> DelimitedFile | JsonFile:
        if "json" in shape:
            return JsonFile(_encoding_of(shape), tuple(shape["json"]), _read_lines(content))
        return open_delimited(shape, start, [content])

    @override
    def write_rejects(self, rejected: Iterable[tuple[FileRecord, str]]) -> bytes:
        return b"".join(write_rejects(rejected))

    @override
    def rejects_header(self, shape: FileShape) -> bytes:
        return rejects_header(shape["json"] if "json" in shape else shape["dialect"][1])

    @override
    def write_unknown(self, words: Mapping[str, int]) -> bytes:
        return write_unknown_words(words)

    @override
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
        encoding = _encoding_of(shape)
        if "json" in shape:
            records, header = _read_lines(content), shape["json"]
            key = header[find_address_column(header, column)]
            scrubbed = scrub_records(records, encoding, key, identity, answer, with_links=with_links)
        else:
            rows = open_delimited(shape, start, [content])
            position = find_address_column(rows.header, column)
            scrubbed = scrub_rows(rows, position, identity, answer, with_links=with_links)
        mark = b"" if start.offset else encoding.mark
        return scrubbed._replace(content=mark + scrubbed.content)

    @override
    def scrubbed_name(self, shape: FileShape) -> str:
        return "scrubbed.json" if "json" in shape else "scrubbed.csv"


def open_delimited(shape: FileShape, start: PartStart, chunks: Iterable[bytes]) -> DelimitedFile:
    """Opens a part of a delimited file, to read its rows.

    Args:
        shape: the shape of the file.
        start: where the part begins.
        chunks: the bytes of the part.
    """
    delimiter, header, has_header = shape["dialect"]
    encoding = _encoding_of(shape)
    dialect = Dialect(delimiter, tuple(header), has_header)
    return DelimitedFile(encoding, dialect, decode_as(encoding, chunks), start.line, start.single_lines)


def _describe_encoding(encoding: TextEncoding) -> list[str]:
    return [encoding.name, encoding.errors, encoding.mark.hex()]


def _encoding_of(shape: FileShape) -> TextEncoding:
    name, errors, mark = shape["encoding"]
    return TextEncoding(name, errors, bytes.fromhex(mark))


def _skip(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yields the bytes behind a number of bytes."""
    for chunk in chunks:
        if len(chunk) > size:
            yield chunk[size:]
        size = max(0, size - len(chunk))


def _read_lines(content: bytes) -> Iterator[JsonRecord]:
    return (JsonRecord(*json.loads(line)) for line in content.splitlines())
