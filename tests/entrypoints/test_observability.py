"""Logs and metrics of a function have its name and the namespace of its stack."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.template import variables

_FUNCTION = """
from heed.entrypoints.observability import count_metric, logger, measure_metric, observed

@observed
def handler(event, context):
    logger.info("hello")
    count_metric("OptedOut")
    measure_metric("SuppressionLatency", [5], source="phone")
    return "done"

assert handler({}, None) == "done"
"""


def _log_lines(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Returns the lines of a new process, because the environment is read when a function starts."""
    process = subprocess.run(
        [sys.executable, "-c", _FUNCTION], env=environment, check=True, capture_output=True
    )
    return [json.loads(line) for line in process.stdout.splitlines()]


@pytest.mark.parametrize("function", ["UnsubscribeFunction", "SendConfirmationFunction"])
def test_each_log_line_and_metric_has_its_function_and_stack(function: str) -> None:
    environment = variables(function)
    service = environment["POWERTOOLS_SERVICE_NAME"]
    namespace = environment["POWERTOOLS_METRICS_NAMESPACE"]["Fn::Sub"].replace(
        "${AWS::StackName}", "heed-trial"
    )

    lines = _log_lines({"POWERTOOLS_SERVICE_NAME": service, "POWERTOOLS_METRICS_NAMESPACE": namespace})

    assert [line["service"] for line in lines] == [service] * 3
    metrics = [line["_aws"]["CloudWatchMetrics"][0] for line in lines if "_aws" in line]
    assert {metric["Metrics"][0]["Name"] for metric in metrics} == {"OptedOut", "SuppressionLatency"}
    for metric in metrics:
        assert metric["Namespace"] == "Heed/heed-trial"
        assert "service" in metric["Dimensions"][0]


def test_metrics_without_a_namespace_do_not_fail_the_request() -> None:
    (line,) = _log_lines({"POWERTOOLS_SERVICE_NAME": "unsubscribe"})

    assert line["message"] == "hello"
