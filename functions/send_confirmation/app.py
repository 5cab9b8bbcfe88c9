"""Confirmation mails, for what was entered in the form and waits in its queue."""

from __future__ import annotations

import heed.cold_start  # noqa: F401 - first, by what it does

import time
from typing import Any

from heed import wiring
from heed.actions.send_confirmation import Result
from heed.domain.mail_request import MailRequest
from heed.edge import queues
from heed.edge.observability import count, logger, observed

# An alarm's filter counts these lines (template.yaml, ConfirmationsCappedFilter).
TELLING = {Result.CAPPED_ALL: "no confirmation mail is left for today"}


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """A batch of SQS; what cannot be sent now goes back alone."""
    return queues.each(event, context, _send)


def _send(body: str) -> None:
    request = MailRequest.from_message(body)
    result = wiring.send_confirmation()(request, time.time_ns() // 1_000_000)
    count(result)
    if result in TELLING:
        logger.warning(TELLING[result])


wiring.warm_up(wiring.send_confirmation, lambda: wiring.confirm_keys().identity())
