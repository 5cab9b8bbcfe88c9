"""How cost grows with the input, where a promise says that it grows no faster than the input.

Growth is measured and never time itself: a slow or busy machine makes both sizes slower, and the
least of five runs is the one that was disturbed least. What counts is this process's own CPU time,
which no neighbour spends and no clock that was set changes.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

LINEAR = 24
"""Eight times the input may cost this much more: threefold room; a square would cost 64 times."""

_TIMES = 8
_RUNS = 5
_SECONDS = 0.005
_DOUBLINGS = 10


def growth(
    make: Callable[[int], Any], run: Callable[[Any], object], n: int, *, limit: float = LINEAR
) -> float:
    """How many times more `run` costs with the input `make(8 * n)` than with `make(n)`.

    A machine may be so fast that `n` takes less than five milliseconds, in which noise would
    decide: then `n` is doubled until it takes that long. What is cheap however large its input is
    (refused at its first byte, say) is compared with the five milliseconds that it never takes.
    The larger input is run five times at most: a run within the limit ends it, for more runs could only
    find a smaller figure.

    Args:
        make: The input of a size, made afresh for each run and not measured.
        run: What is measured.
        n: The size to begin with.
        limit: The growth that the caller compares with.
    """
    with _uncollected():
        for _ in range(_DOUBLINGS):
            if _once(run, make(n)) >= _SECONDS:
                break
            n *= 2
        small = max(min(_once(run, make(n)) for _ in range(_RUNS)), _SECONDS)
        least = math.inf
        for _ in range(_RUNS):
            least = min(least, _once(run, make(_TIMES * n)) / small)
            if least <= limit:
                break
        return least


def _once(run: Callable[[Any], object], given: Any) -> float:
    began = time.process_time()
    run(given)
    return time.process_time() - began


@contextmanager
def _uncollected() -> Iterator[None]:
    """The garbage of other tests is collected before, and none while something is measured."""
    collects = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
