"""A connection to a server that nobody trusts: its whole answer ends in time, and may be cut at a size."""

from __future__ import annotations

import io
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from heed.override import override


def seconds_until(end: float) -> float:
    """Returns the seconds until a time of `time.monotonic`.

    Raises:
        TimeoutError: That time is over.
    """
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def connect_to_first(addresses: Sequence[str], port: int, end: float) -> socket.socket:
    """Connects to the first address that answers. An address that does not leaves time for all others.

    Raises:
        OSError: No address answered in time.
    """
    for tried, address in enumerate(addresses[:-1]):
        with suppress(OSError):
            return socket.create_connection((address, port), seconds_until(end) / (len(addresses) - tried))
    return socket.create_connection((addresses[-1], port), seconds_until(end))


class DeadlineSocket:
    """What http.client needs of a socket. All reads and writes together end in time.

    The time-out of a socket is for each read alone, so an answer that drips would never end.

    Args:
        connected: the connection.
        end: when the last read or write ends, as `time.monotonic` has it.
        max_bytes: where the answer is cut.
    """

    def __init__(self, connected: socket.socket, end: float, max_bytes: int = sys.maxsize) -> None:
        self._connected = connected
        self._end = end
        self._max_bytes = max_bytes

    def sendall(self, data: bytes) -> None:
        """Sends all data."""
        self._connected.settimeout(seconds_until(self._end))
        self._connected.sendall(data)

    def makefile(self, _: str) -> io.BufferedReader:
        """Returns a file with the data that arrives."""
        return io.BufferedReader(_DeadlineFile(self._connected, self._end, self._max_bytes))

    def close(self) -> None:
        """Ends the connection."""
        self._connected.close()


class _DeadlineFile(io.RawIOBase):
    def __init__(self, connected: socket.socket, end: float, max_bytes: int) -> None:
        self._connected = connected
        self._end = end
        self._left = max_bytes

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        self._connected.settimeout(seconds_until(self._end))
        size = self._connected.recv_into(buffer, min(len(buffer), self._left)) if self._left else 0
        self._left -= size
        return size
