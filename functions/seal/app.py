"""Seals each complete day of the ledger, every night."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first: it pauses the garbage collector

from typing import Any

from heed import clock
from heed.bootstrap import Heed
from heed.domain import rfc3339
from heed.domain.preferences.register import DAY_MS
from heed.entrypoints.observability import count_metric, logger, observed
from heed.use_cases.ledger.seal_days import seal_days

heed = Heed.from_environment()


@observed
def handler(event: object, context: Any) -> dict[str, Any]:  # noqa: ANN401, ARG001
    """Seals all days that are due. The event is ignored; a second run seals nothing again."""
    today = clock.now() // DAY_MS
    seals = seal_days(heed.ledger_seals, today)
    for seal in seals:
        logger.info("sealed", day=rfc3339.format_day(seal.day), entries=seal.count, root=seal.root)
    count_metric("DaysSealed", len(seals))
    return {"sealed": [seal.to_document() for seal in seals]}
