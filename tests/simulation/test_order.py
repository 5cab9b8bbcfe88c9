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
from tests.support.full import is_full


def events(rng: random.Random, event_count: int) -> list[Step]:
    """Draws events that do not depend on the record, on few scopes and often at the same time."""
    return [_event(rng) for _ in range(event_count)]


def _event(rng: random.Random) -> Step:
    at, scope = NOW + rng.randrange(3), rng.choice((0, 1, 2))
    if rng.random() < 0.4:
        link = {"scope": scope, "issued_at": NOW - 60_000 * rng.randrange(3), "press_kind": "one-click"}
        return Step("press", Millis(at), {"who": 0, **link, "signal": False, "key": 1})
    if rng.random() < 0.5:
        opt_in = {"who": 0, "happened_at": at, "scopes": [2]}
        return Step("confirm", Millis(at), opt_in)
    change = {
        "who": 0,
        "spelling": 0,
        "scope": scope,
        "stated_at": at,
        "until": at + 1 + rng.randrange(2),
    }
    state = rng.choice(("out", "paused"))
    return Step("agent", Millis(NOW + 5), {"changes": [{**change, "state": state, "source": "letter"}]})


def observe_after(deployment: SimulatedDeployment, steps: tuple[Step, ...]) -> object:
    program = SimulatedProgram(deployment)
    for step in steps:
        program.run_step(step)
    (state, _) = deployment.observe()
    return state.registers, state.soft_bounce_days


@pytest.mark.parametrize(
    ("event_count", "sample_count"), [(5, 1), pytest.param(6, 3, marks=pytest.mark.system)]
)
def test_every_order_of_events_leaves_the_same_record(event_count: int, sample_count: int) -> None:
    rng = random.Random(event_count)  # noqa: S311
    with simulated_deployment("pure") as deployment:
        for _ in range(sample_count if is_full() else 1):
            steps = events(rng, event_count)
            expected = observe_after(deployment, tuple(steps))
            assert all(
                observe_after(deployment, order) == expected for order in itertools.permutations(steps)
            )
            assert observe_after(deployment, (*steps, *reversed(steps), *steps)) == expected
