"""What the table is asked, request by request; that it keeps the promises is in the contract."""

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
from heed.domain.preferences.evidence import evidence
from heed.domain.preferences.record import EMPTY_RECORD
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    LIFT_HOLD,
    SOFT_BOUNCE,
    UNDELIVERABLE,
    Change,
    ChoiceKind,
    Entry,
    Register,
    Source,
)
from heed.domain.recipients.recipient import recipient_from_bytes
from tests.adapters.conftest import TABLE, somebody
from tests.support.registers import in_, out, pause, yes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = 1_772_701_964_390


def change(register: Register, at: int = NOW) -> Change:
    until = at + DAY_MS if register.kind is ChoiceKind.PAUSE else None
    return Change(register, Entry(at, Source.LINK, "{}", "1", until))


def letter(at: int, said: str = "{}") -> Change:
    return Change(out(2), Entry(at, Source.LETTER, said, "1"))


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> PreferencesTable:
    return PreferencesTable(dynamodb, TABLE, pause=lambda _: None)


@pytest.fixture
def asked(dynamodb: DynamoDBClient) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Each request that goes to DynamoDB: operation and parameters."""
    seen: list[tuple[str, dict[str, Any]]] = []

    def record(params: dict[str, Any], model: Any, **_: Any) -> None:
        seen.append((model.name, params))

    with hooked(dynamodb, "provide-client-params.dynamodb", record):
        yield seen


@contextmanager
def hooked(client: DynamoDBClient, event: str, hook: Callable[..., Any]) -> Iterator[None]:
    client.meta.events.register_first(event, hook)
    try:
        yield
    finally:
        client.meta.events.unregister(event, hook)


def stored(client: DynamoDBClient, who: str) -> dict[str, Any]:
    """The item, as plain values."""
    read = TypeDeserializer().deserialize
    item = client.get_item(TableName=TABLE, Key={"id": {"S": who}}, ConsistentRead=True)["Item"]
    return {name: read(value) for name, value in item.items()}


REGISTERS = [
    out(2),
    in_(2),
    pause(0),
    yes(2),
    COMPLAINT,
    UNDELIVERABLE,
    HOLD,
    LIFT_HOLD,
    SOFT_BOUNCE,
]


@pytest.mark.parametrize("register", REGISTERS)
def test_one_change_is_exactly_one_request_taken_or_refused(
    table: PreferencesTable, asked: list[Any], register: Register
) -> None:
    who = somebody()
    for at in (NOW, NOW, NOW + DAY_MS):
        asked.clear()
        table.apply(who, [change(register, at)], NOW)
        assert [operation for operation, _ in asked] == ["UpdateItem"]


@pytest.mark.parametrize("register", REGISTERS)
def test_a_wish_that_came_late_costs_a_second_request_which_keeps_it_for_the_ledger(
    table: PreferencesTable, asked: list[Any], register: Register
) -> None:
    who = somebody()
    table.apply(who, [change(register, NOW)], NOW)
    asked.clear()
    table.apply(who, [change(register, NOW - 1)], NOW)
    kept = ["UpdateItem"] if register.is_choice else []
    assert [operation for operation, _ in asked] == ["UpdateItem", *kept]


def test_late_wishes_that_the_ledger_does_not_take_never_fill_the_item(
    table: PreferencesTable,
) -> None:
    who = somebody()
    table.apply(who, [change(out(2), NOW)], NOW)
    for age in range(1, MAX_LATE_CHANGES + 1):
        table.apply(who, [change(out(2), NOW - age)], NOW)
    with pytest.raises(StoreUnavailable):
        table.apply(who, [change(out(2), NOW - DAY_MS)], NOW)
    assert table.apply(who, [change(out(3), NOW)], NOW).after.revision == 2  # what is new goes on


@pytest.mark.threat(
    "B8",
    "Old letters are sent together with a newer wish, again and again, until an item is too large for "
    "any write, a press of theirs included.",
    "Late wishes wait beside a record by one bounded way, whatever they came with; beyond it they wait "
    "with their sender, and what is new goes on.",
)
def test_late_wishes_that_come_with_a_newer_one_are_bounded_too(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    who, long = somebody(), json.dumps({"reference": "\U0001f4e8" * 200, "agent": '"' * 100})
    table.apply(who, [change(out(2), NOW)], NOW)
    refused = 0
    for request in range(1, 13):
        letters = [letter(NOW - request * 1_000 - age, long) for age in range(99)]
        try:
            table.apply(who, [*letters, change(out(3), NOW + request)], NOW)
        except StoreUnavailable:
            refused += 1
    item = stored(dynamodb, who)
    assert len(item["late"]) <= MAX_LATE_CHANGES and refused > 6
    assert len(str(item)) < 250_000
    assert table.apply(who, [change(out(0), NOW + DAY_MS)], NOW).after.at(out(0)) == NOW + DAY_MS
    assert item["n"] == 13, "what was new of each request is on record"


def test_the_same_late_wishes_again_are_not_too_many(table: PreferencesTable) -> None:
    who = somebody()
    letters = [letter(NOW - age) for age in range(1, 150)]
    for _ in range(3):
        table.apply(who, [change(out(2), NOW), *letters], NOW)


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(20, 10_000)), max_size=80))
def test_however_long_wishes_are_mixed_they_never_fill_an_item(
    sent: list[tuple[int, int]],
) -> None:
    waiting = total = 0
    for count, size in sent:
        for part, room in split_late_changes(f"{number:04}".ljust(size, "x") for number in range(count)):
            if waiting <= room:
                waiting += len(part)
                total += sum(map(len, part))
    assert waiting <= MAX_LATE_CHANGES
    assert total <= 270_000, "of the 400 kB of an item"


def test_several_changes_are_one_read_and_one_write(table: PreferencesTable, asked: list[Any]) -> None:
    who = somebody()
    form = [change(register) for register in REGISTERS]
    table.apply(who, form, NOW)
    assert [operation for operation, _ in asked] == ["GetItem", "UpdateItem"]
    asked.clear()
    table.apply(who, form, NOW)
    assert [operation for operation, _ in asked] == ["GetItem"]


@pytest.mark.parametrize(
    "changes",
    [[change(register)] for register in REGISTERS]
    + [
        [change(SOFT_BOUNCE), change(SOFT_BOUNCE, NOW - DAY_MS)],
        [change(out(2)), change(SOFT_BOUNCE)],
    ],
)
def test_no_request_holds_an_empty_map_or_a_name_that_it_does_not_use(
    table: PreferencesTable, asked: list[Any], changes: list[Change]
) -> None:
    # DynamoDB refuses both; the emulators do not.
    table.apply(somebody(), changes, NOW)
    _, update = asked[-1]
    text = update["UpdateExpression"] + " " + update["ConditionExpression"]
    for part in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        if part in update:
            assert update[part]
            assert all(alias in text for alias in update[part])


def test_every_read_is_consistent(table: PreferencesTable, asked: list[Any]) -> None:
    table.read(somebody())
    table.read_many([somebody(), somebody()])
    (_, one), (_, many) = asked
    assert one["ConsistentRead"] is True
    assert many["RequestItems"][TABLE]["ConsistentRead"] is True


def test_many_are_read_in_requests_of_a_hundred_without_duplicates(
    table: PreferencesTable, asked: list[Any]
) -> None:
    people = [somebody() for _ in range(250)]
    table.read_many(people + people)
    sizes = [len(params["RequestItems"][TABLE]["Keys"]) for _, params in asked]
    assert sorted(sizes) == [50, 100, 100]
    keys = [k["id"]["S"] for _, params in asked for k in params["RequestItems"][TABLE]["Keys"]]
    assert sorted(keys) == sorted(people)


@pytest.mark.parametrize("count", [0, 1, 100, 101])
def test_as_many_requests_as_needed_and_no_more(
    table: PreferencesTable, asked: list[Any], count: int
) -> None:
    table.read_many([somebody() for _ in range(count)])
    assert len(asked) == -(-count // 100)


def test_a_stop_puts_its_recipient_into_the_feed_of_changes(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    for register in (out(2), pause(0), COMPLAINT, UNDELIVERABLE, HOLD, SOFT_BOUNCE):
        who = somebody()
        table.apply(who, [change(register)], NOW)
        held = stored(dynamodb, who)
        assert held["chg_at"].startswith(f"{NOW:015d}")
        assert 0 <= int(held["chg_shard"]) < FEED_SHARDS


def test_who_never_stopped_is_not_in_the_feed_and_who_came_back_stays(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    who = somebody()
    for register in (in_(2), yes(2), LIFT_HOLD):
        table.apply(who, [change(register)], NOW)
        assert "chg_shard" not in stored(dynamodb, who)
    table.apply(who, [change(out(2))], NOW)
    table.apply(who, [change(in_(2), NOW + 1)], NOW + 2)
    held = stored(dynamodb, who)
    assert "chg_shard" in held
    assert held["chg_at"].startswith(f"{NOW + 2:015d}")


def test_a_refused_write_does_not_move_anybody_in_the_feed(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    who = somebody()
    table.apply(who, [change(out(2))], NOW)
    table.apply(who, [change(out(2), NOW - 1)], NOW + 99)
    table.apply(who, [change(out(2)), change(out(2), NOW - 1)], NOW + 99)
    assert stored(dynamodb, who)["chg_at"].startswith(f"{NOW:015d}")


def test_the_salt_is_made_with_the_item_is_never_made_again_and_is_nobody_elses(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    who, other = somebody(), somebody()
    table.apply(who, [change(out(2))], NOW)
    salt = stored(dynamodb, who)["salt"]
    table.apply(who, [change(in_(2))], NOW)
    table.apply(who, [change(out(3)), change(out(4))], NOW)
    table.apply(other, [change(out(2))], NOW)
    assert stored(dynamodb, who)["salt"] == salt
    assert stored(dynamodb, other)["salt"] != salt
    assert len(salt.value) == 16


def test_people_spread_over_the_shards(table: PreferencesTable, dynamodb: DynamoDBClient) -> None:
    people = [recipient_from_bytes(bytes([first]) + bytes(15)) for first in range(FEED_SHARDS)]
    for who in people:
        table.apply(who, [change(out(2))], NOW)
    assert len({stored(dynamodb, who)["chg_shard"] for who in people}) == FEED_SHARDS


def test_a_writer_in_between_is_merged_with(table: PreferencesTable, dynamodb: DynamoDBClient) -> None:
    who = somebody()
    between = iter([[change(in_(3))], [change(out(2), NOW + 5)], [change(SOFT_BOUNCE)]])

    def interleave(**_: Any) -> None:
        for changes in between:  # one of them before each of the first three attempts
            table.apply(who, changes, NOW)
            return

    with hooked(dynamodb, "before-call.dynamodb.UpdateItem", interleave):
        applied = table.apply(who, [change(out(2)), change(pause(0))], NOW)
    assert applied.after == table.read(who)
    assert applied.after.at(out(2)) == NOW + 5
    assert applied.after.registers.keys() == {in_(3), out(2), pause(0)}
    assert applied.after.soft_bounce_days == {NOW // DAY_MS}
    assert applied.after.revision == 4


def test_a_writer_in_between_may_have_said_it_all(table: PreferencesTable, dynamodb: DynamoDBClient) -> None:
    who = somebody()
    form = [change(out(2)), change(out(3))]
    between = iter([form])

    def interleave(**_: Any) -> None:
        for changes in between:
            table.apply(who, changes, NOW)

    with hooked(dynamodb, "before-call.dynamodb.UpdateItem", interleave):
        applied = table.apply(who, form, NOW)
    assert applied.after == table.read(who)
    assert applied.after.revision == 1


@pytest.mark.threat(
    "T18",
    "Who holds a link writes to its record without end, so that what the person saves loses every race and "
    "is answered 503.",
    "A write that lost is tried again, after pauses of unequal length, two dozen times in two seconds.",
)
@pytest.mark.parametrize("conflicts", [8, 23])
def test_who_loses_many_races_is_written_all_the_same(dynamodb: DynamoDBClient, conflicts: int) -> None:
    who, pauses = somebody(), list[float]()
    other, table = (
        PreferencesTable(dynamodb, TABLE),
        PreferencesTable(dynamodb, TABLE, pauses.append),
    )
    races = iter(range(conflicts))
    inner: list[bool] = []

    def interleave(**_: Any) -> None:
        if not inner and (at := next(races, None)) is not None:
            inner.append(True)
            other.apply(who, [change(in_(3), at)], NOW)
            inner.clear()

    with hooked(dynamodb, "before-call.dynamodb.UpdateItem", interleave):
        table.apply(who, [change(out(2)), change(out(4))], NOW)

    assert next(races, None) is None and out(2) in table.read(who).registers
    assert len(pauses) == conflicts - 1 and len(set(pauses)) > 1
    assert max(pauses) > 0 and sum(pauses) < 2


def test_endless_contention_is_an_error_and_never_a_success(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    who = somebody()
    times = iter(range(100))
    inner: list[bool] = []

    def interleave(**_: Any) -> None:
        if not inner:
            inner.append(True)
            table.apply(who, [change(in_(3), next(times))], NOW)
            inner.clear()

    with (
        hooked(dynamodb, "before-call.dynamodb.UpdateItem", interleave),
        pytest.raises(WriteConflict),
    ):
        table.apply(who, [change(out(2)), change(out(4))], NOW)
    assert out(2) not in table.read(who).registers


def test_an_item_that_vanished_between_read_and_write_is_written_anew(
    table: PreferencesTable, dynamodb: DynamoDBClient
) -> None:
    who = somebody()
    table.apply(who, [change(in_(3))], NOW)
    gone: list[bool] = []

    def vanish(**_: Any) -> None:
        if not gone:
            gone.append(True)
            dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": who}})

    with hooked(dynamodb, "before-call.dynamodb.UpdateItem", vanish):
        applied = table.apply(who, [change(out(2)), change(out(4))], NOW)
    assert applied.before == EMPTY_RECORD
    assert applied.after == table.read(who)


def size(item: dict[str, Any]) -> int:
    """Bytes of an item as DynamoDB counts them (developer guide, item sizes)."""

    def of(value: dict[str, Any]) -> int:
        ((kind, held),) = value.items()
        if kind == "M":
            return 3 + sum(len(name.encode()) + 1 + of(part) for name, part in held.items())
        if kind in ("NS", "SS"):
            return sum(len(part.encode()) for part in held)
        if kind == "N":
            return len(held) // 2 + 2
        return len(held.encode()) if kind == "S" else len(held)

    return sum(len(name.encode()) + of(value) for name, value in item.items())


@pytest.fixture
def units(dynamodb: DynamoDBClient) -> Iterator[list[float]]:
    """The capacity units that each answer names."""
    seen: list[float] = []

    def record(parsed: dict[str, Any], **_: Any) -> None:
        cost = parsed.get("ConsumedCapacity")
        seen.extend([cost["CapacityUnits"]] if isinstance(cost, dict) else [])

    with hooked(dynamodb, "after-call.dynamodb", record):
        yield seen


def test_the_usual_item_is_one_write_unit_and_one_read_unit(
    table: PreferencesTable, dynamodb: DynamoDBClient, units: list[float]
) -> None:
    who = somebody()
    proof = evidence(issued=NOW, key=1, campaign="spring-sale-2026-long-name-of-32")
    for register in (out(0), out(2), in_(2)):
        changed = Change(register, Entry(NOW, Source.ONE_CLICK, proof, "2026-07-01"))
        table.apply(who, [changed], NOW)
    item = dynamodb.get_item(TableName=TABLE, Key={"id": {"S": who}})["Item"]
    assert size(item) <= 1024
    units.clear()
    table.read(who)
    assert units == [1.0] or units == [0.5]
