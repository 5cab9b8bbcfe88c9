"""The pace of the writes of imports."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.adapters.paced_writes import PacedWrites
from heed.domain.errors import OutOfTime, StoreUnavailable, UnreadableRecord
from tests.support.template import template

SECOND = 1_000_000_000  # nanoseconds
MINUTE = 60_000  # milliseconds


class Writer:
    """A writer with a clock that only moves when it waits, or when a write takes time."""

    def __init__(self, rate: float) -> None:
        self.now, self.times, self.delay = SECOND, list[int](), 0
        self.pace = PacedWrites(rate, lambda _: self.delay, lambda: self.now, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)

    def write(self, seconds: float = 0) -> Callable[[], None]:
        def write() -> None:
            self.times.append(self.now)
            self._sleep(seconds)

        return write

    def run(self, write: Callable[[], None], has_time: Callable[[], bool] = lambda: True) -> None:
        self.pace.run(write, has_time)

    def pauses(self) -> list[int]:
        return [later - earlier for earlier, later in zip(self.times, self.times[1:], strict=False)]


def fail() -> None:
    raise StoreUnavailable("throttled")


@given(durations=st.lists(st.floats(0, 0.5), min_size=2, max_size=30), rate=st.integers(1, 500))
def test_no_second_has_more_writes_than_the_rate(durations: list[float], rate: int) -> None:
    writer = Writer(rate)
    for duration in durations:
        writer.run(writer.write(duration))
    for first in writer.times:
        assert sum(first <= at < first + SECOND - rate for at in writer.times) <= rate + 1


def test_writes_have_the_rate_if_they_are_fast() -> None:
    writer = Writer(100)
    for _ in range(101):
        writer.run(writer.write())
    assert writer.times[-1] - writer.times[0] == pytest.approx(SECOND, rel=0.001)


def test_a_throttled_write_is_repeated_and_halves_the_rate_which_recovers_slowly() -> None:
    writer = Writer(100)
    failures = iter([True, False])

    def throttled_once() -> None:
        writer.times.append(writer.now)
        if next(failures):
            fail()

    writer.run(throttled_once)
    for _ in range(2_000):
        writer.run(writer.write())
    pauses = writer.pauses()
    assert pauses[1] == pytest.approx(SECOND / 50, rel=0.01)
    assert pauses[-1] == pytest.approx(SECOND / 100, rel=0.01)
    assert pauses[1:] == sorted(pauses[1:], reverse=True)


def test_a_table_that_throttles_every_write_ends_the_run_when_the_time_is_over() -> None:
    writer = Writer(100)
    with pytest.raises(OutOfTime):
        writer.run(fail, lambda: writer.now < 60 * SECOND)


def test_another_failure_is_not_repeated() -> None:
    def fail_otherwise() -> None:
        raise UnreadableRecord("damaged")

    with pytest.raises(UnreadableRecord):
        Writer(100).run(fail_otherwise)


def test_no_write_starts_while_the_ledger_is_more_than_a_minute_behind() -> None:
    writer = Writer(100)
    writer.delay = MINUTE + 1
    with pytest.raises(OutOfTime):
        writer.run(writer.write(), lambda: writer.now < 100 * SECOND)
    assert writer.times == []
    writer.delay = MINUTE
    writer.run(writer.write())
    assert len(writer.times) == 1


def test_the_delay_of_the_ledger_is_read_every_half_minute() -> None:
    writer = Writer(1)
    writer.run(writer.write())
    writer.delay = MINUTE + 1
    for _ in range(29):
        writer.run(writer.write())
    writer.now += 2 * SECOND
    with pytest.raises(OutOfTime):
        writer.run(writer.write(), lambda: writer.now < 100 * SECOND)


def test_no_permitted_parameters_make_a_writer_wait_longer_than_a_second_between_rows() -> None:
    parameters = template()["Parameters"]
    assert parameters["BulkRate"]["MinValue"] >= parameters["BulkConcurrency"]["MaxValue"]
