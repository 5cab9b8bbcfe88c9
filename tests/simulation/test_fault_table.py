"""The table of faults is complete, and the faults that it calls impossible are."""

from __future__ import annotations

import re
from pathlib import Path

from tests.simulation.attacker import ATTACK_METHODS
from tests.simulation.fault_table import INJECTED, ROWS, Coverage
from tests.simulation.nemesis import ATTACKS, FAULT_KINDS

ROOT = Path(__file__).parents[2]


def test_the_table_has_46_faults_and_each_names_its_test_or_its_reason() -> None:
    assert [row.number for row in ROWS] == list(range(1, 47))
    assert all(row.fault and row.where for row in ROWS)


def test_the_documentation_has_every_row_of_the_table() -> None:
    page = (ROOT / "docs" / "evidence.md").read_text()
    rows = re.findall(r"^\| (\d+) \| (.+) \| (by test|no|[\d,]+) \| (.+) \|$", page, re.MULTILINE)
    assert [(int(number), fault, where) for number, fault, _, where in rows] == [
        (row.number, row.fault, row.where) for row in ROWS
    ]
    tested = {Coverage.TEST: "by test", Coverage.NONE: "no"}
    assert all(
        count == tested.get(row.coverage, count) and (row.coverage in tested) is (not count[0].isdigit())
        for (_, _, count, _), row in zip(rows, ROWS, strict=True)
    )


def test_every_kind_of_fault_is_a_row_of_the_table() -> None:
    assert {kind.row for kind in FAULT_KINDS.values()} <= set(INJECTED)


def test_every_attack_is_drawn_and_counted() -> None:
    assert tuple(ATTACK_METHODS) == ATTACKS


def test_only_the_numbers_use_transactions() -> None:
    sources = [path for part in ("layers/core", "functions") for path in (ROOT / part).rglob("*.py")]
    assert [path.name for path in sources if "transact_" in path.read_text()] == ["table.py"]
    assert [path.name for path in sources if ".transact(" in path.read_text()] == ["numbers.py"]


def test_every_test_named_by_a_row_exists() -> None:
    named = [
        word.rstrip(",;")
        for row in ROWS
        if row.coverage is not Coverage.NONE
        for word in row.where.split()
        if ".py" in word
    ]
    folder = Path(__file__).parent
    assert all((ROOT / name).exists() or (folder / name).exists() for name in named)
