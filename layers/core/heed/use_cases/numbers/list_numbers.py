"""Lists the numbers of a period, for the API and for charts."""

from __future__ import annotations

from heed.domain.numbers.numbers import NumberGrouping, NumberPeriod, NumberRow, number_rows
from heed.use_cases.ports.numbers import Numbers


def list_numbers(period: NumberPeriod, grouping: NumberGrouping, numbers: Numbers) -> list[NumberRow]:
    """Returns the rows of a period.

    Args:
        period: the days, at most MAX_PERIOD_DAYS.
        grouping: what the rows are about.
        numbers: the counts.

    Raises:
        StoreUnavailable, UnreadableRecord: The counts could not be read.
    """
    counted = NumberGrouping.SOURCE if grouping is NumberGrouping.DAY else grouping
    return number_rows(period, grouping, numbers.read(counted, period.days))
