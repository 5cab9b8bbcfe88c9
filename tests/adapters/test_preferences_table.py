"""The requests that the table receives. The contract of the port is tested in test_preferences_contract."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from boto3.dynamodb.types import TypeDeserializer
from hypothesis import given
from hypothesis import strategies as st

from heed.adapters.dynamodb.feed_index import FEED_SHARDS
from heed.adapters.dynamodb.late_changes import MAX_LATE_CHANGES, split_late_changes
from heed.adapters.dynamodb.preferences import PreferencesTable
from heed.domain.errors import StoreUnavailable, WriteConflict
from heed.domain.milliseconds import Millis
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.kinds import ChoiceKind
from heed.domain.preferences.record import EMPTY_RECORD
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    LIFT_HOLD,
    SOFT_BOUNCE,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    Source,
)
from heed.domain.recipients.recipient import recipient_from_bytes
from tests.adapters.conftest import TABLE, new_recipient
from tests.support.registers import confirmed, in_, out, pause

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = Millis(1_772_701_964_390)


def change(register: Register, at: Millis = NOW) -> Change:
    until = Millis(at + DAY_MS) if register.kind is ChoiceKind.PAUSE else None
    return Change(register, Entry(at, Source.LINK, "{}", "1", until))


def change_by_letter(at: Millis, proof: str = "{}") -> Change:
    return Change(out(2), Entry(at, Source.LETTER, proof, "1"))


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> PreferencesTable:
    return PreferencesTable(dynamodb, TABLE, pause=lambda _: None)


@pytest.fixture
def requests(dynamodb: DynamoDBClient) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The operation and the parameters of each request to DynamoDB."""
    collected: list[tuple[str, dict[str, Any]]] = []

    def record(params: dict[str, Any], model: Any, **_: Any) -> None:
        collected.append((model.name, params))

    with hooked(dynamodb, "provide-client-params.dynamodb", record):
        yield collected


@contextmanager
def hooked(client: DynamoDBClient, event: str, hook: Callable[..., Any]) -> Iterator[None]:
    client.meta.events.register_first(event, hook)
    try:
        yield
    finally:
        client.meta.events.unregister(event, hook)


def stored(client: DynamoDBClient, recipient: str) -> dict[str, Any]:
    """Returns the item as plain values."""
    deserialize = TypeDeserializer().deserialize
    item = client.get_item(TableName=TABLE, Key={"id": {"S": recipient}}, ConsistentRead=True)["Item"]
    return {name: deserialize(value) for name, value in item.items()}


REGISTERS = [
    out(2),
    in_(2),
    pause(0),
    confirmed(2),
    COMPLAINT,
    UNDELIVERABLE,
    HOLD,
    LIFT_HOLD,
    SOFT_BOUNCE,
]


@pytest.mark.parametrize("register", REGISTERS)
def test_one_change_is_exactly_one_request_whether_it_is_accepted_or_not(
    table: PreferencesTable, requests: list[Any], register: Register
) -> None:
    recipient = new_recipient()
    for at in (NOW, NOW, NOW + DAY_MS):
        requests.clear()
        table.apply(recipient, [change(register, Millis(at))], NOW)
        assert [operation for operation, _ in requests] == ["UpdateItem"]


@pytest.mark.parametrize("register", REGISTERS)
def test_a_late_change_needs_a_second_request_that_stores_it_for_the_ledger(
    table: PreferencesTable, requests: list[Any], register: Register
) -> None:
    recipient = new_recipient()
    table.apply(recipient, [change(register, NOW)], NOW)
    requests.clear()
    table.apply(recipient, [change(register, Millis(NOW - 1))], NOW)
    second = ["UpdateItem"] if register.is_choice else []
    assert [operation for operation, _ in requests] == ["UpdateItem", *second]


def test_late_changes_never_fill_the_item(
    table: PreferencesTable,
) -> None:
    recipient = new_recipient()
    table.apply(recipient, [change(out(2), NOW)], NOW)
    for age in range(1, MAX_LATE_CHANGES + 1):
        table.apply(recipient, [change(out(2), Millis(NOW - age))], NOW)
    with pytest.raises(StoreUnavailable):
        table.apply(recipient, [change(out(2), Millis(NOW - DAY_MS))], NOW)
    applied = table.apply(recipient, [change(out(3), NOW)], NOW)
    assert applied.after.revision == 2, "new changes are still accepted"


@pytest.mark.threat(
    "B8",
    "Somebody sends many old changes together with a newer one, until the item is too large for any write, "
    "including the person's own press.",
    "The number of late changes in an item is limited. Beyond the limit the sender must retry, and new "
    "changes are still accepted.",
)
def test_late_changes_beside_a_newer_change_never_fill_the_item(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    recipient, long_proof = new_recipient(), json.dumps({"reference": "\U0001f4e8" * 200, "agent": '"' * 100})
    table.apply(recipient, [change(out(2), NOW)], NOW)
    rejected = 0
    for request in range(1, 13):
        letters = [change_by_letter(Millis(NOW - request * 1_000 - age), long_proof) for age in range(99)]
        try:
            table.apply(recipient, [*letters, change(out(3), Millis(NOW + request))], NOW)
        except StoreUnavailable:
            rejected += 1
    item = stored(dynamodb, recipient)
    assert len(item["late"]) <= MAX_LATE_CHANGES and rejected > 6
    assert len(str(item)) < 250_000
    assert (
        table.apply(recipient, [change(out(0), Millis(NOW + DAY_MS))], NOW).after.time_of(out(0))
        == NOW + DAY_MS
    )
    assert item["n"] == 13, "the new change of each request is on record"


def test_repeated_late_changes_count_once(table: PreferencesTable, dynamodb: DynamoDBClient) -> None:
    recipient = new_recipient()
    letters = [change_by_letter(Millis(NOW - age)) for age in range(1, 150)]
    for _ in range(3):
        table.apply(recipient, [change(out(2), NOW), *letters], NOW)
    assert len(stored(dynamodb, recipient)["late"]) == len(letters)


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(20, 10_000)), max_size=80))
def test_late_changes_of_mixed_lengths_never_fill_an_item(
    sent: list[tuple[int, int]],
) -> None:
    waiting = total = 0
    for count, size in sent:
        for part, room in split_late_changes(f"{number:04}".ljust(size, "x") for number in range(count)):
            if waiting <= room:
                waiting += len(part)
                total += sum(map(len, part))
    assert waiting <= MAX_LATE_CHANGES
    assert total <= 270_000, "an item may have 400 kB"


def test_several_changes_need_one_read_and_one_write(table: PreferencesTable, requests: list[Any]) -> None:
    recipient = new_recipient()
    form = [change(register) for register in REGISTERS]
    table.apply(recipient, form, NOW)
    assert [operation for operation, _ in requests] == ["GetItem", "UpdateItem"]
    requests.clear()
    table.apply(recipient, form, NOW)
    assert [operation for operation, _ in requests] == ["GetItem"]


@pytest.mark.parametrize(
    "changes",
    [[change(register)] for register in REGISTERS]
    + [
        [change(SOFT_BOUNCE), change(SOFT_BOUNCE, Millis(NOW - DAY_MS))],
        [change(out(2)), change(SOFT_BOUNCE)],
    ],
)
def test_no_request_has_an_empty_map_or_an_unused_name(
    table: PreferencesTable, requests: list[Any], changes: list[Change]
) -> None:
    # DynamoDB rejects both, but the emulators accept them.
    table.apply(new_recipient(), changes, NOW)
    _, update = requests[-1]
    text = update["UpdateExpression"] + " " + update["ConditionExpression"]
    for part in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        if part in update:
            assert update[part]
            assert all(alias in text for alias in update[part])


def test_each_read_is_strongly_consistent(table: PreferencesTable, requests: list[Any]) -> None:
    table.read(new_recipient())
    table.read_many([new_recipient(), new_recipient()])
    (_, get), (_, batch_get) = requests
    assert get["ConsistentRead"] is True
    assert batch_get["RequestItems"][TABLE]["ConsistentRead"] is True


def test_many_records_are_read_in_batches_of_a_hundred_without_duplicates(
    table: PreferencesTable, requests: list[Any]
) -> None:
    people = [new_recipient() for _ in range(250)]
    table.read_many(people + people)
    sizes = [len(params["RequestItems"][TABLE]["Keys"]) for _, params in requests]
    assert sorted(sizes) == [50, 100, 100]
    keys = [k["id"]["S"] for _, params in requests for k in params["RequestItems"][TABLE]["Keys"]]
    assert sorted(keys) == sorted(people)


@pytest.mark.parametrize("count", [0, 1, 100, 101])
def test_read_many_makes_no_needless_request(
    table: PreferencesTable, requests: list[Any], count: int
) -> None:
    table.read_many([new_recipient() for _ in range(count)])
    assert len(requests) == -(-count // 100)


def test_a_suppression_puts_the_recipient_into_the_change_feed(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    for register in (out(2), pause(0), COMPLAINT, UNDELIVERABLE, HOLD, SOFT_BOUNCE):
        recipient = new_recipient()
        table.apply(recipient, [change(register)], NOW)
        item = stored(dynamodb, recipient)
        assert item["chg_at"].startswith(f"{NOW:015d}")
        assert 0 <= int(item["chg_shard"]) < FEED_SHARDS


def test_the_feed_contains_each_recipient_who_ever_had_a_suppression_and_no_other(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    recipient = new_recipient()
    for register in (in_(2), confirmed(2), LIFT_HOLD):
        table.apply(recipient, [change(register)], NOW)
        assert "chg_shard" not in stored(dynamodb, recipient)
    table.apply(recipient, [change(out(2))], NOW)
    table.apply(recipient, [change(in_(2), Millis(NOW + 1))], Millis(NOW + 2))
    item = stored(dynamodb, recipient)
    assert "chg_shard" in item
    assert item["chg_at"].startswith(f"{NOW + 2:015d}")


def test_an_ignored_change_does_not_move_the_recipient_in_the_feed(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    recipient = new_recipient()
    table.apply(recipient, [change(out(2))], NOW)
    table.apply(recipient, [change(out(2), Millis(NOW - 1))], Millis(NOW + 99))
    table.apply(recipient, [change(out(2)), change(out(2), Millis(NOW - 1))], Millis(NOW + 99))
    assert stored(dynamodb, recipient)["chg_at"].startswith(f"{NOW:015d}")


def test_each_item_gets_its_own_salt_once(table: PreferencesTable, dynamodb: DynamoDBClient) -> None:
    recipient, other = new_recipient(), new_recipient()
    table.apply(recipient, [change(out(2))], NOW)
    salt = stored(dynamodb, recipient)["salt"]
    table.apply(recipient, [change(in_(2))], NOW)
    table.apply(recipient, [change(out(3)), change(out(4))], NOW)
    table.apply(other, [change(out(2))], NOW)
    assert stored(dynamodb, recipient)["salt"] == salt
    assert stored(dynamodb, other)["salt"] != salt
    assert len(salt.value) == 16


def test_recipients_are_distributed_over_the_shards(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    people = [recipient_from_bytes(bytes([first]) + bytes(15)) for first in range(FEED_SHARDS)]
    for recipient in people:
        table.apply(recipient, [change(out(2))], NOW)
    assert len({stored(dynamodb, recipient)["chg_shard"] for recipient in people}) == FEED_SHARDS


def test_a_concurrent_write_is_merged(table: PreferencesTable, dynamodb: DynamoDBClient) -> None:
    recipient = new_recipient()
    between = iter([[change(in_(3))], [change(out(2), Millis(NOW + 5))], [change(SOFT_BOUNCE)]])

    def interleave(**_: Any) -> None:
        for changes in between:  # one change before each of the first three attempts
            table.apply(recipient, changes, NOW)
            return

    with hooked(dynamodb, "before-call.dynamodb.UpdateItem", interleave):
        applied = table.apply(recipient, [change(out(2)), change(pause(0))], NOW)
    assert applied.after == table.read(recipient)
    assert applied.after.time_of(out(2)) == NOW + 5
    assert applied.after.registers.keys() == {in_(3), out(2), pause(0)}
    assert applied.after.soft_bounce_days == {NOW // DAY_MS}
    assert applied.after.revision == 4


def test_a_concurrent_write_of_the_same_changes_leaves_nothing_to_write(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    recipient = new_recipient()
    form = [change(out(2)), change(out(3))]
    between = iter([form])

    def interleave(**_: Any) -> None:
        for changes in between:
            table.apply(recipient, changes, NOW)

    with hooked(dynamodb, "before-call.dynamodb.UpdateItem", interleave):
        applied = table.apply(recipient, form, NOW)
    assert applied.after == table.read(recipient)
    assert applied.after.revision == 1


@pytest.mark.threat(
    "T18",
    "Somebody with a link writes to its record without end, so that each write of the person conflicts and "
    "is answered with 503.",
    "A write with a conflict is retried two dozen times within two seconds, after pauses of random length.",
)
@pytest.mark.parametrize("conflicts", [8, 23])
def test_a_write_succeeds_after_many_conflicts(dynamodb: DynamoDBClient, conflicts: int) -> None:
    recipient, pauses = new_recipient(), list[float]()
    other, table = (
        PreferencesTable(dynamodb, TABLE),
        PreferencesTable(dynamodb, TABLE, pauses.append),
    )
    races = iter(range(conflicts))
    running: list[bool] = []

    def interleave(**_: Any) -> None:
        if not running and (at := next(races, None)) is not None:
            running.append(True)
            other.apply(recipient, [change(in_(3), Millis(at))], NOW)
            running.clear()

    with hooked(dynamodb, "before-call.dynamodb.UpdateItem", interleave):
        table.apply(recipient, [change(out(2)), change(out(4))], NOW)

    assert next(races, None) is None and out(2) in table.read(recipient).registers
    assert len(pauses) == conflicts - 1 and len(set(pauses)) > 1
    assert max(pauses) > 0 and sum(pauses) < 2


def test_endless_conflicts_are_an_error(table: PreferencesTable, dynamodb: DynamoDBClient) -> None:
    recipient = new_recipient()
    times = iter(range(100))
    running: list[bool] = []

    def interleave(**_: Any) -> None:
        if not running:
            running.append(True)
            table.apply(recipient, [change(in_(3), Millis(next(times)))], NOW)
            running.clear()

    with (
        hooked(dynamodb, "before-call.dynamodb.UpdateItem", interleave),
        pytest.raises(WriteConflict),
    ):
        table.apply(recipient, [change(out(2)), change(out(4))], NOW)
    assert out(2) not in table.read(recipient).registers


def test_an_item_that_was_deleted_between_read_and_write_is_created_again(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    recipient = new_recipient()
    table.apply(recipient, [change(in_(3))], NOW)
    deleted: list[bool] = []

    def delete_item(**_: Any) -> None:
        if not deleted:
            deleted.append(True)
            dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": recipient}})

    with hooked(dynamodb, "before-call.dynamodb.UpdateItem", delete_item):
        applied = table.apply(recipient, [change(out(2)), change(out(4))], NOW)
    assert applied.before == EMPTY_RECORD
    assert applied.after == table.read(recipient)


def size(item: dict[str, Any]) -> int:
    """Returns the bytes of an item as DynamoDB counts them (developer guide, item sizes)."""

    def size_of(value: dict[str, Any]) -> int:
        ((kind, content),) = value.items()
        if kind == "M":
            return 3 + sum(len(name.encode()) + 1 + size_of(part) for name, part in content.items())
        if kind in ("NS", "SS"):
            return sum(len(part.encode()) for part in content)
        if kind == "N":
            return len(content) // 2 + 2
        return len(content.encode()) if kind == "S" else len(content)

    return sum(len(name.encode()) + size_of(value) for name, value in item.items())


@pytest.fixture
def units(dynamodb: DynamoDBClient) -> Iterator[list[float]]:
    """The capacity units in each response."""
    collected: list[float] = []

    def record(parsed: dict[str, Any], **_: Any) -> None:
        cost = parsed.get("ConsumedCapacity")
        collected.extend([cost["CapacityUnits"]] if isinstance(cost, dict) else [])

    with hooked(dynamodb, "after-call.dynamodb", record):
        yield collected


def test_a_usual_item_costs_one_write_unit_and_one_read_unit(
    table: PreferencesTable, dynamodb: DynamoDBClient, units: list[float]
) -> None:
    recipient = new_recipient()
    proof = make_evidence(issued=NOW, key=1, campaign="spring-sale-2026-long-name-of-32")
    for register in (out(0), out(2), in_(2)):
        changed = Change(register, Entry(NOW, Source.ONE_CLICK, proof, "2026-07-01"))
        table.apply(recipient, [changed], NOW)
    item = dynamodb.get_item(TableName=TABLE, Key={"id": {"S": recipient}})["Item"]
    assert size(item) <= 1024
    units.clear()
    table.read(recipient)
    assert units == [1.0] or units == [0.5]
