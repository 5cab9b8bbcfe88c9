"""Lays out a chart of numbers: a stacked bar for each row. `chart.html` draws it as SVG.

The page gives each column its colour by a class, such as `opted_out`, and shows the same numbers as a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from heed.domain.numbers.numbers import NumberColumn, NumberRow

WIDTH, HEIGHT = 720, 200  # of the drawing, in its own units; chart.html has the same
_LEFT, _TOP, _BOTTOM = 48, 12, 24  # room for the labels
_GAP = 0.15  # of the width of a row, between two bars


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartBar:
    """A rectangle: one count that is not zero. A pointer that rests on it shows the row and the count."""

    column: NumberColumn
    x: str
    y: str
    width: str
    height: str
    row: str
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart. The labels are the top of the scale, and the first and the last row."""

    top: str
    first: str
    last: str  # "": there is one row only
    bars: tuple[ChartBar, ...]


def lay_out_chart(rows: Sequence[NumberRow]) -> Chart:
    """Returns the chart of at least one row. The rows are from left to right."""
    top = _round_up(max(sum(row.count_of(column) for column in NumberColumn) for row in rows))
    return Chart(
        top=str(top),
        first=rows[0].key,
        last=rows[-1].key if len(rows) > 1 else "",
        bars=tuple(_bars(rows, top)),
    )


def _bars(rows: Sequence[NumberRow], top: int) -> Iterator[ChartBar]:
    step = (WIDTH - _LEFT) / len(rows)
    room = HEIGHT - _TOP - _BOTTOM
    for place, row in enumerate(rows):
        base = 0
        for column in NumberColumn:
            if not (count := row.count_of(column)):
                continue
            base += count
            yield ChartBar(
                column=column,
                x=str(round(_LEFT + (place + _GAP / 2) * step, 2)),
                y=str(round(HEIGHT - _BOTTOM - base / top * room, 2)),
                width=str(round(step * (1 - _GAP), 2)),
                height=str(round(count / top * room, 2)),
                row=row.key,
                count=str(count),
            )


def _round_up(highest: int) -> int:
    """Returns the least number of the form 1, 2 or 5 times a power of ten that is not below `highest`."""
    power = 10 ** (len(str(highest)) - 1)
    steps: Iterator[int] = (factor * power for factor in (1, 2, 5, 10))
    return next(step for step in steps if step >= highest)
