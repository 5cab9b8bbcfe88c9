"""Sends confirmation mails: new requests at once, and requests that a cap held back when there is room."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from typing import Any

from heed import clock
from heed.bootstrap import Heed
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.entrypoints import queue
from heed.entrypoints.observability import count_metric, logger, observed
from heed.use_cases.opt_in.send_confirmation import SendResult
from heed.use_cases.opt_in.send_waiting import SendWaitingResult

heed = Heed.from_environment()
# The local stack reads these log messages (local/unsent_mails.py).
_WARNINGS = {
    SendResult.DELAYED: "a confirmation mail waits for room",
    SendResult.DUPLICATE: "an earlier confirmation mail has the same effect",
}


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Handles a batch of SQS messages; any other event sends what waits in the waiting queue.

    Each message that fails goes back to its queue alone.
    """
    if "Records" in event:
        return queue.handle_each(event, context, _send, lambda: heed.confirmation_requests_dead_letters)
    return _report_waiting(heed.send_waiting_confirmations(clock.now, context.get_remaining_time_in_millis))


def _send(body: str) -> None:
    result = heed.send_confirmation(ConfirmationRequest.from_message(body), clock.now())
    count_metric(result.value)
    if result in _WARNINGS:
        logger.warning(_WARNINGS[result])


def _report_waiting(waiting: SendWaitingResult) -> dict[str, Any]:
    """Reports a run over the waiting queue: as metrics, as log lines for alarms, and as the answer."""
    for result, times in waiting.results.items():
        count_metric(result.value, times)
    count_metric("MessageRetried", waiting.deferred.total())
    count_metric("MessageDeadLettered", waiting.malformed)
    if waiting.malformed:
        logger.warning("messages dead-lettered", number=waiting.malformed)
    if waiting.deferred:
        logger.warning("messages retried", errors=dict(waiting.deferred))
    # Alarms read these messages (template.yaml, filters of SendConfirmationLogs). The first alarm fires when
    # its message is missing.
    logger.info("waiting queue swept", left=waiting.still_waiting)
    if 2 * waiting.sent_today >= heed.config.confirmations_per_day:
        logger.warning("half of the day's confirmation mails are sent", sent=waiting.sent_today)
    if waiting.is_overdue:
        logger.warning("a confirmation mail has waited for a day", left=waiting.still_waiting)
    count_metric("ConfirmationQueueLength", waiting.still_waiting)
    return {
        "done": waiting.results.total(),
        "left": waiting.still_waiting,
        "longest_wait_seconds": waiting.longest_wait // 1000,
    }


heed.warm_up(lambda: (heed.send_confirmation, heed.identity_key.identity_key()))
