"""A decision as every answer under /v1 writes it."""

from __future__ import annotations

from heed.domain import rfc3339
from heed.domain.preferences.decision import Decision


def decision_to_json(decision: Decision) -> dict[str, object]:
    """`sendable`, `reason`, `since`, `source`, `until`; null for what is not."""
    return {
        "sendable": decision.sendable,
        "reason": decision.reason.value,
        "since": None if decision.since is None else rfc3339.format_time(decision.since),
        "source": None if decision.source is None else decision.source.value,
        "until": None if decision.until is None else rfc3339.format_time(decision.until),
    }
