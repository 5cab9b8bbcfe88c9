"""Generates docs/threats.md from the marks of tests: `python -m tests.threats` writes it.

A test that tries an attack has the mark `threat(id, attack, defence)`. The marks are read from the source,
so a test that is renamed or deleted removes its row, and the comparison with the page fails.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "threats.md"

GROUPS = {
    "B": "What a red team broke in November 2026",
    "A": "What users of a trial found",
    "W": "What the red team found weak",
    "T": "Threats that the first design considered",
    "U": "Attacks on Undo",
    "M": "Attacks by way of an assistant",
}
NOT_TRIED = {
    "W16": "Somebody changes `c`, `r` or `lang` in a link. All three are only hints (docs/evidence.md).",
    "T5": "Somebody with a stolen list of links opts everybody out. "
    "A link exists to opt out, so Heed permits it. The ledger names the link and its campaign.",
    "T21": "An exported file of people leaks. Heed exports no such file yet.",
    "T25": "One tenant reads another's data. A deployment has one tenant, and an AWS account is its border.",
}

_INTRODUCTION = """\
# Threats

This page lists attacks on Heed. Each row has the defence and the test.
`make test` tries every attack again.
[SECURITY.md](../SECURITY.md) says what Heed does not guard against.

Generated from the `threat` marks of the tests by `python -m tests.threats`.
A test compares the page with the marks.
"""


class Threat(NamedTuple):
    """One mark of one test."""

    id: str
    attack: str
    defence: str
    test: str


def threats() -> list[Threat]:
    """Returns every mark, in the order of the page."""
    found = [mark for file in sorted((ROOT / "tests").rglob("test_*.py")) for mark in _marks(file)]
    return sorted(found, key=lambda mark: (*_place(mark.id), mark.test))


def page() -> str:
    """Returns the page that the marks make."""
    parts = [_INTRODUCTION]
    marks = threats()
    for letter, title in GROUPS.items():
        rows = [mark for mark in marks if mark.id.startswith(letter)]
        parts.append(f"\n## {title}\n\n| id | attack | defence | test |\n|---|---|---|---|\n")
        parts += [f"| {m.id} | {m.attack} | {m.defence} | `{m.test}` |\n" for m in rows]
    parts.append("\n## Not tried\n\n| id | attack, and why no test tries it |\n|---|---|\n")
    parts += [f"| {name} | {why} |\n" for name, why in NOT_TRIED.items()]
    return "".join(parts)


def _place(name: str) -> tuple[int, int]:
    return list(GROUPS).index(name[0]), int(re.sub(r"\D", "", name))


def _marks(file: Path) -> Iterator[Threat]:
    text = file.read_text(encoding="utf-8")
    if "mark.threat" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.threat":
                    name, attack, defence = map(ast.literal_eval, mark.args)
                    where = file.relative_to(ROOT)
                    yield Threat(name, attack, defence, f"{where}::{node.name}")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}: {len(threats())} marks\n")
