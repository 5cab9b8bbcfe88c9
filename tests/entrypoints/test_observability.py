"""What a function writes of itself: under its own name, in the namespace of its stack."""

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
    logger.info("said")
    count_metric("OptedOut")
    measure_metric("SuppressionLatency", [5], source="phone")
    return "done"

assert handler({}, None) == "done"
"""


def _written(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """The lines of a fresh process, since the environment is read as a function starts."""
    ended = subprocess.run(
        [sys.executable, "-c", _FUNCTION], env=environment, check=True, capture_output=True
    )
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.mark.parametrize("function", ["UnsubscribeFunction", "SendConfirmationFunction"])
def test_every_line_and_every_metric_names_its_function_and_its_stack(function: str) -> None:
    given = variables(function)
    service = given["POWERTOOLS_SERVICE_NAME"]
    namespace = given["POWERTOOLS_METRICS_NAMESPACE"]["Fn::Sub"].replace("${AWS::StackName}", "heed-trial")

    written = _written({"POWERTOOLS_SERVICE_NAME": service, "POWERTOOLS_METRICS_NAMESPACE": namespace})

    assert [line["service"] for line in written] == [service] * 3
    metrics = [line["_aws"]["CloudWatchMetrics"][0] for line in written if "_aws" in line]
    assert {each["Metrics"][0]["Name"] for each in metrics} == {"OptedOut", "SuppressionLatency"}
    for each in metrics:
        assert each["Namespace"] == "Heed/heed-trial"
        assert "service" in each["Dimensions"][0]


def test_metrics_that_have_no_namespace_undo_nothing_that_was_done() -> None:
    (said,) = _written({"POWERTOOLS_SERVICE_NAME": "unsubscribe"})

    assert said["message"] == "said"
