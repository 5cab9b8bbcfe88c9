"""Retries opt-outs whose write failed; the person's request was answered with 503."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

import time
from typing import Any

from heed.bootstrap import Heed
from heed.domain.links.queued_opt_out import QueuedOptOut
from heed.domain.milliseconds import Millis
from heed.entrypoints import queue
from heed.entrypoints.observability import observed

heed = Heed.from_environment()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Handles a batch of SQS messages; each message that fails goes back to the queue alone."""

    def write(body: str) -> None:
        heed.write_opt_out(QueuedOptOut.from_message(body), Millis(time.time_ns() // 1_000_000))

    return queue.handle_each(event, context, write, lambda: heed.opt_out_retry_dead_letters)


heed.warm_up(lambda: heed.write_opt_out)
