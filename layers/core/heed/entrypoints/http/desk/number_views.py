"""The view of the page of numbers."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.numbers.numbers import NumberGrouping
from heed.domain.preferences.register import Source
from heed.entrypoints.http.desk.chart import Chart
from heed.entrypoints.http.desk.views import DeskView


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupingOption:
    """What the rows can be about."""

    value: NumberGrouping
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersTableRow:
    """A row of the table, with its counts."""

    name: str
    source: Source | None  # a row about a source has a name in the language of the page
    opted_out: str
    opted_in: str
    paused: str
    complained: str
    bounced: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersView(DeskView):
    """`GET /desk/numbers`: how many changes there were."""

    first: str  # the first day as the form has it, such as 2026-03-05
    last: str
    groupings: tuple[GroupingOption, ...]
    grouping: NumberGrouping
    chart: Chart | None  # None: there are no rows
    chart_is_part: bool  # the chart has the rows with the most changes only
    rows: tuple[NumbersTableRow, ...]
    left_out: str  # how many rows only the file has; "": none
    file_url: str  # of the same numbers as CSV
    first_is_wrong: bool
    last_is_wrong: bool


NUMBER_VIEWS: dict[str, type[DeskView]] = {"numbers": NumbersView}
