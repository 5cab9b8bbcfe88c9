"""Delivers the events of the bus to the endpoint of the company, signed by Standard Webhooks."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from typing import TYPE_CHECKING, Any

from heed import clock
from heed.bootstrap import Heed
from heed.domain.errors import DependencyUnavailable
from heed.domain.milliseconds import Millis
from heed.domain.webhooks.webhook_retries import WebhookAttempt
from heed.entrypoints import queue
from heed.entrypoints.observability import count_metric, logger, observed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

heed = Heed.from_environment()


def _deliver(record: SQSRecord) -> None:
    sent, received = record.attributes.sent_timestamp, record.attributes.approximate_receive_count
    attempt = WebhookAttempt(int(received), Millis(int(sent)), clock.now())
    try:
        heed.deliver_webhook(record.body, record.receipt_handle, attempt)
    except DependencyUnavailable as error:
        logger.warning("webhook not delivered", error=type(error).__name__, reason=str(error))
        if attempt.is_overdue:
            logger.warning("webhook overdue")  # WebhookOverdueFilter counts this line
        raise
    count_metric("WebhookDelivered")


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Handles a batch of SQS messages; each message that fails goes back to the queue alone."""
    return queue.handle_each_record(event, context, _deliver, lambda: heed.webhook_dead_letters)


heed.warm_up(lambda: heed.deliver_webhook)
