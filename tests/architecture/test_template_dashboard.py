"""The dashboard of template.yaml: each metric exists, and each resource that it names."""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from heed.domain.preferences.register import Source
from tests.architecture.dashboard_numbers import (
    POINT_MS,
    POINTS,
    WeekOfDemo,
    metric_key,
    read_metrics,
    week_of_demo,
)
from tests.architecture.dashboard_picture import PICTURE, demo_key, draw_dashboard
from tests.architecture.test_docs import named, page
from tests.architecture.test_template_alarms import ALARMS_PAGE
from tests.architecture.test_template_queues import QUEUES, QUEUES_WITH_READER, SCHEDULED_QUEUES
from tests.support.dashboard import STACK_NAMESPACE, DashboardMetric, DashboardWidget, dashboard_widgets
from tests.support.iam_policies import FUNCTIONS, RESOURCES
from tests.support.python_files import parse_file, walk
from tests.support.template import variables

ROOT = Path(__file__).parents[2]
CORE = ROOT / "layers" / "core"
WIDGETS = dashboard_widgets()
METRICS = sorted({metric for widget in WIDGETS for metric in widget.metrics}, key=str)
GRID_COLUMNS = 24
FREE_METRICS = 50

# The metrics that AWS publishes for a resource: the dimension with its type, and the documented names.
AWS_METRICS = {
    "AWS/ApiGateway": ("ApiId", "AWS::Serverless::HttpApi", {"4xx", "5xx", "Count", "Latency"}),
    "AWS/Lambda": (
        "FunctionName",
        "AWS::Serverless::Function",
        {"Duration", "Errors", "Invocations", "IteratorAge", "Throttles"},
    ),
    "AWS/SQS": (
        "QueueName",
        "AWS::SQS::Queue",
        {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
    ),
    "AWS/States": (
        "StateMachineArn",
        "AWS::StepFunctions::StateMachine",
        {"ExecutionsAborted", "ExecutionsFailed", "ExecutionsSucceeded", "ExecutionsTimedOut"},
    ),
}


def _of(title: str) -> DashboardWidget:
    (widget,) = (each for each in WIDGETS if each.properties["title"] == title)
    return widget


def _name_of(metric: DashboardMetric) -> str:
    return f"{metric.name} {' '.join(value for _, value in metric.dimensions)}".strip()


@pytest.mark.parametrize(
    "metric", [each for each in METRICS if each.namespace != STACK_NAMESPACE], ids=_name_of
)
def test_a_metric_of_aws_is_documented_and_names_a_resource(metric: DashboardMetric) -> None:
    dimension, kind, names = AWS_METRICS[metric.namespace]
    ((name, value),) = metric.dimensions
    (resource,) = re.findall(r"^\$\{(\w+)(?:\.QueueName)?\}$", value)
    assert (name, RESOURCES[resource]["Type"]) == (dimension, kind)
    assert value.endswith(".QueueName}") == (kind == "AWS::SQS::Queue")
    assert metric.name in names


@pytest.mark.parametrize(
    "metric",
    [each for each in METRICS if each.namespace == STACK_NAMESPACE and not each.dimensions],
    ids=_name_of,
)
def test_a_metric_without_dimensions_counts_log_lines(metric: DashboardMetric) -> None:
    filters = [r["Properties"] for r in RESOURCES.values() if r["Type"] == "AWS::Logs::MetricFilter"]
    (counted,) = {
        str(transformation)
        for each in filters
        for transformation in each["MetricTransformations"]
        if transformation["MetricName"] == metric.name
    }
    assert "Dimensions" not in counted and STACK_NAMESPACE in counted


@pytest.mark.parametrize(
    "metric",
    [each for each in METRICS if each.namespace == STACK_NAMESPACE and each.dimensions],
    ids=_name_of,
)
def test_a_metric_of_a_function_is_counted_by_that_function(metric: DashboardMetric) -> None:
    service = dict(metric.dimensions)["service"]
    assert service in {variables(function)["POWERTOOLS_SERVICE_NAME"] for function in FUNCTIONS}
    assert metric.name in named(page("docs/reference/metrics.md"), "Metrics")
    files = _files_of(ROOT / "functions" / service.replace("-", "_") / "app.py")
    texts = {
        node.value
        for file in files
        for node in walk(parse_file(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert metric.name in texts


def _files_of(app: Path) -> set[Path]:
    """Returns the file of a function with all that it imports, without the composition root."""
    found: set[Path] = set()
    waiting = [app]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting.extend(_imported(file))
    return found


def _imported(file: Path) -> Iterator[Path]:
    for node in walk(parse_file(file)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("heed."):
            path = CORE / (node.module or "").replace(".", "/")
            if path.with_suffix(".py").exists():
                yield path.with_suffix(".py")
            elif path.name != "bootstrap":
                yield from (path / f"{a.name}.py" for a in node.names if (path / f"{a.name}.py").exists())


def test_only_the_latency_has_a_dimension_beside_the_function() -> None:
    for metric in METRICS:
        if metric.namespace == STACK_NAMESPACE and metric.dimensions:
            names = [name for name, _ in metric.dimensions]
            assert names == ["service"] + ["source"] * (metric.name == "SuppressionLatency")


def test_each_way_in_which_a_person_opts_out_is_shown() -> None:
    shown = {dict(metric.dimensions)["source"] for metric in _of("Opt-outs by way").metrics}
    # Feedback and purges have widgets of their own. Imports and retention have no latency.
    elsewhere = {Source.BOUNCE, Source.COMPLAINT, Source.AGE_REPORT, Source.IMPORT, Source.RETENTION}
    assert shown == {source.value for source in set(Source) - elsewhere}


def test_each_queue_is_shown() -> None:
    shown = {
        title: {
            re.findall(r"\w+", value)[0] for metric in _of(title).metrics for _, value in metric.dimensions
        }
        for title in ("Queues: age of the oldest message", "Dead letters")
    }
    ages, dead = shown.values()
    assert ages == QUEUES_WITH_READER.keys()
    assert dead == {queue for queue in QUEUES if queue.endswith("DeadLetters")}
    assert QUEUES.keys() - ages - dead == {"OptInNotificationsQueue"} | SCHEDULED_QUEUES.keys()


def test_a_queue_that_not_every_stack_has_is_named_only_where_it_exists() -> None:
    """A dashboard that names another one cannot be deployed."""
    always = {metric for widget in dashboard_widgets(optional=False) for metric in widget.metrics}
    (condition,) = {RESOURCES[_queue_of(metric)].get("Condition") for metric in set(METRICS) - always}
    assert not [metric for metric in always if "Condition" in RESOURCES.get(_queue_of(metric), {})]

    _, inserted = RESOURCES["OperationsDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert {value["Fn::If"][0] for value in inserted.values()} == {condition}


def _queue_of(metric: DashboardMetric) -> str:
    """Returns the logical id of the resource of a metric, or ""."""
    ((_, value),) = metric.dimensions[-1:] or [("", "")]
    match = re.match(r"\$\{(\w+)", value)
    return match[1] if match else ""


def test_the_alarms_are_those_that_do_not_wait_for_the_morning() -> None:
    (row,) = re.findall(r"^\| at once, .*$", ALARMS_PAGE.read_text(), re.MULTILINE)
    urgent = set(re.findall(r"\(#alarm-([a-z-]+)\)", row)) - {"key"}  # this one is a rule, and no alarm
    (widget,) = (each for each in WIDGETS if each.kind == "alarm")
    named_alarms = [re.findall(r"\w+", arn)[0] for arn in widget.properties["alarms"]]
    sections = {
        "-".join(re.findall("[A-Z][a-z]+", name.removesuffix("Alarm"))).lower() for name in named_alarms
    }
    assert sections == urgent
    assert {RESOURCES[name]["Type"] for name in named_alarms} == {"AWS::CloudWatch::Alarm"}


def test_the_widgets_fill_the_grid_without_overlap() -> None:
    for first, second in itertools.combinations(WIDGETS, 2):
        beside = first.x + first.width <= second.x or second.x + second.width <= first.x
        below = first.y + first.height <= second.y or second.y + second.height <= first.y
        assert beside or below
    area = sum(widget.width * widget.height for widget in WIDGETS)
    assert area == GRID_COLUMNS * max(widget.y + widget.height for widget in WIDGETS)


def test_each_graph_shows_the_region_of_the_stack() -> None:
    assert {w.properties["region"] for w in WIDGETS if w.kind == "metric"} == {"${AWS::Region}"}


def test_the_dashboard_has_no_more_metrics_than_are_free() -> None:
    distinct = {(metric.namespace, metric.name, metric.dimensions) for metric in METRICS}
    assert len(distinct) <= FREE_METRICS


def test_the_picture_is_the_drawing_of_the_definition_with_the_numbers_of_a_demo() -> None:
    assert PICTURE.read_text() == draw_dashboard(), "run: python -m tests.architecture.dashboard_picture"


def test_the_numbers_of_the_demo_are_metrics_that_exist_today() -> None:
    """A renamed metric would be drawn as one that never happens."""
    filters = [r["Properties"] for r in RESOURCES.values() if r["Type"] == "AWS::Logs::MetricFilter"]
    known = {
        *named(page("docs/reference/metrics.md"), "Metrics"),
        *(
            transformation["MetricName"]
            for each in filters
            for transformation in each["MetricTransformations"]
        ),
        *(name for _, _, names in AWS_METRICS.values() for name in names),
    }
    assert {key.split(" ")[0] for key in week_of_demo().metrics} <= known, (
        "run: python -m tests.architecture.dashboard_demo"
    )


def test_only_metrics_that_aws_alone_publishes_have_no_numbers() -> None:
    without = {(metric.namespace, metric.name) for metric in METRICS if not demo_key(metric)}

    assert without == {
        ("AWS/ApiGateway", "5xx"),
        ("AWS/Lambda", "Throttles"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),  # of webhooks, which the demo does not have
        (STACK_NAMESPACE, "OptOutRefused"),
    }


@pytest.mark.parametrize(
    "title",
    [
        "Opt-outs by way",
        "Time to effect: 99 of 100 within",
        "Feedback of SES",
        "Purges",
        "Ledger and seals",
        "Jobs: imports, scrubs and snapshots",
    ],
)
def test_a_graph_of_what_happens_each_week_is_not_empty(title: str) -> None:
    graph = _of(title)
    series = [week_of_demo().series(demo_key(metric), graph.properties["stat"]) for metric in graph.metrics]

    assert any(value for values in series for value in values)


END = 1_772_668_800_000  # milliseconds


def _published_line(at: int) -> str:
    directive = {
        "Namespace": "Heed/heed",
        "Dimensions": [["service", "source"]],
        "Metrics": [{"Name": "SuppressionLatency", "Unit": "Milliseconds"}],
    }
    values = {"service": "ledger", "source": "one-click", "SuppressionLatency": [90, 70, 80]}
    return json.dumps({"_aws": {"Timestamp": at, "CloudWatchMetrics": [directive]}, **values})


def test_the_week_of_a_demo_is_read_from_the_log_of_its_functions() -> None:
    line = {"message": "the work on a job failed", "timestamp": "2026-03-04 23:59:59,999+0000"}
    log = [
        "2026-03-05 INFO [emulator] Ready",
        '{"half',
        '["a list"]',
        json.dumps(line),
        json.dumps({**line, "message": "another line"}),
        *(_published_line(at) for at in (END - POINTS * POINT_MS - 1, END - POINTS * POINT_MS, END)),
    ]
    latency = metric_key("SuppressionLatency", [("service", "ledger"), ("source", "one-click")])

    metrics = read_metrics(log, {line["message"]: "JobWorkFailed"}, END)

    assert metrics == {"JobWorkFailed": {POINTS - 1: [1]}, latency: {0: [90, 70, 80]}}
    week = WeekOfDemo(20, 5, metrics)
    assert week.series("JobWorkFailed", "Sum") == [0] * (POINTS - 1) + [1]
    firsts = {stat: week.series(latency, stat)[:2] for stat in ("Sum", "SampleCount", "Maximum", "p99")}
    assert firsts == {"Sum": [240, 0], "SampleCount": [3, 0], "Maximum": [90, None], "p99": [90, None]}
