"""The steps of a program, drawn from a seed. A step contains every number, so a run can shrink."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from heed.domain.milliseconds import Millis
from tests.simulation.nemesis import KILLS, MEANS, OF_KEYS, OF_STORES
from tests.support.catalogues import SCOPES
from tests.support.deployment import NOW

SECOND, MINUTE, DAY = 1_000, 60_000, 86_400_000
PASSES = (0, 0, 0, 1, SECOND, 40 * MINUTE, DAY, 13 * DAY)
_LONG_AGO = (0, 0, 1, MINUTE, DAY, 29 * DAY, 31 * DAY, 400 * DAY)
_SKEW = (*(0,) * 10, -5 * MINUTE, 5 * MINUTE)
_PATH = (0, 1, 2, 2, 2, 5, 12, 12)  # drawn more often than the others, so that events meet
_SCOPES = (*_PATH, *_PATH, *SCOPES, 99)  # 99: an unknown number
MARKETING = (3, 4, 11, 13, 15, 16, 17)
_CHECKED = (2, 2, 2, 2, 5, 12, 12, 3, 6, 7, 11, 13, 14, 16, 17)


@dataclass(frozen=True)
class Step:
    """One event, the faults of its requests, and the step that runs inside it.

    Attributes:
        kind: a kind of request in tests.simulation.requests.
        at: the time stamp that travels with it, milliseconds.
        what: its details.
        faults: kinds of tests.simulation.nemesis, by the number of the request.
        inside: another step, which runs before the request of a number is sent.
        left: milliseconds of execution time that Lambda reports.
        mute: whether standard output and the log are closed.
        skewed: whether the clock of `at` is wrong.
    """

    kind: str
    at: Millis
    what: Mapping[str, Any]
    faults: Mapping[int, str] = field(default_factory=dict)
    inside: Mapping[int, Step] = field(default_factory=dict)
    left: int = 10_000
    mute: bool = False
    skewed: bool = False


def program(seed: int, length: int) -> list[Step]:
    """Draws the steps of a program."""
    rng = random.Random(seed)  # noqa: S311
    clock, steps = NOW, []
    for _ in range(length):
        clock = Millis(clock + rng.choice(PASSES))
        steps.append(draw_step(rng, clock))
    return steps


def draw_step(rng: random.Random, clock: Millis) -> Step:
    """Draws the next step and, now and then, another one inside it."""
    step = _step(rng, clock)
    if rng.random() < 0.1:
        return replace(step, inside={rng.randrange(3): _step(rng, clock)})
    return step


def _step(rng: random.Random, clock: Millis) -> Step:
    kind = rng.choices(tuple(_DRAW), tuple(weight for weight, _ in _DRAW.values()))[0]
    at = Millis(clock + rng.choice(_SKEW))
    what = _DRAW[kind][1](rng, at)
    step = Step(kind, at, what, _faults(rng), skewed=at != clock)
    if kind in ("feedback", "later") and rng.random() < 0.1:
        return replace(step, left=rng.choice((0, 1_500)))
    return replace(step, mute=rng.random() < 0.03)


def _faults(rng: random.Random) -> dict[int, str]:
    drawn = rng.random()
    if drawn < 0.55:
        return {}
    if drawn < 0.65:  # an outage
        return dict.fromkeys(range(14), rng.choice(OF_STORES[:-3]))
    first = rng.randrange(4)
    if drawn < 0.75:
        return {first: rng.choice(KILLS)}
    kinds = (*OF_STORES, *OF_KEYS)
    return {first + place: rng.choice(kinds) for place in range(rng.randrange(1, 4))}


def _press(rng: random.Random, at: Millis) -> dict[str, Any]:
    return {
        "who": rng.randrange(2),
        "scope": rng.choice(_SCOPES),
        "issued": at - rng.choice(_LONG_AGO),
        "how": rng.choice(("one-click", "one-click", "this", "all", "garbled")),
        "signal": rng.random() < 0.2,
        "key": rng.choice((1, 1, 1, 2)),
        "press": _request(rng),
    }


def _look(rng: random.Random, at: Millis) -> dict[str, Any]:
    """A browser or a scanner opens a link. Both may send the signal; only a browser navigates."""
    looked = {"signal": rng.random() < 0.6, "navigates": rng.random() < 0.6}
    return {**_press(rng, at), **looked}


def _request(rng: random.Random) -> str:
    """The id of a request, as API Gateway makes it: unique."""
    return f"{rng.getrandbits(48):012x}="


def _save(rng: random.Random, at: Millis) -> dict[str, Any]:
    chosen = {
        number: rng.choice((("in", "out"), ("out", "in"), ("in", "in")))
        for number in rng.sample((2, 3, 4, 5, 7), rng.randrange(3))
    }
    return {
        "who": rng.randrange(2),
        "issued": at - rng.choice(_LONG_AGO),
        "chosen": chosen,
        "all": rng.random() < 0.1,
        "pause": rng.choice((None, None, 0, 30, 90)),
        "signal": rng.random() < 0.2,
        "key": 1,
        "press": _request(rng),
    }


def _undo(rng: random.Random, at: Millis) -> dict[str, Any]:
    """Mostly for the latest press, because an Undo is valid for an hour."""
    return {
        "from_end": rng.choice((1, 1, 1, 1, 1, 2, 3)),
        "issued": at - rng.choice(_LONG_AGO),
        "signal": rng.random() < 0.1,
    }


def _attack(rng: random.Random, at: Millis) -> dict[str, Any]:
    return {
        "means": rng.choice(MEANS),
        "who": rng.randrange(2),
        "scope": rng.choice(_PATH),
        "issued": at - rng.choice(_LONG_AGO),
        "minted": rng.random() < 0.3,
        "from_end": rng.randrange(1, 4),
        "press": _request(rng),
    }


def _agent(rng: random.Random, at: Millis) -> dict[str, Any]:
    def change() -> dict[str, Any]:
        stated_at = at - rng.choice(_LONG_AGO)
        return {
            "who": rng.randrange(2),
            "spelling": rng.randrange(3),
            "scope": rng.choice([scope for scope in _SCOPES if scope not in (6, 18, 99)]),
            "state": rng.choice(("out", "in", "in", "paused")),
            "said": stated_at,
            "until": stated_at + rng.choice((SECOND, DAY, 500 * DAY)),
            "source": rng.choice(("phone", "letter", "agent")),
        }

    return {"changes": [change() for _ in range(rng.choice((1, 1, 2, 4)))]}


def _check(rng: random.Random, at: Millis) -> dict[str, Any]:
    who = [(rng.randrange(2), rng.randrange(3)) for _ in range(rng.choice((1, 2, 3)))]
    return {"topic": rng.choice(_CHECKED), "who": who, "ended": rng.random() < 0.05}


def _mail(rng: random.Random, at: Millis) -> dict[str, Any]:
    """Feedback arrives in its queue."""
    happened = rng.choice((at - rng.choice(_LONG_AGO), at, at + 70 * 365 * DAY, 5, None))
    return {
        "event": rng.choice(MAILS),
        "who": rng.sample(range(2), rng.choice((1, 1, 2))),
        "spelling": rng.randrange(4),
        "happened": happened,
        "envelope": rng.choice(("raw", "sns", "eventbridge")),
        "scope": rng.choice((0, 2, 3, 5)),
        "poison": rng.randrange(100),
    }


MAILS = (
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


def _deliver(rng: random.Random, at: Millis) -> dict[str, Any]:
    """A queue delivers a batch to its function; some of it was handled before."""
    return {"take": rng.choice((1, 2, 10)), "again": rng.choice((0, 0, 1, 3)), "pick": rng.random()}


def _say(rng: random.Random, at: Millis) -> dict[str, Any]:
    """A confirmation, as its function writes it."""
    return {
        "who": rng.randrange(2),
        "happened": at - rng.choice((0, 1, MINUTE, DAY)),
        "scopes": rng.sample((2, 5, 12, *MARKETING), rng.choice((1, 2))),
        "resume": rng.random() < 0.2,
        "advertising": rng.random() < 0.2,
    }


def _report(rng: random.Random, at: Millis) -> dict[str, Any]:
    who, spelling = rng.randrange(2), rng.randrange(3)
    return {"who": who, "spelling": spelling, "minor": rng.random() < 0.3}


def _officer(rng: random.Random, at: Millis) -> dict[str, Any]:
    return {
        "who": rng.randrange(2),
        "spelling": rng.randrange(3),
        "does": rng.choice(("x:hold", "l:hold", "l:undeliverable", "k")),
        "scope": rng.choice((0, 2, 12)),
    }


_DRAW: dict[str, tuple[int, Any]] = {
    "press": (16, _press),
    "save": (9, _save),
    "undo": (8, _undo),
    "attack": (10, _attack),
    "agent": (14, _agent),
    "check": (22, _check),
    "look": (3, _look),
    "mail": (13, _mail),
    "feedback": (13, _deliver),
    "later": (8, _deliver),
    "say": (6, _say),
    "officer": (6, _officer),
    "report": (2, _report),
    "unknown register": (1, lambda rng, _: {"who": rng.randrange(2), "add": rng.random() < 0.6}),
    "deploy": (2, lambda rng, _: {"ring": rng.choice(("1", "1,2"))}),
}
