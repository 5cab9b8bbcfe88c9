"""Purges: at once from the table's stream, and once an hour whatever was missed; old soft bounces, too."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

from typing import Any

from heed.bootstrap import Heed
from heed.entrypoints import stream
from heed.entrypoints.observability import count_metric, logger, observed
from heed.use_cases.privacy.run_purges import SweepResult

heed = Heed.from_environment()
_RESERVE = 10_000  # milliseconds; with less left, no other purge is begun


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """A batch of the stream is answered with its failures; anything else means: do all that is due."""
    if records := event.get("Records"):
        done, failed = heed.execute_purge_orders(stream.parse_purge_orders(records))
        count_metric("PurgeCompleted", done)
        return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _RESERVE)

    return _told(heed.sweep_purges(has_time))


def _told(swept: SweepResult) -> dict[str, Any]:
    """What the sweep saw, in figures: to the metrics, to the alarm, to whoever called."""
    count_metric("PurgeSweepFound", swept.found)
    count_metric("PurgeSweepDone", swept.done)
    count_metric("PurgeSweepRemaining", swept.left)
    # An alarm waits for these words to be missing (template.yaml, PurgeSweepRanFilter).
    logger.info("swept", found=swept.found, done=swept.done, left=swept.left)
    if swept.is_overdue:
        # The words are what the alarm's filter looks for (template.yaml, PurgeOverdueFilter).
        logger.warning("purge overdue", left=swept.left, oldest_seconds=swept.oldest // 1000)
    return {
        "found": swept.found,
        "purged": swept.done,
        "left": swept.left,
        "oldest_due_seconds": swept.oldest // 1000,
    }


heed.warm_up(lambda: (heed.execute_purge_orders, heed.sweep_purges))
