"""A chart of numbers as SVG: a stacked bar for each row. It has no script and no style of its own.

The page gives each column its colour by a class, such as `opted_out`, and shows the same numbers as a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from heed.domain.numbers.numbers import NumberColumn, NumberRow

WIDTH, HEIGHT = 720, 200  # of the drawing, in its own units
_LEFT, _TOP, _BOTTOM = 48, 12, 24  # room for the labels
_GAP = 0.15  # of the width of a row, between two bars


def draw_chart(
    rows: Sequence[NumberRow], title: str, description: str, names: Mapping[NumberColumn, str]
) -> Markup:
    """Returns the chart, to be put into a page as it is.

    Args:
        rows: the rows, from left to right; at least one.
        title: the name of the chart, for screen readers.
        description: what the chart shows, in a sentence, for screen readers.
        names: the columns to draw, from bottom to top, with their names in the language of the page.
    """
    highest = max(sum(row.count_of(column) for column in names) for row in rows)
    top = _round_up(highest)
    parts = [
        Markup('<title id="chart-title">{}</title><desc id="chart-desc">{}</desc>').format(
            title, description
        ),
        _label(_LEFT - 6, _TOP + 4, "end", f"{top:,}"),
        _label(_LEFT - 6, HEIGHT - _BOTTOM, "end", "0"),
        _label(_LEFT, HEIGHT - 6, "start", rows[0].key),
        _line(_TOP),
        *_bars(rows, top, names),
        _line(HEIGHT - _BOTTOM),
    ]
    if len(rows) > 1:
        parts.append(_label(WIDTH, HEIGHT - 6, "end", rows[-1].key))
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="chart-title chart-desc">{}</svg>'
    ).format(WIDTH, HEIGHT, Markup().join(parts))


def _bars(rows: Sequence[NumberRow], top: int, names: Mapping[NumberColumn, str]) -> Iterator[Markup]:
    """Yields a rectangle for each count that is not zero. A pointer that rests on it shows the number."""
    step = (WIDTH - _LEFT) / len(rows)
    room = HEIGHT - _TOP - _BOTTOM
    for place, row in enumerate(rows):
        base = 0
        for column, name in names.items():
            if not (count := row.count_of(column)):
                continue
            base += count
            yield Markup(
                '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>'
            ).format(
                column.value,
                round(_LEFT + (place + _GAP / 2) * step, 2),
                round(HEIGHT - _BOTTOM - base / top * room, 2),
                round(step * (1 - _GAP), 2),
                round(count / top * room, 2),
                f"{row.key}: {count:,} {name}",
            )


def _label(x: int, y: int, anchor: str, text: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(x, y, anchor, text)


def _line(y: int) -> Markup:
    return Markup('<line x1="{}" x2="{}" y1="{}" y2="{}"/>').format(_LEFT, WIDTH, y, y)


def _round_up(highest: int) -> int:
    """Returns the least number of the form 1, 2 or 5 times a power of ten that is not below `highest`."""
    power = 10 ** (len(str(highest)) - 1)
    steps: Iterator[int] = (factor * power for factor in (1, 2, 5, 10))
    return next(step for step in steps if step >= highest)
