"""The JSON of a decision, the same in each answer of the API."""

from __future__ import annotations

from heed.domain import rfc3339
from heed.domain.preferences.decision import Decision


def decision_to_json(decision: Decision) -> dict[str, object]:
    """Returns `sendable`, `reason`, `since`, `source` and `until`. A value that does not exist is null."""
    return {
        "sendable": decision.sendable,
        "reason": decision.reason.value,
        "since": None if decision.since is None else rfc3339.format_time(decision.since),
        "source": None if decision.source is None else decision.source.value,
        "until": None if decision.until is None else rfc3339.format_time(decision.until),
    }
