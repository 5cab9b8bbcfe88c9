"""Handles confirmed opt-ins.

It asks for the address to be removed from the SES list. If the deployment has a queue for notifications,
it also notifies the adopter's systems.
"""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from typing import Any

from heed import clock
from heed.bootstrap import Heed
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn
from heed.entrypoints import queue
from heed.entrypoints.observability import observed

heed = Heed.from_environment()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Handles a batch of SQS messages; each message that fails goes back to the queue alone."""
    return queue.handle_each(event, context, _handle_message, lambda: heed.confirmed_opt_ins_dead_letters)


def _handle_message(body: str) -> None:
    heed.after_confirmation(ConfirmedOptIn.from_message(body), clock.now())


heed.warm_up(lambda: heed.after_confirmation)
