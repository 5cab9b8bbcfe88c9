"""Machines drive the real handlers with random events under random faults, and keep every promise."""

from __future__ import annotations

import pytest

from tests.faults.runner import Outcome, run, run_on_all_cores
from tests.faults.table import INJECTED

INVARIANTS = {"I1", "I2", "I3", "I4", "I5", "I6", "I8", "I9", "I11", "I14"}


def _held(outcome: Outcome) -> None:
    assert not outcome.broken, "\n".join(outcome.broken[:3])
    assert [number for number in INJECTED if not outcome.faults[number]] == []
    assert {name for name, times in outcome.checked.items() if times} == INVARIANTS


def test_a_few_machines_keep_every_promise() -> None:
    assert run("pure", range(60), 12).broken == []
    assert run("moto", range(2), 12).broken == []


def test_one_seed_is_one_run() -> None:
    one, other = run("pure", range(15), 12), run("pure", range(15), 12)
    assert (one.faults, one.checked) == (other.faults, other.checked)


@pytest.mark.system
def test_machines_on_a_store_in_memory_keep_every_promise(pytestconfig: pytest.Config) -> None:
    _held(run_on_all_cores("pure", 0, 20_000 if pytestconfig.option.full else 4_000, 30))


@pytest.mark.system
def test_machines_on_moto_keep_every_promise(pytestconfig: pytest.Config) -> None:
    _held(run_on_all_cores("moto", 0, 200 if pytestconfig.option.full else 60, 30))
