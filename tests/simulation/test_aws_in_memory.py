"""AWS in memory behaves like moto: the same steps leave the same items and the same histories."""

from __future__ import annotations

import pytest

from tests.simulation.deployment import simulated_deployment
from tests.simulation.history import History
from tests.simulation.program import SimulatedProgram
from tests.simulation.steps import draw_program
from tests.support.full import is_full

LENGTH = 15


def histories(layer: str, seeds: range) -> list[History]:
    with simulated_deployment(layer) as deployment:
        return [SimulatedProgram(deployment).run(draw_program(seed, LENGTH)) for seed in seeds]


@pytest.mark.parametrize(
    "seeds", [range(40_000, 40_002), pytest.param(range(41_000, 41_060), marks=pytest.mark.system)]
)
def test_the_same_steps_and_faults_give_the_same_history_on_moto_and_in_memory(
    seeds: range,
) -> None:
    seeds = seeds if is_full() else seeds[:30]
    for first, second in zip(histories("pure", seeds), histories("moto", seeds), strict=True):
        assert first.lines == second.lines
