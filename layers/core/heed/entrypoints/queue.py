"""Handles a batch of SQS messages. Each message succeeds, is retried or goes to the dead-letter queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heed.domain.errors import HeedError, MalformedMessage, SuppressionListRefused
from heed.entrypoints.observability import count_metric, logger
from heed.use_cases.ports.preferences import DeadLetterQueue

_RESERVE = 10_000  # milliseconds that one message may take; with less time left, it is retried later
_PERMANENT_ERRORS = (MalformedMessage, SuppressionListRefused)  # a retry cannot succeed


def handle_each(
    event: dict[str, Any],
    context: Any,  # noqa: ANN401
    handle: Callable[[str], object],
    dead_letters: Callable[[], DeadLetterQueue],
) -> dict[str, Any]:
    """Handles each message and returns the ids of the messages to retry.

    A message that can never succeed goes to the dead-letter queue at once, unchanged, for a person to look
    at. The event source needs `ReportBatchItemFailures`: without it, SQS deletes all messages of the batch.

    Args:
        event: The event of Lambda.
        context: The context of Lambda, for the remaining time.
        handle: Handles the body of one message.
        dead_letters: Returns the dead-letter queue. It is called only if it is needed.
    """
    failed_ids = []
    for record in event["Records"]:
        if context.get_remaining_time_in_millis() < _RESERVE:
            failed_ids.append(record["messageId"])
            continue
        try:
            _handle(record["body"], handle, dead_letters)
        except HeedError as error:
            count_metric("MessageRetried")
            logger.warning("message will be retried", error=type(error).__name__)
            failed_ids.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed_ids]}


def _handle(body: str, handle: Callable[[str], object], dead_letters: Callable[[], DeadLetterQueue]) -> None:
    try:
        handle(body)
    except _PERMANENT_ERRORS as error:
        dead_letters().send(body, str(error))
        count_metric("MessageDeadLettered")
        logger.warning("message sent to the dead-letter queue", reason=str(error))
