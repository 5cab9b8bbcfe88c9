"""Every hour: a part of the records is held against their entries, and the next hour the part behind it."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

import time
from typing import TYPE_CHECKING, Any

from heed.bootstrap import Heed
from heed.entrypoints.observability import count_metric, logger, observed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

heed = Heed.from_environment()
RESERVE = 30_000  # milliseconds: nobody takes longer
_NAMES = ("missing", "unentered", "altered", "unreadable", "passed", "repaired")
_FAULTS = ("missing", "unentered", "altered", "unreadable")


@observed
def handler(event: object, context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Walk on from where the last one stopped; what was found."""
    walked = heed.walk_recipients(
        time.time_ns() // 1_000_000, lambda: context.get_remaining_time_in_millis() > RESERVE
    )
    totals = {"walked": walked.people, **{name: walked.found[name] for name in _NAMES}}
    if any(totals[name] for name in _FAULTS):
        # An alarm waits for these words.
        logger.error("records and ledger do not fit", extra=dict(totals))
    if totals["passed"]:
        # And another one for these.
        logger.error("people were passed by", extra=dict(totals))
    for name, number in totals.items():
        count_metric(f"LedgerReconcile{name.title()}", number)
    if walked.is_end:
        count_metric("LedgerReconcileCompleted")
    return totals
