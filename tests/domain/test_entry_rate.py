"""How much of what links change again and again is told of."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.links.entry_rate import (
    HOUR,
    LINK_SOURCES,
    MAX_LINK_ENTRIES_A_DAY,
    EntryRate,
    LinkTally,
    entry_rate,
    hourly_registers,
)
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import DAY_MS, Change, Entry, Register, Source
from tests.support.growth import LINEAR, growth
from tests.support.registers import in_, out, pause

_SPARING = (EntryRate.SPARED,)


def pressed(record: Record, now: int, source: Source = Source.ONE_CLICK) -> tuple[Record, EntryRate]:
    """One press, and how it is told of; the tally as the table keeps it."""
    change = Change(out(2), Entry(now, source, "{}"))
    told = entry_rate(record.tally, record.registers, [change], now)
    tally = record.tally
    if told is EntryRate.FIRST:
        tally = LinkTally(now // HOUR, 1)
    elif told is EntryRate.COUNTED:
        tally = LinkTally(now // HOUR, tally.told + 1)
    elif told is EntryRate.HOURLY:
        tally = LinkTally(now // HOUR, tally.told)
    elif told is EntryRate.SPARED:
        tally = replace(tally, spared=tally.spared or record.revision)
    return replace(merge_changes(record, [change]), revision=record.revision + 1, tally=tally), told


def test_fifty_changes_a_day_have_entries_of_their_own_and_then_one_an_hour() -> None:
    record, told = EMPTY_RECORD, []
    for minute in range(24 * 60):
        record, how = pressed(record, 20_000 * DAY_MS + minute * 60_000)
        told.append(how)
    assert MAX_LINK_ENTRIES_A_DAY == 50
    assert Counter(told) == {
        EntryRate.FIRST: 1,
        EntryRate.COUNTED: 49,
        EntryRate.HOURLY: 23,
        EntryRate.SPARED: 24 * 60 - 50 - 23,
    }


@given(st.lists(st.integers(0, 3 * DAY_MS), max_size=300))
def test_each_day_with_changes_has_between_one_and_74_entries(instants: list[int]) -> None:
    record, told = EMPTY_RECORD, Counter[int]()
    for at in sorted(instants):
        record, how = pressed(record, at)
        told[at // DAY_MS] += how not in _SPARING
        assert record.at(out(2)) == at
    assert all(0 < count <= MAX_LINK_ENTRIES_A_DAY + 24 for count in told.values())


@pytest.mark.parametrize("source", list(Source))
def test_only_changes_by_links_are_omitted(source: Source) -> None:
    record = EMPTY_RECORD
    for at in range(MAX_LINK_ENTRIES_A_DAY):
        record, _ = pressed(record, 1 + at)
    _, told = pressed(record, 100, source)
    assert (told is EntryRate.SPARED) is (source in LINK_SOURCES)
    assert (told is EntryRate.PLAIN) is (source not in LINK_SOURCES)


def test_a_stop_after_an_opt_in_and_a_stop_of_another_scope_have_entries_at_any_time() -> None:
    record = EMPTY_RECORD
    for at in range(MAX_LINK_ENTRIES_A_DAY):
        record, _ = pressed(record, 1 + at)
    elsewhere = Change(out(0), Entry(100, Source.LINK, "{}"))
    assert entry_rate(record.tally, record.registers, [elsewhere], 100) is EntryRate.HOURLY

    record = merge_changes(record, [Change(in_(5), Entry(100, Source.LETTER, "{}"))])
    record, told = pressed(record, 101)
    assert told is EntryRate.HOURLY
    _, told = pressed(record, 102)
    assert told is EntryRate.SPARED


@pytest.mark.parametrize(
    ("until", "told"),
    [
        (30 * DAY_MS, EntryRate.SPARED),
        (31 * DAY_MS - 1, EntryRate.SPARED),
        (31 * DAY_MS, EntryRate.HOURLY),
        (29 * DAY_MS, EntryRate.SPARED),
    ],
)
def test_a_pause_that_ends_on_a_later_day_has_an_entry_at_any_time(until: int, told: EntryRate) -> None:
    held = {pause(1): Entry(1, Source.PREFERENCE_CENTRE, "{}", until=30 * DAY_MS)}
    again = Change(pause(1), Entry(100, Source.PREFERENCE_CENTRE, "{}", until=until))
    assert entry_rate(LinkTally(0, MAX_LINK_ENTRIES_A_DAY), held, [again], 100) is told


def many(wishes: int) -> list[Change]:
    return [Change(out(scope), Entry(100, Source.LINK, "{}")) for scope in range(wishes)]


def test_an_hourly_write_enters_the_new_changes_and_one_for_the_rest() -> None:
    held = {change.register: Entry(1, Source.LINK, "{}") for change in many(60)}
    assert hourly_registers(held, many(60)) == many(1)
    assert hourly_registers(held, many(62)) == [*many(1), *many(62)[60:]]
    assert hourly_registers({}, many(3)) == many(3)


def test_the_cost_of_many_changes_grows_linearly_with_their_number() -> None:
    def both(wishes: int) -> tuple[dict[Register, Entry], list[Change]]:
        held = {change.register: Entry(1, Source.LINK, "{}") for change in many(wishes)}
        return held, many(wishes)

    assert growth(both, lambda given: hourly_registers(*given), 4_000) <= LINEAR
