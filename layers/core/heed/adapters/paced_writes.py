"""The pace of the writes of imports (docs/decisions/0074)."""

from __future__ import annotations

from collections.abc import Callable

from heed.domain.errors import OutOfTime, StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.override import override
from heed.use_cases.ports.import_writes import WritePace
from heed.use_cases.ports.job_work import HasTime

_SECOND = 1_000_000_000  # nanoseconds
_LATE = 60_000  # milliseconds; the ledger is behind if the oldest change that it has to enter is older
_READ_AGAIN = 30 * _SECOND
_WAIT = 10.0  # seconds while the ledger is behind
_LONGEST = 8 * _SECOND  # between two writes
_RECOVERY = 0.999  # after each write, the pause before the next one is so much shorter


class PacedWrites(WritePace):
    """Implements the port WritePace for one writer.

    The pause between two writes doubles when a write fails, because the table may have throttled it.

    Args:
        rate: the most writes per second.
        ledger_delay: returns how far the ledger is behind, milliseconds.
        time_ns: returns nanoseconds.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self,
        rate: float,
        ledger_delay: Callable[[Millis], float],
        time_ns: Callable[[], int],
        sleep: Callable[[float], None],
    ) -> None:
        self._shortest = self._pause = _SECOND / rate
        self._ledger_delay = ledger_delay
        self._time_ns = time_ns
        self._sleep = sleep
        self._next_write = self._next_reading = 0.0

    @override
    def run(self, write: Callable[[], None], has_time: HasTime) -> None:
        self._wait_for_ledger(has_time)
        while has_time():
            self._wait_for_turn()
            try:
                write()
            except StoreUnavailable:
                self._pause = min(2 * self._pause, _LONGEST)
            else:
                self._pause = max(_RECOVERY * self._pause, self._shortest)
                return
        raise OutOfTime

    def _wait_for_turn(self) -> None:
        now = self._time_ns()
        if now < self._next_write:
            self._sleep((self._next_write - now) / _SECOND)
        self._next_write = max(now, self._next_write) + self._pause

    def _wait_for_ledger(self, has_time: HasTime) -> None:
        while (now := self._time_ns()) >= self._next_reading:
            if self._ledger_delay(Millis(now // 1_000_000)) <= _LATE:
                self._next_reading = now + _READ_AGAIN
                return
            if not has_time():
                raise OutOfTime
            self._sleep(_WAIT)
