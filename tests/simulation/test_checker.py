"""Tests the checker: it finds each planted bug within a few thousand programs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from heed.domain.milliseconds import Millis
from heed.use_cases.preferences import save_preferences
from tests.simulation.deployment import simulated_deployment
from tests.simulation.planted_bugs import BUGS
from tests.simulation.runner import trial
from tests.simulation.steps import Step, program
from tests.support.deployment import NOW

WITHIN = 5_000  # programs
LENGTH = 12
MISFITS = ("AttributeError", "TypeError", "NameError")


@pytest.mark.system
@pytest.mark.parametrize("put_in", BUGS.values(), ids=BUGS.keys())
def test_the_checker_finds_the_bug(put_in: Callable[[pytest.MonkeyPatch], None]) -> None:
    with simulated_deployment("pure") as stage, pytest.MonkeyPatch.context() as patch:
        put_in(patch)
        broken = next(broken for seed in range(WITHIN) if (broken := trial(stage, program(seed, LENGTH))[0]))
        # A bug that no longer fits the code crashes. That is not a broken promise.
        assert not any(name in line for line in broken for name in MISFITS)


def test_the_checker_finds_an_undo_that_counts_after_a_hold() -> None:
    """Three steps that seldom meet by chance."""
    link = {"who": 0, "scope": 2, "issued": NOW, "how": "this", "signal": False, "key": 1}
    hold = {"who": 0, "spelling": 0, "does": "x:hold", "scope": 0}
    steps = [
        Step("press", NOW, link),
        Step("officer", Millis(NOW + 1), hold),
        Step("undo", Millis(NOW + 2), {"from_end": 1, "issued": NOW, "signal": False}),
    ]
    with simulated_deployment("pure") as stage, pytest.MonkeyPatch.context() as patch:
        assert trial(stage, steps)[0] == []
        patch.setattr(save_preferences, "refuses_opt_ins", lambda _: False)
        assert trial(stage, steps)[0] == ["step 3: I15 a press was taken back under a hold"]
