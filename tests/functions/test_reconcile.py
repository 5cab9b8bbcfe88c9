"""Records held against their entries, and the nightly seal, as deployed."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from functions.ledger import app as ledger_app
from functions.reconcile import app
from functions.seal import app as seal_app
from heed.adapters.external_sort import ExternalSorter
from heed.domain.errors import StoreUnavailable
from heed.domain.ledger.entry import ledger_subject
from heed.domain.preferences.register import DAY_MS, Change, Entry, Register, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureReport
from heed.use_cases.ledger import reconcile, walk_recipients
from heed.use_cases.ledger.export import export_ledger
from heed.use_cases.ledger.reconcile import REPAIR_AFTER, STREAM_RETENTION
from heed.use_cases.ledger.verify import verify_ledger
from tests.support.aws_calls import by_somebody_else
from tests.support.deployment import NOW, World, parts
from tests.support.ledgers import history
from tests.support.registers import in_, out
from tests.support.stream_events import Recorder, event

JANE = "jane.doe@example.com"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what the functions take for now, milliseconds."""

    def at(now: int) -> None:
        for module in (app, seal_app):
            monkeypatch.setattr(module.time, "time_ns", lambda: now * 1_000_000)

    at(NOW)
    return at


@pytest.fixture
def stream(world: World) -> Recorder:
    return Recorder(parts().client("dynamodb"), world.table, NOW)


def walk(world: World) -> dict[str, int]:
    world.context.left = 600_000
    found: dict[str, int] = app.handler({}, world.context)
    return found


def found(**more: int) -> dict[str, int]:
    """What a walk over one person finds: nothing, but for what is named."""
    names = ("missing", "unentered", "altered", "unreadable", "passed", "repaired")
    return {"walked": 1, **dict.fromkeys(names, 0), **more}


def deliver(world: World, records: list[Any]) -> None:
    ledger_app.handler(event(json.loads(json.dumps(records))), world.context)


def click(at: int = NOW, register: Register | None = None) -> Change:
    return Change(register or out(2), Entry(at, Source.LINK, "{}"))


def numbers() -> list[tuple[int, str]]:
    items = boto3.client("dynamodb").scan(TableName="Ledger")["Items"]
    return sorted((int(item["seq"]["N"]), item["register"]["S"]) for item in items)


def whole() -> str | None:
    ledger, seals = parts().ledger, parts().ledger_seals
    return verify_ledger(export_ledger(ledger, seals, NOW + 40 * DAY_MS), ExternalSorter).fault


def test_records_that_fit_are_left_alone(world: World, stream: Recorder, clock: Any) -> None:
    world.put(JANE, click(), click(NOW, in_(3)))
    deliver(world, stream.records)
    clock(NOW + 30 * DAY_MS)

    assert walk(world) == found()


def test_a_change_of_a_moment_ago_is_not_missed_yet(world: World, clock: Any) -> None:
    world.put(JANE, click())
    clock(NOW + REPAIR_AFTER - 1)
    assert walk(world)["missing"] == 0


def test_a_gap_is_told_at_once_and_mended_when_the_stream_cannot_bring_it_any_more(
    world: World, stream: Recorder, clock: Any, log: Any
) -> None:
    world.put(JANE, click(NOW - 2))
    world.put(JANE, click(NOW - 1, in_(3)))
    world.put(JANE, click(NOW))
    deliver(world, stream.records[:1])  # the other two are lost

    clock(NOW + REPAIR_AFTER)
    assert walk(world) == found(missing=2, unentered=2)
    assert "records and ledger do not fit" in log.getvalue(), "an alarm waits for these words"

    clock(NOW + STREAM_RETENTION)
    assert walk(world)["repaired"] == 2
    assert numbers() == [(1, "out"), (2, "in"), (3, "out")]
    assert walk(world) == found()
    assert whole() is None


def test_a_change_that_a_newer_one_replaced_is_entered_as_lost(
    world: World, stream: Recorder, clock: Any
) -> None:
    for at in range(3):
        world.put(JANE, click(NOW + at))
    deliver(world, [stream.records[0], stream.records[2]])  # the second is lost

    clock(NOW + STREAM_RETENTION)
    walk(world)
    walk(world)

    assert numbers() == [(1, "out"), (2, "lost"), (3, "out")]
    assert whole() is None


def test_a_late_wish_that_was_never_entered_is(world: World, stream: Recorder, clock: Any) -> None:
    world.put(JANE, click())
    deliver(world, stream.records)
    world.put(JANE, click(NOW - DAY_MS))

    clock(NOW + STREAM_RETENTION)
    assert walk(world)["repaired"] == 1
    assert numbers() == [(1, "out"), (1, "out")]
    assert "late" not in world.items()[0]
    assert walk(world)["unentered"] == 0


def test_what_comes_after_all_writes_nothing_twice(world: World, stream: Recorder, clock: Any) -> None:
    world.put(JANE, click())
    clock(NOW + STREAM_RETENTION)
    walk(world)

    deliver(world, stream.records)

    assert numbers() == [(1, "out")]
    assert whole() is None


def test_evidence_that_somebody_changed_is_found(world: World, stream: Recorder, clock: Any) -> None:
    world.put(JANE, click())
    deliver(world, stream.records)
    (item,) = boto3.client("dynamodb").scan(TableName="Ledger")["Items"]
    item["evidence"] = {"S": '{"reference":"another letter"}'}
    boto3.client("dynamodb").put_item(TableName="Ledger", Item=item)

    clock(NOW + REPAIR_AFTER)

    assert walk(world)["altered"] == 1


def test_an_entry_that_somebody_made_unreadable_is_told_and_holds_up_nobody(
    world: World, stream: Recorder, clock: Any, log: Any
) -> None:
    for number in range(4):
        world.put(f"{number}@example.com", click())
    deliver(world, stream.records[:3])
    for item in boto3.client("dynamodb").scan(TableName="Ledger")["Items"][:2]:
        broken = {**item, "register": {"N": "1"}}
        boto3.client("dynamodb").put_item(TableName="Ledger", Item=broken)

    clock(NOW + REPAIR_AFTER)
    found = walk(world)

    assert (found["walked"], found["altered"], found["missing"]) == (4, 2, 1)
    assert "records and ledger do not fit" in log.getvalue()
    deliver(world, stream.records)  # the stream is not blocked by it either
    assert len(world.messages("LEDGER_DLQ_URL")) == 2


def test_a_letter_of_a_moment_ago_about_an_old_record_is_no_gap(
    world: World, stream: Recorder, clock: Any, log: Any
) -> None:
    world.put(JANE, click())
    deliver(world, stream.records)
    clock(NOW + 30 * DAY_MS)
    world.put(JANE, click(NOW - DAY_MS), now=NOW + 30 * DAY_MS)

    found = walk(world)

    assert (found["unentered"], found["repaired"]) == (0, 1)
    assert "do not fit" not in log.getvalue()
    deliver(world, stream.records)
    assert walk(world)["repaired"] == 0 and len(numbers()) == 2


@pytest.mark.parametrize("erased_after", ["the walk has read", "the repair is entered"])
def test_a_repair_leaves_no_evidence_of_somebody_who_was_erased_meanwhile(
    world: World, clock: Any, monkeypatch: pytest.MonkeyPatch, erased_after: str
) -> None:
    world.put(JANE, click())
    recipient, ledger = world.recipient(JANE), parts().ledger
    old = parts().preferences.read(recipient)
    clock(NOW + STREAM_RETENTION)

    def erase() -> None:
        report = ErasureReport(ErasureCause.ERASURE, NOW + DAY_MS, Source.PHONE, "call 1", "key", "")
        with by_somebody_else():
            parts().erase(recipient, report)

    page, enter = parts().recipient_scan.page, ledger.enter

    def paged(after: str | None, limit: int) -> Any:
        found = page(after, limit)
        erase()
        return found

    def entered(entry: Any, evidence: str) -> Any:
        erase()
        return enter(entry, evidence)

    if erased_after == "the walk has read":
        monkeypatch.setattr(parts().recipient_scan, "page", paged)
    else:
        monkeypatch.setattr(ledger, "enter", entered)
    walk(world)

    kept = ledger.entries_of(ledger_subject(old.salt, recipient))
    assert [one.evidence for one in kept if one.evidence] == []


def test_a_walk_goes_on_where_the_last_one_stopped_and_begins_again_at_the_end(
    world: World, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk_recipients, "MAX_RECIPIENTS_A_WALK", 2)
    monkeypatch.setattr(walk_recipients, "SCAN_PAGE_SIZE", 2)
    for number in range(5):
        world.put(f"{number}@example.com", click())
    assert [walk(world)["walked"] for _ in range(4)] == [2, 2, 1, 2]


def test_who_has_too_many_entries_is_passed_by_and_told_of(
    world: World, stream: Recorder, clock: Any, monkeypatch: pytest.MonkeyPatch, log: Any
) -> None:
    monkeypatch.setattr(reconcile, "MAX_ENTRIES_READ", 1)
    for address in ("a@example.com", JANE):
        world.put(address, click())
    world.put(JANE, click(NOW, in_(3)))
    deliver(world, stream.records)
    clock(NOW + STREAM_RETENTION)
    assert walk(world) == found(walked=2, passed=1)
    assert "people were passed by" in log.getvalue(), "an alarm waits for these words"


@pytest.mark.threat(
    "B9",
    "The entries of one person are such that the walk over everybody dies there, every hour anew.",
    "The walk remembers where it failed, and passes that person by the second time, with an alarm.",
)
def test_a_walk_that_fails_at_a_person_passes_them_by_the_next_time(
    world: World, stream: Recorder, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [f"{number}@example.com" for number in range(5)]
    for address in people:
        world.put(address, click())
    deliver(world, stream.records)
    clock(NOW + STREAM_RETENTION)
    order = [one.recipient for one in parts().recipient_scan.page(None, 10).recipients]
    (bad,) = [item["salt"]["B"] for item in world.items() if item["id"]["S"] == order[2]]
    of = type(parts().ledger).entries_of

    def failing(self: Any, subject: str) -> Any:
        if subject == ledger_subject(bad, order[2]):
            raise StoreUnavailable("made up")
        return of(self, subject)

    monkeypatch.setattr(type(parts().ledger), "entries_of", failing)
    with pytest.raises(StoreUnavailable):
        walk(world)
    assert walk(world) == found(walked=3, passed=1)
    with pytest.raises(StoreUnavailable):
        walk(world)  # the next round tries again


def test_a_walk_that_runs_out_of_time_goes_on_at_the_very_next_person(
    world: World, stream: Recorder, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        world.put(f"{number}@example.com", click())
    deliver(world, stream.records)
    clock(NOW + STREAM_RETENTION)
    left = iter([600_000] * 4 + [0] * 99)
    monkeypatch.setattr(type(world.context), "get_remaining_time_in_millis", lambda _: next(left))
    assert app.handler({}, world.context)["walked"] == 3
    left = iter([600_000] * 99)
    assert app.handler({}, world.context)["walked"] == 2


def test_a_night_seals_what_is_over_and_the_next_is_on_it(world: World, stream: Recorder, clock: Any) -> None:
    world.put(JANE, click())
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
    assert whole() is None
    boto3.client("dynamodb").delete_item(
        TableName="Ledger",
        Key={
            "subject": {"S": subject},
            "id": {"S": history(parts().ledger, subject)[0].entry.id},
        },
    )
    assert "missing" in str(whole())
