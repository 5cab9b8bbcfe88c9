"""Hypothesis drives the simulation step by step, and shrinks a failing run.

test_machines.py runs many programs, each from a seed; this test looks for short ones.
"""

from __future__ import annotations

import random
from typing import ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from heed.domain.milliseconds import Millis
from tests.simulation.checker import check_history
from tests.simulation.deployment import SimulatedDeployment, simulated_deployment
from tests.simulation.planted_bugs import BUGS
from tests.simulation.program import SimulatedProgram
from tests.simulation.steps import CLOCK_ADVANCES, draw_step
from tests.support.deployment import NOW
from tests.support.full import examples

pytestmark = pytest.mark.system


class Promises(RuleBasedStateMachine):
    """No promise is broken by any events of the real handlers, in any order."""

    deployment: ClassVar[SimulatedDeployment]

    def __init__(self) -> None:
        super().__init__()
        self.program = SimulatedProgram(self.deployment)
        self.clock = NOW

    @rule(elapsed=st.sampled_from(CLOCK_ADVANCES), rng=st.randoms(use_true_random=False))
    def something_happens(self, elapsed: int, rng: random.Random) -> None:
        self.clock = Millis(self.clock + elapsed)
        self.program.run_step(draw_step(rng, self.clock, has_jobs=rng.random() < 0.5))

    def teardown(self) -> None:
        broken, _ = check_history(self.program.finish(Millis(self.clock + 1)))
        assert broken == []


def _run_hypothesis(*phases: Phase) -> None:
    hypothesis_settings = settings(examples(150), stateful_step_count=30, phases=phases)
    with simulated_deployment("pure") as Promises.deployment:
        run_state_machine_as_test(Promises, settings=hypothesis_settings)


def test_hypothesis_finds_no_step_that_breaks_a_promise() -> None:
    _run_hypothesis(Phase.generate, Phase.shrink)


def test_hypothesis_finds_a_planted_bug() -> None:
    with pytest.MonkeyPatch.context() as patch:
        BUGS["last arrival wins"](patch)
        with pytest.raises(AssertionError):
            _run_hypothesis(Phase.generate)
