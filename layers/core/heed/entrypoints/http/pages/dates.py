"""Formats dates and lists in a language, as the locale files of the brand say.

The pages of recipients show no time of day, because the reader's time zone is unknown. `iso` is the exact
time, for machines. The desk also shows the time of day in UTC.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS

_MINUTE_MS = 60_000
_SECONDS = tuple(f":{second:02}Z" for second in range(60))


@dataclass(frozen=True, slots=True)
class Dates:
    """How a language writes dates and lists. The tests compare the dates with the CLDR.

    Attributes:
        months: The names of the months.
        first: The first day of a month, such as "1" or, in French, "1er".
        pattern: The pattern of a date, with {day}, {month}, {number} and {year}.
        comma: What separates the items of a list.
    """

    months: tuple[str, ...]
    first: str
    pattern: str
    comma: str

    def names(self, names: tuple[str, ...]) -> str:
        """Formats a list of names."""
        return self.comma.join(names)

    def date(self, at: Millis) -> str:
        """Formats the date of a time in UTC. `at` is in milliseconds since the Unix epoch."""
        moment = time.gmtime(at // 1000)
        return self._format_date(moment.tm_year, moment.tm_mon, moment.tm_mday)

    def time(self, at: Millis) -> str:
        """Formats the time of day in UTC, such as 14:05 UTC. `at` is in milliseconds since the Unix epoch."""
        _, clock, _ = split_time(at)
        return f"{clock} UTC"

    def iso(self, at: Millis) -> str:
        """Formats a time as RFC 3339 demands. `at` is in milliseconds since the Unix epoch."""
        day, clock, seconds = split_time(at)
        return f"{iso_day(day)}T{clock}{seconds}"

    def day(self, date: str) -> str:
        """Formats a date of the brand file, such as 2026-07-01."""
        year, month, day = date.split("-")
        return self._format_date(int(year), int(month), int(day))

    def _format_date(self, year: int, month: int, day: int) -> str:
        name = self.months[month - 1]
        shown = self.first if day == 1 else day
        return self.pattern.format(day=shown, month=name, number=month, year=year)


def split_time(at: Millis) -> tuple[int, str, str]:
    """Splits a time in UTC. `at` is in milliseconds since the Unix epoch.

    Returns:
        The number of days since the Unix epoch, the time of day such as 14:05, and the rest of it as RFC 3339
        demands, such as :09Z.
    """
    day, time_of_day = divmod(at, DAY_MS)
    minute, rest = divmod(time_of_day, _MINUTE_MS)
    return day, _clock(minute), _SECONDS[rest // 1_000]


@lru_cache(maxsize=1_024)
def iso_day(day: int) -> str:
    """Formats a day, such as 2026-07-01. `day` is the number of days since the Unix epoch."""
    return time.strftime("%Y-%m-%d", time.gmtime(day * DAY_MS // 1_000))


@lru_cache(maxsize=1_440)
def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
