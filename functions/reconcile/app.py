"""Every hour: a part of the records is held against their entries, and the next hour the part behind it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from heed import wiring
from heed.edge.observability import count, logger, observed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

RECIPIENTS = 20_000  # an hour: what a walk costs is bounded by it, however large the table
PAGE = 500
RESERVE = 30_000  # milliseconds; a page of nothing but repairs takes no longer


@observed
def handler(event: object, context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Walk on from where the last one stopped; what was found."""
    people, reconcile = wiring.people(), wiring.reconcile()
    now = time.time_ns() // 1_000_000
    after = people.place()
    totals = dict.fromkeys(
        ("walked", "missing", "unentered", "altered", "repaired", "unreadable"), 0
    )
    while totals["walked"] < RECIPIENTS and context.get_remaining_time_in_millis() > RESERVE:
        held, unreadable, after = people.page(after, PAGE)
        for one in held:
            for name, number in reconcile(one, now)._asdict().items():
                totals[name] += number
        totals["walked"] += len(held)
        totals["unreadable"] += unreadable
        people.remember(after)
        if after is None:
            count("LedgerWalkEnded")
            break
    if any(totals[name] for name in ("missing", "unentered", "altered", "unreadable")):
        # An alarm waits for these words.
        logger.error("records and ledger do not fit", extra=dict(totals))
    for name, number in totals.items():
        count(f"LedgerReconcile{name.title()}", number)
    return totals
