from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.codec.record import decode_register
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import (
    DAY_MS,
    MINOR,
    SOFT_BOUNCE,
    Change,
    Entry,
    Register,
    Source,
)
from tests.support.full import examples
from tests.support.registers import out, pause
from tests.support.strategies import REGISTERS, changes, colliding_changes, entries

AGE_REPORT = Entry(Millis(5), Source.AGE_REPORT, "{}")


def greatest(events: Iterable[Change]) -> dict[Register, Entry]:
    """Returns the registers of the events by another method: the last event of each register in order."""
    ordered = sorted(
        (event for event in events if event.register != SOFT_BOUNCE),
        key=lambda event: (event.entry.at, event.entry.tie_breaker.encode("utf-8")),
    )
    return {event.register: event.entry for event in ordered}


@given(colliding_changes())
def test_each_register_holds_the_greatest_entry_that_it_received(events: list[Change]) -> None:
    record = merge_changes(EMPTY_RECORD, events)
    assert record.registers == greatest(events)
    assert record.soft_bounce_days == {
        event.entry.at // DAY_MS for event in events if event.register == SOFT_BOUNCE
    }


@given(st.data(), colliding_changes())
@examples(200)
def test_events_in_any_order_and_repetition_make_the_same_record(
    data: st.DataObject, events: list[Change]
) -> None:
    again = [
        *events,
        *data.draw(st.lists(st.sampled_from(events), max_size=5) if events else st.just([])),
    ]
    assert merge_changes(EMPTY_RECORD, data.draw(st.permutations(again))) == merge_changes(
        EMPTY_RECORD, events
    )


@given(colliding_changes(5), st.sampled_from([None, 3, 8]))
@examples(40)
def test_each_permutation_of_a_few_events_makes_the_same_record(
    events: list[Change], erased_at: Millis | None
) -> None:
    start = Record(erased_at=erased_at)
    first = merge_changes(start, events)
    assert all(merge_changes(start, order) == first for order in itertools.permutations(events))


@given(colliding_changes(), colliding_changes(), colliding_changes())
def test_merging_is_associative(first: list[Change], second: list[Change], third: list[Change]) -> None:
    stepwise = merge_changes(merge_changes(merge_changes(EMPTY_RECORD, first), second), third)
    assert (
        stepwise
        == merge_changes(merge_changes(EMPTY_RECORD, first), [*second, *third])
        == merge_changes(EMPTY_RECORD, first + second + third)
    )


@given(colliding_changes())
def test_merging_again_changes_nothing(events: list[Change]) -> None:
    once = merge_changes(EMPTY_RECORD, events)
    assert merge_changes(once, events) == once
    assert not any(once.accepts(event) for event in events)


@given(colliding_changes())
def test_merging_does_not_modify_the_original_record(events: list[Change]) -> None:
    before = Record({out(0): AGE_REPORT}, frozenset({3}), None, 7)
    merge_changes(before, events)
    assert before == Record({out(0): AGE_REPORT}, frozenset({3}), None, 7)


@given(colliding_changes(), st.integers(0, 12))
def test_an_event_at_or_before_the_erasure_is_ignored(events: list[Change], erased_at: Millis) -> None:
    start = Record(erased_at=erased_at)
    later = [event for event in events if event.entry.at > erased_at]
    assert merge_changes(start, events) == merge_changes(start, later)
    assert merge_changes(start, [e for e in events if e.entry.at <= erased_at]) == start


@given(colliding_changes())
def test_no_event_changes_the_record_of_a_minor(events: list[Change]) -> None:
    minor = Record({MINOR: AGE_REPORT, out(0): AGE_REPORT}, frozenset(), Millis(5), 3)
    assert merge_changes(minor, events) == minor


@given(entries, entries)
def test_different_entries_are_strictly_ordered(first: Entry, second: Entry) -> None:
    assert (first.rank == second.rank) == (first == second)


@given(changes((pause(2),)), changes((pause(2),)))
def test_pauses_with_different_ends_are_strictly_ordered(first: Change, second: Change) -> None:
    assert (first.entry.rank == second.entry.rank) == (first.entry == second.entry)


@pytest.mark.parametrize("register", [*REGISTERS, MINOR])
def test_each_register_is_found_by_its_code(register: Register) -> None:
    assert decode_register(register.code) == register


@pytest.mark.parametrize("name", ["o:", "o:x", "o:-1", "o:٢", "o:1 ", "x:", "x:other", "q:1", "soft", "n"])
def test_an_unknown_attribute_name_is_not_a_register(name: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        decode_register(name)
