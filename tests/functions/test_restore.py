"""An old copy of the table is merged into the live one: nobody comes back, nothing newer is lost."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
import pytest

from heed.adapters.dynamodb.restored_table import RestoredPreferencesTable
from heed.domain.preferences.decision import decide
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    MINOR,
    SOFT_BOUNCE,
    Change,
    Entry,
    Source,
)
from heed.domain.privacy.erasure import ErasureCause, ErasureReport
from heed.use_cases.ports.preferences import FeedPosition
from heed.use_cases.privacy.replay_restored import ReplayOutcome, replay_restored
from tests.support.crash import Stopped, stopped_after
from tests.support.deployment import NOW, World, parts
from tests.support.registers import in_, out
from tests.support.template import table_definition

PEOPLE = ("ada", "ben", "cleo", "dora", "ed", "fay")
LATER = NOW + DAY_MS
RESTORED = LATER + 5_000


def _address(name: str) -> str:
    return f"{name}@example.com"


def _entry(at: int, said: str = "{}") -> Entry:
    return Entry(at, Source.LINK, said)


def _report(cause: ErasureCause, at: int = LATER) -> ErasureReport:
    return ErasureReport(cause, at, Source.PHONE, "call 1", "key", "")


@pytest.fixture
def copy(world: World) -> list[dict[str, Any]]:
    """What the table was a day ago, in a table of its own."""
    world.put(_address("ada"), Change(in_(2), _entry(NOW)))
    world.put(_address("ben"), Change(in_(2), _entry(NOW)))
    world.put(_address("cleo"), Change(out(2), _entry(NOW)), Change(COMPLAINT, _entry(NOW)))
    world.put(_address("dora"), Change(out(3), _entry(NOW)), Change(SOFT_BOUNCE, _entry(NOW)))
    world.put(_address("ed"), Change(in_(5), _entry(NOW)))
    parts().erase(world.recipient(_address("fay")), _report(ErasureCause.MINOR, NOW))
    client = boto3.client("dynamodb")
    client.create_table(TableName="Restored", **table_definition("PreferencesTable"))
    items = world.items()
    for item in items:
        client.put_item(TableName="Restored", Item=item)
    return items


def _replayed(world: World) -> Counter[ReplayOutcome]:
    copies = RestoredPreferencesTable(parts().client("dynamodb"), "Restored", world.table)
    return Counter(replay_restored(copies, parts().preferences, parts().erasures, lambda: RESTORED))


def _record(world: World, name: str) -> Any:
    return parts().preferences.read(world.recipient(_address(name)))


@pytest.mark.threat(
    "T22",
    "The table is restored from a backup, and people who opted out or were erased since come back.",
    "`heed restore replay` merges the copy into the live table, where the newer stop and the erasure win.",
)
def test_nobody_comes_back_and_no_newer_opt_out_is_lost(world: World, copy: list[dict[str, Any]]) -> None:
    erase = parts().erase
    world.put(_address("ada"), Change(out(2), _entry(LATER)))
    erase(world.recipient(_address("ben")), _report(ErasureCause.MINOR))
    erase(world.recipient(_address("cleo")), _report(ErasureCause.ERASURE))
    before = world.items()

    came = _replayed(world)

    assert came == {ReplayOutcome.UNCHANGED: len(PEOPLE)}
    assert world.items() == before
    for name in ("ada", "ben", "cleo"):
        decision = decide(_record(world, name), parts().catalogue.topic("offers"), LATER + 9_000)
        assert not decision.sendable


def test_what_the_live_table_lost_comes_back_with_its_salt_and_its_tombstones(
    world: World, copy: list[dict[str, Any]]
) -> None:
    client = boto3.client("dynamodb")
    for item in copy:
        client.delete_item(TableName=world.table, Key={"id": item["id"]})
    world.put(_address("fay"), Change(in_(2), _entry(LATER)))  # the tombstone was lost

    came = _replayed(world)

    assert came == {ReplayOutcome.BACK: len(PEOPLE) - 1, ReplayOutcome.MERGED: 1}
    lost = [item for item in copy if item["id"]["S"] != world.recipient(_address("fay"))]
    back = [{**item, "chg_at": _fed(item, RESTORED)} for item in lost]
    assert [item for item in world.items() if item in back] == back
    fay = _record(world, "fay")
    assert MINOR in fay.registers
    assert decide(fay, parts().catalogue.topic("service"), LATER).reason is Reason.MINOR


def test_whoever_has_read_the_feed_to_its_end_is_told_of_every_stop_that_comes_back(
    world: World, copy: list[dict[str, Any]]
) -> None:
    client = boto3.client("dynamodb")
    for item in copy:
        client.delete_item(TableName=world.table, Key={"id": item["id"]})

    _replayed(world)

    told = parts().change_feed.changes_after(FeedPosition(RESTORED, ""), RESTORED + 1, 100)
    stopped = [item["id"]["S"] for item in copy if "chg_shard" in item]
    assert stopped
    assert sorted(position.recipient for position in told) == sorted(stopped)


def test_facts_that_were_lost_are_merged_and_a_second_time_nothing_happens(
    world: World, copy: list[dict[str, Any]]
) -> None:
    recipient = world.recipient(_address("cleo"))
    boto3.client("dynamodb").delete_item(TableName=world.table, Key={"id": {"S": recipient}})
    world.put(_address("cleo"), Change(out(3), _entry(LATER)))

    first, after, second = _replayed(world), world.items(), _replayed(world)

    assert first == {ReplayOutcome.MERGED: 1, ReplayOutcome.UNCHANGED: len(PEOPLE) - 1}
    assert second == {ReplayOutcome.UNCHANGED: len(PEOPLE)}
    assert world.items() == after
    assert {out(2), out(3), COMPLAINT} <= _record(world, "cleo").registers.keys()


def test_a_tombstone_whose_time_was_over_stays_forgotten(world: World, copy: list[dict[str, Any]]) -> None:
    client = boto3.client("dynamodb")
    key = {"id": {"S": world.recipient(_address("fay"))}}
    client.update_item(
        TableName="Restored",
        Key=key,
        UpdateExpression="SET expires = :over",
        ExpressionAttributeValues={":over": {"N": str(NOW // 1000)}},
    )
    client.delete_item(TableName=world.table, Key=key)

    assert _replayed(world)[ReplayOutcome.FORGOTTEN] == 1
    assert _record(world, "fay").revision == 0


@pytest.mark.parametrize(
    "broken",
    [{"f": {"S": "x"}}, {"purge": {"N": "1"}}, {"expires": {"S": "x"}}, {"o:2": {"S": "x"}}],
)
def test_an_item_that_nobody_can_read_is_counted_and_ends_no_walk(
    world: World, copy: list[dict[str, Any]], broken: dict[str, Any]
) -> None:
    client = boto3.client("dynamodb")
    for item in copy:
        client.delete_item(TableName=world.table, Key={"id": item["id"]})
    client.put_item(TableName="Restored", Item={**copy[0], **broken})

    assert _replayed(world) == {ReplayOutcome.BACK: len(PEOPLE) - 1, ReplayOutcome.UNREADABLE: 1}


@pytest.mark.system  # exhaustive: slower than a second
def test_a_replay_may_be_stopped_after_any_call_and_begun_again(
    world: World, copy: list[dict[str, Any]]
) -> None:
    """Exhaustive, beside people who were erased, reported and opted out since the copy was made."""
    erase, client = parts().erase, boto3.client("dynamodb")
    world.put(_address("ada"), Change(out(2), _entry(LATER)))
    erase(world.recipient(_address("ben")), _report(ErasureCause.MINOR))
    lost = [world.recipient(_address(name)) for name in ("cleo", "fay")]
    for recipient in lost:
        client.delete_item(TableName=world.table, Key={"id": {"S": recipient}})
    world.put(_address("fay"), Change(in_(2), _entry(LATER)))  # its tombstone was lost
    before = world.items()
    with stopped_after(0) as done:
        _replayed(world)
    whole = world.items()

    for stop in range(1, len(done) + 1):
        for item in world.items():
            client.delete_item(TableName=world.table, Key={"id": item["id"]})
        for item in before:
            client.put_item(TableName=world.table, Item=item)
        with stopped_after(stop), pytest.raises(Stopped):
            _replayed(world)
        _replayed(world)
        assert [_said(item) for item in world.items()] == [_said(item) for item in whole], stop


def _fed(item: dict[str, Any], at: int) -> dict[str, str]:
    return {"S": f"{at:015d}{item['id']['S']}"}


def _said(item: dict[str, Any]) -> dict[str, Any]:
    """All but what is of the moment."""
    return {name: value for name, value in item.items() if name not in ("salt", "chg_at", "due")}


def test_a_minor_under_a_hold_whom_the_live_table_lost_is_one_again_beside_the_hold(
    world: World, copy: list[dict[str, Any]]
) -> None:
    client, ada = boto3.client("dynamodb"), world.recipient(_address("ada"))
    (kept,) = (item for item in copy if item["id"]["S"] == ada)
    world.put(_address("ada"), Change(HOLD, _entry(NOW + 1)))
    parts().erase(ada, _report(ErasureCause.MINOR, NOW + 2))
    (held,) = (item for item in world.items() if item["id"]["S"] == ada)
    client.put_item(TableName="Restored", Item=held)
    client.put_item(TableName=world.table, Item=kept)  # hold and report were lost

    _replayed(world)

    record = _record(world, "ada")
    assert MINOR in record.registers and HOLD in record.registers
    assert in_(2) in record.registers, "what the hold preserves"
    before = world.items()
    _replayed(world)
    assert world.items() == before
