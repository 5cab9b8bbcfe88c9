"""What is printed: aligned plain text for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

_GAP = "  "


def clean(text: str) -> str:
    """The text without anything that a terminal would obey, or that cannot be written: escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def say_json(value: object) -> None:
    """One value, on one line."""
    print(json.dumps(value))


def say_table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Rows by the names of their columns, with those names above."""
    head = [column.replace("_", " ").upper() for column in columns]
    _say([head, *([cell(row[column]) for column in columns] for row in rows)])


def say_facts(facts: Mapping[str, object]) -> None:
    """A name and a value a line."""
    _say([[name, cell(value)] for name, value in facts.items()])


def cell(value: object) -> str:
    """A JSON value as people read it."""
    if value is None or value in ("", [], {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{clean(str(name))}={cell(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(cell(each) for each in value)
    return clean(str(value))


def _say(rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        aligned = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        print(_GAP.join(aligned).rstrip())
