"""Measures how the cost of code grows with its input. Some tests require linear growth.

A test compares two input sizes and never looks at the time itself, because a slow or busy machine slows both
sizes down. It uses the fastest of five runs, which other processes disturbed least. It measures the CPU time
of this process, which does not depend on other processes or on changes of the clock.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.full import is_full, is_quick

LINEAR = 24
"""The largest allowed growth for eight times the input. Linear code has 8, and quadratic code has 64."""

_SIZE_FACTOR = 8
_RUNS = 5
_MIN_SECONDS, _MIN_SECONDS_IN_FULL = 0.002, 0.005
_DOUBLINGS = 10


def measure_growth(
    make: Callable[[int], Any], run: Callable[[Any], object], size: int, *, limit: float = LINEAR
) -> float:
    """Returns how many times more `run` costs with the input `make(8 * size)` than with `make(size)`.

    If the small input takes less than two milliseconds, or five with `--full`, noise would decide. The size
    is then doubled until it takes that long twice. Some code is cheap for any size, for example if it rejects
    the input at the first byte. Its large input is compared with five milliseconds, since a process needs
    time for the memory of a large input. The large input is measured at most five times. A run within the
    limit ends it, because further runs could only find a smaller figure. A quick run skips the test.

    Args:
        make: Creates an input of a size. It is called for each run and is not measured.
        run: The code to measure.
        size: The first size.
        limit: The growth that the caller compares with.
    """
    if is_quick():
        pytest.skip("a quick run measures no growth")
    min_seconds = least_small = _MIN_SECONDS_IN_FULL if is_full() else _MIN_SECONDS
    with _no_garbage_collection():
        for _ in range(_DOUBLINGS):
            if all(_measure(run, make(size)) >= min_seconds for _ in range(2)):
                break
            size *= 2
        else:
            least_small = _MIN_SECONDS_IN_FULL
        small = max(min(_measure(run, make(size)) for _ in range(_RUNS)), least_small)
        least = math.inf
        for _ in range(_RUNS):
            least = min(least, _measure(run, make(_SIZE_FACTOR * size)) / small)
            if least <= limit:
                break
        return least


def _measure(run: Callable[[Any], object], value: Any) -> float:
    start = time.process_time()
    run(value)
    return time.process_time() - start


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Stops the collector while the block runs."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
