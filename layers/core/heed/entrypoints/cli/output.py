"""What is printed: aligned plain text for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

_GAP = "  "


def escape_for_terminal(text: str) -> str:
    """The text without anything that a terminal would obey, or that cannot be written: escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def print_json(value: object) -> None:
    """One value, on one line."""
    print(json.dumps(value))


def print_table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Rows by the names of their columns, with those names above."""
    head = [column.replace("_", " ").upper() for column in columns]
    _say([head, *([format_cell(row[column]) for column in columns] for row in rows)])


def print_facts(facts: Mapping[str, object]) -> None:
    """A name and a value a line."""
    _say([[name, format_cell(value)] for name, value in facts.items()])


def format_cell(value: object) -> str:
    """A JSON value as people read it."""
    if value is None or value in ("", [], {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(
            f"{escape_for_terminal(str(name))}={format_cell(each)}" for name, each in value.items()
        )
    if isinstance(value, list):
        return ", ".join(format_cell(each) for each in value)
    return escape_for_terminal(str(value))


def _say(rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        aligned = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        print(_GAP.join(aligned).rstrip())
