"""The dashboard of template.yaml, with the shorthand of its metrics expanded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.support.template import template

STACK_NAMESPACE = "Heed/${AWS::StackName}"
_SAME, _ALL_BEFORE = ".", "..."  # the shorthand of CloudWatch


@dataclass(frozen=True)
class DashboardMetric:
    """A metric of a widget. References to resources stay as the template has them, such as `${HttpApi}`."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    label: str
    on_the_right: bool


@dataclass(frozen=True)
class DashboardWidget:
    """A widget. Its place and size are in the units of the grid, which has 24 columns."""

    kind: str
    x: int
    y: int
    width: int
    height: int
    properties: dict[str, Any]
    metrics: tuple[DashboardMetric, ...]


def dashboard_widgets(*, optional: bool = True) -> list[DashboardWidget]:
    """Returns the widgets of the dashboard, in the order of the template.

    Args:
        optional: whether the stack has the queues that not every stack has.
    """
    body, inserted = template()["Resources"]["OperationsDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    for name, condition in inserted.items():
        _, present, absent = condition["Fn::If"]
        body = body.replace(f"${{{name}}}", present["Fn::Sub"] if optional else absent)
    return [
        DashboardWidget(
            widget["type"],
            widget["x"],
            widget["y"],
            widget["width"],
            widget["height"],
            widget["properties"],
            tuple(_expand(widget["properties"].get("metrics", []))),
        )
        for widget in json.loads(body)["widgets"]
    ]


def _expand(rows: list[list[Any]]) -> list[DashboardMetric]:
    metrics = []
    above: list[str] = []
    for row in rows:
        options = row[-1] if isinstance(row[-1], dict) else {}
        fields = [field for field in row if not isinstance(field, dict)]
        if fields[0] == _ALL_BEFORE:
            fields = above[: len(above) - len(fields) + 1] + fields[1:]
        fields = [above[place] if field == _SAME else field for place, field in enumerate(fields)]
        pairs = tuple(zip(fields[2::2], fields[3::2], strict=True))
        label = options.get("label", fields[-1])
        metrics.append(DashboardMetric(fields[0], fields[1], pairs, label, options.get("yAxis") == "right"))
        above = fields
    return metrics
