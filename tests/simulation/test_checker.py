"""Tests the checker: it finds each planted bug within a few thousand programs."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from itertools import chain
from types import ModuleType

import pytest

from heed.domain.milliseconds import Millis
from heed.use_cases.preferences import save_preferences
from tests.domain import oracle
from tests.simulation import checker, erasures, history, imports, invariants, presses
from tests.simulation.deployment import simulated_deployment
from tests.simulation.planted_bugs import BUGS
from tests.simulation.planted_job_bugs import JOB_BUGS
from tests.simulation.runner import run_and_check
from tests.simulation.steps import Step, draw_program
from tests.support.deployment import NOW

MAX_PROGRAMS = 5_000  # programs
STEP_COUNT, STEP_COUNT_WITH_JOBS = 14, 30
FIRST_SEEDS = {
    "undo reverts later press": 2_662,
    "unconfirmed opt in lifts complaint": 1_942,
    "report of minor deletes hold": 1_132,
    "page shows undo to every viewer": 751,
    "second import replaces the stop of the first": 103,
    "same file after its taking back stops nobody": 103,
}
"""Where the search for a rare bug begins. All other programs follow."""
CRASH_ERRORS = ("AttributeError", "TypeError", "NameError")


@pytest.mark.system
@pytest.mark.parametrize("name", BUGS)
def test_the_checker_finds_the_bug(name: str) -> None:
    _find_bug(
        BUGS[name],
        lambda seed: draw_program(seed, STEP_COUNT, has_jobs=False),
        FIRST_SEEDS.get(name, 0),
    )


@pytest.mark.system
@pytest.mark.parametrize("name", JOB_BUGS)
def test_the_checker_finds_the_bug_of_jobs(name: str) -> None:
    _find_bug(
        JOB_BUGS[name],
        lambda seed: draw_program(seed, STEP_COUNT_WITH_JOBS, has_jobs=True),
        FIRST_SEEDS.get(name, 0),
    )


def _find_bug(
    plant: Callable[[pytest.MonkeyPatch], None], program: Callable[[int], list[Step]], first_seed: int
) -> None:
    with simulated_deployment("pure") as deployment, pytest.MonkeyPatch.context() as patch:
        plant(patch)
        broken = next(
            broken
            for seed in chain(range(first_seed, MAX_PROGRAMS), range(first_seed))
            if (broken := run_and_check(deployment, program(seed))[0])
        )
        # A bug that no longer fits the code crashes. That is not a broken promise.
        assert not any(name in line for line in broken for name in CRASH_ERRORS)


@pytest.mark.parametrize("module", [checker, invariants, presses, imports, erasures, history, oracle])
def test_the_checker_imports_types_and_names_of_registers_and_no_rule(module: ModuleType) -> None:
    tree = ast.parse(inspect.getsource(module))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom | ast.Import)]
    modules = {(getattr(node, "module", ""), name.name) for node in imports for name in node.names}
    assert {name for source, name in modules if f"{source}.{name}".strip(".").startswith("heed")} <= {
        "Entry",
        "Millis",
        "Record",
        "Source",
        "decode_register",
    }


def test_the_checker_finds_an_undo_that_counts_after_a_hold() -> None:
    """Three steps that seldom meet by chance."""
    link = {"who": 0, "scope": 2, "issued_at": NOW, "press_kind": "this", "signal": False, "key": 1}
    hold = {"who": 0, "spelling": 0, "action": "x:hold", "scope": 0}
    steps = [
        Step("press", NOW, link),
        Step("officer", Millis(NOW + 1), hold),
        Step("undo", Millis(NOW + 2), {"from_end": 1, "issued_at": NOW, "signal": False}),
    ]
    with simulated_deployment("pure") as deployment, pytest.MonkeyPatch.context() as patch:
        assert run_and_check(deployment, steps)[0] == []
        patch.setattr(save_preferences, "refuses_opt_ins", lambda _: False)
        assert run_and_check(deployment, steps)[0] == ["step 3: I15: a press was taken back under a hold"]
