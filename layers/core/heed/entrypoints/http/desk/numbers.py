"""`/desk/numbers`: how many changes there were, as a chart, as a table and as CSV. They name nobody."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlencode

from heed.domain import rfc3339
from heed.domain.desk.session import DeskRole
from heed.domain.errors import InvalidQuery, NotFound, UnknownScope
from heed.domain.numbers.numbers import NumberColumn, NumberGrouping, NumberRow
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import Source
from heed.entrypoints.guarded_csv import guarded_csv_line
from heed.entrypoints.http import request
from heed.entrypoints.http.api.numbers import NumbersQuery, parse_numbers_query
from heed.entrypoints.http.desk.chart import lay_out_chart
from heed.entrypoints.http.desk.number_views import GroupingOption, NumbersTableRow, NumbersView
from heed.entrypoints.http.desk.titles import scope_title
from heed.use_cases.numbers.list_numbers import list_numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import Response

    from heed.entrypoints.http.desk.routes import DeskRoutes
    from heed.entrypoints.http.desk.visit import DeskRequest
    from heed.use_cases.ports.numbers import Numbers

MAX_TABLE_ROWS = 400  # more than the days of a year
MAX_CHART_ROWS = 40  # of topics, sources and campaigns; a chart of days has all of them
_PARAMETERS = ("from", "to", "by")
_SOURCES = {source.value: source for source in Source}


class NumberPageParts(Protocol):
    """The parts of a deployment that the page of numbers needs."""

    @property
    def catalogue(self) -> Catalogue:
        """The brands and topics."""
        ...

    @property
    def numbers(self) -> Numbers:
        """The counts of changes."""
        ...


class NumberPages:
    """Answers requests for the numbers.

    Args:
        routes: The routes of the function. This class adds its own.
        parts: Returns the parts of the deployment.
    """

    def __init__(self, routes: DeskRoutes, parts: Callable[[], NumberPageParts]) -> None:
        self._parts = parts
        routes.route("GET", "/desk/numbers", DeskRole.PRIVACY)(self.show)
        routes.route("GET", "/desk/numbers.csv", DeskRole.PRIVACY)(self.download)

    def show(self, call: DeskRequest) -> Response[str]:
        """Shows the numbers of a period. A mistake in the dates is shown at its field."""
        parts = self._parts()
        try:
            query = _parse_query(call)
            rows = list_numbers(*query, parts.numbers)
        except InvalidQuery as error:
            wrong = {fault.pointer for fault in error.faults}
            if "/by" in wrong:
                raise NotFound("no page is about this") from None
            return call.page("numbers", _mistaken_view(call, wrong), HTTPStatus.UNPROCESSABLE_ENTITY)
        return call.page("numbers", _view(call, query, rows, parts.catalogue))

    def download(self, call: DeskRequest) -> Response[str]:
        """Returns the same numbers as CSV, with all rows.

        Raises:
            NotFound: The query is not that of a link of the page.
        """
        try:
            query = _parse_query(call)
            rows = list_numbers(*query, self._parts().numbers)
        except InvalidQuery:
            raise NotFound("no file has these numbers") from None
        columns = [query.grouping.value, *(column.value for column in NumberColumn)]
        lines = [[row.key, *(str(row.count_of(column)) for column in NumberColumn)] for row in rows]
        first, last = rfc3339.format_day(query.period.first), rfc3339.format_day(query.period.last)
        name = f"numbers-{first}-{last}-{query.grouping}.csv"
        return call.file(name, "text/csv; charset=utf-8", "".join(map(guarded_csv_line, [columns, *lines])))


def _parse_query(call: DeskRequest) -> NumbersQuery:
    """Returns the period and the grouping. A browser sends an empty field, too; it counts as missing."""
    sent = {name: text for name in _PARAMETERS if (text := request.read_query(call.event, name))}
    return parse_numbers_query({"queryStringParameters": sent}, call.at, call.catalogue)


def _view(call: DeskRequest, query: NumbersQuery, rows: list[NumberRow], catalogue: Catalogue) -> NumbersView:
    period, grouping = query
    first, last = rfc3339.format_day(period.first), rfc3339.format_day(period.last)
    largest = rows
    if grouping is not NumberGrouping.DAY:
        largest = sorted(rows, key=lambda row: -sum(row.count_of(column) for column in NumberColumn))
        largest = largest[:MAX_CHART_ROWS]
    left_out = len(rows) - MAX_TABLE_ROWS
    return NumbersView(
        frame=call.frame,
        first=first,
        last=last,
        groupings=_options(grouping),
        grouping=grouping,
        chart=lay_out_chart(largest) if largest else None,
        chart_is_part=len(largest) < len(rows),
        rows=tuple(_table_row(row, grouping, catalogue, call.language) for row in rows[:MAX_TABLE_ROWS]),
        left_out=str(left_out) if left_out > 0 else "",
        file_url=f"/desk/numbers.csv?{urlencode({'from': first, 'to': last, 'by': grouping.value})}",
        first_is_wrong=False,
        last_is_wrong=False,
    )


def _mistaken_view(call: DeskRequest, wrong: set[str]) -> NumbersView:
    """Returns the page without numbers, with what the person entered."""
    grouping = NumberGrouping(request.read_query(call.event, "by") or NumberGrouping.DAY)
    return NumbersView(
        frame=call.frame,
        first=request.read_query(call.event, "from")[:10],
        last=request.read_query(call.event, "to")[:10],
        groupings=_options(grouping),
        grouping=grouping,
        chart=None,
        chart_is_part=False,
        rows=(),
        left_out="",
        file_url="",
        first_is_wrong="/from" in wrong,
        last_is_wrong="/to" in wrong,
    )


def _options(grouping: NumberGrouping) -> tuple[GroupingOption, ...]:
    return tuple(GroupingOption(value=each, chosen=each is grouping) for each in NumberGrouping)


def _table_row(
    row: NumberRow, grouping: NumberGrouping, catalogue: Catalogue, language: str
) -> NumbersTableRow:
    name = row.key
    if grouping is NumberGrouping.TOPIC:
        try:
            name = scope_title(catalogue.scope_number(row.key), catalogue, language) or row.key
        except UnknownScope:
            name = row.key  # a topic that the catalogue no longer has, or OTHER_KEY
    return NumbersTableRow(
        name=name,
        source=_SOURCES.get(row.key) if grouping is NumberGrouping.SOURCE else None,
        **{column.value: str(row.count_of(column)) for column in NumberColumn},
    )
