"""GET /v1/suppressions: the query and the response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from heed.domain import rfc3339
from heed.domain.errors import InvalidCursor, InvalidQuery, InvalidTime, RequestFault, UnknownScope
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import ALL_NAME, Catalogue
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.register import ScopeNumber
from heed.domain.privacy.disclosure import DisclosurePurpose, parse_purpose
from heed.entrypoints.http.api import cursors, fields
from heed.entrypoints.http.api.faults import refuse_faults
from heed.entrypoints.http.api.query import parse_query_number, read_query_parameters
from heed.use_cases.ports.preferences import FeedPosition, UnreadableItem
from heed.use_cases.preferences.list_suppressions import (
    MAX_PAGE_SIZE,
    FeedCursor,
    ListedSuppression,
    SuppressionFilter,
    SuppressionPage,
)

_DEFAULT_LIMIT = 100
_NAMES = ("since", "reason", "scope", "limit", "cursor", "purpose")
_REASONS = [reason for reason in Reason if reason not in (Reason.OK, Reason.NO_CONSENT)]
_FROM_THE_START = FeedCursor(FeedPosition(Millis(0), ""))


class SuppressionsQuery(NamedTuple):
    """The position and filter of a page, its maximum length, and the purpose of the disclosure."""

    cursor: FeedCursor
    limit: int
    purpose: DisclosurePurpose


def parse_suppressions_query(event: Mapping[str, Any], catalogue: Catalogue) -> SuppressionsQuery:
    """Reads the query of a request.

    A cursor contains a position and a filter. With a cursor, `since` is ignored, and a different filter is
    a fault.

    Raises:
        PurposeRefused: The purpose is not one of the permitted purposes.
        BrandNotAllowed: The scope is of a brand which the caller may not use.
        InvalidQuery: A parameter is unknown or not valid. The pointer of each fault names the parameter.
    """
    faults: list[RequestFault] = []
    query = read_query_parameters(event, _NAMES, faults)
    purpose = parse_purpose(query.get("purpose", DisclosurePurpose.SENDING))
    only = SuppressionFilter(
        _parse_reason(query.get("reason"), faults), _parse_scope(query.get("scope"), catalogue, faults)
    )
    limit = parse_query_number(query, "limit", MAX_PAGE_SIZE, faults) or _DEFAULT_LIMIT
    start = replace(_FROM_THE_START, after=_parse_since(query.get("since"), faults), filter=only)
    position = _parse_cursor(query.get("cursor"), start, faults)
    refuse_faults(faults, InvalidQuery)
    return SuppressionsQuery(position, limit, purpose)


def _parse_reason(text: str | None, faults: list[RequestFault]) -> Reason | None:
    if text is None or text in _REASONS:
        return None if text is None else Reason(text)
    faults.append(RequestFault("/reason", f"must be one of {', '.join(_REASONS)}"))
    return None


def _parse_scope(name: str | None, catalogue: Catalogue, faults: list[RequestFault]) -> ScopeNumber | None:
    try:
        return None if name is None else catalogue.scope_number(name)
    except UnknownScope as error:
        faults.append(fields.unknown_name_fault("/scope", error, name or "", catalogue))
        return None


def _parse_since(text: str | None, faults: list[RequestFault]) -> FeedPosition:
    try:
        return FeedPosition(Millis(0 if text is None else rfc3339.parse_time(text).first), "")
    except InvalidTime as error:
        faults.append(RequestFault("/since", f"is {error}{_explain_lost_plus(text or '')}"))
        return FeedPosition(Millis(0), "")


def _explain_lost_plus(text: str) -> str:
    """Returns an explanation if the `+` of an offset was decoded as a space."""
    try:
        rfc3339.parse_time(text.replace(" ", "+"))
    except InvalidTime:
        return ""
    return ": in a query a + means a space, and %2B means a +"


def _parse_cursor(text: str | None, start: FeedCursor, faults: list[RequestFault]) -> FeedCursor:
    if text is None:
        return start
    try:
        position = cursors.parse_cursor(text)
    except InvalidCursor as error:
        faults.append(RequestFault("/cursor", f"is {error}"))
        return start
    for name in ("reason", "scope"):
        requested, original = getattr(start.filter, name), getattr(position.filter, name)
        if requested is not None and requested != original:
            faults.append(RequestFault(f"/{name}", "differs from the filter of this cursor"))
    return position


def suppressions_to_json(page: SuppressionPage, catalogue: Catalogue) -> dict[str, object]:
    """Returns a page of suppressions."""
    return {
        "suppressions": [_suppression_to_json(listed, catalogue) for listed in page.suppressions],
        "cursor": cursors.format_cursor(page.next_cursor),
        "end": page.is_end,
    }


def _suppression_to_json(listed: ListedSuppression, catalogue: Catalogue) -> dict[str, object]:
    suppression = listed.suppression
    if isinstance(suppression, UnreadableItem):
        return {
            "recipient": listed.recipient,
            "reason": "unreadable",
            "scope": ALL_NAME,
            "since": None,
            "source": None,
            "until": None,
            "except": [],
            "state": "standing",
        }
    return {
        "recipient": listed.recipient,
        "reason": suppression.reason.value,
        "scope": catalogue.scope_name(suppression.scope),
        "since": rfc3339.format_time(suppression.since),
        "source": suppression.source.value,
        "until": None if suppression.until is None else rfc3339.format_time(suppression.until),
        "except": [catalogue.scope_name(number) for number in suppression.excepted],
        "state": "standing" if suppression.active else "lifted",
    }
