"""Logs and metrics. Nothing personal ever goes in: no address, no token, no key, no recipient.

Metrics count what happened, in the namespace `Heed`; docs/operations.md lists them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

Handler = Callable[[dict[str, Any], Any], Any]

logger = Logger(service="heed")
metrics = EphemeralMetrics(namespace="Heed", service="heed")


def count(name: str, value: int = 1) -> None:
    """Count something that happened, under a name in the past tense."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def observed(handler: Handler) -> Handler:
    """A Lambda handler whose log lines carry the request, and whose counts are written at its end.

    The event itself is never logged. A log that cannot be written never undoes what was done.
    """

    @wraps(handler)
    def observe(event: dict[str, Any], context: Any) -> Any:  # noqa: ANN401
        if context is not None:
            logger.structure_logs(append=True, function_request_id=context.aws_request_id)
        try:
            return handler(event, context)
        finally:
            _flush()

    return observe


def _flush() -> None:
    if not metrics.metric_set:
        return
    try:
        metrics.flush_metrics()
    except (OSError, ValueError):  # standard output is closed
        metrics.clear_metrics()
