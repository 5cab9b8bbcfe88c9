"""GET /v1/purges/{id}: the certificate of a purge. It contains no personal data."""

from __future__ import annotations

from heed.domain import rfc3339
from heed.domain.milliseconds import Millis
from heed.domain.privacy.purge import Purge


def certificate_to_json(purge: Purge) -> dict[str, object]:
    """Returns the certificate of a purge. Until the purge is done, `completed_at` is null."""
    return {
        "state": purge.state.value,
        "stores": dict(sorted(purge.stores.items())),
        "requested_at": rfc3339.format_time(purge.requested_at),
        "completed_at": _format_time(purge.completed_at),
        "unlinkable_from": _format_time(purge.unlinkable_from),
        "rules": purge.rules,
    }


def _format_time(at: Millis | None) -> str | None:
    return None if at is None else rfc3339.format_time(at)
