"""Prints tables for people and JSON for programs.

A terminal gets colours and lines. A pipe, a file and a terminal with `NO_COLOR` get aligned plain text.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

import rich_click as click

from heed.config import Shell

_GAP = "  "


def is_styled(stream: TextIO) -> bool:
    """Returns whether a stream shows colours and lines."""
    return stream.isatty() and not Shell().is_plain


def escape_for_terminal(text: str) -> str:
    """Returns the text with escapes for control characters and for characters that cannot be encoded."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def print_json(value: object) -> None:
    """Prints a value as JSON on one line."""
    print(json.dumps(value))


def print_table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Prints rows under the names of their columns."""
    header = [column.replace("_", " ").upper() for column in columns]
    cells = [[format_cell(row[column]) for column in columns] for row in rows]
    if not is_styled(sys.stdout):
        _print_aligned([header, *cells])
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name, *column in zip(header, *cells, strict=True):
        # A cell is wrapped at spaces alone, so that a person can copy an id or a time.
        table.add_column(name, min_width=max(len(word) for cell in (name, *column) for word in cell.split()))
    for row in cells:
        table.add_row(*map(Text, row))  # a Text has no markup: square brackets are just characters
    Console().print(table, crop=False)


def print_facts(facts: Mapping[str, object]) -> None:
    """Prints one name with its value per line. A value is never wrapped, so that a person can copy it."""
    width = max(map(len, facts))
    for name, value in facts.items():
        label = name.ljust(width)
        print(click.style(label, bold=True) if is_styled(sys.stdout) else label, format_cell(value), sep=_GAP)


def print_answer(answer: Mapping[str, object], *, as_json: bool) -> None:
    """Prints an answer of the API, as JSON or as facts."""
    if as_json:
        print_json(answer)
    else:
        print_facts({name.replace("_", " "): value for name, value in answer.items()})


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
