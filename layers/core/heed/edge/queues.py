"""A batch of SQS, message by message: one that fails goes back alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heed.domain.errors import HeedError
from heed.edge.observability import count, logger

_RESERVE = 2_000  # milliseconds; with less left, a message is given back untouched


def each(event: dict[str, Any], context: Any, handle: Callable[[str], object]) -> dict[str, Any]:  # noqa: ANN401
    """Handle every message's body; the answer names those to be delivered again.

    `ReportBatchItemFailures` must be on: without it every message of the batch would be deleted.
    """
    failed = []
    for record in event["Records"]:
        if context.get_remaining_time_in_millis() < _RESERVE:
            failed.append(record["messageId"])
            continue
        try:
            handle(record["body"])
        except HeedError as error:
            count("MessageDeferred")
            logger.warning("message deferred", error=type(error).__name__)
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
