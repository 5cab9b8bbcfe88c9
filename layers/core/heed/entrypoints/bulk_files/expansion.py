"""Expands gzip and zip while the bytes arrive, within limits. Memory stays flat for any file."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from heed.domain.errors import DamagedFile, FileTooLarge, UnsupportedArchive

MAX_BYTES = 5 << 30
"""The largest file, as sent and expanded."""

MAX_GZIP_BYTES = 1 << 30
"""The most that a gzip file may expand to, because it cannot be split and so has to be read in one go."""

MAX_RATIO = 100
"""The most expanded bytes for each byte that was sent."""

_FREE_BYTES = 1 << 20  # a small file of equal rows may exceed the ratio
_PIECE = 1 << 18  # bytes that are read or expanded at a time

_GZIP, _ENTRY, _END_OF_ENTRIES, _DESCRIPTOR = b"\x1f\x8b", b"PK\x03\x04", b"PK\x01\x02", b"PK\x07\x08"
_ENTRY_SIZE = 30  # bytes of a local file header (APPNOTE 4.3.7) before its name
_ENCRYPTED, _SIZES_FOLLOW = 1, 8  # bits of its flags
_STORED, _DEFLATED = 0, 8  # methods
_UNKNOWN_SIZE = 0xFFFFFFFF  # of zip64
_FORKS = b"__MACOSX/"  # the folder that macOS adds to an archive of one file


def expand(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yields the bytes of a file, expanded if it is gzip or a zip archive of one file.

    The first bytes decide, never the name.

    Raises:
        DamagedFile: The compressed data is truncated or damaged.
        FileTooLarge: A limit is exceeded.
        UnsupportedArchive: The archive has more than one file, or none that can be read.
    """
    sent = _Sent(chunks)
    start = sent.peek(4)
    if start.startswith(_GZIP):
        yield from _limited(_gunzip(sent), sent, MAX_GZIP_BYTES)
    elif start == _ENTRY:
        yield from _limited(_unzip(sent), sent, MAX_BYTES)
    else:
        while piece := sent.take():
            yield piece


def is_compressed(start: bytes) -> bool:
    """Whether a file that begins with these bytes is gzip or zip."""
    return start.startswith((_GZIP, _ENTRY))


class _Sent:
    """The bytes as they were sent. It keeps those that were read and not used.

    Attributes:
        size: the number of bytes that arrived so far.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = (chunk[at : at + _PIECE] for chunk in chunks for at in range(0, len(chunk), _PIECE))
        self._rest = b""
        self.size = 0

    def peek(self, size: int) -> bytes:
        """Returns the next bytes without using them; fewer at the end of the file."""
        while len(self._rest) < size and (chunk := next(self._chunks, None)) is not None:
            self.size += len(chunk)
            if self.size > MAX_BYTES:
                raise FileTooLarge("the file has more than 5 GiB")
            self._rest += chunk
        return self._rest[:size]

    def take(self) -> bytes:
        """Returns all bytes that are there, at least one; none at the end of the file."""
        self.peek(1)
        taken, self._rest = self._rest, b""
        return taken

    def take_exactly(self, size: int) -> bytes:
        taken = self.peek(size)
        if len(taken) < size:
            raise DamagedFile("the compressed file is truncated")
        self._rest = self._rest[size:]
        return taken

    def give_back(self, unused: bytes) -> None:
        self._rest = unused + self._rest


def _limited(pieces: Iterator[bytes], sent: _Sent, limit: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise FileTooLarge(f"the file expands to more than {limit >> 30} GiB")
        if size > max(_FREE_BYTES, MAX_RATIO * sent.size):
            raise FileTooLarge(f"the file expands to more than {MAX_RATIO} times its size")
        yield piece


def _inflate(sent: _Sent, window_bits: int) -> Iterator[bytes]:
    """Yields the content of one deflated stream, and leaves what follows it."""
    stream = zlib.decompressobj(window_bits)
    while not stream.eof:
        data = stream.unconsumed_tail or sent.take()
        if not data:
            raise DamagedFile("the compressed file is truncated")
        try:
            piece = stream.decompress(data, _PIECE)
        except zlib.error as error:
            raise DamagedFile("the compressed data is damaged") from error
        if piece:
            yield piece
    sent.give_back(stream.unused_data)


def _gunzip(sent: _Sent) -> Iterator[bytes]:
    """Yields the content of all members (RFC 1952). Zero bytes behind the last one are padding."""
    while start := sent.peek(2):
        if start == _GZIP:
            yield from _inflate(sent, zlib.MAX_WBITS | 16)
        elif sent.take().strip(b"\0"):
            raise DamagedFile("the compressed data is damaged")


def _unzip(sent: _Sent) -> Iterator[bytes]:
    """Yields the content of the only file. Folders, and what macOS adds, do not count as files."""
    files = 0
    while sent.peek(4) == _ENTRY:
        header = sent.take_exactly(_ENTRY_SIZE)
        flags, method = (int.from_bytes(header[at : at + 2], "little") for at in (6, 8))
        checksum, size = (int.from_bytes(header[at : at + 4], "little") for at in (14, 18))
        name = sent.take_exactly(int.from_bytes(header[26:28], "little"))
        sent.take_exactly(int.from_bytes(header[28:30], "little"))
        is_file = not name.endswith(b"/") and not name.startswith(_FORKS)
        files += is_file
        if files > 1:
            raise UnsupportedArchive("the archive has more than one file: bring them one by one")
        if flags & _ENCRYPTED or method not in (_STORED, _DEFLATED):
            raise UnsupportedArchive("the archive is encrypted, or it has a rare method")
        if method == _STORED and (flags & _SIZES_FOLLOW or size == _UNKNOWN_SIZE):
            raise UnsupportedArchive("the archive does not say where its file ends")
        actual = 0
        for piece in _inflate(sent, -zlib.MAX_WBITS) if method == _DEFLATED else _stored(sent, size):
            actual = zlib.crc32(piece, actual)
            if is_file:
                yield piece
        if (_read_descriptor(sent) if flags & _SIZES_FOLLOW else checksum) != actual:
            raise DamagedFile("the compressed data is damaged")
    if sent.peek(4) != _END_OF_ENTRIES:
        raise DamagedFile("the compressed file is truncated")
    if not files:
        raise UnsupportedArchive("the archive has no file")


def _stored(sent: _Sent, size: int) -> Iterator[bytes]:
    while size:
        piece = sent.take()
        if not piece:
            raise DamagedFile("the compressed file is truncated")
        sent.give_back(piece[size:])
        yield piece[:size]
        size -= min(size, len(piece))


def _read_descriptor(sent: _Sent) -> int:
    """Returns the checksum of a data descriptor (APPNOTE 4.3.9). Its sizes have 4 or, in zip64, 8 bytes."""
    if sent.peek(4) == _DESCRIPTOR:
        sent.take_exactly(4)
    checksum = int.from_bytes(sent.take_exactly(4), "little")
    is_short = sent.peek(12)[8:12] in (_ENTRY, _END_OF_ENTRIES)
    sent.take_exactly(8 if is_short else 16)
    return checksum
