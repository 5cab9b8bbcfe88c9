"""The same events in any order and any number leave the same record: all orders are tried."""

from __future__ import annotations

import itertools
import random

import pytest

from heed.domain.milliseconds import Millis
from tests.simulation.deployment import SimulatedDeployment, simulated_deployment
from tests.simulation.program import SimulatedProgram
from tests.simulation.steps import Step
from tests.support.deployment import NOW


def events(rng: random.Random, number: int) -> list[Step]:
    """Events that do not depend on the record, on few scopes and often at the same time."""
    return [_event(rng) for _ in range(number)]


def _event(rng: random.Random) -> Step:
    at, scope = NOW + rng.randrange(3), rng.choice((0, 1, 2))
    if rng.random() < 0.4:
        link = {"scope": scope, "issued": NOW - 60_000 * rng.randrange(3), "how": "one-click"}
        return Step("press", Millis(at), {"who": 0, **link, "signal": False, "key": 1})
    if rng.random() < 0.5:
        opt_in = {"who": 0, "happened": at, "scopes": [2]}
        return Step("say", Millis(at), opt_in)
    change = {
        "who": 0,
        "spelling": 0,
        "scope": scope,
        "said": at,
        "until": at + 1 + rng.randrange(2),
    }
    state = rng.choice(("out", "paused"))
    return Step("agent", Millis(NOW + 5), {"changes": [{**change, "state": state, "source": "letter"}]})


def left_by(stage: SimulatedDeployment, steps: tuple[Step, ...]) -> object:
    machine = SimulatedProgram(stage)
    for step in steps:
        machine.step(step)
    (state, _) = stage.observe()
    return state.registers, state.soft_bounce_days


@pytest.mark.parametrize(("number", "sets"), [(5, 1), pytest.param(6, 3, marks=pytest.mark.system)])
def test_every_order_of_events_leaves_the_same_record(number: int, sets: int) -> None:
    rng = random.Random(number)  # noqa: S311
    with simulated_deployment("pure") as stage:
        for _ in range(sets):
            steps = events(rng, number)
            wanted = left_by(stage, tuple(steps))
            assert all(left_by(stage, order) == wanted for order in itertools.permutations(steps))
            assert left_by(stage, (*steps, *reversed(steps), *steps)) == wanted
