"""Removes addresses from the suppression list of SES, and from those of tenants. No other function may do so.

After a confirmed opt-in, it removes the address in the spelling that the person entered. For erased people
and minors it walks the whole list, because Heed does not know the spelling that SES stores.
"""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from typing import Any

from heed import clock
from heed.bootstrap import Heed
from heed.domain.privacy.ses_list_request import WALK_REQUEST, SesListRequest
from heed.entrypoints import queue
from heed.entrypoints.observability import count_metric, logger, observed

heed = Heed.from_environment()
# Milliseconds; with less left, no other call of SES starts. A call is made at most twice. Each attempt takes
# at most nine seconds, and a pause of two seconds follows. Then the function encrypts and stores the position
# of the walk, or notifies the purges that wait for the walk.
_RESERVED_MS = 50_000


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Handles a batch of SQS messages; each message that fails goes back to the queue alone."""

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _RESERVED_MS)

    def handle(body: str) -> None:
        if opt_in := SesListRequest.from_message(body).opt_in:
            count_metric("SesListAddressRemoved", heed.remove_from_ses_list(opt_in, has_time))
        else:
            _walk_list(has_time)

    return queue.handle_each(event, context, handle, lambda: heed.ses_list_dead_letters)


def _walk_list(has_time: Any) -> None:  # noqa: ANN401
    walk = heed.walk_ses_list(clock.now(), has_time)
    count_metric("SesListAddressRemoved", walk.removed)
    count_metric("SesListRemovalRefused", walk.refused)
    count_metric("SesListWalkCompleted", int(walk.is_ended))
    if walk.refused:
        # An alarm fires on this message (template.yaml, SesListRefusedFilter).
        logger.error("addresses remain on the SES list", refused=walk.refused)
    if walk.must_continue:
        heed.ses_list_queue.send(WALK_REQUEST.to_message())


heed.warm_up(lambda: (heed.remove_from_ses_list, heed.walk_ses_list))
