"""Handles a batch of SQS messages. Each message succeeds, is retried or goes to the dead-letter queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities import batch

from heed.domain.errors import HeedError, MalformedMessage, OutOfTime, SuppressionListRefused
from heed.domain.webhooks.webhook_errors import WebhookGivenUp
from heed.entrypoints.observability import count_metric, logger
from heed.override import override
from heed.use_cases.ports.preferences import DeadLetterQueue

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

_RESERVED_MS = 10_000  # milliseconds that one message may take; with less time left, it is retried later
_PERMANENT_ERRORS = (MalformedMessage, SuppressionListRefused, WebhookGivenUp)  # no retry follows


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
    return handle_each_record(event, context, lambda record: handle(record.body), dead_letters)


def handle_each_record(
    event: dict[str, Any],
    context: Any,  # noqa: ANN401
    handle: Callable[[SQSRecord], object],
    dead_letters: Callable[[], DeadLetterQueue],
) -> dict[str, Any]:
    """Does the same, for a function that needs more of a message than its body."""

    def handle_record(record: SQSRecord) -> None:
        if context.get_remaining_time_in_millis() < _RESERVED_MS:
            raise OutOfTime
        try:
            handle(record)
        except _PERMANENT_ERRORS as error:
            dead_letters().send(record.body, str(error))
            count_metric("MessageDeadLettered")
            logger.warning("message sent to the dead-letter queue", reason=str(error))

    processor = _QueueProcessor(batch.EventType.SQS, raise_on_entire_batch_failure=False)
    return {**batch.process_partial_response(event, handle_record, processor)}


class _QueueProcessor(batch.BatchProcessor):
    """Retries a message after an expected failure. Any other failure is a bug, and crashes the function."""

    @override
    def failure_handler(self, record: SQSRecord, exception: batch.ExceptionInfo) -> batch.FailureResponse:
        error = exception[1]
        if not isinstance(error, HeedError):
            raise  # the failure that BatchProcessor handles now
        count_metric("MessageRetried")
        logger.warning("message will be retried", error=type(error).__name__)
        return super().failure_handler(record, exception)
