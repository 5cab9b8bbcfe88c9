"""Retries opt-outs whose write failed; the person's request was answered with 503."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from typing import Any

from heed import clock
from heed.bootstrap import Heed
from heed.domain.links.queued_opt_out import QueuedOptOut
from heed.entrypoints import queue
from heed.entrypoints.observability import observed

heed = Heed.from_environment()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Handles a batch of SQS messages; each message that fails goes back to the queue alone."""

    def write(body: str) -> None:
        heed.write_opt_out(QueuedOptOut.from_message(body), clock.now())

    return queue.handle_each(event, context, write, lambda: heed.opt_out_retry_dead_letters)


heed.warm_up(lambda: heed.write_opt_out)
