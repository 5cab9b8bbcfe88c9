"""Converts times between text (RFC 3339) and Heed's numbers (milliseconds since the Unix epoch, UTC)."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from heed.domain.errors import InvalidTime
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
_START_OF_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
END_OF_TIME = (datetime(9999, 12, 31, tzinfo=UTC) - _START_OF_1970) // _MILLISECOND + DAY_MS
"""Every valid instant is before this one, because a year has four digits."""
_MAX_LENGTH = 64  # characters; it limits the number of digits in a fraction

_HALF_DAY = DAY_MS // 2


class TimeSpan(NamedTuple):
    """The first and the last instant of a date, in milliseconds. For a time, both are the same."""

    first: Millis
    last: Millis

    @property
    def end(self) -> Millis:
        """The instant at which the span is over everywhere: for a date, noon UTC of the next day (UTC−12)."""
        return Millis(
            self.last if self.first == self.last else min(self.first + DAY_MS + _HALF_DAY, END_OF_TIME - 1)
        )


def parse_time(text: str) -> TimeSpan:
    """Parses a time (`2026-03-05T01:41:02.669+01:00`) or a date (`2026-03-05`, the whole day in UTC).

    A time needs an offset from UTC (RFC 3339 §5.6). Without one, the instant is not known. Digits beyond
    milliseconds are dropped. A leap second (§5.7, the last second of a month in UTC) has no number of its
    own in milliseconds. It becomes the last millisecond before it.

    Raises:
        InvalidTime: the text is neither, or it is outside the years 1970 to 9999.
    """
    if len(text) <= _MAX_LENGTH:
        if match := _DATE.fullmatch(text):
            first = _check_range(_to_instant(*map(int, match.groups())))
            return TimeSpan(first, Millis(first + DAY_MS - 1))
        if match := _TIME.fullmatch(text):
            *clock, fraction, sign, hours, minutes = match.groups()
            offset = _parse_offset(sign, hours, minutes)
            if clock[-1] == "60":
                instant = _leap_second(Millis(_to_instant(*map(int, [*clock[:-1], "59"])) - offset))
            else:
                instant = Millis(_to_instant(*map(int, clock)) + int((fraction or "").ljust(3, "0")[:3]))
                instant = _check_range(Millis(instant - offset))
            return TimeSpan(instant, instant)
    raise InvalidTime("neither a time with an offset nor a date")


def parse_day(text: str) -> int:
    """Parses a date (`2026-03-05`). The day is a number of days since the Unix epoch.

    Raises:
        InvalidTime: the text is not a date, or it is outside the years 1970 to 9999.
    """
    if len(text) <= _MAX_LENGTH and (match := _DATE.fullmatch(text)):
        return _check_range(_to_instant(*map(int, match.groups()))) // DAY_MS
    raise InvalidTime("not a date")


def format_time(at: Millis) -> str:
    """Formats an instant in milliseconds, the same way everywhere: `2026-03-05T00:41:02.669Z`.

    Raises:
        InvalidTime: the instant is outside the years 1970 to 9999.
    """
    moment = _START_OF_1970 + _check_range(at) * _MILLISECOND
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def format_day(day: int) -> str:
    """Formats a day as a date. The day is a number of days since the Unix epoch.

    Raises:
        InvalidTime: the day is outside the years 1970 to 9999.
    """
    _check_range(Millis(day * DAY_MS))
    return (_START_OF_1970 + timedelta(days=day)).date().isoformat()


def _to_instant(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> Millis:
    """Returns the instant of a date and a time of day in UTC, milliseconds."""
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        return Millis((moment - _START_OF_1970) // _MILLISECOND)
    except ValueError as error:
        raise InvalidTime("no such day or time of day") from error


def _leap_second(before: Millis) -> Millis:
    """Returns the last millisecond of the second `before` a leap second.

    Only the last second of a month may be a leap second.
    """
    second = _START_OF_1970 + _check_range(before) * _MILLISECOND
    is_last = (second.hour, second.minute, second.second) == (23, 59, 59)
    if not is_last or second.day != monthrange(second.year, second.month)[1]:
        raise InvalidTime("no such day or time of day")
    return Millis(before + 999)


def _parse_offset(sign: str | None, hours: str | None, minutes: str | None) -> int:
    """Returns the offset in milliseconds, positive east of UTC."""
    if sign is None or hours is None or minutes is None:
        return 0
    if int(hours) > 23 or int(minutes) > 59:
        raise InvalidTime("no such offset from UTC")
    return (int(hours) * 60 + int(minutes)) * 60_000 * (1 if sign == "+" else -1)


def _check_range(at: Millis) -> Millis:
    """Returns the instant unchanged.

    Raises:
        InvalidTime: the instant is outside the years 1970 to 9999.
    """
    if not 0 <= at < END_OF_TIME:
        raise InvalidTime("outside the years 1970 to 9999")
    return at
