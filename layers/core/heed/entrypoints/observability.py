"""Logs and metrics. Nothing personal ever goes in: no address, no token, no key, no recipient.

Metrics count what happened; docs/operations.md lists them. Powertools reads from the environment the name
of the function, which stands in each line as `service`, and the namespace, which is the stack's own.
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
    """Count something that happened, under a name in the past tense.

    What did not happen is not counted: a metric costs by the hour in which it is written, and
    CloudWatch reads what is missing as zero.
    """
    if value:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def measure_metric(name: str, milliseconds: Iterable[int], **dimensions: str) -> None:
    """How long each of several things took, by the same dimensions: a line of the log for all of them."""
    line = EphemeralMetrics()
    for dimension, value in dimensions.items():
        line.add_dimension(name=dimension, value=value)
    for each in milliseconds:
        line.add_metric(name=name, unit=MetricUnit.Milliseconds, value=each)
    _flush(line)


def observed(handler: Handler) -> Handler:
    """A Lambda handler whose log lines carry the request, and whose counts are written at its end.

    Its first request ends the start of the process (heed.cold_start).

    The event itself is never logged. A log that cannot be written never undoes what was done.
    """

    @wraps(handler)
    def observe(event: dict[str, Any], context: Any) -> Any:  # noqa: ANN401
        cold_start.finish_cold_start()
        if context is not None:
            logger.structure_logs(append=True, function_request_id=context.aws_request_id)
        try:
            return handler(event, context)
        finally:
            _flush(metrics)

    return observe


def _flush(written: EphemeralMetrics) -> None:
    if not written.metric_set:
        return
    try:
        written.flush_metrics()
    except (OSError, ValueError, SchemaValidationError):
        # Standard output is closed, or the environment names no namespace: no request fails for a metric.
        written.clear_metrics()
