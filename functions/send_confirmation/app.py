"""Confirmation mails: for what waits in its queue at once, for what a cap has held back as there is room."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

import time
from typing import Any

from heed.bootstrap import Heed
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.entrypoints import queue
from heed.entrypoints.mail.confirmation_metrics import confirmation_metric
from heed.entrypoints.observability import count_metric, logger, observed
from heed.use_cases.opt_in.send_confirmation import SendResult
from heed.use_cases.opt_in.send_waiting import SendWaitingResult

heed = Heed.from_environment()
# The local stack looks for these lines (local/waiting.py).
_TELLING = {
    SendResult.WAITS: "a confirmation mail waits for room",
    SendResult.CAPPED: "a mailbox has had its confirmation mails",
}


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """A batch of SQS, of which what cannot be sent now goes back alone; anything else: look at the line."""
    if "Records" in event:
        return queue.handle_each(event, context, _send, lambda: heed.confirmation_requests_dead_letters)
    return _told(heed.send_waiting(_now, context.get_remaining_time_in_millis))


def _send(body: str) -> None:
    result = heed.send_confirmation(ConfirmationRequest.from_message(body), _now())
    count_metric(confirmation_metric(result))
    if result in _TELLING:
        logger.warning(_TELLING[result])


def _told(swept: SendWaitingResult) -> dict[str, Any]:
    """What the look came to: to the metrics, to the alarms, to whoever called."""
    for result, times in swept.results.items():
        count_metric(confirmation_metric(result), times)
    count_metric("MessageRetried", swept.deferred.total())
    count_metric("MessageDeadLettered", swept.aside)
    if swept.aside:
        logger.warning("messages put aside", number=swept.aside)
    if swept.deferred:
        logger.warning("messages deferred", errors=dict(swept.deferred))
    # What alarms look for (template.yaml, filters of SendConfirmationLogs); for the first, that it is gone.
    logger.info("the waiting line was looked at", left=swept.left)
    if 2 * swept.sent_today >= heed.config.confirmations_per_day:
        logger.warning("half of the day's confirmation mails are sent", sent=swept.sent_today)
    if swept.is_overdue:
        logger.warning("a confirmation mail has waited for a day", left=swept.left)
    count_metric("ConfirmationQueueLength", swept.left)
    return {
        "done": swept.results.total(),
        "left": swept.left,
        "longest_wait_seconds": swept.longest // 1000,
    }


def _now() -> int:
    return time.time_ns() // 1_000_000


heed.warm_up(lambda: (heed.send_confirmation, heed.identity_key.identity_key()))
