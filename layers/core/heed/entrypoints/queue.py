"""A batch of SQS, message by message: one that fails goes back alone, one that always will is put aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heed.domain.errors import HeedError, MalformedMessage, SuppressionListRefused
from heed.entrypoints.observability import count_metric, logger
from heed.use_cases.ports.preferences import DeadLetterQueue

_RESERVE = 10_000  # milliseconds that one call may take; with less, a message is given back untouched
_HOPELESS = (MalformedMessage, SuppressionListRefused)  # no other delivery heals it


def handle_each(
    event: dict[str, Any],
    context: Any,  # noqa: ANN401
    handle: Callable[[str], object],
    dead_letters: Callable[[], DeadLetterQueue],
) -> dict[str, Any]:
    """Handle every message's body; the answer names those to be delivered again.

    One that can never be handled is put into the dead-letter queue at once, as it came, for a person to
    look at. `ReportBatchItemFailures` must be on: without it every message of the batch would be deleted.
    """
    failed = []
    for record in event["Records"]:
        if context.get_remaining_time_in_millis() < _RESERVE:
            failed.append(record["messageId"])
            continue
        try:
            _handle(record["body"], handle, dead_letters)
        except HeedError as error:
            count_metric("MessageRetried")
            logger.warning("message deferred", error=type(error).__name__)
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def _handle(body: str, handle: Callable[[str], object], dead_letters: Callable[[], DeadLetterQueue]) -> None:
    try:
        handle(body)
    except _HOPELESS as error:
        dead_letters().send(body, str(error))
        count_metric("MessageDeadLettered")
        logger.warning("message put aside", reason=str(error))
