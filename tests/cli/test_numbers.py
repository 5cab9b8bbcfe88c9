"""`heed numbers` with the real functions."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from heed import clock
from heed.domain.numbers.numbers import CountedKey, NumberColumn, NumberGrouping
from heed.domain.preferences.register import DAY_MS
from heed.domain.rfc3339 import format_day
from tests.cli.conftest import Heed
from tests.support.deployment import World, parts
from tests.support.openapi import document, validator

CAMPAIGN = "-2+3-sale"


@pytest.fixture
def today(world: World) -> str:
    """Counts an opt-out and two bounces of today. Returns the day."""
    now = clock.now()
    opted_out, bounced = {NumberColumn.OPTED_OUT: 1}, {NumberColumn.BOUNCED: 2}
    link, bounce = (CountedKey(NumberGrouping.SOURCE, source) for source in ("link", "bounce"))
    campaign = CountedKey(NumberGrouping.CAMPAIGN, CAMPAIGN)
    counted = {link: opted_out, campaign: opted_out}
    parts().numbers.count("a", now // DAY_MS, counted, now)
    parts().numbers.count("b", now // DAY_MS, {bounce: bounced}, now)
    return format_day(now // DAY_MS)


def test_the_numbers_of_the_last_days_are_a_table(heed: Heed, local: Path, today: str) -> None:
    shown = heed("numbers")
    header, *rows = shown.out.splitlines()
    assert shown.code == 0
    assert header.split("  ")[0] == "DAY" and "OPTED OUT" in header
    assert len(rows) == 30
    assert rows[-1].split() == [today, "1", "0", "0", "0", "2"]


def test_rows_of_another_kind_have_its_name(heed: Heed, local: Path, today: str) -> None:
    header, *rows = heed("numbers", "--by", "source", "--from", today, "--to", today).out.splitlines()
    assert header.startswith("SOURCE")
    assert [row.split()[0] for row in rows] == ["bounce", "link"]


def test_as_json_the_answer_is_that_of_the_api(heed: Heed, local: Path, today: str) -> None:
    answer = heed("numbers", "--by", "campaign", "--json").json
    validator(document()["components"]["schemas"]["Numbers"]).validate(answer)
    assert [row["key"] for row in answer["rows"]] == [CAMPAIGN]


def test_a_spreadsheet_runs_no_cell_of_the_csv(heed: Heed, local: Path, today: str) -> None:
    header, row = csv.reader(heed("numbers", "--by", "campaign", "--csv").out.splitlines())
    assert header == ["campaign", "opted_out", "opted_in", "paused", "complained", "bounced"]
    assert row == [f"'{CAMPAIGN}", "1", "0", "0", "0", "0"]


def test_without_a_change_there_is_a_sentence(heed: Heed, local: Path, today: str) -> None:
    shown = heed("numbers", "--by", "topic", "--from", "2026-01-01", "--to", "2026-01-31")
    assert (shown.code, shown.out) == (0, "No change from 2026-01-01 to 2026-01-31.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from", "2026-02-30"), "an example: 2026-03-05"),
        (("--by", "people"), "campaign"),
        (("--csv", "--json"), "exclude each other"),
    ],
)
def test_wrong_usage_is_refused_before_a_request(
    heed: Heed, local: Path, arguments: tuple[str, ...], message: str
) -> None:
    refused = heed("numbers", *arguments)
    assert refused.code == 2 and message in refused.err


def test_a_period_that_the_api_refuses_is_wrong_usage_with_its_reason(heed: Heed, local: Path) -> None:
    refused = heed("numbers", "--from", "2026-03-05", "--to", "2026-03-04")
    assert refused.code == 2 and "is after the last day" in refused.err
