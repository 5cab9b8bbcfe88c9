"""Lists the numbers of a period, for the API and for charts."""

from __future__ import annotations

from heed.domain.errors import InvalidQuery, RequestFault
from heed.domain.numbers.numbers import (
    MAX_READ_KEYS,
    NumberGrouping,
    NumberPeriod,
    NumberRow,
    number_rows,
)
from heed.use_cases.ports.numbers import Numbers


def list_numbers(period: NumberPeriod, grouping: NumberGrouping, numbers: Numbers) -> list[NumberRow]:
    """Returns the rows of a period.

    Args:
        period: the days, at most MAX_PERIOD_DAYS.
        grouping: what the rows are about.
        numbers: the counts.

    Raises:
        InvalidQuery: The days have more than MAX_READ_KEYS keys. A shorter period has fewer.
        StoreUnavailable, UnreadableRecord: The counts could not be read.
    """
    counted = NumberGrouping.SOURCE if grouping is NumberGrouping.DAY else grouping
    keys = numbers.find_keys(counted, period.days)
    if len(keys) > MAX_READ_KEYS:
        fault = f"is too early: the days have more than {MAX_READ_KEYS} keys of this kind in all"
        raise InvalidQuery([RequestFault("/from", fault)])
    return number_rows(period, grouping, numbers.read(counted, keys))
