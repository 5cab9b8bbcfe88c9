"""What imports record does not depend on the order of their rows, lifts nothing, and can be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import Decision, decide
from heed.domain.preferences.imported_stops import changes_for_import, changes_to_take_back, without_job
from heed.domain.preferences.kinds import ImportKind, TakenBackKind
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes, superseded_changes
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    LIFT_UNDELIVERABLE,
    MINOR,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    Source,
    import_register,
    taken_back_register,
)
from heed.domain.preferences.replay import find_lost_stops
from heed.domain.preferences.suppressions import suppressions_of
from tests.support.catalogues import CATALOGUE
from tests.support.full import examples
from tests.support.registers import confirmed, in_, out, taken_back
from tests.support.strategies import changes, colliding_changes, instants, records

NOW = Millis(80 * DAY_MS)
STOPS = (out(0), out(2), COMPLAINT, UNDELIVERABLE)


class Row(NamedTuple):
    """A row of an import: the stop and its entry."""

    stop: Register
    entry: Entry


def row(job: str, at: int, stop: Register = STOPS[0], claim: str = "", word: str = "unsubscribed") -> Row:
    """Returns a row. The claim is that of the job, unless another one is given."""
    evidence = {
        "claim": claim or f"claim of {job}",
        "dated": True,
        "finding": word,
        "format": "x",
        "job": job,
    }
    text = json.dumps(evidence, sort_keys=True, separators=(",", ":"))
    return Row(stop, Entry(Millis(at), Source.IMPORT, text))


def apply_rows(record: Record, rows: Iterable[Row]) -> Record:
    for each in rows:
        record = merge_changes(record, changes_for_import(record, *each))
    return record


def take_back(record: Record, job: str) -> Record:
    return merge_changes(record, changes_to_take_back(record, job, "key", "a wrong column"))


def decisions(record: Record) -> dict[int, Decision]:
    return {number: decide(record, topic, NOW) for number, topic in CATALOGUE.topics.items()}


def sendable(record: Record) -> set[int]:
    return {number for number, decision in decisions(record).items() if decision.sendable}


def without_jobs(record: Record) -> dict[Register, Entry]:
    """Returns the registers, without the names of jobs in the evidence of imports."""
    return {r: replace(e, evidence=e.evidence.partition(',"job":')[0]) for r, e in record.registers.items()}


rows = st.builds(
    row,
    st.sampled_from("ABCD"),
    st.integers(0, 5),
    st.sampled_from(STOPS[:3]),
    word=st.sampled_from(["unsubscribed", "suppressed"]),
)
other_events = colliding_changes(6).map(
    lambda events: [e for e in events if not isinstance(e.register.kind, ImportKind | TakenBackKind)]
)


@given(st.data(), st.lists(rows, max_size=8), st.lists(changes((out(0), in_(2), COMPLAINT)), max_size=3))
@examples(200)
def test_rows_of_four_imports_in_any_order_and_repetition_make_the_same_record(
    data: st.DataObject, imports: list[Row], events: list[Change]
) -> None:
    again = [*imports, *data.draw(st.lists(st.sampled_from(imports), max_size=5) if imports else st.just([]))]
    in_order = merge_changes(apply_rows(EMPTY_RECORD, imports), events)

    shuffled = EMPTY_RECORD
    steps: list[Row | Change] = [*again, *events]
    for step in data.draw(st.permutations(steps)):
        shuffled = apply_rows(shuffled, [step]) if isinstance(step, Row) else merge_changes(shuffled, [step])
    assert shuffled == in_order


@given(st.data(), st.lists(st.tuples(st.sampled_from("ABCD"), st.integers(0, 5)), max_size=8))
@examples(200)
def test_the_same_file_as_several_jobs_makes_the_same_record_except_for_their_names(
    data: st.DataObject, picked: list[tuple[str, int]]
) -> None:
    claims = {"A": "1", "B": "1", "C": "2", "D": "1"}
    imports = [row(job, at, claim=claims[job]) for job, at in picked]
    shuffled = apply_rows(EMPTY_RECORD, data.draw(st.permutations(imports)))
    assert without_jobs(shuffled) == without_jobs(apply_rows(EMPTY_RECORD, imports))


@given(st.lists(rows, max_size=8), st.data())
def test_a_row_again_or_the_same_row_as_another_job_changes_nothing(
    imports: list[Row], data: st.DataObject
) -> None:
    record = apply_rows(EMPTY_RECORD, imports)
    if imports:
        stop, entry = data.draw(st.sampled_from(imports))
        renamed = replace(
            entry, evidence=json.dumps(json.loads(entry.evidence) | {"job": "Z"}, separators=(",", ":"))
        )
        for each in (entry, renamed):
            assert changes_for_import(record, stop, each) == []


@given(records(), st.lists(rows, min_size=1, max_size=4), instants)
def test_nothing_that_an_import_records_makes_a_topic_sendable(
    record: Record, imports: list[Row], now: Millis
) -> None:
    after = apply_rows(record, imports)
    for topic in CATALOGUE.topics.values():
        if decide(after, topic, now).sendable:
            assert decide(record, topic, now).sendable


@given(records(), st.lists(rows, min_size=1, max_size=4))
def test_no_change_of_an_import_is_late(record: Record, imports: list[Row]) -> None:
    for stop, entry in imports:
        made = changes_for_import(record, stop, entry)
        record = merge_changes(record, made)
        assert superseded_changes(record, made) == []


@given(other_events, other_events, st.lists(rows, max_size=5))
def test_an_import_that_is_taken_back_leaves_the_decisions_as_if_it_had_never_been(
    before: list[Change], later: list[Change], imports: list[Row]
) -> None:
    own = [Row(stop, row("A", entry.at, stop).entry) for stop, entry in imports]
    record = apply_rows(merge_changes(EMPTY_RECORD, before), own)
    taken = merge_changes(take_back(record, "A"), later)
    assert decisions(taken) == decisions(merge_changes(EMPTY_RECORD, [*before, *later]))


@given(other_events, st.lists(rows, max_size=8), st.sampled_from("ABCD"), st.booleans())
@examples(200)
def test_taking_back_one_of_several_imports_never_lifts_what_another_one_stops(
    events: list[Change], imports: list[Row], job: str, is_late: bool
) -> None:
    others = [each for each in imports if json.loads(each.entry.evidence)["job"] != job]
    start = merge_changes(EMPTY_RECORD, events)
    taken = take_back(apply_rows(start, imports), job)
    if is_late:
        taken = apply_rows(taken, [*imports, *others])
    assert sendable(taken) <= sendable(apply_rows(start, others))


def test_what_two_imports_stop_is_not_lifted_by_taking_back_one_of_them() -> None:
    for first, second in (("A", "B"), ("B", "A")):
        record = apply_rows(EMPTY_RECORD, [row(first, 5), row(second, 6)])
        assert not sendable(take_back(record, first)) & {2, 3}
        assert not sendable(take_back(record, second)) & {2, 3}
        assert not sendable(take_back(take_back(record, first), second)) & {2, 3}


def test_an_import_after_one_of_the_same_time_that_was_taken_back_can_be_taken_back_too() -> None:
    for jobs in ("AB", "BA"):
        record = EMPTY_RECORD
        for job in jobs:
            record = apply_rows(record, [row(job, 5)])
            assert 2 not in sendable(record)
            record = take_back(record, job)
        # The lesser of the two went to the register of opt-outs, which nobody takes back.
        assert (2 in sendable(record)) is (jobs == "AB")


def test_the_same_file_again_stops_again_after_it_was_taken_back() -> None:
    for second in ("0", "B"):
        lifted = take_back(apply_rows(EMPTY_RECORD, [row("A", 5, claim="1")]), "A")
        assert 2 in sendable(lifted)
        assert 2 not in sendable(apply_rows(lifted, [row(second, 5, claim="1")]))


def test_a_late_row_of_an_import_that_was_taken_back_changes_nothing() -> None:
    lifted = take_back(apply_rows(EMPTY_RECORD, [row("A", 5)]), "A")
    assert apply_rows(lifted, [row("A", 5), row("A", 4), row("A", 6)]) == lifted


def test_taking_back_twice_changes_nothing() -> None:
    lifted = take_back(apply_rows(EMPTY_RECORD, [row("A", 5), row("A", 5, COMPLAINT)]), "A")
    assert changes_to_take_back(lifted, "A", "key", "again") == []
    assert changes_to_take_back(lifted, "B", "key", "another import") == []


def test_a_minor_and_an_erased_person_are_neither_stopped_nor_taken_back() -> None:
    minor = Record({MINOR: Entry(Millis(5), Source.AGE_REPORT, "{}")}, revision=1)
    erased = Record({out(0): Entry(Millis(5), Source.IMPORT, "{}")}, erased_at=Millis(5), revision=1)
    for record in (minor, erased):
        assert changes_for_import(record, *row("A", 5)) == []
        assert without_job(record, "A") == record


def test_a_stop_under_a_hold_is_recorded_and_taken_back() -> None:
    held = Record({HOLD: Entry(Millis(5), Source.AGENT, "{}")}, revision=1)
    assert taken_back(0) in take_back(apply_rows(held, [row("A", 5)]), "A").registers


def test_an_imported_bounce_is_lifted_and_an_imported_complaint_is_passed_like_any_other() -> None:
    record = apply_rows(EMPTY_RECORD, [row("A", 5, UNDELIVERABLE), row("A", 5, COMPLAINT)])
    assert sendable(record) == set()
    lifted = merge_changes(record, [Change(LIFT_UNDELIVERABLE, Entry(Millis(6), Source.AGENT, "{}"))])
    assert 2 not in sendable(lifted)
    yes = Change(confirmed(2), Entry(Millis(6), Source.CONFIRMATION, "{}"))
    assert 2 in sendable(merge_changes(lifted, [yes]))


def test_what_was_taken_back_is_listed_as_lifted() -> None:
    record = apply_rows(EMPTY_RECORD, [row("A", 5, stop) for stop in STOPS])
    listed = suppressions_of(record, CATALOGUE, NOW)
    assert {suppression.active for suppression in listed} == {True}
    lifted = suppressions_of(take_back(record, "A"), CATALOGUE, NOW)
    assert [s.sort_key for s in lifted] == [s.sort_key for s in listed]
    assert {suppression.active for suppression in lifted} == {False}


def test_an_import_of_a_restored_copy_is_kept_beside_a_greater_one() -> None:
    for copy, live in ((row("A", 5), row("B", 6)), (row("B", 6), row("A", 5))):
        old, current = apply_rows(EMPTY_RECORD, [copy]), apply_rows(EMPTY_RECORD, [live])
        restored = merge_changes(
            current, [*(Change(r, e) for r, e in old.registers.items()), *find_lost_stops(old, current)]
        )
        for job in "AB":
            assert 2 not in sendable(take_back(restored, job))


def test_the_entry_that_takes_back_names_the_import_the_key_and_the_reason() -> None:
    record = apply_rows(EMPTY_RECORD, [row("A", 5)])
    (change,) = changes_to_take_back(record, "A", "key-1", "a wrong column")
    stop = record.registers[import_register(out(0))]
    assert change.register == taken_back_register(out(0))
    assert (change.entry.at, change.entry.source) == (5, Source.AGENT)
    assert json.loads(change.entry.evidence) == json.loads(stop.evidence) | {
        "key": "key-1",
        "reason": "a wrong column",
        "taken_back": stop.digest,
    }
