"""Confirmation mails: for what waits in its queue at once, for what a cap has held back as there is room."""

from __future__ import annotations

import heed.cold_start  # noqa: F401 - first, by what it does

import time
from typing import Any

from heed import wiring
from heed.actions.send_confirmation import Result
from heed.actions.send_waiting import Swept
from heed.domain.mail_request import MailRequest
from heed.edge import queues
from heed.edge.observability import count, logger, observed

# The local stack looks for these lines (local/waiting.py).
_TELLING = {
    Result.WAITS: "a confirmation mail waits for room",
    Result.CAPPED: "a mailbox has had its confirmation mails",
}


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """A batch of SQS, of which what cannot be sent now goes back alone; anything else: look at the line."""
    if "Records" in event:
        return queues.each(event, context, _send, wiring.subscribe_dead_letters)
    return _told(wiring.send_waiting()(_now, context.get_remaining_time_in_millis))


def _send(body: str) -> None:
    result = wiring.send_confirmation()(MailRequest.from_message(body), _now())
    count(result)
    if result in _TELLING:
        logger.warning(_TELLING[result])


def _told(swept: Swept) -> dict[str, Any]:
    """What the look came to: to the metrics, to the alarms, to whoever called."""
    for result, times in swept.results.items():
        count(result, times)
    count("MessageDeferred", swept.deferred.total())
    count("MessagePutAside", swept.aside)
    if swept.aside:
        logger.warning("messages put aside", number=swept.aside)
    if swept.deferred:
        logger.warning("messages deferred", errors=dict(swept.deferred))
    # What alarms look for (template.yaml, filters of SendConfirmationLogs); for the first, that it is gone.
    logger.info("the waiting line was looked at", left=swept.left)
    if 2 * swept.sent_today >= wiring.settings().confirmations_per_day:
        logger.warning("half of the day's confirmation mails are sent", sent=swept.sent_today)
    if swept.is_overdue:
        logger.warning("a confirmation mail has waited for a day", left=swept.left)
    count("ConfirmationLeft", swept.left)
    return {
        "done": swept.results.total(),
        "left": swept.left,
        "longest_wait_seconds": swept.longest // 1000,
    }


def _now() -> int:
    return time.time_ns() // 1_000_000


wiring.warm_up(wiring.send_confirmation, lambda: wiring.confirm_keys().identity())
