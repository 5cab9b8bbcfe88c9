"""Opt-outs whose write had failed, from their queue: the press was long answered with 503."""

from __future__ import annotations

import heed.cold_start  # noqa: F401 - first, by what it does

import time
from typing import Any

from heed import wiring
from heed.actions.unsubscribe import OptOut
from heed.edge import queues
from heed.edge.observability import observed


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """A batch of SQS; what cannot be written now goes back alone."""
    links = wiring.unsubscribe()

    def write(body: str) -> None:
        links.write(OptOut.from_message(body), time.time_ns() // 1_000_000)

    return queues.each(event, context, write, wiring.later_dead_letters)


wiring.warm_up(wiring.preferences)
