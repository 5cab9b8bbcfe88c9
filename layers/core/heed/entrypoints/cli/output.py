"""Prints aligned plain text for people and JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

_GAP = "  "


def escape_for_terminal(text: str) -> str:
    """Returns the text with escapes for control characters and for characters that cannot be encoded."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def print_json(value: object) -> None:
    """Prints a value as JSON on one line."""
    print(json.dumps(value))


def print_table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Prints rows under the names of their columns."""
    header = [column.replace("_", " ").upper() for column in columns]
    _print_aligned([header, *([format_cell(row[column]) for column in columns] for row in rows)])


def print_facts(facts: Mapping[str, object]) -> None:
    """Prints one name with its value per line."""
    _print_aligned([[name, format_cell(value)] for name, value in facts.items()])


def format_cell(value: object) -> str:
    """Returns a JSON value as text for people."""
    if value is None or value in ("", [], {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(
            f"{escape_for_terminal(str(name))}={format_cell(item)}" for name, item in value.items()
        )
    if isinstance(value, list):
        return ", ".join(format_cell(item) for item in value)
    return escape_for_terminal(str(value))


def _print_aligned(rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        print(_GAP.join(cells).rstrip())
