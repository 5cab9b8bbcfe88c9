"""GET /v1/disclosures: the query and the response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heed.domain import rfc3339
from heed.domain.errors import InvalidQuery, RequestFault
from heed.domain.privacy.disclosure import DisclosureEntry, DisclosurePage
from heed.entrypoints.http.api.query import parse_query_number, read_query_parameters

_DEFAULT_LIMIT, _MAX_LIMIT = 100, 1_000
_NAMES = ("limit", "cursor")


def parse_disclosures_query(event: Mapping[str, Any]) -> tuple[int | None, int]:
    """Reads the query of a request.

    Returns:
        The number before which the page begins (None: the page begins with the newest entry), and the
        maximum number of entries.

    Raises:
        InvalidQuery: A parameter is unknown or not valid.
    """
    faults: list[RequestFault] = []
    query = read_query_parameters(event, _NAMES, faults)
    limit = parse_query_number(query, "limit", _MAX_LIMIT, faults)
    before = parse_query_number(query, "cursor", 10**12, faults)
    if faults:
        raise InvalidQuery(faults)
    return before, limit or _DEFAULT_LIMIT


def disclosures_to_json(page: DisclosurePage) -> dict[str, object]:
    """Returns a page of disclosures, the newest first. `cursor` is null on the last page."""
    end = page.end
    return {
        "disclosures": [_entry_to_json(entry) for entry in page.entries],
        "cursor": None if page.next_before is None else str(page.next_before),
        "end": end and {"number": end.number, "hash": end.hash, "at": rfc3339.format_time(end.at)},
    }


def _entry_to_json(entry: DisclosureEntry) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": rfc3339.format_time(entry.details.at),
        "what": entry.details.what,
        "purpose": entry.details.purpose.value,
        "people": entry.details.people,
        "key": entry.details.key,
        "before": entry.previous_hash,
        "before_at": rfc3339.format_time(entry.previous_at) if entry.previous_at else None,
        "hash": entry.hash,
    }
