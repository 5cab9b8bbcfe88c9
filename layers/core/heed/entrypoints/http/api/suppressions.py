"""GET /v1/suppressions: its query, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from heed.domain import rfc3339
from heed.domain.errors import Fault, InvalidCursor, InvalidQuery, InvalidTime, UnknownScope
from heed.domain.preferences.catalogue import ALL_NAME, Catalogue
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.register import ScopeNumber
from heed.domain.privacy.disclosure import Disclosure, permitted
from heed.entrypoints.http.api import cursors, fields
from heed.use_cases.ports.preferences import Position, Unreadable
from heed.use_cases.preferences.list_suppressions import LONGEST_PAGE, Filter, Listed, Page, Place

_DEFAULT_LIMIT = 100
_NAMES = ("since", "reason", "scope", "limit", "cursor", "purpose")
_REASONS = [reason for reason in Reason if reason not in (Reason.OK, Reason.NO_CONSENT)]
_FROM_THE_START = Place(Position(0, ""))


class Asked(NamedTuple):
    """Where the page begins, with the filter; how long it may be; and what it is for."""

    place: Place
    limit: int
    purpose: Disclosure


def asked(event: Mapping[str, Any], catalogue: Catalogue) -> Asked:
    """What a query asks.

    A cursor carries the filter that it was made with, and where to go on: `since` beside it says
    nothing, another filter beside it is a fault.

    Raises:
        PurposeRefused: it says what for, and that is none of the list.
        InvalidQuery: a parameter breaks the contract; a pointer names it.
    """
    given = {name: str(text) for name, text in (event.get("queryStringParameters") or {}).items()}
    purpose = permitted(given.get("purpose", Disclosure.SENDING))
    faults = [
        Fault(f"/{name}", f"is no parameter of this; there are {', '.join(_NAMES)}")
        for name in given
        if name not in _NAMES
    ]
    only = Filter(
        _reason(given.get("reason"), faults), _scope(given.get("scope"), catalogue, faults)
    )
    limit = _limit(given.get("limit"), faults)
    start = replace(_FROM_THE_START, after=_since(given.get("since"), faults), only=only)
    place = _place(given.get("cursor"), start, faults)
    if faults:
        raise InvalidQuery(faults)
    return Asked(place, limit, purpose)


def _reason(text: str | None, faults: list[Fault]) -> Reason | None:
    if text is None or text in _REASONS:
        return None if text is None else Reason(text)
    faults.append(Fault("/reason", f"must be one of {', '.join(_REASONS)}"))
    return None


def _scope(name: str | None, catalogue: Catalogue, faults: list[Fault]) -> ScopeNumber | None:
    try:
        return None if name is None else catalogue.number(name)
    except UnknownScope as error:
        faults.append(Fault("/scope", fields.unknown(error, name or "", catalogue)))
        return None


def _limit(text: str | None, faults: list[Fault]) -> int:
    if text is None:
        return _DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= LONGEST_PAGE:
        return int(text)
    faults.append(Fault("/limit", f"must be a number from 1 to {LONGEST_PAGE:,}"))
    return _DEFAULT_LIMIT


def _since(text: str | None, faults: list[Fault]) -> Position:
    try:
        return Position(0 if text is None else rfc3339.parse(text).first, "")
    except InvalidTime as error:
        faults.append(Fault("/since", f"is {error}{_lost_plus(text or '')}"))
        return Position(0, "")


def _lost_plus(text: str) -> str:
    """What to say of an offset whose `+` a form's rules have turned into a space."""
    try:
        rfc3339.parse(text.replace(" ", "+"))
    except InvalidTime:
        return ""
    return ": in a query a + means a space, and %2B means a +"


def _place(cursor: str | None, start: Place, faults: list[Fault]) -> Place:
    if cursor is None:
        return start
    try:
        place = cursors.read(cursor)
    except InvalidCursor as error:
        faults.append(Fault("/cursor", f"is {error}"))
        return start
    for name in ("reason", "scope"):
        wanted, made_with = getattr(start.only, name), getattr(place.only, name)
        if wanted is not None and wanted != made_with:
            faults.append(Fault(f"/{name}", "is not what the cursor was made with"))
    return place


def written(page: Page, catalogue: Catalogue) -> dict[str, object]:
    """The answer."""
    return {
        "suppressions": [_entry(one, catalogue) for one in page.listed],
        "cursor": cursors.write(page.next),
        "end": page.is_end,
    }


def _entry(one: Listed, catalogue: Catalogue) -> dict[str, object]:
    stop = one.stop
    if isinstance(stop, Unreadable):
        return {
            "recipient": one.recipient,
            "reason": "unreadable",
            "scope": ALL_NAME,
            "since": None,
            "source": None,
            "until": None,
            "except": [],
            "state": "standing",
        }
    return {
        "recipient": one.recipient,
        "reason": stop.reason.value,
        "scope": catalogue.name(stop.scope),
        "since": rfc3339.write(stop.since),
        "source": stop.source.value,
        "until": None if stop.until is None else rfc3339.write(stop.until),
        "except": [catalogue.name(number) for number in stop.excepted],
        "state": "standing" if stop.standing else "lifted",
    }
