"""The ledger, from writes of the table to entries, hashes and events."""

from __future__ import annotations

import json
from typing import Any, Self

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.ledger import app
from heed.domain.ledger.entry import EntryOutcome, keyed_hash, ledger_subject
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
from tests.support.ledgers import history
from tests.support.registers import in_, out
from tests.support.stream_events import Recorder, event

JANE = "jane.doe@example.com"


class Heard:
    """What the bus was given."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        parts().client("events").meta.events.register("before-parameter-build.events", self._before)

    def _before(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "PutEvents":
            self.events += params["Entries"]

    def types(self) -> list[str]:
        return [one["DetailType"] for one in self.events]


@pytest.fixture
def stream(world: World) -> Recorder:
    return Recorder(parts().client("dynamodb"), world.table, NOW + 1_610)


@pytest.fixture
def heard(world: World) -> Heard:
    return Heard()


def deliver(world: World, records: list[dict[str, Any]]) -> list[str]:
    """Hand records to the function; the numbers of those to be delivered again."""
    answer = app.handler(event(json.loads(json.dumps(records))), world.context)
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def entries(world: World, address: str = JANE) -> list[Any]:
    recipient = world.recipient(address)
    record = parts().preferences.read(recipient)
    return history(parts().ledger, ledger_subject(record.salt, recipient))


def said(world: World) -> list[tuple[int, str, int, str]]:
    return [(e.seq, e.register, e.scope, e.outcome.value) for e, _ in entries(world)]


def one_click(at: int = NOW, evidence: str = '{"issued":1}') -> Change:
    return Change(out(2), Entry(at, Source.ONE_CLICK, evidence, "2026-01"))


def test_a_change_becomes_an_entry_that_names_nobody(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click())

    assert deliver(world, stream.records) == []

    (kept,) = entries(world)
    recipient = world.recipient(JANE)
    salt = parts().preferences.read(recipient).salt
    entry = kept.entry
    assert (entry.seq, entry.register, entry.scope) == (1, "out", 2)
    assert (entry.at, entry.source, entry.policy_version) == (NOW, "one-click", "2026-01")
    assert entry.recorded_at == (NOW + 1_610) // 1000 * 1000, "the table's own time, in seconds"
    assert entry.commitment == keyed_hash(salt, kept.evidence)
    assert recipient not in json.dumps(boto3.client("dynamodb").scan(TableName="Ledger")["Items"])


def test_nothing_is_on_record_before_it_happened(world: World) -> None:
    stream = Recorder(parts().client("dynamodb"), world.table, NOW + 40)  # told as the second it is in
    world.put(JANE, one_click(), Change(out(3), Entry(NOW - DAY_MS, Source.LETTER, "{}")))

    deliver(world, stream.records)

    recorded = {kept.entry.at: kept.entry.recorded_at for kept in entries(world)}
    assert recorded == {NOW: NOW, NOW - DAY_MS: NOW // 1000 * 1000}


def test_an_entry_costs_one_write_unit(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click())
    units: list[float] = []
    client = parts().client("dynamodb")

    def ask(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "PutItem" and params["TableName"] == "Ledger":
            params["ReturnConsumedCapacity"] = "TOTAL"
            item = json.dumps(params["Item"])
            assert len(item) < 1_000, "even as JSON, with the types of every value"

    def count(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        if "ConsumedCapacity" in parsed and parsed["ConsumedCapacity"]["TableName"] == "Ledger":
            units.append(parsed["ConsumedCapacity"]["CapacityUnits"])

    client.meta.events.register("before-parameter-build.dynamodb", ask)
    client.meta.events.register("after-call.dynamodb", count)
    deliver(world, stream.records)

    assert units == [1.0]


def test_several_registers_of_one_write_are_entries_of_one_number(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(), Change(out(3), one_click().entry))
    world.put(JANE, Change(in_(3), Entry(NOW + 1, Source.PHONE, "{}")))

    deliver(world, stream.records)

    assert sorted(said(world)) == [
        (1, "out", 2, "applied"),
        (1, "out", 3, "applied"),
        (2, "in", 3, "applied"),
    ]


def test_delivered_again_in_any_part_it_writes_nothing_twice(world: World, stream: Recorder) -> None:
    for at in range(5):
        world.put(JANE, one_click(NOW + at))
    deliver(world, stream.records)
    before, hashes = world_of_the_ledger(), objects()

    deliver(world, stream.records)
    deliver(world, stream.records[2:4])

    assert world_of_the_ledger() == before
    assert parts().ledger_seals.hashes(NOW // DAY_MS) == (leaves_of(hashes), [])


def world_of_the_ledger() -> list[Any]:
    items = boto3.client("dynamodb").scan(TableName="Ledger")["Items"]
    return sorted(items, key=lambda item: str(item["id"]))


def objects() -> dict[str, bytes]:
    client = boto3.client("s3")
    found = client.list_objects_v2(Bucket="ledger").get("Contents", [])
    return {one["Key"]: client.get_object(Bucket="ledger", Key=one["Key"])["Body"].read() for one in found}


def leaves_of(found: dict[str, bytes]) -> set[bytes]:
    return {body[at : at + 32] for body in found.values() for at in range(0, len(body), 32)}


def test_the_hashes_beside_the_entries_are_theirs(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(), Change(UNDELIVERABLE, Entry(NOW, Source.BOUNCE, "{}")))

    deliver(world, stream.records)

    (name,) = objects()
    assert name.startswith("hashes/2026-03-05/")
    assert leaves_of(objects()) == {kept.entry.leaf for kept in entries(world)}


@pytest.mark.parametrize(
    ("sample", "registers"),
    [
        ("insert", ["out"]),
        ("modify", ["in"]),
        ("remove-by-time-to-live", ["erased"]),
        ("remove-by-hand", ["erased"]),
    ],
)
def test_the_sample_events_are_taken(world: World, sample: str, registers: list[str]) -> None:
    path = ROOT / "events" / f"ledger-{sample}.json"
    assert deliver(world, json.loads(path.read_text())["Records"]) == []
    assert [item["register"]["S"] for item in world_of_the_ledger()] == registers


# ---- Wishes that came late ----


def test_a_wish_that_came_late_is_entered_once_and_the_record_stays(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(NOW))
    world.put(JANE, one_click(NOW - DAY_MS, '{"reference":"letter"}'))

    deliver(world, stream.records)
    deliver(world, stream.records)  # its own settling among them

    assert said(world) == [(1, "out", 2, "superseded"), (1, "out", 2, "applied")]
    (item,) = world.items()
    assert "late" not in item
    assert item["n"] == {"N": "1"}


def test_the_same_late_wish_again_is_the_same_entry(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(NOW))
    late = one_click(NOW - DAY_MS, '{"reference":"letter"}')
    for _ in range(3):
        world.put(JANE, late)
        deliver(world, stream.records)

    assert [seq for seq, *_ in said(world)] == [1, 1]


def test_a_mere_redelivery_is_no_late_wish(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(NOW))
    world.put(JANE, one_click(NOW + 1))
    world.put(JANE, one_click(NOW))  # the first again, behind a newer one

    deliver(world, stream.records)

    assert said(world) == [(1, "out", 2, "applied"), (2, "out", 2, "applied")]
    assert "late" not in world.items()[0]


def test_the_ordinary_opt_out_is_one_request_and_only_a_late_one_costs_one_more(
    world: World,
) -> None:
    calls: list[str] = []
    parts().client("dynamodb").meta.events.register(
        "before-call.dynamodb", lambda model, **_: calls.append(model.name)
    )

    world.put(JANE, one_click(NOW))
    assert calls == ["UpdateItem"]
    world.put(JANE, one_click(NOW))  # again
    assert calls == ["UpdateItem"] * 2
    world.put(JANE, one_click(NOW - 1))  # late
    assert calls == ["UpdateItem"] * 4


def test_of_two_wishes_in_one_request_the_older_is_entered_too(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(NOW), one_click(NOW - 1))

    deliver(world, stream.records)

    assert said(world) == [(1, "out", 2, "superseded"), (1, "out", 2, "applied")]


def test_a_stop_of_all_that_is_older_than_a_yes_to_one_topic_changed_the_record_and_is_applied(
    world: World, stream: Recorder
) -> None:
    world.put(JANE, Change(in_(2), Entry(NOW, Source.PHONE, "{}")))
    world.put(JANE, Change(out(0), Entry(NOW - DAY_MS, Source.LETTER, "{}")))

    deliver(world, stream.records)

    assert said(world) == [(1, "in", 2, "applied"), (2, "out", 0, "applied")]
    assert "late" not in world.items()[0]


def test_a_bounce_that_came_late_is_no_wish(world: World, stream: Recorder) -> None:
    world.put(JANE, Change(UNDELIVERABLE, Entry(NOW, Source.BOUNCE, "{}")))
    world.put(JANE, Change(UNDELIVERABLE, Entry(NOW - 1, Source.BOUNCE, "{}")))

    deliver(world, stream.records)

    assert said(world) == [(1, "undeliverable", 0, "applied")]


# ---- Erasure ----


def replace(world: World, floor: int, n: int) -> dict[str, Any]:
    """What an erasure writes: the whole item, without a salt."""
    from heed.codec.record import encode_entry

    item = {
        "id": {"S": world.recipient(JANE)},
        "n": {"N": str(n)},
        "f": {"N": str(floor)},
        "chg_at": {"S": f"{floor:015d}{world.recipient(JANE)}"},
        "chg_shard": {"S": "1"},
        "o:0": encode_entry(Entry(floor, Source.LETTER, "{}")),
    }
    parts().client("dynamodb").put_item(TableName=world.table, Item=item)
    return item


def test_an_erasure_closes_the_chain_and_takes_the_evidence(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(NOW))
    recipient = world.recipient(JANE)
    salt = parts().preferences.read(recipient).salt
    replace(world, NOW + 5, 2)

    deliver(world, stream.records)
    deliver(world, stream.records)  # an old record again brings no evidence back

    kept = history(parts().ledger, ledger_subject(salt, recipient))
    assert [(e.seq, e.register, e.source) for e, _ in kept] == [
        (1, "out", "one-click"),
        (2, "erased", "letter"),
    ]
    assert [evidence for _, evidence in kept] == [None, None]


def test_an_epoch_begins_with_its_floor_and_what_it_was_begun_with(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(NOW))
    replace(world, NOW + 5, 2)
    world.put(JANE, one_click(NOW + 10))

    deliver(world, stream.records)

    assert sorted(said(world)) == [
        (2, "floor", 0, "applied"),
        (2, "out", 0, "applied"),
        (3, "out", 2, "applied"),
    ]


def test_a_late_wish_of_before_an_erasure_is_nobodys(world: World, stream: Recorder) -> None:
    replace(world, NOW, 1)
    world.put(JANE, one_click(NOW - 1))
    world.put(JANE, one_click(NOW - 1), Change(out(3), one_click(NOW - 1).entry))

    assert "late" not in world.items()[0]
    deliver(world, stream.records)
    assert world_of_the_ledger() == []


def test_an_item_that_time_removed_ends_its_chain(world: World, stream: Recorder, heard: Heard) -> None:
    world.put(JANE, one_click(NOW))
    recipient = world.recipient(JANE)
    salt = parts().preferences.read(recipient).salt
    boto3.client("dynamodb").delete_item(TableName=world.table, Key={"id": {"S": recipient}})
    stream.look(expired=True)

    deliver(world, stream.records)

    assert history(parts().ledger, ledger_subject(salt, recipient))[-1].entry.source == "retention"
    assert heard.types() == ["Recipient Opted Out", "Recipient Purged"]


# ---- What goes wrong ----


def test_a_record_that_nobody_can_read_is_put_aside_by_its_place_and_blocks_nothing(
    world: World, stream: Recorder
) -> None:
    world.put(JANE, one_click(NOW))
    world.put("john@example.com", one_click(NOW))
    stream.records[0]["dynamodb"]["NewImage"]["o:2"] = {"S": "not a register"}

    assert deliver(world, stream.records) == []

    (message,) = world.messages("LEDGER_DLQ_URL")
    assert set(json.loads(message)) == {"eventID", "sequenceNumber", "stream"}
    assert world.recipient(JANE) not in message
    assert len(entries(world, "john@example.com")) == 1
    assert entries(world) == []


@pytest.mark.parametrize("operation", ["PutItem", "PutObject", "PutEvents"])
def test_what_fails_is_delivered_again_and_nothing_is_lost_or_doubled(
    world: World, stream: Recorder, heard: Heard, operation: str
) -> None:
    world.put(JANE, one_click(NOW))
    world.put(JANE, one_click(NOW + 1))
    service = {"PutItem": "dynamodb", "PutObject": "s3", "PutEvents": "events"}[operation]
    with failing(service, operation):
        again = deliver(world, stream.records)
    assert again == [stream.records[0]["dynamodb"]["SequenceNumber"]]

    assert deliver(world, stream.records) == []

    assert [seq for seq, *_ in said(world)] == [1, 2]
    assert leaves_of(objects()) == {kept.entry.leaf for kept in entries(world)}
    assert len({json.loads(one["Detail"])["id"] for one in heard.events}) == 2


class failing:  # noqa: N801 - reads as a verb
    """Every call of one operation is refused, while the block runs."""

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


def test_a_crash_at_any_call_leaves_what_the_next_delivery_completes(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(NOW))
    world.put(JANE, one_click(NOW - 5, '{"late":1}'))
    world.put(JANE, Change(SOFT_BOUNCE, Entry(NOW, Source.BOUNCE, "{}")))
    records = list(stream.records)
    for at in range(1, 40):
        try:
            with crashing(at) as crash:
                deliver(world, records)
        except KeyboardInterrupt:
            continue
        assert crash.calls < at
        break

    assert sorted(said(world)) == [
        (1, "out", 2, "applied"),
        (1, "out", 2, "superseded"),
        (2, "soft-bounce", 0, "applied"),
    ]
    assert leaves_of(objects()) == {kept.entry.leaf for kept in entries(world)}
    assert "late" not in world.items()[0]


class crashing:  # noqa: N801
    """The process dies at the n-th call of AWS."""

    def __init__(self, at: int) -> None:
        self.calls, self._at = 0, at
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
            return  # the test's own
        self.calls += 1
        if self.calls == self._at:
            raise KeyboardInterrupt


def test_without_time_the_rest_is_given_back(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(NOW))
    world.context.left = 1_000
    assert deliver(world, stream.records) == [stream.records[0]["dynamodb"]["SequenceNumber"]]
    assert world_of_the_ledger() == []


# ---- Events, and the time it took ----


def test_other_systems_hear_of_a_change_by_an_id_that_is_not_the_ledgers(
    world: World, stream: Recorder, heard: Heard
) -> None:
    world.put(JANE, one_click(NOW))

    deliver(world, stream.records)

    (sent,) = heard.events
    detail = json.loads(sent["Detail"])
    name = detail.pop("id")
    assert (sent["Source"], sent["DetailType"]) == ("heed", "Recipient Opted Out")
    assert detail == {
        "recipient": world.recipient(JANE),
        "scope": "offers",
        "state": "out",
        "at": "2026-03-05T09:12:44.390Z",
        "source": "one-click",
    }
    ledger = json.dumps(world_of_the_ledger())
    assert name not in ledger and detail["recipient"] not in ledger


def test_the_time_from_an_opt_out_to_its_record_is_measured_by_its_source(
    world: World, stream: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    world.put(JANE, one_click(NOW - 5_390))
    capsys.readouterr()

    deliver(world, stream.records)

    lines = map(json.loads, capsys.readouterr().out.splitlines())
    (line,) = (line for line in lines if "SuppressionLatency" in line)
    assert (line["source"], line["SuppressionLatency"]) == ("one-click", [7_000.0])


# ---- The seal ----


def test_a_day_is_sealed_once_and_on_the_one_before(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(NOW))
    deliver(world, stream.records)
    day = NOW // DAY_MS

    first = seal_days(parts().ledger_seals, day + 1)
    assert [(one.day, one.count, one.previous) for one in first] == [(day, 1, "")]
    assert seal_days(parts().ledger_seals, day + 1) == []

    second = seal_days(parts().ledger_seals, day + 3)
    assert [(one.day, one.count) for one in second] == [(day + 1, 0), (day + 2, 0)]
    assert second[0].previous == first[0].root
    assert second[1].previous == second[0].root


def test_what_comes_after_its_days_seal_is_under_the_next(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(NOW))
    deliver(world, stream.records)
    seal_days(parts().ledger_seals, NOW // DAY_MS + 1)
    world.put(JANE, one_click(NOW + 1))
    deliver(world, stream.records)  # handled too late; recorded on the same day

    (seal,) = seal_days(parts().ledger_seals, NOW // DAY_MS + 2)

    assert seal.count == 1
    (late,) = parts().ledger_seals.sealed(seal.day)
    assert late == entries(world)[-1].entry.leaf


def test_superseded_is_said_of_what_was_never_applied_alone(world: World, stream: Recorder) -> None:
    world.put(JANE, one_click(NOW))
    world.put(JANE, one_click(NOW - 1))
    deliver(world, stream.records)
    outcomes = {kept.entry.at: kept.entry.outcome for kept in entries(world)}
    assert outcomes == {NOW: EntryOutcome.APPLIED, NOW - 1: EntryOutcome.SUPERSEDED}
