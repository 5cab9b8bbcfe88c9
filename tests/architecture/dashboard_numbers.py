"""The metrics of a week of the demo, from which the picture of the dashboard is drawn.

All metrics of the week are kept, also those that the dashboard does not have, so that it can change.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

NUMBERS = Path(__file__).parents[1] / "data" / "dashboard.json"
POINTS = 56  # of a week: one for three hours
POINT_MS = 3 * 3_600_000

Values = dict[int, list[float]]
"""What was published within each point, by the number of the point."""


@dataclass(frozen=True)
class WeekOfDemo:
    """The last week of a demo.

    Attributes:
        people: the invented people.
        weeks: the weeks of the demo.
        metrics: the values of each metric, by its name with its dimensions.
    """

    people: int
    weeks: int
    metrics: Mapping[str, Values]

    def series(self, key: str, statistic: str) -> list[float | None]:
        """Returns a statistic of a metric for each point. None is a point without data.

        What is counted and does not happen is 0. CloudWatch leaves a gap there.
        """
        values = self.metrics.get(key, {})
        return [_compute(values.get(point, []), statistic) for point in range(POINTS)]

    def save(self) -> None:
        """Writes the week, a metric on each line."""
        rows = (f"{json.dumps(key)}: {json.dumps(values)}" for key, values in sorted(self.metrics.items()))
        metrics = ",\n".join(rows)
        NUMBERS.write_text(
            f'{{"people": {self.people}, "weeks": {self.weeks}, "metrics": {{\n{metrics}\n}}}}\n'
        )


@cache
def week_of_demo() -> WeekOfDemo:
    """Returns the week that is kept."""
    content = json.loads(NUMBERS.read_text())
    metrics = {
        key: {int(point): values for point, values in points.items()}
        for key, points in content["metrics"].items()
    }
    return WeekOfDemo(content["people"], content["weeks"], metrics)


def metric_key(name: str, dimensions: Iterable[tuple[str, str]]) -> str:
    """Returns the name of a metric with its dimensions, which have no order."""
    return " ".join([name, *(f"{dimension}={value}" for dimension, value in sorted(dimensions))])


def point_of(at: float, end: int) -> int | None:
    """Returns the point of a time in the week that ends at `end`, or None. Both are in milliseconds."""
    point = math.floor((at - end) / POINT_MS) + POINTS
    return point if 0 <= point < POINTS else None


def read_metrics(log: Iterable[str], counted: Mapping[str, str], end: int) -> dict[str, Values]:
    """Reads a log of functions.

    Args:
        log: its lines. Other lines are among them.
        counted: the metric that counts lines with a message, by the message.
        end: the end of the week, in milliseconds.
    """
    found: dict[str, Values] = defaultdict(lambda: defaultdict(list))
    for line in log:
        for key, at, values in _published(_parse(line), counted):
            if (point := point_of(at, end)) is not None:
                found[key][point] += values
    return {key: dict(sorted(values.items())) for key, values in found.items()}


def _parse(line: str) -> dict[str, Any]:
    """Returns the object of a line, or an empty one."""
    try:
        parsed = json.loads(line) if line.startswith("{") else {}
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _published(
    entry: Mapping[str, Any], counted: Mapping[str, str]
) -> Iterator[tuple[str, float, Sequence[float]]]:
    """Yields each metric of an entry of a log, its time in milliseconds, and its values."""
    if "_aws" in entry:
        for directive in entry["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                values = entry[metric["Name"]]
                for names in directive["Dimensions"]:
                    key = metric_key(metric["Name"], ((name, entry[name]) for name in names))
                    yield key, entry["_aws"]["Timestamp"], values if isinstance(values, list) else [values]
    elif name := counted.get(str(entry.get("message"))):
        at = datetime.strptime(entry["timestamp"], "%Y-%m-%d %H:%M:%S,%f%z")
        yield name, 1_000 * at.timestamp(), [1]


def _compute(values: Sequence[float], statistic: str) -> float | None:
    match statistic:
        case "Sum":
            return float(sum(values))
        case "SampleCount":
            return float(len(values))
        case "Maximum":
            return max(values, default=None)
        case _:
            assert statistic == "p99"
            return sorted(values)[math.ceil(0.99 * len(values)) - 1] if values else None
