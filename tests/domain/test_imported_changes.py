"""What an import makes of a row: the changes, the result of the row, and rows without a date."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.imports.formats import RowMeaning
from heed.domain.imports.imported_changes import (
    ImportOrigin,
    RowDecision,
    RowResult,
    decide_row,
    imported_changes,
    make_claim,
)
from heed.domain.imports.interpretation import ImportedStop
from heed.domain.imports.statements import Finding
from heed.domain.jobs.job_report import JobCounts
from heed.domain.jobs.job_settings import ImportJobSettings, UndatedRows
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    MINOR,
    UNDELIVERABLE,
    Entry,
    Register,
    ScopeNumber,
    Source,
)
from tests.support.catalogues import CATALOGUE
from tests.support.registers import confirmed, imported, in_, out, pause
from tests.support.strategies import instants, records

NOW = Millis(80 * DAY_MS)
ORIGIN = ImportOrigin("a" * 32, "c" * 32, "sendgrid-unsubscribes")
EVERYTHING, OFFERS = out(0), out(2)
FACT = Entry(Millis(7), Source.PHONE, "{}")


def stop(
    register: Register = EVERYTHING, at: int = 5, *, is_dated: bool = True, is_limited: bool = False
) -> ImportedStop:
    return ImportedStop(
        register, Millis(at), is_dated, is_limited, Finding(RowMeaning.UNSUBSCRIBED, "unsubscribe")
    )


def decide(
    record: Record, *stops: ImportedStop, undated: UndatedRows = UndatedRows.EXPORTED_AT
) -> RowDecision:
    return decide_row(record, stops, ORIGIN, undated, CATALOGUE, NOW)


@pytest.mark.parametrize(
    ("record", "row", "result"),
    [
        (EMPTY_RECORD, stop(), RowResult.APPLIED),
        (EMPTY_RECORD, stop(COMPLAINT), RowResult.APPLIED),
        (EMPTY_RECORD, stop(UNDELIVERABLE), RowResult.APPLIED),
        (Record({OFFERS: FACT}), stop(), RowResult.APPLIED),
        (Record({EVERYTHING: FACT}), stop(OFFERS), RowResult.KNOWN),
        (Record({EVERYTHING: FACT}), stop(COMPLAINT), RowResult.KNOWN),
        (Record({EVERYTHING: FACT}), stop(UNDELIVERABLE), RowResult.APPLIED),
        (Record({pause(0): replace(FACT, until=Millis(NOW + 1))}), stop(), RowResult.KNOWN),
        (Record({in_(2): FACT}), stop(OFFERS), RowResult.SUPERSEDED),
        (Record({confirmed(2): FACT}), stop(), RowResult.APPLIED),
        (Record({HOLD: FACT}), stop(), RowResult.KNOWN),
        (Record({MINOR: FACT, EVERYTHING: FACT}), stop(), RowResult.KNOWN),
        (Record({EVERYTHING: FACT}, erased_at=Millis(7)), stop(), RowResult.KNOWN),
    ],
)
def test_a_row_is_applied_known_or_superseded(record: Record, row: ImportedStop, result: RowResult) -> None:
    assert decide(record, row).result is result


def test_the_results_are_counts_of_a_job() -> None:
    assert {result.value for result in RowResult} <= {*JobCounts.__slots__}


def test_who_gets_no_mail_anyway_is_stopped_all_the_same() -> None:
    paused = Record({pause(0): replace(FACT, until=Millis(NOW + 1))}, revision=1)
    assert imported(0) in merge_changes(paused, decide(paused, stop()).changes).registers


def test_only_a_minor_an_erasure_or_a_greater_entry_of_an_import_keeps_a_row_from_the_record() -> None:
    minor, erased = Record({MINOR: FACT}), Record(erased_at=Millis(5))
    greater = merge_changes(EMPTY_RECORD, imported_changes(EMPTY_RECORD, [stop(at=6)], ORIGIN))
    for record in (minor, erased, greater):
        assert decide(record, stop(at=5)).changes == []
    for record in (Record({HOLD: FACT}), Record({EVERYTHING: FACT}), Record(erased_at=Millis(4))):
        assert len(decide(record, stop(at=5)).changes) == 1


@given(records(), st.lists(st.builds(stop, st.sampled_from([EVERYTHING, OFFERS, COMPLAINT])), min_size=1))
def test_a_row_has_the_same_result_in_a_preview_a_commit_and_a_repetition(
    record: Record, stops: list[ImportedStop]
) -> None:
    preview = decide(record, *stops)
    after = merge_changes(record, preview.changes)
    again = decide(after, *stops)
    assert (again.result, again.is_against_yes) == (preview.result, preview.is_against_yes)
    assert again.changes == []


@given(records(), st.sampled_from([EVERYTHING, OFFERS, COMPLAINT, UNDELIVERABLE]), instants)
def test_an_import_of_the_same_file_by_another_job_is_known_or_superseded(
    record: Record, register: Register, at: int
) -> None:
    after = merge_changes(record, decide(record, stop(register, at)).changes)
    other = replace(ORIGIN, job="b" * 32)
    second = decide_row(after, [stop(register, at)], other, UndatedRows.EXPORTED_AT, CATALOGUE, NOW)
    assert second.changes == []
    assert second.result is not RowResult.APPLIED


def test_a_row_without_a_date_is_against_a_confirmed_opt_in_that_it_would_override() -> None:
    record = Record({confirmed(2): FACT}, revision=1)
    against = decide(record, stop(OFFERS, 9, is_dated=False))
    assert (against.is_against_yes, against.result) == (True, RowResult.APPLIED)
    assert len(against.changes) == 1

    assert not decide(record, stop(OFFERS, 9)).is_against_yes
    assert not decide(record, stop(OFFERS, 6, is_dated=False)).is_against_yes
    assert not decide(Record({in_(2): FACT}), stop(OFFERS, 9, is_dated=False)).is_against_yes


def test_skip_confirmed_leaves_a_confirmed_opt_in_alone_and_nothing_else() -> None:
    record = Record({confirmed(2): FACT}, revision=1)

    def skipping(*stops: ImportedStop) -> RowDecision:
        return decide(record, *stops, undated=UndatedRows.SKIP_CONFIRMED)

    left_alone = skipping(stop(OFFERS, 9, is_dated=False))
    assert left_alone == RowDecision([], RowResult.SUPERSEDED, is_against_yes=True)
    assert [change.register for change in skipping(stop(OFFERS, 9)).changes] == [imported(2)]
    assert [change.register for change in skipping(stop(out(3), 9, is_dated=False)).changes] == [imported(3)]
    both = skipping(stop(OFFERS, 9, is_dated=False), stop(COMPLAINT, 9))
    assert [change.register.kind for change in both.changes] == ["imported-complaint"]
    assert both.result is RowResult.APPLIED


def test_the_evidence_names_the_job_its_claim_the_format_the_word_and_whether_there_was_a_date() -> None:
    (change,) = imported_changes(EMPTY_RECORD, [stop(is_dated=False)], ORIGIN)
    assert change.entry.source is Source.IMPORT
    assert json.loads(change.entry.evidence) == {
        "claim": "c" * 32,
        "dated": False,
        "finding": "unsubscribe",
        "format": "sendgrid-unsubscribes",
        "job": "a" * 32,
    }


def test_a_claim_is_the_file_and_the_settings_that_change_its_meaning() -> None:
    settings = ImportJobSettings("the reference")
    claim = make_claim("0" * 64, "sendgrid-bounces", settings)
    same = [
        replace(settings, reference="another"),
        replace(settings, format="sendgrid-bounces"),
        replace(settings, name_words=("bounces",)),
        replace(settings, undated=UndatedRows.SKIP_CONFIRMED),
        replace(settings, commit=True),
    ]
    assert {make_claim("0" * 64, "sendgrid-bounces", each) for each in same} == {claim}
    others = [
        make_claim("1" * 64, "sendgrid-bounces", settings),
        make_claim("0" * 64, "sendgrid-blocks", settings),
        *(
            make_claim("0" * 64, "sendgrid-bounces", each)
            for each in (
                replace(settings, exported_at=Millis(1)),
                replace(settings, zone="Asia/Tokyo"),
                replace(settings, has_us_dates=True),
                replace(settings, scope=ScopeNumber(1)),
                replace(settings, topics={"weekly": ScopeNumber(2)}),
            )
        ),
    ]
    assert len({claim, *others}) == 1 + len(others)
