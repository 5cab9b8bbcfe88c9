"""Logs and metrics. They never contain personal data: no address, token, key or recipient id.

docs/reference/metrics.md lists the metrics. Powertools reads two names from the environment: the function,
which is the field `service` of each log line, and the namespace of the metrics, which is unique to the stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit, SchemaValidationError

from heed import cold_start

Handler = Callable[[dict[str, Any], Any], Any]

logger = Logger()
metrics = EphemeralMetrics()


def count_metric(name: str, value: int = 1) -> None:
    """Counts events. Nothing is counted if the value is 0.

    A metric costs money in each hour in which it has a value. The alarms treat missing data as zero.

    Args:
        name: The name of the metric, in the past tense.
        value: How often the event happened.
    """
    if value:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def measure_metric(name: str, milliseconds: Iterable[int], **dimensions: str) -> None:
    """Records several durations with the same dimensions, in one log line."""
    batch = EphemeralMetrics()
    for dimension, value in dimensions.items():
        batch.add_dimension(name=dimension, value=value)
    for duration in milliseconds:
        batch.add_metric(name=name, unit=MetricUnit.Milliseconds, value=duration)
    _flush(batch)


def observed(handler: Handler) -> Handler:
    """Decorates a Lambda handler: log lines contain the request id, and metrics are flushed at the end.

    The first request finishes the cold start (heed.cold_start). The event itself is never logged. An error
    while metrics are flushed does not fail the request.
    """

    @wraps(handler)
    def handle(event: dict[str, Any], context: Any) -> Any:  # noqa: ANN401
        cold_start.finish_cold_start()
        if context is not None:
            logger.structure_logs(append=True, function_request_id=context.aws_request_id)
        try:
            return handler(event, context)
        finally:
            _flush(metrics)

    return handle


def _flush(batch: EphemeralMetrics) -> None:
    if not batch.metric_set:
        return
    try:
        batch.flush_metrics()
    except (OSError, ValueError, SchemaValidationError):
        # Standard output is closed or the namespace is not set. A request does not fail because of a metric.
        batch.clear_metrics()
