"""How long stops took, against each limit; and the handbook's table is the code's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from heed.domain.ledger.deadlines import DEADLINES, HISTOGRAM_STEPS, delay_statistics
from heed.domain.ledger.entry import EntryOutcome, time_recorded
from heed.domain.preferences.register import DAY_MS
from tests.support.ledgers import entry

HANDBOOK = Path(__file__).parents[2] / "docs" / "evidence.md"


def test_the_handbook_has_every_limit_and_its_source() -> None:
    for limit in DEADLINES:
        assert f"| {limit.rule} | {limit.period} | {limit.source} |" in HANDBOOK.read_text()


def test_the_strictest_limit_is_48_hours_and_comes_first() -> None:
    assert DEADLINES[0].milliseconds == min(limit.milliseconds for limit in DEADLINES) == 2 * DAY_MS


def test_a_stop_is_counted_under_every_step_that_it_keeps() -> None:
    quick = entry(1, 1)
    slow = replace(quick, recorded_at=quick.at + 11 * DAY_MS, source="letter")
    found = delay_statistics([quick, slow])

    assert (found["one-click"].count, found["one-click"].within) == (1, [1] * len(HISTOGRAM_STEPS))
    assert [found["letter"].count_over(limit) for limit in DEADLINES] == [
        limit.milliseconds < 11 * DAY_MS for limit in DEADLINES
    ]
    assert found["letter"].longest == 11 * DAY_MS


def test_what_stops_nothing_is_not_counted() -> None:
    one = entry(1, 1)
    assert (
        delay_statistics([replace(one, register="in"), replace(one, outcome=EntryOutcome.SUPERSEDED)]) == {}
    )


def test_a_stop_recorded_in_the_second_it_happened_in_took_no_time() -> None:
    second = 1_772_701_964_000
    assert time_recorded(second + 999, second) - (second + 999) == 0
    assert time_recorded(second - 1, second) == second
    assert time_recorded(second + DAY_MS, second) == second, "no clock of AWS is a day ahead"


def test_no_stop_takes_less_than_no_time_whatever_a_foreign_clock_said() -> None:
    one = entry(1, 1)
    assert delay_statistics([replace(one, at=one.recorded_at + DAY_MS)])["one-click"].longest == 0


def test_an_entry_that_stands_for_several_presses_says_no_time_of_theirs() -> None:
    """It is entered up to a day after them, and they were on record at once."""
    one = entry(1, 7)
    assert delay_statistics([replace(one, first_seq=2, recorded_at=one.at + 25 * DAY_MS // 24)]) == {}
