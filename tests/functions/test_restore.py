"""A restored copy of the table is merged into the live table: no newer opt-out and no erasure is lost."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
import pytest

from heed.adapters.dynamodb.restored_table import RestoredPreferencesTable
from heed.domain.milliseconds import Millis
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
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.use_cases.ports.preferences import FeedPosition
from heed.use_cases.privacy.replay_restored import ReplayOutcome, replay_restored
from tests.support.crash import SimulatedCrash, crash_after
from tests.support.deployment import NOW, World, parts
from tests.support.registers import in_, out
from tests.support.template import table_definition

PEOPLE = ("ada", "ben", "cleo", "dora", "ed", "fay")
LATER = Millis(NOW + DAY_MS)
RESTORED = Millis(LATER + 5_000)


def _address(name: str) -> str:
    return f"{name}@example.com"


def _entry(at: Millis, evidence: str = "{}") -> Entry:
    return Entry(at, Source.LINK, evidence)


def _report(cause: ErasureCause, at: Millis = LATER) -> ErasureRequest:
    return ErasureRequest(cause, at, Source.PHONE, "call 1", "key", "")


@pytest.fixture
def copy(world: World) -> list[dict[str, Any]]:
    """Creates a table with the state of a day ago; returns its items."""
    world.apply_changes(_address("ada"), Change(in_(2), _entry(NOW)))
    world.apply_changes(_address("ben"), Change(in_(2), _entry(NOW)))
    world.apply_changes(_address("cleo"), Change(out(2), _entry(NOW)), Change(COMPLAINT, _entry(NOW)))
    world.apply_changes(_address("dora"), Change(out(3), _entry(NOW)), Change(SOFT_BOUNCE, _entry(NOW)))
    world.apply_changes(_address("ed"), Change(in_(5), _entry(NOW)))
    parts().erase(world.recipient(_address("fay")), _report(ErasureCause.MINOR, NOW))
    client = boto3.client("dynamodb")
    client.create_table(TableName="Restored", **table_definition("PreferencesTable"))
    items = world.items()
    for item in items:
        client.put_item(TableName="Restored", Item=item)
    return items


def _replay(world: World) -> Counter[ReplayOutcome]:
    restored = RestoredPreferencesTable(parts().client("dynamodb"), "Restored", world.table)
    return Counter(replay_restored(restored, parts().preferences, parts().erasures, lambda: RESTORED))


def _record(world: World, name: str) -> Any:
    return parts().preferences.read(world.recipient(_address(name)))


@pytest.mark.threat(
    "T22",
    "The table is restored from a backup, and people who opted out or were erased since then get mail again.",
    "`heed restore replay` merges the copy into the live table. Newer opt-outs and erasures win.",
)
def test_a_restore_loses_no_newer_opt_out_and_no_erasure(world: World, copy: list[dict[str, Any]]) -> None:
    erase = parts().erase
    world.apply_changes(_address("ada"), Change(out(2), _entry(LATER)))
    erase(world.recipient(_address("ben")), _report(ErasureCause.MINOR))
    erase(world.recipient(_address("cleo")), _report(ErasureCause.ERASURE))
    before = world.items()

    outcomes = _replay(world)

    assert outcomes == {ReplayOutcome.UNCHANGED: len(PEOPLE)}
    assert world.items() == before
    for name in ("ada", "ben", "cleo"):
        decision = decide(
            _record(world, name), parts().catalogue.topic_by_name("offers"), Millis(LATER + 9_000)
        )
        assert not decision.sendable


def test_lost_items_are_restored_with_salt_and_erasures(world: World, copy: list[dict[str, Any]]) -> None:
    client = boto3.client("dynamodb")
    for item in copy:
        client.delete_item(TableName=world.table, Key={"id": item["id"]})
    world.apply_changes(_address("fay"), Change(in_(2), _entry(LATER)))  # her erasure was lost

    outcomes = _replay(world)

    assert outcomes == {ReplayOutcome.RESTORED: len(PEOPLE) - 1, ReplayOutcome.MERGED: 1}
    lost_items = [item for item in copy if item["id"]["S"] != world.recipient(_address("fay"))]
    restored = [{**item, "chg_at": _feed_key(item, RESTORED)} for item in lost_items]
    assert [item for item in world.items() if item in restored] == restored
    fay = _record(world, "fay")
    assert MINOR in fay.registers
    assert decide(fay, parts().catalogue.topic_by_name("service"), LATER).reason is Reason.MINOR


def test_restored_suppressions_appear_at_the_end_of_the_feed(
    world: World, copy: list[dict[str, Any]]
) -> None:
    client = boto3.client("dynamodb")
    for item in copy:
        client.delete_item(TableName=world.table, Key={"id": item["id"]})

    _replay(world)

    positions = parts().change_feed.changes_after(FeedPosition(RESTORED, ""), Millis(RESTORED + 1), 100)
    suppressed = [item["id"]["S"] for item in copy if "chg_shard" in item]
    assert suppressed
    assert sorted(position.recipient for position in positions) == sorted(suppressed)


def test_lost_registers_are_merged_and_a_second_replay_changes_nothing(
    world: World, copy: list[dict[str, Any]]
) -> None:
    recipient = world.recipient(_address("cleo"))
    boto3.client("dynamodb").delete_item(TableName=world.table, Key={"id": {"S": recipient}})
    world.apply_changes(_address("cleo"), Change(out(3), _entry(LATER)))

    first, after, second = _replay(world), world.items(), _replay(world)

    assert first == {ReplayOutcome.MERGED: 1, ReplayOutcome.UNCHANGED: len(PEOPLE) - 1}
    assert second == {ReplayOutcome.UNCHANGED: len(PEOPLE)}
    assert world.items() == after
    assert {out(2), out(3), COMPLAINT} <= _record(world, "cleo").registers.keys()


def test_an_expired_item_is_not_restored(world: World, copy: list[dict[str, Any]]) -> None:
    client = boto3.client("dynamodb")
    key = {"id": {"S": world.recipient(_address("fay"))}}
    client.update_item(
        TableName="Restored",
        Key=key,
        UpdateExpression="SET expires = :over",
        ExpressionAttributeValues={":over": {"N": str(NOW // 1000)}},
    )
    client.delete_item(TableName=world.table, Key=key)

    assert _replay(world)[ReplayOutcome.EXPIRED] == 1
    assert _record(world, "fay").revision == 0


@pytest.mark.parametrize(
    "invalid_fields",
    [{"f": {"S": "x"}}, {"purge": {"N": "1"}}, {"expires": {"S": "x"}}, {"o:2": {"S": "x"}}],
)
def test_an_unreadable_item_is_counted_and_does_not_end_the_replay(
    world: World, copy: list[dict[str, Any]], invalid_fields: dict[str, Any]
) -> None:
    client = boto3.client("dynamodb")
    for item in copy:
        client.delete_item(TableName=world.table, Key={"id": item["id"]})
    client.put_item(TableName="Restored", Item={**copy[0], **invalid_fields})

    assert _replay(world) == {ReplayOutcome.RESTORED: len(PEOPLE) - 1, ReplayOutcome.UNREADABLE: 1}


@pytest.mark.system  # exhaustive: slower than a second
def test_a_replay_can_be_repeated_after_a_crash_at_any_call(world: World, copy: list[dict[str, Any]]) -> None:
    """Crashes once after each call. Some people were erased, reported or opted out since the copy."""
    erase, client = parts().erase, boto3.client("dynamodb")
    world.apply_changes(_address("ada"), Change(out(2), _entry(LATER)))
    erase(world.recipient(_address("ben")), _report(ErasureCause.MINOR))
    lost_recipients = [world.recipient(_address(name)) for name in ("cleo", "fay")]
    for recipient in lost_recipients:
        client.delete_item(TableName=world.table, Key={"id": {"S": recipient}})
    world.apply_changes(_address("fay"), Change(in_(2), _entry(LATER)))  # her erasure was lost
    before = world.items()
    with crash_after(0) as calls:
        _replay(world)
    expected = world.items()

    for crash_at in range(1, len(calls) + 1):
        for item in world.items():
            client.delete_item(TableName=world.table, Key={"id": item["id"]})
        for item in before:
            client.put_item(TableName=world.table, Item=item)
        with crash_after(crash_at), pytest.raises(SimulatedCrash):
            _replay(world)
        _replay(world)
        assert [_stable_attributes(item) for item in world.items()] == [
            _stable_attributes(item) for item in expected
        ], crash_at


def _feed_key(item: dict[str, Any], at: int) -> dict[str, str]:
    return {"S": f"{at:015d}{item['id']['S']}"}


def _stable_attributes(item: dict[str, Any]) -> dict[str, Any]:
    """Returns the attributes that do not depend on the time of the write."""
    return {name: value for name, value in item.items() if name not in ("salt", "chg_at", "due")}


def test_a_lost_report_of_a_minor_under_a_hold_is_restored(world: World, copy: list[dict[str, Any]]) -> None:
    client, ada = boto3.client("dynamodb"), world.recipient(_address("ada"))
    (old_item,) = (item for item in copy if item["id"]["S"] == ada)
    world.apply_changes(_address("ada"), Change(HOLD, _entry(Millis(NOW + 1))))
    parts().erase(ada, _report(ErasureCause.MINOR, Millis(NOW + 2)))
    (new_item,) = (item for item in world.items() if item["id"]["S"] == ada)
    client.put_item(TableName="Restored", Item=new_item)
    client.put_item(TableName=world.table, Item=old_item)  # the live table lost the hold and the report

    _replay(world)

    record = _record(world, "ada")
    assert MINOR in record.registers and HOLD in record.registers
    assert in_(2) in record.registers, "the hold preserves it"
    before = world.items()
    _replay(world)
    assert world.items() == before
