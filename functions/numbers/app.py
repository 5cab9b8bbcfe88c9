"""Counts the events of the bus by day, topic, source and campaign, never by person."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from typing import Any

from heed import clock
from heed.bootstrap import Heed
from heed.domain.numbers.counted_event import CountedEvent
from heed.entrypoints import queue
from heed.entrypoints.observability import count_metric, observed
from heed.use_cases.numbers.count_event import CountOutcome

heed = Heed.from_environment()


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Handles a batch of SQS messages; each message that fails goes back to the queue alone."""

    def count(body: str) -> None:
        outcome = heed.count_event(CountedEvent.from_message(body), clock.now())
        count_metric("EventCounted", int(outcome is CountOutcome.COUNTED))
        count_metric("EventAlreadyCounted", int(outcome is CountOutcome.DUPLICATE))
        count_metric("EventTooOldToCount", int(outcome is CountOutcome.TOO_OLD))

    return queue.handle_each(event, context, count, lambda: heed.numbers_dead_letters)


heed.warm_up(lambda: heed.count_event)
