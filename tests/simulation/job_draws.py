"""Draws the steps of jobs: imports, their taking back, scrubs and snapshots, and the work on them."""

from __future__ import annotations

import random
from typing import Any

from heed.domain.milliseconds import Millis

_AGES = (1, 1_000, 60_000, 86_400_000, 29 * 86_400_000, 300 * 86_400_000)  # of a row, before its import
_MEANINGS = (*("unsubscribed",) * 4, "complaint", "hard-bounce")
_IMPORTED_SCOPES = (0, 0, 2, 2, 5, 7, 12)
_SCRUBBED_TOPICS = (2, 2, 5, 6, 7, 11, 12)
FIRST_FAULTS = (0, 0, 3, 6, 9)
"""How many more requests are sent before the faults of a step: the work writes late in an invocation."""


def draw_import(rng: random.Random, _: Millis) -> dict[str, Any]:
    """Draws an import: of a file of its own, or of the file of the import before it."""
    rows = [
        {"who": rng.randrange(2), "spelling": rng.randrange(2), "age": rng.choice(_AGES)}
        for _ in range(rng.choice((1, 2, 2, 3)))
    ]
    return {
        "rows": rows,
        "meaning": rng.choice(_MEANINGS),
        "scope": rng.choice(_IMPORTED_SCOPES),
        "is_same_file": rng.random() < 0.25,
        "has_time_of_erasure": rng.random() < 0.15,
    }


def draw_scrub(rng: random.Random, _: Millis) -> dict[str, Any]:
    people = [(rng.randrange(2), rng.randrange(2)) for _ in range(rng.choice((1, 2, 3)))]
    return {"topic": rng.choice(_SCRUBBED_TOPICS), "who": people}


def draw_take_back(rng: random.Random, _: Millis) -> dict[str, Any]:
    """Draws the taking back of an import, mostly of the latest one."""
    return {"from_end": rng.choice((1, 1, 1, 2, 2, 3))}


def draw_job_work(rng: random.Random, _: Millis) -> dict[str, Any]:
    """Draws calls of the function that works on jobs. One of them has the faults of the step."""
    calls = rng.choice((1, 2, 4, 12, 30))
    return {
        "position": rng.random(),
        "calls": calls,
        "faulty_call": rng.randrange(min(calls, 6)),
        "has_time": rng.random() < 0.9,
        "gives_up": rng.random() < 0.1,
    }
