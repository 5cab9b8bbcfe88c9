"""`python -m tests.architecture.dashboard_picture` draws docs/pictures/dashboard.svg.

The widgets, their places and their metrics are those of template.yaml. The numbers are those of the last week
of a demo (`dashboard_demo.py`, which plays it again and draws the picture, too).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from tests.architecture.dashboard_numbers import POINTS, metric_key, week_of_demo
from tests.support.dashboard import STACK_NAMESPACE, DashboardMetric, DashboardWidget, dashboard_widgets
from tests.support.iam_policies import RESOURCES

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "dashboard.svg"

Series = Sequence[float | None]
_COLUMN, _ROW, _MARGIN, _GAP = 45, 38, 22, 10  # pixels
_COLOURS = (
    "#12495a", "#b3541e", "#3f7d3a", "#6d3a78", "#8a6d1f", "#2e6fb0",
    "#b0306a", "#55606b", "#0f8a83", "#a33a2c", "#5b57b8",
)  # fmt: skip
_STYLE = """text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:#1a2026}
.b{font-size:14px;font-weight:600} .s{font-size:11px;fill:#55606b}
rect.card{fill:#fff;stroke:#c5cacf} .paper{fill:#f3f2ee}
.grid{stroke:#e2e5e8} .none{fill:#fff;stroke:#55606b}
polyline{fill:none;stroke-width:1.6;stroke-linejoin:round}"""
_OF_THE_ACCESS_LOG = {
    transformation["MetricName"]
    for resource in RESOURCES.values()
    if resource["Type"] == "AWS::Logs::MetricFilter"
    and resource["Properties"]["LogGroupName"] == {"Ref": "ApiLogs"}
    for transformation in resource["Properties"]["MetricTransformations"]
}
"""The metrics that count lines of the access log, which the local stack does not have."""
_FOOT = 24  # pixels, for the words under the graphs


def draw_dashboard() -> str:
    """Returns the picture as SVG."""
    widgets = dashboard_widgets()
    height = 2 * _MARGIN + _ROW * max(widget.y + widget.height for widget in widgets) + _FOOT
    width = 2 * _MARGIN + 24 * _COLUMN
    title = (
        f"The dashboard of a stack: the last week of a demo with {week_of_demo().people:,} invented people"
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="t">',
        f'<title id="t">{title}</title>',
        f"<style>\n{_STYLE}\n</style>",
        f'<rect class="paper" width="{width}" height="{height}" rx="16"/>',
    ]
    for widget in widgets:
        lines.extend(_draw_alarms(widget) if widget.kind == "alarm" else _draw_graph(widget))
    foot = f"{title}. An empty square: only AWS publishes this metric, so the demo has no numbers of it."
    lines.append(f'<text class="s" x="{_MARGIN + _GAP}" y="{height - _MARGIN}">{foot}</text>')
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
        yield f'<rect class="none" x="{x}" y="{top + 32}" width="{round(step) - 10}" height="26" rx="6"/>'
        yield f'<text x="{x + 10}" y="{top + 50}">{words}</text>'


def _draw_graph(widget: DashboardWidget) -> Iterator[str]:
    yield from _draw_card(widget)
    left, top, width, height = _card(widget)
    legend = list(_lay_out_legend(widget, left + 14, left + width - 14))
    x0, x1 = left + 52, left + width - 40
    y0, y1 = top + 36, top + height - 30 - 16 * (legend[-1][1] + 1)
    series = _read_series(widget)
    if widget.properties.get("stacked"):
        sums = [0.0] * POINTS
        for n, values in series.items():
            sums = [below + (value or 0) for below, value in zip(sums, values, strict=True)]
            series[n] = sums
    tops = {
        side: _round_up(
            max(
                (v for n, s in series.items() if widget.metrics[n].on_the_right == side for v in s if v),
                default=0,
            )
        )
        for side in (False, True)
    }
    yield from _draw_axes(widget, (x0, x1, y0, y1), tops)
    for n, values in reversed(series.items()):
        highest = tops[widget.metrics[n].on_the_right]
        for run in _runs(values):
            points = [
                (round(x0 + (x1 - x0) * i / (POINTS - 1)), round(y1 - (y1 - y0) * value / highest))
                for i, value in run
            ]
            path = " ".join(f"{x},{y}" for x, y in points)
            if widget.properties.get("stacked"):
                yield f'<polygon fill="{_COLOURS[n]}" points="{path} {x1},{y1} {x0},{y1}"/>'
            elif len(points) > 1:
                yield f'<polyline stroke="{_COLOURS[n]}" points="{path}"/>'
            else:
                yield f'<circle fill="{_COLOURS[n]}" cx="{points[0][0]}" cy="{points[0][1]}" r="2.5"/>'
    for n, (x, line, label) in enumerate(legend):
        y = top + height - 12 - 16 * (legend[-1][1] - line)
        look = f'fill="{_COLOURS[n]}"' if n in series else 'class="none"'
        yield f'<rect {look} x="{x}" y="{y - 9}" width="10" height="10" rx="2"/>'
        yield f'<text class="s" x="{x + 15}" y="{y}">{escape(label)}</text>'


def _runs(values: Series) -> Iterator[list[tuple[int, float]]]:
    """Yields each run of points that have data, as their numbers and values."""
    for is_present, run in groupby(enumerate(values), lambda point: point[1] is not None):
        if is_present:
            yield [(i, value) for i, value in run if value is not None]


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


def _read_series(widget: DashboardWidget) -> dict[int, Series]:
    """Returns the numbers of each metric that the demo has, by its place in the legend."""
    return {
        n: week_of_demo().series(key, widget.properties["stat"])
        for n, metric in enumerate(widget.metrics)
        if (key := demo_key(metric))
    }


def demo_key(metric: DashboardMetric) -> str:
    """Returns the name of a metric in the numbers of the demo, or "" if only AWS publishes it."""
    if metric.namespace == STACK_NAMESPACE:
        return "" if metric.name in _OF_THE_ACCESS_LOG else metric_key(metric.name, metric.dimensions)
    names = [(name, re.findall(r"^\$\{(\w+)", value)[0]) for name, value in metric.dimensions]
    key = metric_key(metric.name, names)
    return key if key in week_of_demo().metrics else ""


def _round_up(highest: float) -> float:
    """Returns the least number of the form 1, 2 or 5 times a power of ten that is not below `highest`."""
    if highest <= 1:
        return 1.0
    power: int = 10 ** math.floor(math.log10(highest))
    return float(next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= highest))


if __name__ == "__main__":
    PICTURE.write_text(draw_dashboard())
