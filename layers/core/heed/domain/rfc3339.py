"""Times as the world writes them (RFC 3339) and as Heed counts them (milliseconds, UTC)."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from heed.domain.errors import InvalidTime
from heed.domain.preferences.register import DAY_MS

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
END_OF_TIME = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH) // _MILLISECOND + DAY_MS
"""What can be written lies before it: years have four digits."""
_LONGEST = 64  # characters; a fraction may have any number of digits, within reason


_HALF_DAY = DAY_MS // 2


class TimeSpan(NamedTuple):
    """The first and the last instant that a text means, milliseconds; of a time both are the same."""

    first: int
    last: int

    @property
    def end(self) -> int:
        """When it is over wherever somebody lives: of a date at noon UTC of the next day (UTC−12)."""
        return self.last if self.first == self.last else min(self.first + DAY_MS + _HALF_DAY, END_OF_TIME - 1)


def parse_time(text: str) -> TimeSpan:
    """What a time or a date means: `2026-03-05T01:41:02.669+01:00`, or `2026-03-05`, all of it, UTC.

    A time needs its offset from UTC (RFC 3339 §5.6): without one nobody knows which instant is meant.
    Fractions beyond milliseconds are cut off. A leap second (§5.7, the last of a month in UTC) has no
    number of its own where milliseconds are counted: it is the last millisecond before it.

    Raises:
        InvalidTime: neither of them, or outside the years 1970 to 9999.
    """
    if len(text) <= _LONGEST:
        if found := _DATE.fullmatch(text):
            first = _in_range(_instant(*map(int, found.groups())))
            return TimeSpan(first, first + DAY_MS - 1)
        if found := _TIME.fullmatch(text):
            *clock, fraction, sign, hours, minutes = found.groups()
            east = _offset(sign, hours, minutes)
            if clock[-1] == "60":
                at = _leap_second(_instant(*map(int, [*clock[:-1], "59"])) - east)
            else:
                at = _instant(*map(int, clock)) + int((fraction or "").ljust(3, "0")[:3])
                at = _in_range(at - east)
            return TimeSpan(at, at)
    raise InvalidTime("neither a time with an offset nor a date")


def format_time(at: int) -> str:
    """An instant as Heed writes it everywhere: `2026-03-05T00:41:02.669Z`.

    Raises:
        InvalidTime: outside the years 1970 to 9999.
    """
    moment = _EPOCH + _in_range(at) * _MILLISECOND
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def format_day(day: int) -> str:
    """A day, counted from the epoch, as a date.

    Raises:
        InvalidTime: outside the years 1970 to 9999.
    """
    _in_range(day * DAY_MS)
    return (_EPOCH + timedelta(days=day)).date().isoformat()


def _instant(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        return (moment - _EPOCH) // _MILLISECOND
    except ValueError as error:
        raise InvalidTime("no such day or time of day") from error


def _leap_second(before: int) -> int:
    """The last millisecond of the second before a leap second, which only the end of a month has."""
    second = _EPOCH + _in_range(before) * _MILLISECOND
    is_last = (second.hour, second.minute, second.second) == (23, 59, 59)
    if not is_last or second.day != monthrange(second.year, second.month)[1]:
        raise InvalidTime("no such day or time of day")
    return before + 999


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> int:
    """Milliseconds east of UTC."""
    if sign is None or hours is None or minutes is None:
        return 0
    if int(hours) > 23 or int(minutes) > 59:
        raise InvalidTime("no such offset from UTC")
    return (int(hours) * 60 + int(minutes)) * 60_000 * (1 if sign == "+" else -1)


def _in_range(at: int) -> int:
    if not 0 <= at < END_OF_TIME:
        raise InvalidTime("outside the years 1970 to 9999")
    return at
