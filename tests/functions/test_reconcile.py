"""The functions `reconcile` and `seal`: records are compared with their entries, and days are sealed."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from functions.ledger import app as ledger_app
from functions.reconcile import app
from functions.seal import app as seal_app
from heed.adapters.sqlite_sort import SqliteSorter
from heed.domain.errors import StoreUnavailable
from heed.domain.ledger.entry import ledger_subject
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, Change, Entry, Register, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.use_cases.ledger import reconcile, walk_recipients
from heed.use_cases.ledger.export import export_ledger
from heed.use_cases.ledger.reconcile import REPAIR_AFTER, STREAM_RETENTION
from heed.use_cases.ledger.verify import verify_ledger
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, parts
from tests.support.ledgers import entries_in_order
from tests.support.registers import in_, out
from tests.support.stream_events import StreamRecorder, stream_event

JANE = "jane.doe@example.com"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the time of the functions, in milliseconds."""

    def set_time(now: int) -> None:
        monkeypatch.setattr("heed.clock.time.time_ns", lambda: now * 1_000_000)

    set_time(NOW)
    return set_time


@pytest.fixture
def stream(world: World) -> StreamRecorder:
    return StreamRecorder(parts().client("dynamodb"), world.table, NOW)


def walk(world: World) -> dict[str, int]:
    world.context.milliseconds_left = 600_000
    totals: dict[str, int] = app.handler({}, world.context)
    return totals


def expected_totals(**more: int) -> dict[str, int]:
    """Returns the totals of a scan of one recipient; all are 0 except the given ones."""
    names = ("missing", "unrecorded", "altered", "unreadable", "skipped", "repaired")
    return {"walked": 1, **dict.fromkeys(names, 0), **more}


def deliver(world: World, records: list[Any]) -> None:
    ledger_app.handler(stream_event(json.loads(json.dumps(records))), world.context)


def link_change(at: Millis = NOW, register: Register | None = None) -> Change:
    return Change(register or out(2), Entry(at, Source.LINK, "{}"))


def numbers() -> list[tuple[int, str]]:
    items = boto3.client("dynamodb").scan(TableName="Ledger")["Items"]
    return sorted((int(item["seq"]["N"]), item["register"]["S"]) for item in items)


def ledger_fault() -> str | None:
    ledger, seals = parts().ledger, parts().ledger_seals
    return verify_ledger(export_ledger(ledger, seals, Millis(NOW + 40 * DAY_MS)), SqliteSorter).fault


def test_records_that_match_the_ledger_are_not_changed(
    world: World, stream: StreamRecorder, clock: Any
) -> None:
    world.apply_changes(JANE, link_change(), link_change(NOW, in_(3)))
    deliver(world, stream.records)
    clock(NOW + 30 * DAY_MS)

    assert walk(world) == expected_totals()


def test_a_recent_change_is_not_reported_as_missing(world: World, clock: Any) -> None:
    world.apply_changes(JANE, link_change())
    clock(NOW + REPAIR_AFTER - 1)
    assert walk(world)["missing"] == 0


def test_a_gap_is_reported_at_once_and_repaired_after_the_stream_retention(
    world: World, stream: StreamRecorder, clock: Any, log: Any
) -> None:
    world.apply_changes(JANE, link_change(Millis(NOW - 2)))
    world.apply_changes(JANE, link_change(Millis(NOW - 1), in_(3)))
    world.apply_changes(JANE, link_change(NOW))
    deliver(world, stream.records[:1])  # the other two records are lost

    clock(NOW + REPAIR_AFTER)
    assert walk(world) == expected_totals(missing=2, unrecorded=2)
    assert "records and ledger do not match" in log.getvalue(), "an alarm reads these words"

    clock(NOW + STREAM_RETENTION)
    assert walk(world)["repaired"] == 2
    assert numbers() == [(1, "out"), (2, "in"), (3, "out")]
    assert walk(world) == expected_totals()
    assert ledger_fault() is None


def test_a_missing_entry_of_a_replaced_change_is_entered_as_lost(
    world: World, stream: StreamRecorder, clock: Any
) -> None:
    for at in range(3):
        world.apply_changes(JANE, link_change(Millis(NOW + at)))
    deliver(world, [stream.records[0], stream.records[2]])  # the second record is lost

    clock(NOW + STREAM_RETENTION)
    walk(world)
    walk(world)

    assert numbers() == [(1, "out"), (2, "lost"), (3, "out")]
    assert ledger_fault() is None


def test_a_late_change_without_an_entry_is_entered(world: World, stream: StreamRecorder, clock: Any) -> None:
    world.apply_changes(JANE, link_change())
    deliver(world, stream.records)
    world.apply_changes(JANE, link_change(Millis(NOW - DAY_MS)))

    clock(NOW + STREAM_RETENTION)
    assert walk(world)["repaired"] == 1
    assert numbers() == [(1, "out"), (1, "out")]
    assert "late" not in world.items()[0]
    assert walk(world)["unrecorded"] == 0


def test_a_stream_record_after_a_repair_writes_nothing_twice(
    world: World, stream: StreamRecorder, clock: Any
) -> None:
    world.apply_changes(JANE, link_change())
    clock(NOW + STREAM_RETENTION)
    walk(world)

    deliver(world, stream.records)

    assert numbers() == [(1, "out")]
    assert ledger_fault() is None


def test_altered_evidence_is_found(world: World, stream: StreamRecorder, clock: Any) -> None:
    world.apply_changes(JANE, link_change())
    deliver(world, stream.records)
    (item,) = boto3.client("dynamodb").scan(TableName="Ledger")["Items"]
    item["evidence"] = {"S": '{"reference":"another letter"}'}
    boto3.client("dynamodb").put_item(TableName="Ledger", Item=item)

    clock(NOW + REPAIR_AFTER)

    assert walk(world)["altered"] == 1


def test_an_unreadable_entry_is_reported_and_does_not_block_others(
    world: World, stream: StreamRecorder, clock: Any, log: Any
) -> None:
    for number in range(4):
        world.apply_changes(f"{number}@example.com", link_change())
    deliver(world, stream.records[:3])
    for item in boto3.client("dynamodb").scan(TableName="Ledger")["Items"][:2]:
        invalid = {**item, "register": {"N": "1"}}
        boto3.client("dynamodb").put_item(TableName="Ledger", Item=invalid)

    clock(NOW + REPAIR_AFTER)
    totals = walk(world)

    assert (totals["walked"], totals["altered"], totals["missing"]) == (4, 2, 1)
    assert "records and ledger do not match" in log.getvalue()
    deliver(world, stream.records)  # it does not block the stream either
    assert len(world.messages("LEDGER_DLQ_URL")) == 2


def test_a_recent_late_change_is_not_reported_as_a_gap(
    world: World, stream: StreamRecorder, clock: Any, log: Any
) -> None:
    world.apply_changes(JANE, link_change())
    deliver(world, stream.records)
    clock(NOW + 30 * DAY_MS)
    world.apply_changes(JANE, link_change(Millis(NOW - DAY_MS)), now=Millis(NOW + 30 * DAY_MS))

    totals = walk(world)

    assert (totals["unrecorded"], totals["repaired"]) == (0, 1)
    assert "do not fit" not in log.getvalue()
    deliver(world, stream.records)
    assert walk(world)["repaired"] == 0 and len(numbers()) == 2


@pytest.mark.parametrize("erased_after", ["the scan read the record", "the repair was entered"])
def test_a_repair_during_an_erasure_leaves_no_evidence(
    world: World, clock: Any, monkeypatch: pytest.MonkeyPatch, erased_after: str
) -> None:
    world.apply_changes(JANE, link_change())
    recipient, ledger = world.recipient(JANE), parts().ledger
    record = parts().preferences.read(recipient)
    clock(NOW + STREAM_RETENTION)

    def erase() -> None:
        report = ErasureRequest(ErasureCause.ERASURE, Millis(NOW + DAY_MS), Source.PHONE, "call 1", "key", "")
        with outside_handlers():
            parts().erase(recipient, report)

    page, enter = parts().recipient_pages.page, ledger.enter

    def page_then_erase(after: str | None, limit: int) -> Any:
        page_of_recipients = page(after, limit)
        erase()
        return page_of_recipients

    def erase_then_enter(entry: Any, evidence: str) -> Any:
        erase()
        return enter(entry, evidence)

    if erased_after == "the scan read the record":
        monkeypatch.setattr(parts().recipient_pages, "page", page_then_erase)
    else:
        monkeypatch.setattr(ledger, "enter", erase_then_enter)
    walk(world)

    items = ledger.entries_of(ledger_subject(record.salt, recipient))
    assert [item.evidence for item in items if item.evidence] == []


def test_a_scan_continues_from_its_checkpoint_and_starts_again_at_the_end(
    world: World, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk_recipients, "MAX_RECIPIENTS_A_RUN", 2)
    monkeypatch.setattr(walk_recipients, "RECIPIENT_PAGE_SIZE", 2)
    for number in range(5):
        world.apply_changes(f"{number}@example.com", link_change())
    assert [walk(world)["walked"] for _ in range(4)] == [2, 2, 1, 2]


def test_a_recipient_with_too_many_entries_is_skipped_and_reported(
    world: World, stream: StreamRecorder, clock: Any, monkeypatch: pytest.MonkeyPatch, log: Any
) -> None:
    monkeypatch.setattr(reconcile, "MAX_ENTRIES_READ", 1)
    for address in ("a@example.com", JANE):
        world.apply_changes(address, link_change())
    world.apply_changes(JANE, link_change(NOW, in_(3)))
    deliver(world, stream.records)
    clock(NOW + STREAM_RETENTION)
    assert walk(world) == expected_totals(walked=2, skipped=1)
    assert "recipients were skipped" in log.getvalue(), "an alarm reads these words"


@pytest.mark.threat(
    "B9",
    "The entries of one person make the scan of all recipients fail there, again each hour.",
    "The scan remembers the recipient at which it failed. The next run skips it and raises an alarm.",
)
def test_a_scan_that_failed_at_a_recipient_skips_that_recipient(
    world: World, stream: StreamRecorder, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [f"{number}@example.com" for number in range(5)]
    for address in addresses:
        world.apply_changes(address, link_change())
    deliver(world, stream.records)
    clock(NOW + STREAM_RETENTION)
    order = [item.recipient for item in parts().recipient_pages.page(None, 10).recipients]
    (salt,) = [item["salt"]["B"] for item in world.items() if item["id"]["S"] == order[2]]
    entries_of = type(parts().ledger).entries_of

    def failing(self: Any, subject: str) -> Any:
        if subject == ledger_subject(salt, order[2]):
            raise StoreUnavailable("made up")
        return entries_of(self, subject)

    monkeypatch.setattr(type(parts().ledger), "entries_of", failing)
    with pytest.raises(StoreUnavailable):
        walk(world)
    assert walk(world) == expected_totals(walked=3, skipped=1)
    with pytest.raises(StoreUnavailable):
        walk(world)  # the next round tries that recipient again


def test_a_scan_without_time_left_continues_at_the_next_recipient(
    world: World, stream: StreamRecorder, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        world.apply_changes(f"{number}@example.com", link_change())
    deliver(world, stream.records)
    clock(NOW + STREAM_RETENTION)
    times = iter([600_000] * 4 + [0] * 99)
    monkeypatch.setattr(type(world.context), "get_remaining_time_in_millis", lambda _: next(times))
    assert app.handler({}, world.context)["walked"] == 3
    times = iter([600_000] * 99)
    assert app.handler({}, world.context)["walked"] == 2


def test_the_nightly_seal_covers_complete_days_and_includes_the_seal_before(
    world: World, stream: StreamRecorder, clock: Any
) -> None:
    world.apply_changes(JANE, link_change())
    deliver(world, stream.records)
    recipient = world.recipient(JANE)
    subject = ledger_subject(parts().preferences.read(recipient).salt, recipient)

    assert seal_app.handler({}, world.context) == {"sealed": []}, "the day is not over"
    clock(NOW + DAY_MS)
    (first,) = seal_app.handler({}, world.context)["sealed"]
    assert (first["day"], first["count"], first["previous"]) == ("2026-03-05", 1, "")
    assert seal_app.handler({}, world.context) == {"sealed": []}
    clock(NOW + 2 * DAY_MS)
    (second,) = seal_app.handler({}, world.context)["sealed"]
    assert (second["count"], second["previous"]) == (0, first["root"])
    assert ledger_fault() is None
    boto3.client("dynamodb").delete_item(
        TableName="Ledger",
        Key={
            "subject": {"S": subject},
            "id": {"S": entries_in_order(parts().ledger, subject)[0].entry.id},
        },
    )
    assert "missing" in str(ledger_fault())
