"""Dates in the words of a language, from patterns of the brand's locale files."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dates:
    """How one language writes a date; the tests hold each against the CLDR."""

    months: tuple[str, ...]
    date: str  # with {day}, {month}, {number} and {year}
    time: str  # with {date}, {hour} and {minute}; names its time zone, which is UTC

    def write(self, kind: str, at: int) -> str:
        """`at` milliseconds as a "date", as a "time" (date and time), or as "iso" (RFC 3339)."""
        moment = time.gmtime(at // 1000)
        if kind == "iso":
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)
        date = self._date(moment.tm_year, moment.tm_mon, moment.tm_mday)
        if kind == "date":
            return date
        return self.time.format(date=date, hour=f"{moment.tm_hour:02}", minute=f"{moment.tm_min:02}")

    def day(self, date: str) -> str:
        """A date as the brand file has it, such as 2026-07-01."""
        year, month, day = date.split("-")
        return self._date(int(year), int(month), int(day))

    def _date(self, year: int, month: int, day: int) -> str:
        name = self.months[month - 1]
        return self.date.format(day=day, month=name, number=month, year=year)
