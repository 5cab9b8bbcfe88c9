"""Dates of rows are read in each form that vendors use, and a doubt makes an opt-out later, never earlier."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest

from heed.domain.errors import InvalidTime
from heed.domain.imports.row_dates import find_zone, parse_export_time, parse_row_date
from heed.domain.rfc3339 import format_time, parse_time

NOW = parse_time("2026-03-05T12:00:00Z").first
TOKYO = timezone(timedelta(hours=9))


def read(text: str, *, us: bool = False) -> str:
    date = parse_row_date(text, UTC, has_us_dates=us)
    assert date is not None
    return format_time(date.first)


@pytest.mark.parametrize(
    "text",
    [
        "1772671262",
        "1772671262.0",
        "1772671262000",
        "Thu, 05 Mar 2026 00:41:02 UTC",
        "Thu, 5 Mar 2026 00:41:02 +0000 (UTC)",
        "05 Mar 2026 00:41:02 GMT",
        "Wed, 04 Mar 2026 19:41:02 EST",
        "Wed, 04 Mar 2026 19:41:02 -0500",
        "2026-03-05T00:41:02Z",
        "2026-03-05T01:41:02.000000+01:00",
        "2026-03-05T01:41:02+0100",
        "2026-03-05 00:41:02+00",
        "2026-03-05 00:41:02.000+00",
        "2026-03-05 00:41:02 +00:00",
        "2026-03-05 00:41:02 UTC",
        "2026-03-05 00:41:02",
        "2026-03-05T00:41:02.000",
        "2026-03-05 00:41:02.000000001 +0000 UTC",
        "2026-03-05 01:41:02 +0100 CET",
        "2026-03-05 06:11:02 +0530 +0530",
        " 2026-03-05 00:41:02\t",
    ],
)
def test_each_form_is_the_same_instant(text: str) -> None:
    assert read(text) == "2026-03-05T00:41:02.000Z"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("3/4/2026", "2026-03-04T00:00:00.000Z"),
        ("3/4/2026 6:41:02 PM", "2026-03-04T18:41:02.000Z"),
        ("3/4/2026 12:05 AM", "2026-03-04T00:05:00.000Z"),
        ("03/04/2026 12:05 p.m.", "2026-03-04T12:05:00.000Z"),
        ("03/04/2026 18:41", "2026-03-04T18:41:00.000Z"),
    ],
)
def test_an_american_date_needs_the_flag(text: str, instant: str) -> None:
    assert read(text, us=True) == instant
    with pytest.raises(InvalidTime):
        parse_row_date(text, UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "0", "0.0", "0001-01-01T00:00:00Z", "0001-01-01 00:00:00 +0000 UTC"),
        *("0000-00-00 00:00:00", "Mon, 01 Jan 0001 00:00:00 UTC", "1/1/0001 12:00:00 AM"),
    ],
)
def test_an_empty_cell_zero_and_the_year_1_are_unknown(text: str) -> None:
    assert parse_row_date(text, UTC) is None


@pytest.mark.parametrize(
    "text",
    [
        *("yesterday", "2026-02-30", "2026-03-05 25:00:00", "2026-03-05 00:41:02 XYZ"),
        *("2026-03-05 00:41:02 PM", "05.03.2026", "05 Mrz 2026 00:41:02", "1969-12-31", "123456"),
        *("17726712620", "1e9", "9" * 81, "2026-03-05 00:41:02 +9900", "٢٠٢٦-03-05", "9999-12-31"),
    ],
)
def test_anything_else_is_invalid(text: str) -> None:
    with pytest.raises(InvalidTime):
        parse_row_date(text, UTC, has_us_dates=True)


def test_a_fraction_of_a_ten_thousandth_is_not_the_year_1() -> None:
    assert read("2026-03-05 00:41:02.0001") == "2026-03-05T00:41:02.000Z"


def test_a_date_without_a_zone_is_in_the_zone_of_the_caller_and_another_keeps_its_own() -> None:
    zoneless, zoned = (
        parse_row_date(text, TOKYO) for text in ("2026-03-05 09:00:00", "2026-03-05 09:00:00Z")
    )
    assert zoneless and zoned
    assert (format_time(zoneless.first), zoneless.has_zone) == ("2026-03-05T00:00:00.000Z", False)
    assert (format_time(zoned.first), zoned.has_zone) == ("2026-03-05T09:00:00.000Z", True)


def test_a_date_without_a_time_lasts_the_whole_day() -> None:
    date = parse_row_date("2026-03-05", TOKYO)
    assert date
    assert (format_time(date.first), format_time(date.last)) == (
        "2026-03-04T15:00:00.000Z",
        "2026-03-05T14:59:59.999Z",
    )


def test_a_time_that_a_change_of_clocks_repeats_is_the_later_one() -> None:
    date = parse_row_date("2025-10-26 02:30:00", find_zone("Europe/Berlin"))
    assert date
    assert format_time(date.first) == "2025-10-26T01:30:00.000Z"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-04", "2026-03-04T23:59:59.999Z"),
        ("2026-03-05", "2026-03-05T12:00:00.000Z"),
        ("2026-03-05T01:00:00+01:00", "2026-03-05T00:00:00.000Z"),
        ("2026-03-05T12:05:00Z", "2026-03-05T12:00:00.000Z"),
    ],
)
def test_the_time_of_an_export_is_never_after_now(text: str, instant: str) -> None:
    assert format_time(parse_export_time(text, NOW)) == instant


@pytest.mark.parametrize("text", ["2026-03-05T12:05:00.001Z", "2026-03-06", "2026-03-05 10:00:00", ""])
def test_an_export_in_the_future_or_without_a_zone_is_invalid(text: str) -> None:
    with pytest.raises(InvalidTime):
        parse_export_time(text, NOW)


def test_a_clock_that_is_ahead_by_less_than_five_minutes_is_believed() -> None:
    assert parse_export_time("2026-03-05T12:04:59Z", NOW) == NOW


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+12", "UTC", "EST5EDT"]
)
def test_a_zone_has_its_iana_name(name: str) -> None:
    date = parse_row_date("2026-03-05 12:00:00", find_zone(name))
    assert date is not None
    assert abs(date.first - NOW) <= 12 * 3_600_000


@pytest.mark.parametrize(
    "name",
    [
        *("", "America", "Mars/Olympus", "UTC/UTC", "localtime", "posixrules", "right/UTC", "A" * 31),
        *(
            "/etc/localtime",
            "../UTC",
            "Europe/../UTC",
            "Europe/Berlin\n",
            "America/__pycache__",
            "\u212bsia/Tokyo",
        ),
    ],
)
def test_any_other_name_is_no_zone(name: str) -> None:
    with pytest.raises(InvalidTime, match="not the IANA name"):
        find_zone(name)
