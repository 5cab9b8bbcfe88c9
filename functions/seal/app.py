"""Every night: the days that are over are sealed."""

from __future__ import annotations

import heed.cold_start as _start  # noqa: F401 - first, by what it does

import time
from typing import Any

from heed.bootstrap import Heed
from heed.domain import rfc3339
from heed.domain.preferences.register import DAY_MS
from heed.entrypoints.observability import count_metric, logger, observed
from heed.use_cases.ledger.seal_days import seal_days

heed = Heed.from_environment()


@observed
def handler(event: object, context: Any) -> dict[str, Any]:  # noqa: ANN401, ARG001
    """Seal what is due, whatever the event says; doing it twice seals once."""
    today = time.time_ns() // 1_000_000 // DAY_MS
    made = seal_days(heed.ledger_seals, today)
    for seal in made:
        logger.info("sealed", day=rfc3339.format_day(seal.day), entries=seal.count, root=seal.root)
    count_metric("DaysSealed", len(made))
    return {"sealed": [seal.to_document() for seal in made]}
