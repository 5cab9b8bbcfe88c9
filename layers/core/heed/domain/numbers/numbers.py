"""What is counted, by what, and the rows of an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from heed.domain import rfc3339
from heed.domain.preferences.register import Source

MAX_PERIOD_DAYS = 366
"""The most days of one answer: a leap year."""
MAX_KEYS_A_DAY = 1_000
"""The most topics, and the most campaigns, that are counted by name on a day."""
MAX_READ_KEYS = 20_000
"""The most keys of one answer, added up over its days: 54 campaigns a day for a year."""
OTHER_KEY = "(other)"
"""The key of the campaigns, or topics, that are not counted by name. No name has a parenthesis."""


class NumberColumn(StrEnum):
    """What is counted. The names are those of the API."""

    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    PAUSED = "paused"
    COMPLAINED = "complained"
    BOUNCED = "bounced"


class NumberGrouping(StrEnum):
    """What the rows of an answer are about."""

    DAY = "day"
    TOPIC = "topic"
    SOURCE = "source"
    CAMPAIGN = "campaign"


COUNTED_GROUPINGS = (NumberGrouping.TOPIC, NumberGrouping.SOURCE, NumberGrouping.CAMPAIGN)
"""What is counted. The number of a day is the sum of its sources."""

ColumnCounts = Mapping[NumberColumn, int]
"""The counts of a row, by column. A missing column is zero."""


class CountedKey(NamedTuple):
    """A row that a change is counted in, such as the topic `offers`."""

    grouping: NumberGrouping
    key: str


class DayKey(NamedTuple):
    """A key that has counts on a day.

    Attributes:
        day: the day in UTC, as a number of days since the Unix epoch.
        key: the name of the topic, source or campaign.
    """

    day: int
    key: str


class DayCount(NamedTuple):
    """The count of one column of one key, on one day.

    Attributes:
        day: the day in UTC, as a number of days since the Unix epoch.
        key: the name of the topic, source or campaign.
        column: what is counted.
        number: how often it happened.
    """

    day: int
    key: str
    column: NumberColumn
    number: int


@dataclass(frozen=True, slots=True)
class NumberPeriod:
    """A period of whole days in UTC, as numbers of days since the Unix epoch. The last day is part of it."""

    first: int
    last: int

    @property
    def days(self) -> range:
        """The days of the period."""
        return range(self.first, self.last + 1)


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A row of an answer: a day, a topic, a source or a campaign, and its counts."""

    key: str
    counts: ColumnCounts

    def count_of(self, column: NumberColumn) -> int:
        """Returns the count of a column."""
        return self.counts.get(column, 0)


def number_rows(
    period: NumberPeriod, grouping: NumberGrouping, counted: Iterable[DayCount]
) -> list[NumberRow]:
    """Returns the rows of a period, sorted by key.

    A day without any change has a row of zeros, so that a chart has no gaps. Imports are a source of their
    own and in no other row.

    Args:
        period: the period.
        grouping: what the rows are about.
        counted: the counts of the period: of the sources, if the rows are days.
    """
    totals: dict[str, Counter[NumberColumn]] = {}
    if grouping is NumberGrouping.DAY:
        totals = {rfc3339.format_day(day): Counter() for day in period.days}
        counted = (count for count in counted if count.key != Source.IMPORT)
    for day, key, column, number in counted:
        name = rfc3339.format_day(day) if grouping is NumberGrouping.DAY else key
        totals.setdefault(name, Counter())[column] += number
    return [NumberRow(key, totals[key]) for key in sorted(totals)]
