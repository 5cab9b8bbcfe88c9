"""Tests the checker: it finds each planted bug within a few thousand programs."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from itertools import chain
from types import ModuleType

import pytest

from heed.domain.milliseconds import Millis
from heed.use_cases.preferences import save_preferences
from tests.domain import oracle
from tests.simulation import checker, erasures, history, imports, invariants, presses
from tests.simulation.deployment import SimulatedDeployment, simulated_deployment
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
    "opt in at same instant lifts opt out": 1_039,
    "page shows undo to every viewer": 751,
    "undo works with link of another person": 210,
    "erasure deletes opt out by privacy signal": 154,
    "unprocessed keys count as no record": 134,
    "mail is deleted before its opt out is stored": 124,
    "several registers are stored without condition": 105,
    "same file after its taking back stops nobody": 103,
    "second import replaces the stop of the first": 103,
    "unreadable record is sendable": 91,
    "opt in at wider scope lifts opt out": 81,
    "snapshot is as of the end of its reading": 80,
    "withdrawn consent counts again": 78,
    "scanner with privacy signal stops advertising": 64,
    "undoable press replaces active press": 59,
    "same file as another job counts twice": 58,
    "taking back lifts the stops of every import": 58,
    "import of the instant of an erasure is recorded": 57,
    "taking back lifts a hold": 49,
    "throttled row of an import is dropped": 38,
    "import from before an erasure is recorded": 33,
    "import is recorded for a minor": 33,
    "snapshot leaves out unreadable records": 27,
    "commit applied twice counts twice": 20,
}
"""Where the search for a bug begins that no early program shows. All other programs follow."""
CRASH_ERRORS = ("AttributeError", "TypeError", "NameError")


@pytest.fixture(scope="module")
def deployment() -> Iterator[SimulatedDeployment]:
    with simulated_deployment("pure") as simulation:
        yield simulation


@pytest.mark.system
@pytest.mark.parametrize("name", BUGS)
def test_the_checker_finds_the_bug(deployment: SimulatedDeployment, name: str) -> None:
    _find_bug(
        deployment,
        BUGS[name],
        lambda seed: draw_program(seed, STEP_COUNT, has_jobs=False),
        FIRST_SEEDS.get(name, 0),
    )


@pytest.mark.system
@pytest.mark.parametrize("name", JOB_BUGS)
def test_the_checker_finds_the_bug_of_jobs(deployment: SimulatedDeployment, name: str) -> None:
    _find_bug(
        deployment,
        JOB_BUGS[name],
        lambda seed: draw_program(seed, STEP_COUNT_WITH_JOBS, has_jobs=True),
        FIRST_SEEDS.get(name, 0),
    )


def _find_bug(
    deployment: SimulatedDeployment,
    plant: Callable[[pytest.MonkeyPatch], None],
    program: Callable[[int], list[Step]],
    first_seed: int,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
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


def test_the_checker_finds_an_undo_that_counts_after_a_hold(deployment: SimulatedDeployment) -> None:
    """Three steps that seldom meet by chance."""
    link = {"who": 0, "scope": 2, "issued_at": NOW, "press_kind": "this", "signal": False, "key": 1}
    hold = {"who": 0, "spelling": 0, "action": "x:hold", "scope": 0}
    steps = [
        Step("press", NOW, link),
        Step("officer", Millis(NOW + 1), hold),
        Step("undo", Millis(NOW + 2), {"from_end": 1, "issued_at": NOW, "signal": False}),
    ]
    with pytest.MonkeyPatch.context() as patch:
        assert run_and_check(deployment, steps)[0] == []
        patch.setattr(save_preferences, "refuses_opt_ins", lambda _: False)
        assert run_and_check(deployment, steps)[0] == ["step 3: I15: a press was taken back under a hold"]
