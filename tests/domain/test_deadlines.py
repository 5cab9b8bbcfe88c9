"""How long stops took, against each limit; and the handbook's table is the code's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from heed.domain.ledger.deadlines import LIMITS, STEPS, tally
from heed.domain.ledger.entry import Outcome, recorded
from heed.domain.preferences.register import DAY
from tests.support.ledgers import entry

HANDBOOK = Path(__file__).parents[2] / "docs" / "evidence.md"


def test_the_handbook_has_every_limit_and_its_source() -> None:
    for limit in LIMITS:
        assert f"| {limit.rule} | {limit.says} | {limit.source} |" in HANDBOOK.read_text()


def test_the_strictest_limit_is_48_hours_and_comes_first() -> None:
    assert LIMITS[0].milliseconds == min(limit.milliseconds for limit in LIMITS) == 2 * DAY


def test_a_stop_is_counted_under_every_step_that_it_keeps() -> None:
    quick = entry(1, 1)
    slow = replace(quick, recorded_at=quick.at + 11 * DAY, source="letter")
    found = tally([quick, slow])

    assert (found["one-click"].count, found["one-click"].within) == (1, [1] * len(STEPS))
    assert [found["letter"].over(limit) for limit in LIMITS] == [
        limit.milliseconds < 11 * DAY for limit in LIMITS
    ]
    assert found["letter"].longest == 11 * DAY


def test_what_stops_nothing_is_not_counted() -> None:
    one = entry(1, 1)
    assert tally([replace(one, register="in"), replace(one, outcome=Outcome.SUPERSEDED)]) == {}


def test_a_stop_recorded_in_the_second_it_happened_in_took_no_time() -> None:
    second = 1_772_701_964_000
    assert recorded(second + 999, second) - (second + 999) == 0
    assert recorded(second - 1, second) == second
    assert recorded(second + DAY, second) == second, "no clock of AWS is a day ahead"


def test_no_stop_takes_less_than_no_time_whatever_a_foreign_clock_said() -> None:
    one = entry(1, 1)
    assert tally([replace(one, at=one.recorded_at + DAY)])["one-click"].longest == 0


def test_an_entry_that_stands_for_several_presses_says_no_time_of_theirs() -> None:
    """It is entered up to a day after them, and they were on record at once."""
    one = entry(1, 7)
    assert tally([replace(one, first_seq=2, recorded_at=one.at + 25 * DAY // 24)]) == {}
