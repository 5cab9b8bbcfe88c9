"""Draws the steps of a program from a seed. A step contains every drawn value, so a run can shrink."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from heed.domain.milliseconds import Millis
from tests.simulation.job_draws import (
    FIRST_FAULTS,
    draw_import,
    draw_job_work,
    draw_scrub,
    draw_take_back,
)
from tests.simulation.nemesis import ATTACKS, KILL_FAULTS, KMS_FAULTS, STORE_FAULTS
from tests.support.catalogues import SCOPES
from tests.support.deployment import NOW

SECOND, MINUTE, DAY = 1_000, 60_000, 86_400_000
CLOCK_ADVANCES = (0, 0, 0, 1, SECOND, 40 * MINUTE, DAY, 13 * DAY)
_AGES = (0, 0, 1, MINUTE, DAY, 29 * DAY, 31 * DAY, 400 * DAY)
_CLOCK_ERRORS = (*(0,) * 10, -5 * MINUTE, 5 * MINUTE)
_FREQUENT_SCOPES = (0, 1, 2, 2, 2, 5, 12, 12)  # drawn more often than the others, so that events meet
_SCOPES = (*_FREQUENT_SCOPES, *_FREQUENT_SCOPES, *SCOPES, 99)  # 99: an unknown number
BATCH_KINDS = ("feedback batch", "mail batch", "opt-out retry batch")
"""The kinds of steps that deliver a batch from a queue."""
MARKETING_TOPICS = (3, 4, 11, 13, 15, 16, 17)
_CHECKED_TOPICS = (2, 2, 2, 2, 5, 12, 12, 3, 6, 7, 11, 13, 14, 16, 17)


@dataclass(frozen=True)
class Step:
    """One event, the faults of its requests, and the steps that run inside it.

    Attributes:
        kind: a kind of request in tests.simulation.requests.
        at: the time stamp that travels with it, milliseconds.
        details: the fields of the event. The `_draw_…` function of its kind makes them.
        faults: kinds of tests.simulation.nemesis, by the number of the request.
        inner_steps: steps that run before the request of a given number is sent.
        milliseconds_left: the execution time that Lambda reports.
        is_output_closed: whether standard output and the log are closed.
        is_clock_wrong: whether the clock of `at` is wrong.
    """

    kind: str
    at: Millis
    details: Mapping[str, Any]
    faults: Mapping[int, str] = field(default_factory=dict)
    inner_steps: Mapping[int, Step] = field(default_factory=dict)
    milliseconds_left: int = 10_000
    is_output_closed: bool = False
    is_clock_wrong: bool = False


def draw_program(seed: int, length: int, *, has_jobs: bool | None = None) -> list[Step]:
    """Draws the steps of a program. Every fourth one has jobs, unless the caller says which one has."""
    rng = random.Random(seed)  # noqa: S311
    clock, steps = NOW, []
    has_jobs = seed % 4 == 0 if has_jobs is None else has_jobs
    for _ in range(length):
        clock = Millis(clock + rng.choice(CLOCK_ADVANCES))
        steps.append(draw_step(rng, clock, has_jobs=has_jobs))
    return steps


def draw_step(rng: random.Random, clock: Millis, *, has_jobs: bool) -> Step:
    """Draws the next step and, now and then, another one inside it."""
    step = _draw_single_step(rng, clock, has_jobs=has_jobs)
    if rng.random() < (0.2 if step.kind == "job work" else 0.1):
        place = rng.randrange(3) + (rng.choice(FIRST_FAULTS) if step.kind == "job work" else 0)
        return replace(step, inner_steps={place: _draw_single_step(rng, clock, has_jobs=has_jobs)})
    return step


def _draw_single_step(rng: random.Random, clock: Millis, *, has_jobs: bool) -> Step:
    weights = _WEIGHTS_WITH_JOBS if has_jobs else _WEIGHTS
    kind = rng.choices(tuple(weights), tuple(weights.values()))[0]
    is_job = kind in _JOB_KINDS
    at = clock if is_job else Millis(clock + rng.choice(_CLOCK_ERRORS))
    details = (_JOB_KINDS[kind] if is_job else _STEP_KINDS[kind])[1](rng, at)
    faults = _draw_faults(rng)
    if kind == "job work":
        later = rng.choice(FIRST_FAULTS)
        faults = {place + later: fault for place, fault in faults.items()}
    step = Step(kind, at, details, faults, is_clock_wrong=at != clock)
    if kind in BATCH_KINDS and rng.random() < 0.1:
        return replace(step, milliseconds_left=rng.choice((0, 1_500)))
    return replace(step, is_output_closed=rng.random() < 0.03)


def _draw_faults(rng: random.Random) -> dict[int, str]:
    drawn = rng.random()
    if drawn < 0.55:
        return {}
    if drawn < 0.65:  # an outage
        return dict.fromkeys(range(14), rng.choice(STORE_FAULTS[:-3]))
    first = rng.randrange(4)
    if drawn < 0.75:
        return {first: rng.choice(KILL_FAULTS)}
    kinds = (*STORE_FAULTS, *KMS_FAULTS)
    return {first + place: rng.choice(kinds) for place in range(rng.randrange(1, 4))}


def _draw_press(rng: random.Random, at: Millis) -> dict[str, Any]:
    return {
        "who": rng.randrange(2),
        "scope": rng.choice(_SCOPES),
        "issued_at": at - rng.choice(_AGES),
        "press_kind": rng.choice(("one-click", "one-click", "this", "all", "garbled")),
        "signal": rng.random() < 0.2,
        "key": rng.choice((1, 1, 1, 2)),
        "press": _draw_request_id(rng),
    }


def _draw_link_visit(rng: random.Random, at: Millis) -> dict[str, Any]:
    """Draws a visit by a browser or a scanner. Both may send the signal. Only a browser navigates."""
    looked = {"signal": rng.random() < 0.6, "navigates": rng.random() < 0.6}
    return {**_draw_press(rng, at), **looked}


def _draw_request_id(rng: random.Random) -> str:
    """Draws a unique id of a request, as API Gateway makes it."""
    return f"{rng.getrandbits(48):012x}="


def _draw_form(rng: random.Random, at: Millis) -> dict[str, Any]:
    chosen = {
        number: rng.choice((("in", "out"), ("out", "in"), ("in", "in")))
        for number in rng.sample((2, 3, 4, 5, 7), rng.randrange(3))
    }
    return {
        "who": rng.randrange(2),
        "issued_at": at - rng.choice(_AGES),
        "choices": chosen,
        "all": rng.random() < 0.1,
        "pause": rng.choice((None, None, 0, 30, 90)),
        "signal": rng.random() < 0.2,
        "key": 1,
        "press": _draw_request_id(rng),
    }


def _draw_undo(rng: random.Random, at: Millis) -> dict[str, Any]:
    """Draws an Undo, mostly of the latest press, because an Undo is valid for an hour."""
    return {
        "from_end": rng.choice((1, 1, 1, 1, 1, 2, 3)),
        "issued_at": at - rng.choice(_AGES),
        "signal": rng.random() < 0.1,
    }


def _draw_attack(rng: random.Random, at: Millis) -> dict[str, Any]:
    return {
        "attack": rng.choice(ATTACKS),
        "who": rng.randrange(2),
        "scope": rng.choice(_FREQUENT_SCOPES),
        "issued_at": at - rng.choice(_AGES),
        "minted": rng.random() < 0.3,
        "from_end": rng.randrange(1, 4),
        "press": _draw_request_id(rng),
    }


def _draw_agent_changes(rng: random.Random, at: Millis) -> dict[str, Any]:
    def change() -> dict[str, Any]:
        stated_at = at - rng.choice(_AGES)
        return {
            "who": rng.randrange(2),
            "spelling": rng.randrange(3),
            "scope": rng.choice([scope for scope in _SCOPES if scope not in (6, 18, 99)]),
            "state": rng.choice(("out", "in", "in", "paused")),
            "stated_at": stated_at,
            "until": stated_at + rng.choice((SECOND, DAY, 500 * DAY)),
            "source": rng.choice(("phone", "letter", "agent")),
        }

    return {"changes": [change() for _ in range(rng.choice((1, 1, 2, 4)))]}


def _draw_check(rng: random.Random, at: Millis) -> dict[str, Any]:
    who = [(rng.randrange(2), rng.randrange(3)) for _ in range(rng.choice((1, 2, 3)))]
    return {"topic": rng.choice(_CHECKED_TOPICS), "who": who, "use_expired_key": rng.random() < 0.05}


def _draw_feedback(rng: random.Random, at: Millis) -> dict[str, Any]:
    """Draws feedback that arrives in its queue."""
    happened = rng.choice((at - rng.choice(_AGES), at, at + 70 * 365 * DAY, 5, None))
    return {
        "event": rng.choice(FEEDBACK_EVENTS),
        "who": rng.sample(range(2), rng.choice((1, 1, 2))),
        "spelling": rng.randrange(4),
        "happened_at": happened,
        "envelope": rng.choice(("raw", "sns", "eventbridge")),
        "scope": rng.choice((0, 2, 3, 5)),
        "poison": rng.randrange(100),
    }


FEEDBACK_EVENTS = (
    "bounce",
    "bounce",
    "soft",
    "soft",
    "complaint",
    "complaint",
    "left",
    "out of office",
    "given up",
    "echo",
    "delivery",
    "unknown type",
    "poison",
    "half",
    "forged",
)


_MAILS_OF_PEOPLE = ("token", "token", "opt-out", "opt-out", "forged", "opt-in")
_MAILS_OF_PROGRAMS = ("bounce", "complaint", "automatic", "no mail")


def _draw_mail(rng: random.Random, at: Millis) -> dict[str, Any]:
    """Draws a mail that SES received. Its notice needs more time than the clocks differ."""
    return {
        "mail": rng.choice((*_MAILS_OF_PEOPLE, *_MAILS_OF_PROGRAMS)),
        "who": rng.randrange(2),
        "spelling": rng.randrange(2),
        "scope": rng.choice(_SCOPES),
        "received_at": at - 10 * MINUTE - rng.choice(_AGES),
        "verdict": rng.choice(("PASS", "GRAY")),
        "envelope": rng.choice(("raw", "sns")),
    }


def _draw_delivery(rng: random.Random, at: Millis) -> dict[str, Any]:
    """Draws a batch from a queue. Some of its messages may have been handled before."""
    return {"count": rng.choice((1, 2, 10)), "duplicates": rng.choice((0, 0, 1, 3)), "position": rng.random()}


def _draw_confirmation(rng: random.Random, at: Millis) -> dict[str, Any]:
    """Draws a confirmation, as its function writes it."""
    return {
        "who": rng.randrange(2),
        "happened_at": at - rng.choice((0, 1, MINUTE, DAY)),
        "scopes": rng.sample((2, 5, 12, *MARKETING_TOPICS), rng.choice((1, 2))),
        "resume": rng.random() < 0.2,
        "advertising": rng.random() < 0.2,
    }


def _draw_erasure_report(rng: random.Random, at: Millis) -> dict[str, Any]:
    who, spelling = rng.randrange(2), rng.randrange(3)
    return {"who": who, "spelling": spelling, "minor": rng.random() < 0.3}


def _draw_officer_request(rng: random.Random, at: Millis) -> dict[str, Any]:
    return {
        "who": rng.randrange(2),
        "spelling": rng.randrange(3),
        "action": rng.choice(("x:hold", "l:hold", "l:undeliverable", "k")),
        "scope": rng.choice((0, 2, 12)),
    }


_STEP_KINDS: dict[str, tuple[int, Any]] = {
    "press": (16, _draw_press),
    "save": (9, _draw_form),
    "undo": (8, _draw_undo),
    "attack": (10, _draw_attack),
    "agent": (14, _draw_agent_changes),
    "check": (22, _draw_check),
    "visit": (3, _draw_link_visit),
    "feedback arrives": (13, _draw_feedback),
    "feedback batch": (13, _draw_delivery),
    "mail arrives": (6, _draw_mail),
    "mail batch": (6, _draw_delivery),
    "opt-out retry batch": (8, _draw_delivery),
    "confirm": (6, _draw_confirmation),
    "officer": (6, _draw_officer_request),
    "report": (2, _draw_erasure_report),
    "unknown register": (1, lambda rng, _: {"who": rng.randrange(2), "add": rng.random() < 0.6}),
    "deploy": (2, lambda rng, _: {"key_ids": rng.choice(("1", "1,2"))}),
}
_JOB_KINDS: dict[str, tuple[int, Any]] = {
    "import": (26, draw_import),
    "take back": (22, draw_take_back),
    "job work": (90, draw_job_work),
    "scrub": (10, draw_scrub),
    "snapshot": (6, lambda *_: {}),
}
_WEIGHTS = {kind: weight for kind, (weight, _) in _STEP_KINDS.items()}
_RARE_WITH_JOBS = ("attack", "visit", "feedback arrives", "feedback batch", "mail arrives", "mail batch")
_WEIGHTS_WITH_JOBS = {
    kind: weight for kind, (weight, _) in (_STEP_KINDS | _JOB_KINDS).items() if kind not in _RARE_WITH_JOBS
} | {"report": 5, "unknown register": 4}
