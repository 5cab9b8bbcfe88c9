"""The checker, checked: bugs that such systems had are put in, and each is caught within a few machines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.bugs import BUGS
from tests.faults.runner import trial
from tests.faults.stage import staged
from tests.faults.steps import program

WITHIN = 5_000  # machines
LENGTH = 12


@pytest.mark.system
@pytest.mark.parametrize("put_in", BUGS.values(), ids=BUGS.keys())
def test_the_bug_is_caught(put_in: Callable[[pytest.MonkeyPatch], None]) -> None:
    with staged("pure") as stage, pytest.MonkeyPatch.context() as patch:
        put_in(patch)
        assert any(trial(stage, program(seed, LENGTH))[0] for seed in range(WITHIN))
