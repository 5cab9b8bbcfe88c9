"""The function `ledger`, from writes to the table to entries, hashes and events."""

from __future__ import annotations

import json
from typing import Any, Self

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.ledger import app
from heed.domain.ledger.entry import EntryOutcome, keyed_hash, ledger_subject
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import (
    DAY_MS,
    SOFT_BOUNCE,
    UNDELIVERABLE,
    Change,
    Entry,
    Source,
)
from heed.use_cases.ledger.seal_days import seal_days
from tests.support.deployment import NOW, ROOT, World, parts
from tests.support.ledgers import entries_in_order
from tests.support.registers import in_, out
from tests.support.stream_events import StreamRecorder, stream_event

JANE = "jane.doe@example.com"


class EventRecorder:
    """Records the events that the event bus receives."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        parts().client("events").meta.events.register("before-parameter-build.events", self._before)

    def _before(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "PutEvents":
            self.events += params["Entries"]

    def types(self) -> list[str]:
        return [entry["DetailType"] for entry in self.events]


@pytest.fixture
def stream(world: World) -> StreamRecorder:
    return StreamRecorder(parts().client("dynamodb"), world.table, NOW + 1_610)


@pytest.fixture
def event_bus(world: World) -> EventRecorder:
    return EventRecorder()


def deliver(world: World, records: list[dict[str, Any]]) -> list[str]:
    """Hands records to the function; returns the sequence numbers of the records to retry."""
    answer = app.handler(stream_event(json.loads(json.dumps(records))), world.context)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def entries(world: World, address: str = JANE) -> list[Any]:
    recipient = world.recipient(address)
    record = parts().preferences.read(recipient)
    return entries_in_order(parts().ledger, ledger_subject(record.salt, recipient))


def outcomes(world: World) -> list[tuple[int, str, int, str]]:
    """Returns sequence number, register, scope and outcome of each entry of Jane."""
    return [(entry.seq, entry.register, entry.scope, entry.outcome.value) for entry, _ in entries(world)]


def one_click(at: Millis = NOW, evidence: str = '{"issued":1}') -> Change:
    return Change(out(2), Entry(at, Source.ONE_CLICK, evidence, "2026-01"))


def test_a_change_becomes_an_entry_without_the_recipient_id(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, one_click())

    assert deliver(world, stream.records) == []

    (item,) = entries(world)
    recipient = world.recipient(JANE)
    salt = parts().preferences.read(recipient).salt
    entry = item.entry
    assert (entry.seq, entry.register, entry.scope) == (1, "out", 2)
    assert (entry.at, entry.source, entry.policy_version) == (NOW, "one-click", "2026-01")
    assert entry.recorded_at == (NOW + 1_610) // 1000 * 1000, "the time of the stream, in whole seconds"
    assert entry.commitment == keyed_hash(salt, item.evidence)
    assert recipient not in json.dumps(boto3.client("dynamodb").scan(TableName="Ledger")["Items"])


def test_an_entry_is_never_recorded_before_its_change(world: World) -> None:
    stream = StreamRecorder(
        parts().client("dynamodb"), world.table, NOW + 40
    )  # the stream drops the milliseconds
    world.apply_changes(JANE, one_click(), Change(out(3), Entry(Millis(NOW - DAY_MS), Source.LETTER, "{}")))

    deliver(world, stream.records)

    recorded = {item.entry.at: item.entry.recorded_at for item in entries(world)}
    assert recorded == {NOW: NOW, NOW - DAY_MS: NOW // 1000 * 1000}


def test_an_entry_costs_one_write_unit(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, one_click())
    units: list[float] = []
    client = parts().client("dynamodb")

    def request_capacity(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "PutItem" and params["TableName"] == "Ledger":
            params["ReturnConsumedCapacity"] = "TOTAL"
            item = json.dumps(params["Item"])
            assert len(item) < 1_000, "shorter than one write unit, even as JSON with types"

    def add_units(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if "ConsumedCapacity" in parsed and parsed["ConsumedCapacity"]["TableName"] == "Ledger":
            units.append(parsed["ConsumedCapacity"]["CapacityUnits"])

    client.meta.events.register("before-parameter-build.dynamodb", request_capacity)
    client.meta.events.register("after-call.dynamodb", add_units)
    deliver(world, stream.records)

    assert units == [1.0]


def test_entries_of_one_write_share_one_sequence_number(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, one_click(), Change(out(3), one_click().entry))
    world.apply_changes(JANE, Change(in_(3), Entry(Millis(NOW + 1), Source.PHONE, "{}")))

    deliver(world, stream.records)

    assert sorted(outcomes(world)) == [
        (1, "out", 2, "applied"),
        (1, "out", 3, "applied"),
        (2, "in", 3, "applied"),
    ]


def test_a_redelivery_of_any_part_writes_nothing_twice(world: World, stream: StreamRecorder) -> None:
    for at in range(5):
        world.apply_changes(JANE, one_click(Millis(NOW + at)))
    deliver(world, stream.records)
    items_before, objects_before = ledger_items(), objects()

    deliver(world, stream.records)
    deliver(world, stream.records[2:4])

    assert ledger_items() == items_before
    assert parts().ledger_seals.stored_leaves(NOW // DAY_MS) == (leaves(objects_before), [])


def ledger_items() -> list[Any]:
    items = boto3.client("dynamodb").scan(TableName="Ledger")["Items"]
    return sorted(items, key=lambda item: str(item["id"]))


def objects() -> dict[str, bytes]:
    client = boto3.client("s3")
    listing = client.list_objects_v2(Bucket="ledger").get("Contents", [])
    return {
        item["Key"]: client.get_object(Bucket="ledger", Key=item["Key"])["Body"].read() for item in listing
    }


def leaves(objects: dict[str, bytes]) -> set[bytes]:
    return {body[at : at + 32] for body in objects.values() for at in range(0, len(body), 32)}


def test_the_stored_hashes_are_the_leaves_of_the_entries(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, one_click(), Change(UNDELIVERABLE, Entry(NOW, Source.BOUNCE, "{}")))

    deliver(world, stream.records)

    (name,) = objects()
    assert name.startswith("hashes/2026-03-05/")
    assert leaves(objects()) == {item.entry.leaf for item in entries(world)}


@pytest.mark.parametrize(
    ("sample", "registers"),
    [
        ("insert", ["out"]),
        ("modify", ["in"]),
        ("remove-by-time-to-live", ["erased"]),
        ("remove-by-hand", ["erased"]),
    ],
)
def test_the_sample_events_are_accepted(world: World, sample: str, registers: list[str]) -> None:
    path = ROOT / "events" / f"ledger-{sample}.json"
    assert deliver(world, json.loads(path.read_text())["Records"]) == []
    assert [item["register"]["S"] for item in ledger_items()] == registers


# ---- Late changes ----


def test_a_late_change_is_entered_once_and_leaves_the_record_unchanged(
    world: World, stream: StreamRecorder
) -> None:
    world.apply_changes(JANE, one_click(NOW))
    world.apply_changes(JANE, one_click(Millis(NOW - DAY_MS), '{"reference":"letter"}'))

    deliver(world, stream.records)
    deliver(world, stream.records)  # includes the write that removed the late change

    assert outcomes(world) == [(1, "out", 2, "superseded"), (1, "out", 2, "applied")]
    (item,) = world.items()
    assert "late" not in item
    assert item["n"] == {"N": "1"}


def test_a_duplicate_late_change_is_the_same_entry(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, one_click(NOW))
    late_change = one_click(Millis(NOW - DAY_MS), '{"reference":"letter"}')
    for _ in range(3):
        world.apply_changes(JANE, late_change)
        deliver(world, stream.records)

    assert [seq for seq, *_ in outcomes(world)] == [1, 1]


def test_a_redelivery_is_not_a_late_change(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, one_click(NOW))
    world.apply_changes(JANE, one_click(Millis(NOW + 1)))
    world.apply_changes(JANE, one_click(NOW))  # the first change again, after a newer one

    deliver(world, stream.records)

    assert outcomes(world) == [(1, "out", 2, "applied"), (2, "out", 2, "applied")]
    assert "late" not in world.items()[0]


def test_an_opt_out_is_one_request_and_a_late_one_is_two(
    world: World,
) -> None:
    calls: list[str] = []
    parts().client("dynamodb").meta.events.register(
        "before-call.dynamodb", lambda model, **_: calls.append(model.name)
    )

    world.apply_changes(JANE, one_click(NOW))
    assert calls == ["UpdateItem"]
    world.apply_changes(JANE, one_click(NOW))  # again
    assert calls == ["UpdateItem"] * 2
    world.apply_changes(JANE, one_click(Millis(NOW - 1)))  # late
    assert calls == ["UpdateItem"] * 4


def test_the_older_of_two_changes_in_one_request_is_entered_too(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, one_click(NOW), one_click(Millis(NOW - 1)))

    deliver(world, stream.records)

    assert outcomes(world) == [(1, "out", 2, "superseded"), (1, "out", 2, "applied")]


def test_an_opt_out_of_everything_older_than_an_opt_in_to_one_topic_is_applied(
    world: World, stream: StreamRecorder
) -> None:
    world.apply_changes(JANE, Change(in_(2), Entry(NOW, Source.PHONE, "{}")))
    world.apply_changes(JANE, Change(out(0), Entry(Millis(NOW - DAY_MS), Source.LETTER, "{}")))

    deliver(world, stream.records)

    assert outcomes(world) == [(1, "in", 2, "applied"), (2, "out", 0, "applied")]
    assert "late" not in world.items()[0]


def test_a_late_bounce_is_not_entered(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, Change(UNDELIVERABLE, Entry(NOW, Source.BOUNCE, "{}")))
    world.apply_changes(JANE, Change(UNDELIVERABLE, Entry(Millis(NOW - 1), Source.BOUNCE, "{}")))

    deliver(world, stream.records)

    assert outcomes(world) == [(1, "undeliverable", 0, "applied")]


# ---- Erasure ----


def write_erasure(world: World, erased_at: Millis, revision: int) -> dict[str, Any]:
    """Writes the whole item as an erasure does, without a salt."""
    from heed.codec.record import encode_entry

    item = {
        "id": {"S": world.recipient(JANE)},
        "n": {"N": str(revision)},
        "f": {"N": str(erased_at)},
        "chg_at": {"S": f"{erased_at:015d}{world.recipient(JANE)}"},
        "chg_shard": {"S": "1"},
        "o:0": encode_entry(Entry(erased_at, Source.LETTER, "{}")),
    }
    parts().client("dynamodb").put_item(TableName=world.table, Item=item)
    return item


def test_an_erasure_ends_the_history_and_deletes_the_evidence(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, one_click(NOW))
    recipient = world.recipient(JANE)
    salt = parts().preferences.read(recipient).salt
    write_erasure(world, Millis(NOW + 5), 2)

    deliver(world, stream.records)
    deliver(world, stream.records)  # a redelivered record restores no evidence

    items = entries_in_order(parts().ledger, ledger_subject(salt, recipient))
    assert [(entry.seq, entry.register, entry.source) for entry, _ in items] == [
        (1, "out", "one-click"),
        (2, "erased", "letter"),
    ]
    assert [evidence for _, evidence in items] == [None, None]


def test_a_history_after_an_erasure_begins_with_its_time_and_the_kept_opt_out(
    world: World, stream: StreamRecorder
) -> None:
    world.apply_changes(JANE, one_click(NOW))
    write_erasure(world, Millis(NOW + 5), 2)
    world.apply_changes(JANE, one_click(Millis(NOW + 10)))

    deliver(world, stream.records)

    assert sorted(outcomes(world)) == [
        (2, "floor", 0, "applied"),
        (2, "out", 0, "applied"),
        (3, "out", 2, "applied"),
    ]


def test_a_late_change_from_before_an_erasure_is_ignored(world: World, stream: StreamRecorder) -> None:
    write_erasure(world, NOW, 1)
    world.apply_changes(JANE, one_click(Millis(NOW - 1)))
    world.apply_changes(JANE, one_click(Millis(NOW - 1)), Change(out(3), one_click(Millis(NOW - 1)).entry))

    assert "late" not in world.items()[0]
    deliver(world, stream.records)
    assert ledger_items() == []


def test_an_expired_item_ends_its_history(
    world: World, stream: StreamRecorder, event_bus: EventRecorder
) -> None:
    world.apply_changes(JANE, one_click(NOW))
    recipient = world.recipient(JANE)
    salt = parts().preferences.read(recipient).salt
    boto3.client("dynamodb").delete_item(TableName=world.table, Key={"id": {"S": recipient}})
    stream.record_changes(expired=True)

    deliver(world, stream.records)

    assert entries_in_order(parts().ledger, ledger_subject(salt, recipient))[-1].entry.source == "retention"
    assert event_bus.types() == ["Recipient Opted Out", "Recipient Purged"]


# ---- Failures ----


def test_an_unreadable_record_is_dead_lettered_by_position_and_blocks_nothing(
    world: World, stream: StreamRecorder
) -> None:
    world.apply_changes(JANE, one_click(NOW))
    world.apply_changes("john@example.com", one_click(NOW))
    stream.records[0]["dynamodb"]["NewImage"]["o:2"] = {"S": "not a register"}

    assert deliver(world, stream.records) == []

    (message,) = world.messages("LEDGER_DLQ_URL")
    assert set(json.loads(message)) == {"eventID", "sequenceNumber", "stream"}
    assert world.recipient(JANE) not in message
    assert len(entries(world, "john@example.com")) == 1
    assert entries(world) == []


@pytest.mark.parametrize("operation", ["PutItem", "PutObject", "PutEvents"])
def test_a_failed_call_is_retried_without_loss_or_duplicates(
    world: World, stream: StreamRecorder, event_bus: EventRecorder, operation: str
) -> None:
    world.apply_changes(JANE, one_click(NOW))
    world.apply_changes(JANE, one_click(Millis(NOW + 1)))
    service = {"PutItem": "dynamodb", "PutObject": "s3", "PutEvents": "events"}[operation]
    with failing(service, operation):
        retried = deliver(world, stream.records)
    assert retried == [stream.records[0]["dynamodb"]["SequenceNumber"]]

    assert deliver(world, stream.records) == []

    assert [seq for seq, *_ in outcomes(world)] == [1, 2]
    assert leaves(objects()) == {item.entry.leaf for item in entries(world)}
    assert len({json.loads(event["Detail"])["id"] for event in event_bus.events}) == 2


class failing:  # noqa: N801 - reads as a verb
    """Makes each call of one operation fail while the block runs."""

    def __init__(self, service: str, operation: str) -> None:
        self._events = parts().client(service).meta.events
        self._name = f"before-call.*.{operation}"

    def __enter__(self) -> None:
        self._events.register_first("before-call", self._refuse, unique_id="failing")

    def __exit__(self, *_: object) -> None:
        self._events.unregister("before-call", unique_id="failing")

    def _refuse(self, model: Any, **_: Any) -> None:
        if self._name.endswith(model.name):
            raise ClientError({"Error": {"Code": "InternalServerError"}}, model.name)


def test_the_next_delivery_completes_the_work_after_a_crash_at_any_call(
    world: World, stream: StreamRecorder
) -> None:
    world.apply_changes(JANE, one_click(NOW))
    world.apply_changes(JANE, one_click(Millis(NOW - 5), '{"late":1}'))
    world.apply_changes(JANE, Change(SOFT_BOUNCE, Entry(NOW, Source.BOUNCE, "{}")))
    records = list(stream.records)
    for call in range(1, 40):
        try:
            with crashing(call) as crash:
                deliver(world, records)
        except KeyboardInterrupt:
            continue
        assert crash.calls < call
        break

    assert sorted(outcomes(world)) == [
        (1, "out", 2, "applied"),
        (1, "out", 2, "superseded"),
        (2, "soft-bounce", 0, "applied"),
    ]
    assert leaves(objects()) == {item.entry.leaf for item in entries(world)}
    assert "late" not in world.items()[0]


class crashing:  # noqa: N801
    """Ends the process at the given AWS call while the block runs."""

    def __init__(self, call: int) -> None:
        self.calls, self._at = 0, call
        self._all = [parts().client(name).meta.events for name in ("dynamodb", "s3", "events", "sqs")]

    def __enter__(self) -> Self:
        for events in self._all:
            events.register_first("before-call", self._count, unique_id="crashing")
        return self

    def __exit__(self, *_: object) -> None:
        for events in self._all:
            events.unregister("before-call", unique_id="crashing")

    def _count(self, model: Any, **_: Any) -> None:
        if model.name == "Scan":
            return  # a call of the test
        self.calls += 1
        if self.calls == self._at:
            raise KeyboardInterrupt


def test_records_without_time_left_are_retried(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, one_click(NOW))
    world.context.milliseconds_left = 1_000
    assert deliver(world, stream.records) == [stream.records[0]["dynamodb"]["SequenceNumber"]]
    assert ledger_items() == []


# ---- Events and delays ----


def test_an_event_for_other_systems_has_an_id_that_the_ledger_does_not_hold(
    world: World, stream: StreamRecorder, event_bus: EventRecorder
) -> None:
    world.apply_changes(JANE, one_click(NOW))

    deliver(world, stream.records)

    (event_entry,) = event_bus.events
    detail = json.loads(event_entry["Detail"])
    event_id = detail.pop("id")
    assert (event_entry["Source"], event_entry["DetailType"]) == ("heed", "Recipient Opted Out")
    assert detail == {
        "recipient": world.recipient(JANE),
        "scope": "offers",
        "state": "out",
        "at": "2026-03-05T09:12:44.390Z",
        "source": "one-click",
    }
    ledger = json.dumps(ledger_items())
    assert event_id not in ledger and detail["recipient"] not in ledger


def test_the_time_from_an_opt_out_to_its_record_is_measured_per_source(
    world: World, stream: StreamRecorder, capsys: pytest.CaptureFixture[str]
) -> None:
    world.apply_changes(JANE, one_click(Millis(NOW - 5_390)))
    capsys.readouterr()

    deliver(world, stream.records)

    lines = map(json.loads, capsys.readouterr().out.splitlines())
    (line,) = (line for line in lines if "SuppressionLatency" in line)
    assert (line["source"], line["SuppressionLatency"]) == ("one-click", [7_000.0])


# ---- The seal ----


def test_a_day_is_sealed_once_and_includes_the_seal_before(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, one_click(NOW))
    deliver(world, stream.records)
    day = NOW // DAY_MS

    first = seal_days(parts().ledger_seals, day + 1)
    assert [(seal.day, seal.count, seal.previous) for seal in first] == [(day, 1, "")]
    assert seal_days(parts().ledger_seals, day + 1) == []

    second = seal_days(parts().ledger_seals, day + 3)
    assert [(seal.day, seal.count) for seal in second] == [(day + 1, 0), (day + 2, 0)]
    assert second[0].previous == first[0].root
    assert second[1].previous == second[0].root


def test_an_entry_after_the_seal_of_its_day_is_in_the_next_seal(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, one_click(NOW))
    deliver(world, stream.records)
    seal_days(parts().ledger_seals, NOW // DAY_MS + 1)
    world.apply_changes(JANE, one_click(Millis(NOW + 1)))
    deliver(world, stream.records)  # handled after the seal, but recorded on the same day

    (seal,) = seal_days(parts().ledger_seals, NOW // DAY_MS + 2)

    assert seal.count == 1
    (leaf,) = parts().ledger_seals.sealed_leaves(seal.day)
    assert leaf == entries(world)[-1].entry.leaf


def test_only_a_change_that_was_never_applied_is_superseded(world: World, stream: StreamRecorder) -> None:
    world.apply_changes(JANE, one_click(NOW))
    world.apply_changes(JANE, one_click(Millis(NOW - 1)))
    deliver(world, stream.records)
    outcome_by_time = {item.entry.at: item.entry.outcome for item in entries(world)}
    assert outcome_by_time == {NOW: EntryOutcome.APPLIED, NOW - 1: EntryOutcome.SUPERSEDED}
