"""A clock for all processes of a local stack: its HTTP front, the emulator of AWS, and each function.

`make demo` sets it to a time in the past and moves it on. The functions have no way to set it, and a stack
that `make run` starts does not have it. The emulator's own Python runs this, so it cannot import Heed.
"""

from __future__ import annotations

import mmap
import struct
import time
from typing import TYPE_CHECKING

import time_machine

if TYPE_CHECKING:
    from pathlib import Path

_DIFFERENCE = struct.Struct("=q")  # nanoseconds between the time of the stack and the real time
_real_time = time_machine.escape_hatch.time.time_ns
_NS_PER_MS = 1_000_000
_SHORT_PAUSE = 0.01  # seconds


class StackClock:
    """A clock that runs as fast as real time, and whose difference to it is in a file.

    From its creation on, every function of this process that tells the time uses it. Processes map the file
    into their memory, so a new difference counts in all of them at once.
    """

    def __init__(self, file: Path) -> None:
        """Opens the clock. A file that does not exist is created, with the real time."""
        if not file.exists():
            file.write_bytes(_DIFFERENCE.pack(0))
        with file.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), _DIFFERENCE.size)
        traveller = time_machine.travel(0).start()
        traveller.time_ns = self._read  # type: ignore[method-assign]

    def set(self, at: int) -> None:
        """Sets the clock to a time, in milliseconds since the Unix epoch."""
        _DIFFERENCE.pack_into(self._memory, 0, at * _NS_PER_MS - _real_time())

    def set_to_real_time(self) -> None:
        """Sets the clock to the real time."""
        _DIFFERENCE.pack_into(self._memory, 0, 0)

    def shorten_pauses(self) -> None:
        """Makes the pauses of this process end at once, unless the clock has the real time.

        A function that waits for another one would wait in real time, and the demo with it.
        """
        sleep = time.sleep

        def pause(seconds: float) -> None:
            sleep(min(seconds, _SHORT_PAUSE) if self._difference else seconds)

        time.sleep = pause  # type: ignore[assignment]

    def _read(self) -> int:
        return int(_real_time() + self._difference)

    @property
    def _difference(self) -> int:
        (difference,) = _DIFFERENCE.unpack_from(self._memory)
        return int(difference)
