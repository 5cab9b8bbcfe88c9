"""What a row becomes: changes with the time of the row, or the reason why it becomes none."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import ExportTimeNeeded, UnknownHeader
from heed.domain.imports.columns import ADDRESS_COLUMNS, guard_formula, remove_guard
from heed.domain.imports.formats import RowMeaning
from heed.domain.imports.interpretation import (
    ImportSettings,
    InvalidRow,
    RefusedRow,
    SkippedRow,
    StopRow,
    UnmappedRow,
    interpret_row,
)
from heed.domain.imports.recognition import FORMATS, find_address_column, manual_format
from heed.domain.imports.statements import Finding
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ScopeNumber, opt_out_register
from heed.domain.rfc3339 import format_time, parse_time

NOW = parse_time("2026-06-01T00:00:00Z").first
EXPORTED_AT = parse_time("2026-05-01T12:00:00Z").first


def settings(
    meaning: RowMeaning = RowMeaning.UNSUBSCRIBED, *, exported_at: Millis | None = EXPORTED_AT, hours: int = 0
) -> ImportSettings:
    zone = timezone(timedelta(hours=hours))
    return ImportSettings(manual_format("email", meaning, "at"), NOW, exported_at, zone=zone)


def time_of(at: str, exported_at: Millis | None = EXPORTED_AT, hours: int = 0) -> str:
    row = {"email": "joan@example.com", "at": at}
    outcome = interpret_row(row, settings(exported_at=exported_at, hours=hours))
    if isinstance(outcome, StopRow):
        return format_time(outcome.stops[0].at)
    assert isinstance(outcome, InvalidRow)
    return outcome.reason


def test_a_row_without_a_date_counts_as_of_the_export_and_says_so() -> None:
    undated = interpret_row({"email": "joan@example.com"}, settings())
    dated = interpret_row({"email": "joan@example.com", "at": "2026-05-01T12:00:00Z"}, settings())
    assert isinstance(undated, StopRow) and isinstance(dated, StopRow)
    assert [(stop.at, stop.is_dated) for stop in (*undated.stops, *dated.stops)] == [
        (EXPORTED_AT, False),
        (EXPORTED_AT, True),
    ]


def test_a_row_without_a_date_never_counts_as_of_now() -> None:
    with pytest.raises(ExportTimeNeeded):
        interpret_row({"email": "joan@example.com", "at": "0001-01-01T00:00:00Z"}, settings(exported_at=None))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-05-01T12:00:00Z", "2026-05-01T12:00:00.000Z"),
        ("2026-05-01T12:00:00.001Z", "future"),
        ("1777636800001", "future"),
        ("2026-05-02 02:00:00", "2026-05-01T12:00:00.000Z"),  # 14 hours, but no zone
        ("2026-05-02 02:00:01", "future"),
        ("2026-05-01", "2026-05-01T12:00:00.000Z"),  # the day of the export
        ("2026-04-30", "2026-04-30T23:59:59.999Z"),
        ("soon", "date"),
    ],
)
def test_a_date_after_the_export_is_invalid_beyond_the_doubt_about_its_zone(at: str, expected: str) -> None:
    assert time_of(at) == expected


def test_without_the_time_of_the_export_a_date_may_not_be_after_now() -> None:
    assert time_of("2026-06-01T00:00:00Z", exported_at=None) == "2026-06-01T00:00:00.000Z"
    assert time_of("2026-06-01T00:00:01Z", exported_at=None) == "future"


def test_the_zone_of_the_caller_is_the_zone_of_a_date_without_one() -> None:
    assert time_of("2026-05-01 21:00:00", hours=9) == "2026-05-01T12:00:00.000Z"


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("@example.com", RefusedRow("domain")),
        ("example.com", RefusedRow("domain")),
        ("*@example.com", RefusedRow("pattern")),
        ("joan*@example.com", RefusedRow("pattern")),
        ("%@example.com", RefusedRow("pattern")),
        ("joan", InvalidRow("address")),
        ("", InvalidRow("address")),
        ("joan@example.com, lee@example.com", InvalidRow("address")),
        ("joan@exam ple.com", InvalidRow("address")),
    ],
)
def test_a_domain_or_pattern_is_refused_and_a_malformed_address_is_invalid(
    address: str, outcome: RefusedRow | InvalidRow
) -> None:
    assert interpret_row({"email": address}, settings()) == outcome


def test_an_address_is_normalised() -> None:
    outcome = interpret_row({"email": " Joan Smith <Joan@EXAMPLE.com> "}, settings())
    assert isinstance(outcome, StopRow)
    assert outcome.address == "joan@example.com"


def test_a_hard_bounce_counts_for_a_year() -> None:
    row = {"email": "joan@example.com", "at": "2025-06-01T00:00:00Z"}
    bounces = settings(RowMeaning.HARD_BOUNCE)
    assert isinstance(interpret_row(row, bounces), StopRow)
    assert interpret_row({**row, "at": "2025-05-31T23:59:59Z"}, bounces) == SkippedRow(
        Finding(RowMeaning.OLD_BOUNCE, "manual")
    )
    assert isinstance(interpret_row({**row, "at": "2015-05-31T23:59:59Z"}, settings()), StopRow)


def test_an_old_bounce_does_not_hide_an_opt_out_of_the_same_row() -> None:
    known = FORMATS["hubspot-opt-outs"]
    row = {"email": "joan@example.com", "portal bounce": "550", "portal unsubscribe": "TRUE"}
    outcome = interpret_row(row, ImportSettings(known, NOW, parse_time("2020-01-01").first))
    assert isinstance(outcome, StopRow)
    assert [stop.register.code for stop in outcome.stops] == ["o:0"]


def test_an_opt_out_applies_to_the_scope_that_the_caller_names() -> None:
    scoped = ImportSettings(
        manual_format("email", RowMeaning.UNSUBSCRIBED), NOW, EXPORTED_AT, ScopeNumber(10)
    )
    outcome = interpret_row({"email": "joan@example.com"}, scoped)
    assert isinstance(outcome, StopRow)
    assert [stop.register for stop in outcome.stops] == [opt_out_register(ScopeNumber(10))]


@pytest.mark.parametrize("meaning", [RowMeaning.COMPLAINT, RowMeaning.HARD_BOUNCE])
def test_a_complaint_or_bounce_is_about_the_address_in_any_scope(meaning: RowMeaning) -> None:
    scoped = ImportSettings(manual_format("email", meaning), NOW, EXPORTED_AT, ScopeNumber(10))
    outcome = interpret_row({"email": "joan@example.com"}, scoped)
    assert isinstance(outcome, StopRow)
    assert [stop.register.scope for stop in outcome.stops] == [0]


def test_topics_that_nobody_mapped_are_named() -> None:
    known = FORMATS["ses-contacts"]
    row = {"emailaddress": "joan@example.com", "unsubscribeall": "true", "topicpreferences.sports": "OPT_OUT"}
    assert interpret_row(row, ImportSettings(known, NOW, EXPORTED_AT)) == UnmappedRow(("sports",))


def test_a_group_without_a_name_is_not_everything() -> None:
    row = {"email": "joan@example.com", "group_id": "7", "group_name": "", "created_at": "1772671262"}
    assert interpret_row(row, ImportSettings(FORMATS["sendgrid-groups"], NOW)) == UnmappedRow(("",))


def test_a_word_that_is_not_in_the_table_is_an_invalid_row() -> None:
    row = {"emailaddress": "joan@example.com", "reason": "NEW"}
    assert interpret_row(row, ImportSettings(FORMATS["ses-suppressions"], NOW)) == InvalidRow("unknown-word")


def test_no_finding_has_the_text_of_a_cell() -> None:
    row = {"email": "joan@example.com", "portal bounce": "550 5.1.1 <joan@example.com>"}
    outcome = interpret_row(row, ImportSettings(FORMATS["hubspot-opt-outs"], NOW, EXPORTED_AT))
    assert isinstance(outcome, StopRow)
    assert [stop.finding.word for stop in outcome.stops] == ["portal bounce"]


def test_the_column_with_addresses_has_a_usual_name_or_the_one_of_the_caller() -> None:
    assert find_address_column(["Name", " E-Mail "]) == 1
    assert find_address_column(["Email", "Contact"], "contact") == 1
    assert find_address_column(["MatchPhrase", "MatchType"]) == 0, "of a known format"
    assert find_address_column([*reversed(ADDRESS_COLUMNS)]) == len(ADDRESS_COLUMNS) - 1


@pytest.mark.parametrize("column", ["", "contact"])
def test_without_such_a_column_the_others_are_named_unless_they_may_be_addresses(column: str) -> None:
    with pytest.raises(UnknownHeader, match="city, name") as failure:
        find_address_column(["name", "city", "joan@example.com"], column)
    assert "joan" not in failure.value.detail


@given(st.text(max_size=5) | st.sampled_from(["=1", "+1", "-1", "@a", "\tx", "\rx", "'=1"]))
def test_a_guarded_cell_is_no_formula(cell: str) -> None:
    guarded = guard_formula(cell)
    assert guarded[:1] not in tuple("=+-@\t\r")
    assert guarded in (cell, f"'{cell}")
    if cell[:1] in tuple("=+-@"):
        assert remove_guard(guarded) == cell


@given(
    at=st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2030, 1, 1)),  # noqa: DTZ001
    form=st.sampled_from(["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%d %b %Y %H:%M:%S EST"]),
    hours=st.integers(-12, 14),
)
def test_no_row_ever_counts_after_the_export(at: datetime, form: str, hours: int) -> None:
    row = {"email": "joan@example.com", "at": at.strftime(form)}
    outcome = interpret_row(row, settings(hours=hours))
    assert outcome == InvalidRow("future") or (
        isinstance(outcome, StopRow) and outcome.stops[0].at <= EXPORTED_AT
    )
