"""Runs purges: at once from the table's stream, and hourly for missed purges and old soft bounces."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from typing import Any

from heed.bootstrap import Heed
from heed.entrypoints import stream
from heed.entrypoints.observability import count_metric, logger, observed
from heed.use_cases.privacy.run_purges import SweepResult

heed = Heed.from_environment()
_RESERVED_MS = 10_000  # milliseconds; with less left, no other purge starts


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Handles a batch of the stream, whose answer names the failures; any other event runs all due purges."""
    if records := event.get("Records"):
        done, failed = heed.execute_purge_orders(stream.parse_purge_orders(records))
        count_metric("PurgeCompleted", done)
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _RESERVED_MS)

    return _report_sweep(heed.sweep_purges(has_time))


def _report_sweep(sweep: SweepResult) -> dict[str, Any]:
    """Reports the figures of a sweep: as metrics, as log lines for alarms, and as the answer."""
    count_metric("PurgeSweepFound", sweep.found)
    count_metric("PurgeSweepDone", sweep.done)
    count_metric("PurgeSweepRemaining", sweep.left)
    # An alarm fires when this message is missing (template.yaml, PurgeSweepRanFilter).
    logger.info("swept", found=sweep.found, done=sweep.done, left=sweep.left)
    if sweep.is_overdue:
        # An alarm fires on this message (template.yaml, PurgeOverdueFilter).
        logger.warning("purge overdue", left=sweep.left, oldest_seconds=sweep.oldest_age // 1000)
    return {
        "found": sweep.found,
        "purged": sweep.done,
        "left": sweep.left,
        "oldest_due_seconds": sweep.oldest_age // 1000,
    }


heed.warm_up(lambda: (heed.execute_purge_orders, heed.sweep_purges))
