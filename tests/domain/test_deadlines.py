"""The delays of suppressions against each deadline. The table in the documentation equals the code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from heed.domain.ledger.deadlines import DEADLINES, HISTOGRAM_STEPS, delay_statistics
from heed.domain.ledger.entry import FLOOR_REGISTER, EntryOutcome, time_recorded
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from tests.support.ledgers import entry

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "evidence.md"


def test_the_documentation_has_each_deadline_and_its_source() -> None:
    for limit in DEADLINES:
        assert f"| {limit.rule} | {limit.period} | {limit.source} |" in DOCUMENTATION.read_text()


def test_the_shortest_deadline_is_48_hours_and_comes_first() -> None:
    assert DEADLINES[0].milliseconds == min(limit.milliseconds for limit in DEADLINES) == 2 * DAY_MS


def test_a_suppression_is_counted_in_each_step_of_the_histogram_that_it_meets() -> None:
    quick = entry(1, 1)
    slow = replace(quick, recorded_at=Millis(quick.at + 11 * DAY_MS), source="letter")
    statistics = delay_statistics([quick, slow])

    assert (statistics["one-click"].count, statistics["one-click"].within) == (1, [1] * len(HISTOGRAM_STEPS))
    assert [statistics["letter"].count_over(limit) for limit in DEADLINES] == [
        limit.milliseconds < 11 * DAY_MS for limit in DEADLINES
    ]
    assert statistics["letter"].longest == 11 * DAY_MS


def test_an_entry_that_is_not_an_applied_suppression_is_not_counted() -> None:
    suppression = entry(1, 1)
    assert (
        delay_statistics(
            [replace(suppression, register="in"), replace(suppression, outcome=EntryOutcome.SUPERSEDED)]
        )
        == {}
    )


def test_an_import_has_no_delay_because_another_system_suppressed_the_mail() -> None:
    suppression = entry(1, 1)
    late = replace(suppression, recorded_at=Millis(suppression.at + 900 * DAY_MS), source="import")
    assert delay_statistics([late]) == {}


@pytest.mark.parametrize("is_opening_first", [True, False], ids=["the opening first", "the opening last"])
def test_what_an_erasure_kept_has_no_delay_when_a_later_write_enters_it(is_opening_first: bool) -> None:
    """The erased record has no ledger subject. The next write makes one, and enters the opt-out, too."""
    erased_at, recorded_at = Millis(1_783_632_856_829), Millis(1_786_455_842_000)
    kept = replace(entry(1, 2), at=erased_at, recorded_at=recorded_at, source="mailbox")
    opening = replace(kept, register=FLOOR_REGISTER, source="ledger")
    newer = replace(kept, seq=3, at=recorded_at, source="phone")
    entries = [opening, kept, newer] if is_opening_first else [kept, newer, opening]

    statistics = delay_statistics(entries)

    assert {source: delays.longest for source, delays in statistics.items()} == {"phone": 0}


def test_a_suppression_recorded_in_the_second_of_its_event_has_no_delay() -> None:
    second = Millis(1_772_701_964_000)
    assert time_recorded(Millis(second + 999), second) - (second + 999) == 0
    assert time_recorded(Millis(second - 1), second) == second
    assert time_recorded(Millis(second + DAY_MS), second) == second, "no clock of AWS is a day ahead"


def test_a_delay_is_never_negative() -> None:
    suppression = entry(1, 1)
    assert (
        delay_statistics([replace(suppression, at=Millis(suppression.recorded_at + DAY_MS))])[
            "one-click"
        ].longest
        == 0
    )


def test_an_entry_for_several_presses_has_no_delay() -> None:
    """The entry is made up to a day after the presses, which were recorded at once."""
    suppression = entry(1, 7)
    assert (
        delay_statistics(
            [replace(suppression, first_seq=2, recorded_at=Millis(suppression.at + 25 * DAY_MS // 24))]
        )
        == {}
    )
