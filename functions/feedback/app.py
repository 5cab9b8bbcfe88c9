"""Records bounces, complaints and contact-list changes of SES, from SQS, SNS, EventBridge or by hand.

Each message is handled alone. A message goes to the dead-letter queue unchanged if it is malformed, has an
unknown type, or names an address or a topic that Heed cannot identify; the rest of it is recorded first.
A message that cannot be recorded now returns to its queue.
"""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from heed import clock
from heed.bootstrap import Heed
from heed.domain.errors import DependencyUnavailable, HeedError, MalformedMessage
from heed.domain.milliseconds import Millis
from heed.entrypoints import ses_events
from heed.entrypoints.observability import count_metric, logger, observed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

heed = Heed.from_environment()
# Metrics beside those of heed.domain.feedback.rules.FeedbackEffect.
DEAD_LETTERED = "FeedbackDeadLettered"  # in the dead-letter queue, for a person to look at
RETRIED = "FeedbackRetried"  # to be delivered again

RESERVED_MS = 2_000  # milliseconds; with less left, a time-out would probably interrupt the next message


@observed
def handler(event: object, context: LambdaContext) -> dict[str, Any] | None:
    """Records one event.

    For a batch of SQS, the answer names the messages to retry. Any other event is recorded completely, or
    the function raises, so that AWS retries the event.
    """
    counts: Counter[str] = Counter()
    try:
        if batch := _select_records(event, "eventSource", "aws:sqs"):
            failed = [
                record["messageId"]
                for record in batch
                if not _handle(record["body"], _parse_queued_at(record), context, counts)
            ]
            return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
        messages = [record["Sns"] for record in _select_records(event, "EventSource", "aws:sns")]
        handled = [_handle(message, None, context, counts) for message in messages or [event]]
        if not all(handled):
            raise DependencyUnavailable("not all is recorded; a retry of the same event may succeed")
        return None
    finally:
        for name, value in counts.items():
            count_metric(name, value)


def _select_records(event: object, key: str, source: str) -> list[dict[str, Any]]:
    """Returns the records of an event if they have this source. SQS and SNS spell the key differently."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not records or not isinstance(records[0], dict):
        return []
    return records if records[0].get(key) == source else []


def _parse_queued_at(record: dict[str, Any]) -> Millis | None:
    """Returns when the message was sent to its queue, in milliseconds."""
    sent_timestamp = record.get("attributes", {}).get("SentTimestamp")
    return Millis(int(sent_timestamp)) if sent_timestamp else None


def _handle(message: object, queued_at: Millis | None, context: LambdaContext, counts: Counter[str]) -> bool:
    """Records one message; returns False if the message must be retried."""
    if context.get_remaining_time_in_millis() < RESERVED_MS:
        counts[RETRIED] += 1
        return False
    try:
        if reason := _record(message, queued_at, counts):
            text = message if isinstance(message, str) else json.dumps(message)
            heed.feedback_dead_letters.send(text, reason)
            counts[DEAD_LETTERED] += 1
            logger.warning("feedback dead-lettered", reason=reason)
    except HeedError as error:
        counts[RETRIED] += 1
        logger.warning("feedback retried", error=type(error).__name__)
        return False
    return True


def _record(message: object, queued_at: Millis | None, counts: Counter[str]) -> str:
    """Records one message; returns why a person has to look at it, or ""."""
    try:
        event = ses_events.parse_ses_event(message, queued_at)
        outcome = heed.record_feedback(event, clock.now())
    except MalformedMessage as error:
        return str(error)
    counts.update(effect.value for effect in outcome.effects)
    return outcome.review_reason


heed.warm_up(lambda: (heed.record_feedback, heed.feedback_dead_letters, heed.identity_key.identity_key()))
