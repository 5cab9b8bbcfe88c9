"""SES bounces, complaints and contact-list changes, from SQS, SNS, EventBridge or by hand.

Each message stands alone. One that can never be understood, that is of an unknown type, or that means
somebody or some topic that nobody can make out, goes to the dead-letter queue as it came, once the rest
of it is recorded; one that cannot be recorded now is given back to its queue.
"""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from heed.bootstrap import Heed
from heed.domain.errors import DependencyUnavailable, HeedError, MalformedMessage
from heed.entrypoints import ses_events
from heed.entrypoints.feedback_metrics import feedback_metric
from heed.entrypoints.observability import count_metric, logger, observed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

heed = Heed.from_environment()
# Counted beside the names in heed.entrypoints.feedback_metrics.
PUT_ASIDE = "FeedbackDeadLettered"  # in the dead-letter queue, for a person to look at
DEFERRED = "FeedbackRetried"  # to be delivered again

RESERVE = 2_000  # milliseconds; with less, a message is likelier to be cut off than recorded


@observed
def handler(event: object, context: LambdaContext) -> dict[str, Any] | None:
    """A batch of SQS is answered with its failures; anything else is recorded whole, or raises."""
    counts: Counter[str] = Counter()
    try:
        if batch := _records(event, "eventSource", "aws:sqs"):
            failed = [
                record["messageId"]
                for record in batch
                if not _handled(record["body"], _sent(record), context, counts)
            ]
            return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
        messages = [record["Sns"] for record in _records(event, "EventSource", "aws:sns")]
        handled = [_handled(message, None, context, counts) for message in messages or [event]]
        if not all(handled):
            raise DependencyUnavailable("not all is recorded; the same event may go through later")
        return None
    finally:
        for name, value in counts.items():
            count_metric(name, value)


def _records(event: object, key: str, source: str) -> list[dict[str, Any]]:
    """The records of an event, if they are of that source. SQS and SNS spell the key differently."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not records or not isinstance(records[0], dict):
        return []
    return records if records[0].get(key) == source else []


def _sent(record: dict[str, Any]) -> int | None:
    stamp = record.get("attributes", {}).get("SentTimestamp")
    return int(stamp) if stamp else None


def _handled(message: object, sent: int | None, context: LambdaContext, counts: Counter[str]) -> bool:
    """Whether nothing is left to do for a message."""
    if context.get_remaining_time_in_millis() < RESERVE:
        counts[DEFERRED] += 1
        return False
    try:
        if reason := _record(message, sent, counts):
            text = message if isinstance(message, str) else json.dumps(message)
            heed.feedback_dead_letters.send(text, reason)
            counts[PUT_ASIDE] += 1
            logger.warning("feedback put aside", reason=reason)
    except HeedError as error:
        counts[DEFERRED] += 1
        logger.warning("feedback deferred", error=type(error).__name__)
        return False
    return True


def _record(message: object, sent: int | None, counts: Counter[str]) -> str:
    """Record it; the reason why a person has to look at it, or nothing."""
    try:
        event = ses_events.parse_ses_event(message, sent)
        verdict = heed.record_feedback(event, time.time_ns() // 1_000_000)
    except MalformedMessage as error:
        return str(error)
    counts.update(map(feedback_metric, verdict.counts))
    return verdict.aside


heed.warm_up(lambda: (heed.record_feedback, heed.feedback_dead_letters, heed.identity_key.identity_key()))
