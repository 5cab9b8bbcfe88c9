"""The limit of ledger entries for changes by links."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.links.entry_mode import (
    HOUR,
    LINK_SOURCES,
    MAX_LINK_ENTRIES_A_DAY,
    LedgerEntryMode,
    LinkTally,
    choose_entry_mode,
    hourly_changes,
)
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import DAY_MS, Change, Entry, Register, Source
from tests.support.growth import LINEAR, measure_growth
from tests.support.registers import in_, out, pause

_NO_ENTRY = (LedgerEntryMode.OMITTED,)


def press(record: Record, now: Millis, source: Source = Source.ONE_CLICK) -> tuple[Record, LedgerEntryMode]:
    """Presses a link once: returns the record after it and its entry mode, with the tally of the table."""
    change = Change(out(2), Entry(now, source, "{}"))
    mode = choose_entry_mode(record.tally, record.registers, [change], now)
    tally = record.tally
    if mode is LedgerEntryMode.FIRST_OF_DAY:
        tally = LinkTally(now // HOUR, 1)
    elif mode is LedgerEntryMode.COUNTED:
        tally = LinkTally(now // HOUR, tally.counted + 1)
    elif mode is LedgerEntryMode.HOURLY:
        tally = LinkTally(now // HOUR, tally.counted)
    elif mode is LedgerEntryMode.OMITTED:
        tally = replace(tally, omitted_after=tally.omitted_after or record.revision)
    return replace(merge_changes(record, [change]), revision=record.revision + 1, tally=tally), mode


def test_fifty_changes_a_day_have_entries_of_their_own_and_then_one_an_hour() -> None:
    record, modes = EMPTY_RECORD, []
    for minute in range(24 * 60):
        record, mode = press(record, Millis(20_000 * DAY_MS + minute * 60_000))
        modes.append(mode)
    assert MAX_LINK_ENTRIES_A_DAY == 50
    assert Counter(modes) == {
        LedgerEntryMode.FIRST_OF_DAY: 1,
        LedgerEntryMode.COUNTED: 49,
        LedgerEntryMode.HOURLY: 23,
        LedgerEntryMode.OMITTED: 24 * 60 - 50 - 23,
    }


@given(st.lists(st.integers(0, 3 * DAY_MS), max_size=300))
def test_each_day_with_changes_has_between_one_and_74_entries(instants: list[int]) -> None:
    record, entries = EMPTY_RECORD, Counter[int]()
    for at in sorted(instants):
        record, mode = press(record, Millis(at))
        entries[at // DAY_MS] += mode not in _NO_ENTRY
        assert record.time_of(out(2)) == at
    assert all(0 < count <= MAX_LINK_ENTRIES_A_DAY + 24 for count in entries.values())


@pytest.mark.parametrize("source", list(Source))
def test_only_changes_by_links_are_omitted(source: Source) -> None:
    record = EMPTY_RECORD
    for at in range(MAX_LINK_ENTRIES_A_DAY):
        record, _ = press(record, Millis(1 + at))
    _, mode = press(record, Millis(100), source)
    assert (mode is LedgerEntryMode.OMITTED) is (source in LINK_SOURCES)
    assert (mode is LedgerEntryMode.NOT_BY_LINK) is (source not in LINK_SOURCES)


def test_a_suppression_after_an_opt_in_and_a_suppression_of_another_scope_have_entries_at_any_time() -> None:
    record = EMPTY_RECORD
    for at in range(MAX_LINK_ENTRIES_A_DAY):
        record, _ = press(record, Millis(1 + at))
    elsewhere = Change(out(0), Entry(Millis(100), Source.LINK, "{}"))
    assert (
        choose_entry_mode(record.tally, record.registers, [elsewhere], Millis(100)) is LedgerEntryMode.HOURLY
    )

    record = merge_changes(record, [Change(in_(5), Entry(Millis(100), Source.LETTER, "{}"))])
    record, mode = press(record, Millis(101))
    assert mode is LedgerEntryMode.HOURLY
    _, mode = press(record, Millis(102))
    assert mode is LedgerEntryMode.OMITTED


@pytest.mark.parametrize(
    ("until", "mode"),
    [
        (30 * DAY_MS, LedgerEntryMode.OMITTED),
        (31 * DAY_MS - 1, LedgerEntryMode.OMITTED),
        (31 * DAY_MS, LedgerEntryMode.HOURLY),
        (29 * DAY_MS, LedgerEntryMode.OMITTED),
    ],
)
def test_a_pause_that_ends_on_a_later_day_has_an_entry_at_any_time(
    until: Millis, mode: LedgerEntryMode
) -> None:
    registers = {pause(1): Entry(Millis(1), Source.PREFERENCE_CENTRE, "{}", until=Millis(30 * DAY_MS))}
    again = Change(pause(1), Entry(Millis(100), Source.PREFERENCE_CENTRE, "{}", until=until))
    assert choose_entry_mode(LinkTally(0, MAX_LINK_ENTRIES_A_DAY), registers, [again], Millis(100)) is mode


def opt_outs(count: int) -> list[Change]:
    return [Change(out(scope), Entry(Millis(100), Source.LINK, "{}")) for scope in range(count)]


def test_an_hourly_write_enters_the_new_changes_and_one_for_the_rest() -> None:
    registers = {change.register: Entry(Millis(1), Source.LINK, "{}") for change in opt_outs(60)}
    assert hourly_changes(registers, opt_outs(60)) == opt_outs(1)
    assert hourly_changes(registers, opt_outs(62)) == [*opt_outs(1), *opt_outs(62)[60:]]
    assert hourly_changes({}, opt_outs(3)) == opt_outs(3)


def test_the_cost_of_many_changes_grows_linearly_with_their_number() -> None:
    def registers_and_changes(count: int) -> tuple[dict[Register, Entry], list[Change]]:
        registers = {change.register: Entry(Millis(1), Source.LINK, "{}") for change in opt_outs(count)}
        return registers, opt_outs(count)

    assert (
        measure_growth(registers_and_changes, lambda arguments: hourly_changes(*arguments), 4_000) <= LINEAR
    )
