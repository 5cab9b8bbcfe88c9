"""What happens when: the demo moves the clock of the stack to each time, and lets it happen."""

from __future__ import annotations

import heapq
import itertools
import time
from typing import TYPE_CHECKING, Protocol

from local.problem import LocalProblem

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE, HOUR, DAY, WEEK = 60_000, 3_600_000, 86_400_000, 7 * 86_400_000  # milliseconds
_SATURDAY = 5
_WORK_SECONDS = 60


class SettableClock(Protocol):
    """A clock that can be set."""

    def set(self, at: int) -> None:
        """Sets the clock to a time, in milliseconds since the Unix epoch."""


class Agenda:
    """A list of events, which happen in the order of their times.

    Args:
        clock: The clock of the stack.
        has_unfinished_work: Returns whether the stack still works on what happened before.
    """

    def __init__(self, clock: SettableClock, has_unfinished_work: Callable[[], bool]) -> None:
        self._clock = clock
        self._has_unfinished_work = has_unfinished_work
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = itertools.count()  # events of the same time happen in the order of their entry
        self.now = 0
        """The time of the event that happens now, in milliseconds since the Unix epoch."""

    def add(self, at: int, event: Callable[[], None]) -> None:
        """Enters an event. While another event happens, `at` must not be before that one."""
        heapq.heappush(self._events, (at, next(self._numbers), event))

    def run(self, until: int) -> None:
        """Lets all events before a time happen. Later ones stay in the list.

        Raises:
            LocalProblem: The stack does not finish its work.
        """
        while self._events and self._events[0][0] < until:
            self.now, _, event = heapq.heappop(self._events)
            self.finish_work()
            self._clock.set(self.now)
            event()
        self.finish_work()

    def finish_work(self) -> None:
        """Waits until the stack has finished what happened before.

        Raises:
            LocalProblem: It does not finish.
        """
        end = time.monotonic() + _WORK_SECONDS
        while self._has_unfinished_work():
            if time.monotonic() > end:
                raise LocalProblem("the functions do not finish their work", "see the log of the emulator")
            time.sleep(0.01)


def to_working_hours(at: int) -> int:
    """Returns the time, or on a weekend the same time of the next Monday, in UTC."""
    weekday = (at // DAY + 3) % 7  # the Unix epoch was a Thursday
    return at + (7 - weekday) * DAY if weekday >= _SATURDAY else at
