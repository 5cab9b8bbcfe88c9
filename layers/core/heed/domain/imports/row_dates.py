"""The dates of rows, in each form that vendors use.

A date without a zone is read in the zone that the caller names, otherwise in UTC. A date without a time of
day counts as the end of that day, and a time that a change of clocks repeats counts as the later one, because
a later opt-out is the stronger one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from heed.domain.errors import FutureTime, InvalidTime
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.domain.rfc3339 import END_OF_TIME, parse_time

_MAX_LENGTH = 80  # characters of a date
_START_OF_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_UNKNOWN = re.compile(r"0+(?:\.0+)?|0000-00-00.*|(?:.* )?0001[- ].*|\d{1,2}/\d{1,2}/0001.*", re.ASCII)
_SECONDS = re.compile(r"(\d{9,10})(?:\.(\d{1,9}))?", re.ASCII)
_MILLISECONDS = re.compile(r"\d{12,13}", re.ASCII)
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
_OFFSET = r"[+-]\d\d(?::?\d\d)?"
_ISO = re.compile(  # Go writes the name of the zone behind its offset
    rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)"
    rf"(?:(?:[Tt]| +){_CLOCK}(?: ?(?P<zone>[A-Za-z]{{1,5}}|{_OFFSET})(?: (?:[A-Z]{{1,5}}|{_OFFSET}))?)?)?",
    re.ASCII,
)
_RFC_2822 = re.compile(
    rf"(?:[A-Za-z]{{3}},? )?(?P<day>\d{{1,2}}) (?P<month>[A-Za-z]{{3}}) (?P<year>\d{{4}}) {_CLOCK}"
    rf"(?: (?P<zone>[A-Za-z]{{1,5}}|{_OFFSET})(?: \([A-Z]{{1,5}}\))?)?",
    re.ASCII,
)
_US = re.compile(
    r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})"
    rf"(?: {_CLOCK}(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?",
    re.ASCII,
)
# A capital first: `localtime` is the zone of this machine, and `right/UTC` has leap seconds.
_ZONE_NAME = re.compile(r"[A-Z][A-Za-z0-9_+-]{0,29}(?:/[A-Za-z0-9_+-]{1,30}){0,2}", re.ASCII)
CLOCK_DIFFERENCE = 5 * 60_000
"""Milliseconds by which the clock of a caller may be ahead."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT"), 0),
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "CET": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
    "WET": 0,
    "WEST": 1,
    "JST": 9,
}
"""Offsets from UTC in hours. A name that several countries use, such as IST or BST, is not among them."""


class RowDate(NamedTuple):
    """The date of a row.

    Attributes:
        first: the first instant that it may mean.
        last: the last one. A time of day means one instant.
        has_zone: whether the row says the offset from UTC.
    """

    first: Millis
    last: Millis
    has_zone: bool


def parse_row_date(text: str, zone: tzinfo, *, has_us_dates: bool = False) -> RowDate | None:
    """Parses the date of a row; None if the row has none: an empty cell, zero, or the year 0001.

    Args:
        text: the cell.
        zone: the zone of a date without one.
        has_us_dates: whether `3/4/2024` is 4 March. Without it, such a date is invalid.

    Raises:
        InvalidTime: the text is no date in one of the forms, or it is before 1970.
    """
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        raise InvalidTime("too long")
    if not text or _UNKNOWN.fullmatch(text):
        return None
    if seconds := _SECONDS.fullmatch(text):
        return _instant(int(seconds[1]) * 1000 + int((seconds[2] or "").ljust(3, "0")[:3]))
    if _MILLISECONDS.fullmatch(text):
        return _instant(int(text))
    forms = (_ISO, _RFC_2822, _US) if has_us_dates else (_ISO, _RFC_2822)
    match = next(filter(None, (form.fullmatch(text) for form in forms)), None)
    if match is None:
        raise InvalidTime("not a date")
    try:
        return _combine(match.groupdict(), zone)
    except (ValueError, OverflowError) as error:
        raise InvalidTime("no such day or time of day") from error


def find_zone(name: str) -> tzinfo:
    """Returns the time zone with an IANA name, such as `Europe/Berlin`.

    Raises:
        InvalidTime: there is no zone of that name.
    """
    from zoneinfo import ZoneInfo  # only a request of an import needs it

    if not _ZONE_NAME.fullmatch(name):
        raise InvalidTime("not the IANA name of a time zone")
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:  # no file, a folder such as `America`, or no zone in it
        raise InvalidTime("not the IANA name of a time zone") from error


def parse_export_time(text: str, now: Millis) -> Millis:
    """Returns the time of an export. A date means its last instant or, if that is earlier, now.

    Args:
        text: a time with an offset from UTC, or a date.
        now: the current time.

    Raises:
        InvalidTime: the text is neither.
        FutureTime: the time is more than five minutes ahead.
    """
    span = parse_time(text)
    if span.first > now + CLOCK_DIFFERENCE:
        raise FutureTime("in the future")
    return min(span.last, now)


def _combine(parts: dict[str, str | None], zone: tzinfo) -> RowDate:
    """Returns the date of the parts of a match.

    Raises:
        ValueError: there is no such day, time or zone.
    """
    year, month, day = (parts[name] or "" for name in ("year", "month", "day"))
    number = int(month) if month.isdigit() else _MONTHS.index(month.lower()) + 1
    own_zone = _parse_zone(parts.get("zone"))
    midnight = datetime(int(year), number, int(day), tzinfo=own_zone or zone, fold=1)
    if parts["hour"] is None:
        return _span(midnight, DAY_MS - 1, has_zone=False)
    hour = int(parts["hour"])
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if half in "Pp" else 0)
    fraction = (parts["fraction"] or "").ljust(3, "0")[:3]
    moment = midnight.replace(
        hour=hour,
        minute=int(parts["minute"] or 0),
        second=int(parts["second"] or 0),
        microsecond=int(fraction) * 1000,
    )
    return _span(moment, 0, has_zone=own_zone is not None)


def _parse_zone(text: str | None) -> tzinfo | None:
    """Returns the zone that a row says, as a name or an offset from UTC; None if it says none."""
    if text is None:
        return None
    if text.isalpha():
        if text.upper() not in _ZONES:
            raise ValueError("no such zone")
        return timezone(timedelta(hours=_ZONES[text.upper()]))
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _instant(at: int) -> RowDate:
    return _span(_START_OF_1970 + at * _MILLISECOND, 0, has_zone=True)


def _span(moment: datetime, length: int, *, has_zone: bool) -> RowDate:
    """Returns the date that begins at a moment.

    Raises:
        InvalidTime: it is before 1970 or after 9999.
    """
    first = (moment - _START_OF_1970) // _MILLISECOND
    if not 0 <= first < END_OF_TIME - DAY_MS:
        raise InvalidTime("outside the years 1970 to 9999")
    return RowDate(Millis(first), Millis(first + length), has_zone)
