from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain import rfc3339
from heed.domain.errors import InvalidTime
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS

AT = 1_772_671_262_669  # 2026-03-05T00:41:02.669Z


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-05T00:41:02.669Z",
        "2026-03-05t00:41:02.669z",
        "2026-03-05T00:41:02.6699999999999Z",
        "2026-03-05T01:41:02.669+01:00",
        "2026-03-04T19:41:02.669-05:00",
        "2026-03-05T00:41:02.669-00:00",
        "2026-03-05T06:26:02.669+05:45",
    ],
)
def test_all_spellings_of_one_instant_are_parsed_alike(text: str) -> None:
    assert rfc3339.parse_time(text) == (AT, AT)


def test_a_short_fraction_is_tenths_not_milliseconds() -> None:
    assert rfc3339.parse_time("2026-03-05T00:41:02.6Z").first == AT - 69


def test_a_date_covers_its_whole_day_in_utc() -> None:
    span = rfc3339.parse_time("2026-03-05")
    assert (rfc3339.format_time(span.first), rfc3339.format_time(span.last)) == (
        "2026-03-05T00:00:00.000Z",
        "2026-03-05T23:59:59.999Z",
    )


def test_a_date_ends_when_it_is_over_everywhere_and_a_time_at_once() -> None:
    assert rfc3339.format_time(rfc3339.parse_time("2026-03-05").end) == "2026-03-06T12:00:00.000Z"
    assert rfc3339.format_time(rfc3339.parse_time("9999-12-31").end) == "9999-12-31T23:59:59.999Z"
    assert rfc3339.parse_time("2026-03-05T00:41:02.669Z").end == AT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"),
        ("2015-06-30T23:59:60.5Z", "2015-06-30T23:59:59.999Z"),
        ("1990-12-31T15:59:60-08:00", "1990-12-31T23:59:59.999Z"),
        ("2017-01-01T08:59:60+09:00", "2016-12-31T23:59:59.999Z"),
        ("2016-02-29t23:59:60z", "2016-02-29T23:59:59.999Z"),
        ("9999-12-31T23:59:60Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_leap_second_is_the_last_instant_of_its_month(text: str, expected: str) -> None:
    at = rfc3339.parse_time(text)
    assert (at.first, rfc3339.format_time(at.last)) == (at.last, expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2016-12-31T23:59:61Z",
        "2016-12-31T12:59:60Z",
        "2016-12-31T23:59:60+01:00",
        "2016-12-31T23:58:60Z",
        "2016-02-28T23:59:60Z",
        "1969-12-31T23:59:60Z",
        "yesterday",
        "2026-03-05T00:41:02",  # without an offset the instant is not known
        "2026-03-05 00:41:02Z",
        "2026-03-05T00:41Z",
        "2026-03-05T00:41:02,5Z",
        "2026-03-05T00:41:02.Z",
        "2026-03-05T24:00:00Z",
        "2026-03-05T23:59:60Z",
        "2026-03-05T00:00:00+24:00",
        "2026-03-05T00:00:00+01:60",
        "2026-03-05T00:00:00+0100",
        "2026-02-29",
        "2026-13-01",
        "2026-3-5",
        "20260305",
        "2026-W10-4",
        "1969-12-31",
        "1970-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-00:01",
        "0000-01-01",
        "2026-03-05\n",
        " 2026-03-05",
        "２０２６-03-05",  # noqa: RUF100 - digits, but not ASCII
        "2026-03-05T00:41:02." + "1" * 60 + "Z",
    ],
)
def test_a_text_that_is_neither_a_time_nor_a_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidTime):
        rfc3339.parse_time(text)


def test_the_first_and_the_last_instant_can_be_formatted_and_parsed() -> None:
    for text in ("1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"):
        assert rfc3339.format_time(rfc3339.parse_time(text).first) == text


@given(st.integers(0, 253_402_300_799_999))
def test_a_formatted_time_parses_to_the_same_instant(at: Millis) -> None:
    assert rfc3339.parse_time(rfc3339.format_time(at)) == (at, at)


@pytest.mark.parametrize("at", [-1, rfc3339.END_OF_TIME, 10**30, -(10**30)])
def test_an_instant_out_of_range_is_refused(at: Millis) -> None:
    for write in (rfc3339.format_time, rfc3339.format_day):
        with pytest.raises(InvalidTime):
            write(at)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1)),  # noqa: DTZ001 - the offset comes next
    st.integers(-23 * 60, 23 * 60),
)
def test_a_time_with_any_offset_parses_to_the_instant_that_python_computes(
    moment: datetime, offset: int
) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    expected = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert rfc3339.parse_time(aware.isoformat()).first == expected


@given(st.integers(0, 2_932_896))
def test_a_formatted_day_parses_to_the_same_day(day: int) -> None:
    assert rfc3339.parse_time(rfc3339.format_day(day)).first == day * DAY_MS
