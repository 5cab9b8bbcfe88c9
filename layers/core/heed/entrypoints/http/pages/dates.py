"""Formats dates in a language, with the patterns of the locale files of the brand."""

from __future__ import annotations

import time
from dataclasses import dataclass

from heed.domain.milliseconds import Millis


@dataclass(frozen=True, slots=True)
class Dates:
    """The date patterns of a language. The tests compare them with the CLDR.

    Attributes:
        months: The names of the months.
        date: The pattern of a date, with {day}, {month}, {number} and {year}.
        time: The pattern of a date and time, with {date}, {hour} and {minute}. It names the time zone, UTC.
    """

    months: tuple[str, ...]
    date: str
    time: str

    def write(self, kind: str, at: Millis) -> str:
        """Formats a time.

        Args:
            kind: "date", "time" (date and time) or "iso" (RFC 3339).
            at: Milliseconds since the Unix epoch.
        """
        moment = time.gmtime(at // 1000)
        if kind == "iso":
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)
        date = self._format_date(moment.tm_year, moment.tm_mon, moment.tm_mday)
        if kind == "date":
            return date
        return self.time.format(date=date, hour=f"{moment.tm_hour:02}", minute=f"{moment.tm_min:02}")

    def day(self, date: str) -> str:
        """Formats a date of the brand file, such as 2026-07-01."""
        year, month, day = date.split("-")
        return self._format_date(int(year), int(month), int(day))

    def _format_date(self, year: int, month: int, day: int) -> str:
        name = self.months[month - 1]
        return self.date.format(day=day, month=name, number=month, year=year)
