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
        date = self.date.format(
            day=moment.tm_mday,
            month=self.months[moment.tm_mon - 1],
            number=moment.tm_mon,
            year=moment.tm_year,
        )
        if kind == "date":
            return date
        return self.time.format(
            date=date, hour=f"{moment.tm_hour:02}", minute=f"{moment.tm_min:02}"
        )
