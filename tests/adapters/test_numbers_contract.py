"""The contract of the port Numbers, in memory, on moto and on the emulator."""

from __future__ import annotations

import itertools

import boto3
import pytest

from heed.adapters.aws import CLIENT_CONFIG
from heed.adapters.dynamodb.numbers import NumbersTable
from heed.domain.numbers.numbers import (
    MAX_KEYS_A_DAY,
    OTHER_KEY,
    CountedKey,
    DayCount,
    DayKey,
    NumberColumn,
    NumberGrouping,
)
from heed.use_cases.ports.numbers import Numbers
from tests.support.deployment import NOW
from tests.support.fakes import MemoryNumbers
from tests.support.template import table_definition

DAY = 20_517
OUT, IN = NumberColumn.OPTED_OUT, NumberColumn.OPTED_IN
TOPIC, CAMPAIGN = NumberGrouping.TOPIC, NumberGrouping.CAMPAIGN
OFFERS, SPRING = CountedKey(TOPIC, "offers"), CountedKey(CAMPAIGN, "spring")
_stores = itertools.count(1)


@pytest.fixture
def numbers(address: str | None) -> Numbers:
    """The numbers, in a store of their own."""
    if address == "":
        return MemoryNumbers()
    client = boto3.client("dynamodb", config=CLIENT_CONFIG, endpoint_url=address)
    name = f"Numbers{next(_stores)}"
    client.create_table(TableName=name, **table_definition("ControlTable"))
    return NumbersTable(client, name)


def read(numbers: Numbers, grouping: NumberGrouping, *days: int) -> list[DayCount]:
    return sorted(numbers.read(grouping, numbers.find_keys(grouping, days or [DAY])))


def test_what_is_counted_is_in_all_its_rows(numbers: Numbers) -> None:
    assert numbers.count("a", DAY, {OFFERS: {OUT: 1}, SPRING: {OUT: 1}}, NOW)
    assert numbers.count("b", DAY, {OFFERS: {OUT: 2, IN: 3}}, NOW)
    assert read(numbers, TOPIC) == [DayCount(DAY, "offers", IN, 3), DayCount(DAY, "offers", OUT, 3)]
    assert read(numbers, CAMPAIGN) == [DayCount(DAY, "spring", OUT, 1)]


def test_a_repetition_counts_nothing_in_any_row(numbers: Numbers) -> None:
    assert numbers.count("a", DAY, {OFFERS: {OUT: 1}}, NOW)
    assert not numbers.count("a", DAY, {OFFERS: {OUT: 1}}, NOW)
    assert not numbers.count("a", DAY + 1, {SPRING: {OUT: 1}}, NOW)
    assert read(numbers, TOPIC) == [DayCount(DAY, "offers", OUT, 1)]
    assert numbers.find_keys(CAMPAIGN, [DAY, DAY + 1]) == []


def test_only_the_days_that_are_wanted_are_read(numbers: Numbers) -> None:
    for day in (DAY - 1, DAY, DAY + 1):
        numbers.count(f"{day}", day, {OFFERS: {OUT: 1}}, NOW)
    assert read(numbers, TOPIC, DAY, DAY + 1, DAY + 2) == [
        DayCount(DAY, "offers", OUT, 1),
        DayCount(DAY + 1, "offers", OUT, 1),
    ]
    assert read(numbers, TOPIC, DAY + 2) == []


def test_the_key_of_a_count_may_have_any_character(numbers: Numbers) -> None:
    key = CountedKey(TOPIC, "* #2026-03-05#\N{SNOWMAN}")
    numbers.count("a", DAY, {key: {OUT: 1}}, NOW)
    assert read(numbers, TOPIC) == [DayCount(DAY, key.key, OUT, 1)]


def test_a_full_day_counts_its_keys_by_name_and_all_others_together(
    numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("heed.adapters.dynamodb.numbers", "tests.support.fakes"):
        monkeypatch.setattr(f"{module}.MAX_KEYS_A_DAY", 2)
    for number, name in enumerate(("a", "other", "b", "a", "c", "other")):
        assert numbers.count(f"{number}", DAY, {OFFERS: {OUT: 1}, CountedKey(CAMPAIGN, name): {OUT: 1}}, NOW)
    assert read(numbers, CAMPAIGN) == [
        DayCount(DAY, OTHER_KEY, OUT, 2),
        DayCount(DAY, "a", OUT, 2),
        DayCount(DAY, "other", OUT, 2),
    ]
    assert read(numbers, TOPIC) == [DayCount(DAY, "offers", OUT, 6)]
    assert numbers.count("next day", DAY + 1, {CountedKey(CAMPAIGN, "c"): {OUT: 1}}, NOW)
    assert read(numbers, CAMPAIGN, DAY + 1) == [DayCount(DAY + 1, "c", OUT, 1)]


def test_what_belongs_to_no_name_takes_no_room_from_a_name(
    numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("heed.adapters.dynamodb.numbers", "tests.support.fakes"):
        monkeypatch.setattr(f"{module}.MAX_KEYS_A_DAY", 1)
    for name in ("a", OTHER_KEY, "a"):
        numbers.count(f"{name} {next(_stores)}", DAY, {CountedKey(CAMPAIGN, name): {OUT: 1}}, NOW)
    assert read(numbers, CAMPAIGN) == [DayCount(DAY, OTHER_KEY, OUT, 1), DayCount(DAY, "a", OUT, 2)]


def test_more_keys_than_one_request_reads_are_all_found(numbers: Numbers) -> None:
    names = [f"c{number:03}" for number in range(120)]
    for name in names:
        numbers.count(name, DAY, {CountedKey(CAMPAIGN, name): {OUT: 1}}, NOW)
    assert read(numbers, CAMPAIGN) == [DayCount(DAY, name, OUT, 1) for name in names]
    assert set(numbers.find_keys(CAMPAIGN, [DAY])) == {DayKey(DAY, name) for name in names}
    assert len(names) < MAX_KEYS_A_DAY
