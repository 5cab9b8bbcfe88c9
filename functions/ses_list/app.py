"""SES's own suppression list: alone calls it, and takes addresses off it, where they stand in clear.

That of somebody who confirmed a yes in whatever spelling it was given; those of erased people and minors by
a walk over the whole list, since nobody knows in which spelling they stand there.
"""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

import time
from typing import Any

from heed.bootstrap import Heed
from heed.domain.privacy.ses_list_request import WALK_REQUEST, SesListRequest
from heed.entrypoints import queue
from heed.entrypoints.observability import count_metric, logger, observed

heed = Heed.from_environment()
# Milliseconds; with less left no other call of SES is begun. It is made twice at most, each time nine seconds
# at worst and a pause of two; then the place is sealed and kept, or whoever waits for the walk is told.
_RESERVE = 50_000


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """A batch of SQS; what cannot be done now goes back alone."""

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _RESERVE)

    def handle(body: str) -> None:
        if opt_in := SesListRequest.from_message(body).opt_in:
            count_metric("SesListAddressRemoved", heed.remove_from_ses_list(opt_in))
        else:
            _walk(has_time)

    return queue.handle_each(event, context, handle, lambda: heed.ses_list_dead_letters)


def _walk(has_time: Any) -> None:  # noqa: ANN401
    walked = heed.walk_ses_list(time.time_ns() // 1_000_000, has_time)
    count_metric("SesListAddressRemoved", walked.removed)
    count_metric("SesListRemovalRefused", walked.refused)
    count_metric("SesListWalkCompleted", int(walked.is_ended))
    if walked.refused:
        # An alarm waits for these words (template.yaml, SesListRefusedFilter).
        logger.error("addresses stay on the list of SES", refused=walked.refused)
    if walked.goes_on:
        heed.ses_list_queue.send(WALK_REQUEST.to_message())


heed.warm_up(lambda: (heed.remove_from_ses_list, heed.walk_ses_list))
