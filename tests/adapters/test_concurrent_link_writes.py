"""Concurrent writes and the rate of ledger entries for links.

A write decides from the record that it read whether its change gets a ledger entry of its own. If another
write comes in between, it decides again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.domain.links import entry_mode
from heed.domain.links.entry_mode import HOUR
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, Change, Entry, Source
from tests.adapters.conftest import TABLE, new_recipient
from tests.support.registers import confirmed, out

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAWN = 20_000 * DAY_MS
MAX_LINK_ENTRIES_A_DAY = 2


@pytest.fixture(autouse=True)
def _low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_mode, "MAX_LINK_ENTRIES_A_DAY", MAX_LINK_ENTRIES_A_DAY)


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> PreferencesTable:
    return PreferencesTable(dynamodb, TABLE, pause=lambda _: None)


def press(table: PreferencesTable, recipient: str, at: Millis) -> None:
    table.apply(recipient, [Change(out(2), Entry(at, Source.ONE_CLICK, "{}"))], at)


def before_the_second_request(client: DynamoDBClient, action: Callable[[], object]) -> None:
    """Runs `action` before the second request. The first request fails, since the limit is reached."""
    events, calls = client.meta.events, []

    def hook(**_: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            events.unregister("before-call.dynamodb", hook)
            action()

    events.register("before-call.dynamodb", hook)


@pytest.mark.parametrize(
    "omitted", [0, 1, 3], ids=lambda omitted: f"{omitted} changes without an entry before"
)
def test_an_opt_out_after_a_concurrent_opt_in_gets_its_own_entry(
    dynamodb: DynamoDBClient, table: PreferencesTable, omitted: int
) -> None:
    recipient, presses = new_recipient(), MAX_LINK_ENTRIES_A_DAY + omitted
    for number in range(presses):
        press(table, recipient, Millis(DAWN + number))
    assert (table.read(recipient).tally.omitted_after is not None) is (omitted > 0)
    opt_in = Change(confirmed(2), Entry(Millis(DAWN + 100), Source.CONFIRMATION, "{}"))
    before_the_second_request(dynamodb, lambda: table.apply(recipient, [opt_in], Millis(DAWN + 100)))
    press(table, recipient, Millis(DAWN + 200))

    record = table.read(recipient)
    assert (record.revision, record.time_of(out(2))) == (presses + 2, DAWN + 200)
    assert record.tally.omitted_after is None


def test_an_opt_out_gets_its_own_entry_after_concurrent_changes_of_other_scopes(
    dynamodb: DynamoDBClient, table: PreferencesTable
) -> None:
    recipient = new_recipient()
    for number in range(MAX_LINK_ENTRIES_A_DAY + 1):
        press(table, recipient, Millis(DAWN + number))

    def write_in_between() -> None:
        entry = Entry(Millis(DAWN + 100), Source.CONFIRMATION, "{}")
        table.apply(recipient, [Change(confirmed(2), entry)], Millis(DAWN + 100))
        for at in (DAWN + 101, DAWN + 102):
            other_scope = Change(out(3), Entry(Millis(at), Source.ONE_CLICK, "{}"))
            table.apply(recipient, [other_scope], Millis(at))
        assert table.read(recipient).tally.omitted_after is not None

    before_the_second_request(dynamodb, write_in_between)
    press(table, recipient, Millis(DAWN + 200))
    assert table.read(recipient).tally.omitted_after is None


def test_one_of_two_concurrent_presses_gets_the_entry_of_the_hour(
    dynamodb: DynamoDBClient, table: PreferencesTable
) -> None:
    recipient = new_recipient()
    for number in range(MAX_LINK_ENTRIES_A_DAY):
        press(table, recipient, Millis(DAWN + number))
    at = DAWN + HOUR
    before_the_second_request(dynamodb, lambda: press(table, recipient, Millis(at)))
    press(table, recipient, Millis(at + 1))

    record = table.read(recipient)
    assert (record.revision, record.tally.omitted_after) == (
        MAX_LINK_ENTRIES_A_DAY + 2,
        MAX_LINK_ENTRIES_A_DAY + 1,
    )
