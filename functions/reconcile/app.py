"""Compares records with their ledger entries: each hour it continues where the last run stopped."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from typing import TYPE_CHECKING, Any

from heed import clock
from heed.bootstrap import Heed
from heed.entrypoints.observability import count_metric, logger, observed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

heed = Heed.from_environment()
RESERVED_MS = 30_000  # milliseconds; no recipient takes longer
_COUNTS = ("missing", "unrecorded", "altered", "unreadable", "skipped", "repaired")
_FAULTS = ("missing", "unrecorded", "altered", "unreadable")


@observed
def handler(event: object, context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Continues the walk from its checkpoint, and returns the counts."""
    result = heed.walk_recipients(clock.now(), lambda: context.get_remaining_time_in_millis() > RESERVED_MS)
    totals = {"walked": result.recipients, **{name: result.findings[name] for name in _COUNTS}}
    if any(totals[name] for name in _FAULTS):
        # An alarm fires on this message.
        logger.error("records and ledger do not match", extra=dict(totals))
    if totals["skipped"]:
        # Another alarm fires on this message.
        logger.error("recipients were skipped", extra=dict(totals))
    for name, number in totals.items():
        count_metric(f"LedgerReconcile{name.title()}", number)
    if result.is_end:
        count_metric("LedgerReconcileCompleted")
    return totals
