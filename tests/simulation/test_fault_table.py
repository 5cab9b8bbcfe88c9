"""The table of faults is whole, and what it says is out of reach is."""

from __future__ import annotations

from pathlib import Path

from tests.simulation.attacker import WAYS
from tests.simulation.fault_table import INJECTED, ROWS, How
from tests.simulation.nemesis import KINDS, MEANS

ROOT = Path(__file__).parents[2]


def test_the_table_has_the_46_faults_and_each_says_where_or_why_not() -> None:
    assert [row.number for row in ROWS] == list(range(1, 47))
    assert all(row.fault and row.where for row in ROWS)


def test_every_kind_of_the_nemesis_is_a_row_that_counts() -> None:
    assert {kind.number for kind in KINDS.values()} <= set(INJECTED)


def test_every_means_of_the_attacker_is_one_that_is_drawn_and_counted() -> None:
    assert tuple(WAYS) == MEANS


def test_no_code_uses_transactions_whose_faults_are_left_out() -> None:
    sources = (path for part in ("layers/core", "functions") for path in (ROOT / part).rglob("*.py"))
    assert not [path.name for path in sources if "transact_" in path.read_text()]


def test_every_test_that_a_row_names_is_there() -> None:
    named = [
        word.rstrip(",;")
        for row in ROWS
        if row.how is not How.NONE
        for word in row.where.split()
        if ".py" in word
    ]
    folder = Path(__file__).parent
    assert all((ROOT / one).exists() or (folder / one).exists() for one in named)
