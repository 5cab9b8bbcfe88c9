"""Whether a press by link is told of is decided on what was read: what came in between decides it anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.domain.links import entry_rate
from heed.domain.links.entry_rate import HOUR
from heed.domain.preferences.register import DAY_MS, Change, Entry, Source
from tests.adapters.conftest import TABLE, somebody
from tests.support.registers import out, yes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAWN = 20_000 * DAY_MS
MAX_LINK_ENTRIES_A_DAY = 2


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_rate, "MAX_LINK_ENTRIES_A_DAY", MAX_LINK_ENTRIES_A_DAY)


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> PreferencesTable:
    return PreferencesTable(dynamodb, TABLE, pause=lambda _: None)


def press(table: PreferencesTable, who: str, at: int) -> None:
    table.apply(who, [Change(out(2), Entry(at, Source.ONE_CLICK, "{}"))], at)


def before_the_second_request(client: DynamoDBClient, happens: Callable[[], object]) -> None:
    """The first finds out that the person's links are over for today; the second writes."""
    events, calls = client.meta.events, []

    def hook(**_: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            events.unregister("before-call.dynamodb", hook)
            happens()

    events.register("before-call.dynamodb", hook)


@pytest.mark.parametrize("spared", [0, 1, 3], ids=lambda spared: f"{spared} spared before")
def test_a_stop_after_a_yes_that_came_in_between_is_told_of(
    dynamodb: DynamoDBClient, table: PreferencesTable, spared: int
) -> None:
    who, pressed = somebody(), MAX_LINK_ENTRIES_A_DAY + spared
    for number in range(pressed):
        press(table, who, DAWN + number)
    assert (table.read(who).tally.spared is not None) is (spared > 0)
    confirmed = Change(yes(2), Entry(DAWN + 100, Source.CONFIRMATION, "{}"))
    before_the_second_request(dynamodb, lambda: table.apply(who, [confirmed], DAWN + 100))
    press(table, who, DAWN + 200)

    record = table.read(who)
    assert (record.revision, record.at(out(2))) == (pressed + 2, DAWN + 200)
    assert record.tally.spared is None


def test_a_yes_a_stop_and_a_repeat_in_between_let_no_stop_of_another_scope_be_taken_for_one(
    dynamodb: DynamoDBClient, table: PreferencesTable
) -> None:
    who = somebody()
    for number in range(MAX_LINK_ENTRIES_A_DAY + 1):
        press(table, who, DAWN + number)

    def come() -> None:
        said = Entry(DAWN + 100, Source.CONFIRMATION, "{}")
        table.apply(who, [Change(yes(2), said)], DAWN + 100)
        for at in (DAWN + 101, DAWN + 102):
            elsewhere = Change(out(3), Entry(at, Source.ONE_CLICK, "{}"))
            table.apply(who, [elsewhere], at)
        assert table.read(who).tally.spared is not None

    before_the_second_request(dynamodb, come)
    press(table, who, DAWN + 200)
    assert table.read(who).tally.spared is None


def test_of_two_presses_at_once_one_is_told_of_as_that_of_its_hour(
    dynamodb: DynamoDBClient, table: PreferencesTable
) -> None:
    who = somebody()
    for number in range(MAX_LINK_ENTRIES_A_DAY):
        press(table, who, DAWN + number)
    at = DAWN + HOUR
    before_the_second_request(dynamodb, lambda: press(table, who, at))
    press(table, who, at + 1)

    record = table.read(who)
    assert (record.revision, record.tally.spared) == (
        MAX_LINK_ENTRIES_A_DAY + 2,
        MAX_LINK_ENTRIES_A_DAY + 1,
    )
