"""GET /v1/numbers: the query and the response."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from heed.domain import rfc3339
from heed.domain.errors import InvalidQuery, InvalidTime, RequestFault
from heed.domain.milliseconds import Millis
from heed.domain.numbers.numbers import (
    MAX_PERIOD_DAYS,
    NumberColumn,
    NumberGrouping,
    NumberPeriod,
    NumberRow,
)
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import ALL_SCOPES, DAY_MS
from heed.entrypoints.http.api.faults import refuse_faults
from heed.entrypoints.http.api.query import read_query_parameters

_DEFAULT_DAYS = 30
_NAMES = ("from", "to", "by")
_ONLY_TOPICS = "must be topic: a day, a source or a campaign counts the changes of all brands"


class NumbersQuery(NamedTuple):
    """The period and the grouping of an answer."""

    period: NumberPeriod
    grouping: NumberGrouping


def parse_numbers_query(event: Mapping[str, Any], now: Millis, catalogue: Catalogue) -> NumbersQuery:
    """Reads the query of a request. Without dates, the period is the last 30 days, today included.

    Args:
        event: the event of Lambda.
        now: milliseconds; it decides which day today is.
        catalogue: the brands and topics that the caller may see.

    Raises:
        BrandNotAllowed: The caller is limited to brands, and the rows are not about topics.
        InvalidQuery: A parameter is unknown or not valid, or the period is reversed or too long.
    """
    faults: list[RequestFault] = []
    query = read_query_parameters(event, _NAMES, faults)
    last = _parse_date(query, "to", now // DAY_MS, faults)
    first = _parse_date(query, "from", max(last - _DEFAULT_DAYS + 1, 0), faults)
    grouping = _parse_grouping(query.get("by", NumberGrouping.DAY), faults)
    if not faults and first > last:
        faults.append(RequestFault("/from", "is after the last day"))
    elif not faults and last - first >= MAX_PERIOD_DAYS:
        faults.append(RequestFault("/from", f"is more than {MAX_PERIOD_DAYS} days before the last day"))
    if not catalogue.may_show(ALL_SCOPES) and grouping is not NumberGrouping.TOPIC:
        faults.append(RequestFault("/by", _ONLY_TOPICS, is_brand_refused=True))
    refuse_faults(faults, InvalidQuery)
    return NumbersQuery(NumberPeriod(first, last), grouping)


def numbers_to_json(
    query: NumbersQuery, rows: Iterable[NumberRow], catalogue: Catalogue
) -> dict[str, object]:
    """Returns the numbers of a period, without the topics that the caller may not see."""
    if not catalogue.may_show(ALL_SCOPES):
        names = set(map(catalogue.scope_name, (*catalogue.brands, *catalogue.topics)))
        rows = [row for row in rows if row.key in names]
    return {
        "from": rfc3339.format_day(query.period.first),
        "to": rfc3339.format_day(query.period.last),
        "by": query.grouping.value,
        "rows": [
            {"key": row.key, **{column.value: row.count_of(column) for column in NumberColumn}}
            for row in rows
        ],
    }


def _parse_date(query: Mapping[str, str], name: str, default: int, faults: list[RequestFault]) -> int:
    if name not in query:
        return default
    try:
        return rfc3339.parse_day(query[name])
    except InvalidTime as error:
        faults.append(RequestFault(f"/{name}", f"is {error}, such as 2026-03-05"))
        return default


def _parse_grouping(text: str, faults: list[RequestFault]) -> NumberGrouping:
    if text in list(NumberGrouping):
        return NumberGrouping(text)
    faults.append(RequestFault("/by", f"must be one of {', '.join(NumberGrouping)}"))
    return NumberGrouping.DAY
