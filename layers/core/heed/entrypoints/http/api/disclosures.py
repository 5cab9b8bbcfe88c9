"""GET /v1/disclosures: its query, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heed.domain import rfc3339
from heed.domain.errors import InvalidQuery, RequestFault
from heed.domain.privacy.disclosure import DisclosureEntry, DisclosurePage, RegisterEnd

_DEFAULT_LIMIT, _LONGEST_PAGE = 100, 1_000
_NAMES = ("limit", "cursor")


def parse_disclosures_query(event: Mapping[str, Any]) -> tuple[int | None, int]:
    """Before which number the page begins (None: at the newest), and how long it may be.

    Raises:
        InvalidQuery: a parameter breaks the contract.
    """
    given = {name: str(text) for name, text in (event.get("queryStringParameters") or {}).items()}
    faults = [
        RequestFault(f"/{name}", f"is no parameter of this; there are {', '.join(_NAMES)}")
        for name in given
        if name not in _NAMES
    ]
    limit = _number(given, "limit", _LONGEST_PAGE, faults)
    before = _number(given, "cursor", 10**12, faults)
    if faults:
        raise InvalidQuery(faults)
    return before, limit or _DEFAULT_LIMIT


def _number(given: Mapping[str, str], name: str, most: int, faults: list[RequestFault]) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 13 and 1 <= int(text) <= most:
        return int(text)
    faults.append(RequestFault(f"/{name}", f"must be a number from 1 to {most:,}"))
    return None


def disclosures_to_json(page: DisclosurePage) -> dict[str, object]:
    """The answer, the newest first; `cursor` is null at the beginning of the register."""
    return {
        "disclosures": [_entry(one) for one in page.entries],
        "cursor": None if page.rest is None else str(page.rest),
        "end": _end(page.end) if page.end else None,
    }


def _end(one: RegisterEnd) -> dict[str, object]:
    return {"number": one.number, "hash": one.hash, "at": rfc3339.format_time(one.at)}


def _entry(one: DisclosureEntry) -> dict[str, object]:
    return {
        "number": one.number,
        "at": rfc3339.format_time(one.details.at),
        "what": one.details.what,
        "purpose": one.details.purpose.value,
        "people": one.details.people,
        "key": one.details.key,
        "before": one.before,
        "before_at": rfc3339.format_time(one.before_at) if one.before_at else None,
        "hash": one.hash,
    }
