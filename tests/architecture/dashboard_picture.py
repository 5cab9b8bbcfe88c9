"""`python -m tests.architecture.dashboard_picture` draws docs/pictures/dashboard.svg.

The widgets, their places and their metrics are those of template.yaml. The numbers are samples: a week with
two mailings, of a sender with some hundred thousand readers.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from tests.support.dashboard import DashboardWidget, dashboard_widgets

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "dashboard.svg"

# For each graph, what each of its metrics has in a usual hour.
SAMPLES: dict[str, tuple[float, ...]] = {
    "Opt-outs by way": (46, 18, 9, 7, 2, 3, 2, 1, 0.5, 0.7, 1),
    "Time to effect: 99 of 100 within": (90, 110, 160, 1900, 2600, 3100),
    "Refused": (0, 0, 3, 0, 0.3),
    "Feedback of SES": (11, 8, 2, 1, 0.5),
    "Queues: age of the oldest message": (0, 6, 4, 9, 3, 5, 2),
    "Dead letters": (0, 0, 0, 0, 0, 1 / 50, 0, 0, 0),
    "Purges": (0.6, 0.2, 0, 0.4),
    "Ledger and seals": (110, 0, 1 / 8),
    "Jobs: imports, scrubs and snapshots": (1.2, 1.1, 0, 0),
}
_POINTS = 56  # of a week: one for three hours
_MAILINGS = (18, 39)  # the points at which a mailing is sent
_COLUMN, _ROW, _MARGIN, _GAP = 45, 38, 22, 10  # pixels
_COLOURS = (
    "#12495a", "#b3541e", "#3f7d3a", "#6d3a78", "#8a6d1f", "#2e6fb0",
    "#b0306a", "#55606b", "#0f8a83", "#a33a2c", "#5b57b8",
)  # fmt: skip
_STYLE = """text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:#1a2026}
.b{font-size:14px;font-weight:600} .s{font-size:11px;fill:#55606b}
rect.card{fill:#fff;stroke:#c5cacf} .paper{fill:#f3f2ee} .ok{fill:#e7f2e6;stroke:#3f7d3a}
.grid{stroke:#e2e5e8} polyline{fill:none;stroke-width:1.6;stroke-linejoin:round}"""


def draw_dashboard() -> str:
    """Returns the picture as SVG."""
    widgets = dashboard_widgets()
    height = 2 * _MARGIN + _ROW * max(widget.y + widget.height for widget in widgets)
    width = 2 * _MARGIN + 24 * _COLUMN
    title = "The dashboard of a stack, with sample numbers of a week"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="t">',
        f'<title id="t">{title}</title>',
        f"<style>\n{_STYLE}\n</style>",
        f'<rect class="paper" width="{width}" height="{height}" rx="16"/>',
    ]
    for widget in widgets:
        lines.extend(_draw_alarms(widget) if widget.kind == "alarm" else _draw_graph(widget))
    return "\n".join([*lines, "</svg>", ""])


def _card(widget: DashboardWidget) -> tuple[int, int, int, int]:
    """Returns the left, the top, the width and the height of a widget, in pixels."""
    return (
        _MARGIN + widget.x * _COLUMN + _GAP // 2,
        _MARGIN + widget.y * _ROW + _GAP // 2,
        widget.width * _COLUMN - _GAP,
        widget.height * _ROW - _GAP,
    )


def _draw_card(widget: DashboardWidget) -> Iterator[str]:
    left, top, width, height = _card(widget)
    yield f'<rect class="card" x="{left}" y="{top}" width="{width}" height="{height}" rx="8"/>'
    yield f'<text class="b" x="{left + 14}" y="{top + 22}">{escape(widget.properties["title"])}</text>'


def _draw_alarms(widget: DashboardWidget) -> Iterator[str]:
    yield from _draw_card(widget)
    left, top, width, _ = _card(widget)
    alarms = widget.properties["alarms"]
    step = (width - 28) / len(alarms)
    for place, arn in enumerate(alarms):
        (name,) = re.findall(r"(\w+)Alarm\.", arn)
        words = " ".join(re.findall("[A-Z][a-z]+", name)).lower()
        x = round(left + 14 + place * step)
        yield f'<rect class="ok" x="{x}" y="{top + 32}" width="{round(step) - 10}" height="26" rx="6"/>'
        yield f'<text x="{x + 10}" y="{top + 50}">OK: {words}</text>'


def _draw_graph(widget: DashboardWidget) -> Iterator[str]:
    yield from _draw_card(widget)
    left, top, width, height = _card(widget)
    legend = list(_lay_out_legend(widget, left + 14, left + width - 14))
    x0, x1 = left + 52, left + width - 40
    y0, y1 = top + 36, top + height - 30 - 16 * (legend[-1][1] + 1)
    series = list(_sample_series(widget))
    if widget.properties.get("stacked"):
        series = [[sum(column) for column in zip(*series[: n + 1], strict=True)] for n in range(len(series))]
    tops = {
        side: _round_up(
            max(
                (max(s) for s, m in zip(series, widget.metrics, strict=True) if m.on_the_right == side),
                default=0,
            )
        )
        for side in (False, True)
    }
    yield from _draw_axes(widget, (x0, x1, y0, y1), tops)
    drawn = list(enumerate(zip(series, widget.metrics, strict=True)))
    for n, (values, metric) in reversed(drawn):
        highest = tops[metric.on_the_right]
        points = [
            f"{round(x0 + (x1 - x0) * i / (_POINTS - 1))},{round(y1 - (y1 - y0) * value / highest)}"
            for i, value in enumerate(values)
        ]
        if widget.properties.get("stacked"):
            points += [f"{x1},{y1}", f"{x0},{y1}"]
            yield f'<polygon fill="{_COLOURS[n]}" points="{" ".join(points)}"/>'
        else:
            yield f'<polyline stroke="{_COLOURS[n]}" points="{" ".join(points)}"/>'
    for n, (x, line, label) in enumerate(legend):
        y = top + height - 12 - 16 * (legend[-1][1] - line)
        yield f'<rect fill="{_COLOURS[n]}" x="{x}" y="{y - 9}" width="10" height="10" rx="2"/>'
        yield f'<text class="s" x="{x + 15}" y="{y}">{escape(label)}</text>'


def _draw_axes(
    widget: DashboardWidget, plot: tuple[int, int, int, int], tops: dict[bool, float]
) -> Iterator[str]:
    x0, x1, y0, y1 = plot
    axes = widget.properties.get("yAxis", {})
    for y in (y0, (y0 + y1) // 2, y1):
        yield f'<line class="grid" x1="{x0}" y1="{y}" x2="{x1}" y2="{y}"/>'
    yield f'<text class="s" x="{x0 - 8}" y="{y0 + 4}" text-anchor="end">{tops[False]:g}</text>'
    yield f'<text class="s" x="{x0 - 8}" y="{y1 + 4}" text-anchor="end">0</text>'
    if any(metric.on_the_right for metric in widget.metrics):
        yield f'<text class="s" x="{x1 + 8}" y="{y0 + 4}">{tops[True]:g}</text>'
    unit = axes.get("left", axes.get("right", {})).get("label", "")
    yield f'<text class="s" x="{x1}" y="{y0 - 14}" text-anchor="end">{escape(unit)}</text>'
    yield f'<text class="s" x="{x0}" y="{y1 + 14}">7 days ago</text>'
    yield f'<text class="s" x="{x1}" y="{y1 + 14}" text-anchor="end">now</text>'


def _lay_out_legend(widget: DashboardWidget, left: int, right: int) -> Iterator[tuple[int, int, str]]:
    """Returns the left of each entry of a legend, its line, and its label."""
    x, line = left, 0
    for metric in widget.metrics:
        needed = 32 + round(5.9 * len(metric.label))
        if x + needed > right and x > left:
            x, line = left, line + 1
        yield x, line, metric.label
        x += needed


def _sample_series(widget: DashboardWidget) -> Iterator[Sequence[float]]:
    """Returns sample numbers for each metric of a graph, always the same."""
    title = widget.properties["title"]
    is_gauge = widget.properties["stat"] in ("p99", "Maximum")
    for metric, usual in zip(widget.metrics, SAMPLES[title], strict=True):
        yield [_sample(f"{title} {metric.label} {i}", usual, i, is_gauge=is_gauge) for i in range(_POINTS)]


def _sample(seed: str, usual: float, point: int, *, is_gauge: bool) -> float:
    chance = hashlib.sha256(seed.encode()).digest()[0] / 256
    if 0 < usual < 0.2:
        return float(point % round(1 / usual) == 5)
    day = 1 + 0.6 * math.sin(2 * math.pi * (point % 8) / 8 - 2)
    mailing = max((6 * math.exp(-(point - sent) / 2) for sent in _MAILINGS if point >= sent), default=0.0)
    value = usual * (day + mailing * (0.25 if is_gauge else 1)) * (0.7 + 0.6 * chance)
    return value if is_gauge else float(round(value))


def _round_up(highest: float) -> float:
    """Returns the least number of the form 1, 2 or 5 times a power of ten that is not below `highest`."""
    if highest <= 1:
        return 1.0
    power: int = 10 ** math.floor(math.log10(highest))
    return float(next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= highest))


if __name__ == "__main__":
    PICTURE.write_text(draw_dashboard())
