"""The encodings of a file. Each is decoded so that the same bytes can be made of it again."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from heed.domain.errors import DamagedFile, EmptyFile

LATIN_1 = "iso-8859-1"
"""The encoding of a row that is not UTF-8, although its file should be."""

_DETECTED = 4  # bytes


class TextEncoding(NamedTuple):
    """An encoding.

    Attributes:
        name: as Python and the job call it: utf-8, utf-16-le or utf-16-be.
        errors: what becomes of invalid bytes. They become lone surrogates, which become the same bytes again.
        mark: the byte order mark of the file, if it has one.
    """

    name: str
    errors: str
    mark: bytes = b""

    def encode(self, text: str) -> bytes:
        """Returns the bytes from which the text was decoded."""
        return text.encode(self.name, self.errors)

    def read_cell(self, cell: str) -> str:
        """Returns a cell as text. A cell whose bytes are not UTF-8 is ISO-8859-1."""
        if self.is_valid(cell):
            return cell
        return cell.encode("utf-8", "surrogateescape").decode(LATIN_1)

    def is_valid(self, text: str) -> bool:
        """Whether a text has no bytes that are not UTF-8. In UTF-16 there is no other encoding to try."""
        try:
            return self.name != "utf-8" or text.isascii() or bool(text.encode())
        except UnicodeEncodeError:
            return False


_UTF_8 = TextEncoding("utf-8", "surrogateescape")
_UTF_16 = {
    "little": TextEncoding("utf-16-le", "surrogatepass"),
    "big": TextEncoding("utf-16-be", "surrogatepass"),
}


def decode_chunks(chunks: Iterable[bytes]) -> tuple[TextEncoding, Iterator[str]]:
    """Returns the encoding of a file and its text, without the byte order mark.

    Raises:
        EmptyFile: The file has no byte.
        DamagedFile: The text, which is read later, ends within a character of UTF-16.
    """
    chunks, start = iter(chunks), b""
    for chunk in chunks:
        start += chunk
        if len(start) >= _DETECTED:
            break
    if not start:
        raise EmptyFile("the file is empty")
    encoding = _detect(start)
    return encoding, decode_as(encoding, chain([start[len(encoding.mark) :]], chunks))


def decode_as(encoding: TextEncoding, chunks: Iterable[bytes]) -> Iterator[str]:
    """Yields the text of a part of a file, which has no byte order mark.

    Raises:
        DamagedFile: The text ends within a character of UTF-16.
    """
    decoder = codecs.getincrementaldecoder(encoding.name)(encoding.errors)
    for chunk in chunks:
        yield decoder.decode(chunk)
    try:
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise DamagedFile("the text ends within a character") from error


def _detect(start: bytes) -> TextEncoding:
    """Finds the encoding by the byte order mark or, in UTF-16, by the zero bytes of its first character."""
    for mark, encoding in (
        (codecs.BOM_UTF8, _UTF_8),
        (codecs.BOM_UTF16_LE, _UTF_16["little"]),
        (codecs.BOM_UTF16_BE, _UTF_16["big"]),
    ):
        if start.startswith(mark):
            return encoding._replace(mark=mark)
    if start[1:2] == b"\0":
        return _UTF_16["little"]
    return _UTF_16["big"] if start[:1] == b"\0" else _UTF_8
