"""How much of what links change again and again is told of."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.links.repeats import (
    BY_LINK,
    HOUR,
    MOST_A_DAY,
    Tally,
    Telling,
    of_its_hour,
    telling,
)
from heed.domain.preferences.record import NOTHING, Record, merge
from heed.domain.preferences.register import DAY, Change, Entry, Register, Source
from tests.support.growth import LINEAR, growth
from tests.support.registers import in_, out, pause

_SPARING = (Telling.SPARED,)


def pressed(record: Record, now: int, source: Source = Source.ONE_CLICK) -> tuple[Record, Telling]:
    """One press, and how it is told of; the tally as the table keeps it."""
    change = Change(out(2), Entry(now, source, "{}"))
    told = telling(record.tally, record.registers, [change], now)
    tally = record.tally
    if told is Telling.FIRST:
        tally = Tally(now // HOUR, 1)
    elif told is Telling.COUNTED:
        tally = Tally(now // HOUR, tally.told + 1)
    elif told is Telling.HOURLY:
        tally = Tally(now // HOUR, tally.told)
    elif told is Telling.SPARED:
        tally = replace(tally, spared=tally.spared or record.n)
    return replace(merge(record, [change]), n=record.n + 1, tally=tally), told


def test_fifty_of_a_day_are_told_of_one_by_one_and_then_one_an_hour() -> None:
    record, told = NOTHING, []
    for minute in range(24 * 60):
        record, how = pressed(record, 20_000 * DAY + minute * 60_000)
        told.append(how)
    assert MOST_A_DAY == 50
    assert Counter(told) == {
        Telling.FIRST: 1,
        Telling.COUNTED: 49,
        Telling.HOURLY: 23,
        Telling.SPARED: 24 * 60 - 50 - 23,
    }


@given(st.lists(st.integers(0, 3 * DAY), max_size=300))
def test_of_no_day_more_is_told_of_and_never_nothing(instants: list[int]) -> None:
    record, told = NOTHING, Counter[int]()
    for at in sorted(instants):
        record, how = pressed(record, at)
        told[at // DAY] += how not in _SPARING
        assert record.at(out(2)) == at
    assert all(0 < count <= MOST_A_DAY + 24 for count in told.values())


@pytest.mark.parametrize("source", list(Source))
def test_only_what_the_holder_of_a_link_does_is_spared(source: Source) -> None:
    record = NOTHING
    for at in range(MOST_A_DAY):
        record, _ = pressed(record, 1 + at)
    _, told = pressed(record, 100, source)
    assert (told is Telling.SPARED) is (source in BY_LINK)
    assert (told is Telling.PLAIN) is (source not in BY_LINK)


def test_a_stop_after_a_yes_and_a_stop_of_another_scope_are_told_of_whatever_the_hour() -> None:
    record = NOTHING
    for at in range(MOST_A_DAY):
        record, _ = pressed(record, 1 + at)
    elsewhere = Change(out(0), Entry(100, Source.LINK, "{}"))
    assert telling(record.tally, record.registers, [elsewhere], 100) is Telling.HOURLY

    record = merge(record, [Change(in_(5), Entry(100, Source.LETTER, "{}"))])
    record, told = pressed(record, 101)
    assert told is Telling.HOURLY
    _, told = pressed(record, 102)
    assert told is Telling.SPARED


@pytest.mark.parametrize(
    ("until", "told"),
    [
        (30 * DAY, Telling.SPARED),
        (31 * DAY - 1, Telling.SPARED),
        (31 * DAY, Telling.HOURLY),
        (29 * DAY, Telling.SPARED),
    ],
)
def test_a_pause_that_ends_on_a_later_day_is_told_of_whatever_the_hour(
    until: int, told: Telling
) -> None:
    held = {pause(1): Entry(1, Source.PREFERENCE_CENTRE, "{}", until=30 * DAY)}
    again = Change(pause(1), Entry(100, Source.PREFERENCE_CENTRE, "{}", until=until))
    assert telling(Tally(0, MOST_A_DAY), held, [again], 100) is told


def many(wishes: int) -> list[Change]:
    return [Change(out(scope), Entry(100, Source.LINK, "{}")) for scope in range(wishes)]


def test_of_the_write_of_an_hour_what_is_new_is_told_of_and_one_for_the_rest() -> None:
    held = {change.register: Entry(1, Source.LINK, "{}") for change in many(60)}
    assert of_its_hour(held, many(60)) == many(1)
    assert of_its_hour(held, many(62)) == [*many(1), *many(62)[60:]]
    assert of_its_hour({}, many(3)) == many(3)


def test_the_cost_of_many_wishes_grows_with_their_number_and_not_with_its_square() -> None:
    def both(wishes: int) -> tuple[dict[Register, Entry], list[Change]]:
        held = {change.register: Entry(1, Source.LINK, "{}") for change in many(wishes)}
        return held, many(wishes)

    assert growth(both, lambda given: of_its_hour(*given), 4_000) <= LINEAR
