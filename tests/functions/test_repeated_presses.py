"""Repeated presses of one link: the record has each press, but ledger and event bus combine them."""

from __future__ import annotations

import json
import random
from typing import Any

import boto3
import pytest

from functions.ledger import app as ledger
from functions.reconcile import app as reconcile
from functions.unsubscribe import app as unsubscribe
from heed.adapters.eventbridge import EventBus
from heed.adapters.sqlite_sort import SqliteSorter
from heed.domain import rfc3339
from heed.domain.ledger.entry import ledger_subject
from heed.domain.links import entry_mode
from heed.domain.links.entry_mode import HOUR
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, HOLD, Change, Entry, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.use_cases.ledger.export import export_ledger
from heed.use_cases.ledger.reconcile import REPAIR_AFTER, STREAM_RETENTION
from heed.use_cases.ledger.verify import verify_ledger
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, http_event, parts
from tests.support.ledgers import entries_in_order
from tests.support.registers import in_, out, pause
from tests.support.stream_events import StreamRecorder, stream_event

JANE = "jane.doe@example.com"
DAWN = Millis(NOW // DAY_MS * DAY_MS)
MAX_LINK_ENTRIES_A_DAY = 5  # in these tests; really 50, as tests/domain/test_entry_mode.py checks
MORE = 4  # presses beyond those that get an entry of their own
FLOOD = MAX_LINK_ENTRIES_A_DAY + MORE


@pytest.fixture(autouse=True)
def _low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_mode, "MAX_LINK_ENTRIES_A_DAY", MAX_LINK_ENTRIES_A_DAY)


@pytest.fixture
def stream(world: World) -> StreamRecorder:
    return StreamRecorder(parts().client("dynamodb"), world.table, DAWN)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The events that the ledger's function publishes."""
    events: list[Any] = []
    monkeypatch.setattr(EventBus, "publish", lambda _self, batch, _at: events.extend(batch))
    return events


def press(world: World, at: int, form: dict[str, str] | None = None) -> int:
    """Posts a one-click as a mail client does; returns the status code."""
    path = "/u/" + world.token(JANE)
    event = http_event("POST", path, form=form or {"List-Unsubscribe": "One-Click"}, at=at)
    status: int = unsubscribe.handler(event, world.context)["statusCode"]
    return status


def flood(world: World, stream: StreamRecorder, start: int = DAWN, presses: int = FLOOD) -> None:
    for number in range(presses):
        stream.at = start + number
        assert press(world, start + number) == 200


def deliver(world: World, records: list[Any]) -> None:
    answer = ledger.handler(stream_event(json.loads(json.dumps(records))), world.context)
    assert answer == {"batchItemFailures": []}


def spans(world: World) -> list[tuple[int, int]]:
    """Returns the first and the last sequence number of each entry."""
    recipient = world.recipient(JANE)
    salt = parts().preferences.read(recipient).salt
    items = entries_in_order(parts().ledger, ledger_subject(salt, recipient))
    return sorted({(item.entry.first_revision, item.entry.seq) for item in items})


def ledger_fault() -> str | None:
    lines = export_ledger(parts().ledger, parts().ledger_seals, Millis(DAWN + 40 * DAY_MS))
    return verify_ledger(lines, SqliteSorter).fault


def reconcile_at(world: World, monkeypatch: pytest.MonkeyPatch, now: int) -> dict[str, int]:
    monkeypatch.setattr("heed.clock.time.time_ns", lambda: now * 1_000_000)
    world.context.milliseconds_left = 600_000
    totals: dict[str, int] = reconcile.handler({}, world.context)
    return totals


def assert_repaired_after_a_day(
    world: World, monkeypatch: pytest.MonkeyPatch, end: int, repaired: int
) -> None:
    """Checks that the reconciler enters omitted changes once, after the stream's retention."""
    for now, count in (
        (end + REPAIR_AFTER, 0),
        (end + STREAM_RETENTION, repaired),
        (end + STREAM_RETENTION + HOUR, 0),
    ):
        totals = reconcile_at(world, monkeypatch, now)
        assert (totals["missing"], totals["unrecorded"], totals["repaired"]) == (0, 0, count)


@pytest.mark.threat(
    "B9",
    "An attacker presses one link so often that the evidence about a person grows without limit. No program "
    "can then read it completely.",
    "The record has each press. The ledger enters 50 changes by links a day for a person, then one an hour. "
    "That entry names the revisions that it represents.",
)
def test_the_ledger_enters_50_presses_a_day_then_one_an_hour(world: World, stream: StreamRecorder) -> None:
    flood(world, stream)
    record = parts().preferences.read(world.recipient(JANE))
    assert (record.revision, record.time_of(out(2))) == (FLOOD, DAWN + FLOOD - 1), (
        "the record has the last press"
    )

    flood(world, stream, DAWN + HOUR, 3)
    flood(world, stream, DAWN + 2 * HOUR, 1)
    flood(world, stream, DAWN + DAY_MS, 2)
    deliver(world, stream.records)

    one_by_one = [(number, number) for number in range(1, MAX_LINK_ENTRIES_A_DAY + 1)]
    hourly = [(MAX_LINK_ENTRIES_A_DAY + 1, FLOOD + 1), (FLOOD + 2, FLOOD + 4)]
    assert spans(world) == [*one_by_one, *hourly, (FLOOD + 5, FLOOD + 5), (FLOOD + 6, FLOOD + 6)]
    assert ledger_fault() is None


def test_the_bus_gets_one_event_per_entry_with_its_number_of_changes(
    world: World, stream: StreamRecorder, published: list[Any]
) -> None:
    flood(world, stream)
    flood(world, stream, DAWN + HOUR, 1)
    deliver(world, stream.records)
    assert [event.detail.get("changes", 1) for event in published] == [
        *[1] * MAX_LINK_ENTRIES_A_DAY,
        MORE + 1,
    ]


def test_the_order_of_the_stream_does_not_change_the_entries(world: World, stream: StreamRecorder) -> None:
    flood(world, stream)
    flood(world, stream, DAWN + HOUR, 3)
    shuffled = [*stream.records, *stream.records[3:7]]
    random.Random(1).shuffle(shuffled)  # noqa: S311
    deliver(world, stream.records)
    in_order = spans(world)
    deliver(world, shuffled)
    assert spans(world) == in_order
    for item in world.items("Ledger"):
        boto3.client("dynamodb").delete_item(
            TableName="Ledger", Key={name: item[name] for name in ("subject", "id")}
        )
    deliver(world, shuffled)
    assert spans(world) == in_order
    assert ledger_fault() is None


def test_a_new_choice_during_a_flood_is_entered_at_once(world: World, stream: StreamRecorder) -> None:
    flood(world, stream)
    assert press(world, DAWN + 500, {"scope": "all", "all": "1"}) == 303  # by the button of the page
    entry = Entry(Millis(DAWN + 600), Source.LETTER, "{}")
    stream.at = DAWN + 600
    world.apply_changes(JANE, Change(in_(2), entry), now=Millis(DAWN + 600))
    flood(world, stream, DAWN + 700, 1)  # an opt-out again, after an opt-in
    flood(world, stream, DAWN + 800, 1)  # a repeat
    deliver(world, stream.records)
    first = MAX_LINK_ENTRIES_A_DAY + 1
    assert spans(world)[MAX_LINK_ENTRIES_A_DAY:] == [
        (first, FLOOD + 1),
        (FLOOD + 2, FLOOD + 2),
        (FLOOD + 3, FLOOD + 3),
    ]
    assert parts().preferences.read(world.recipient(JANE)).revision == FLOOD + 4


def test_changes_from_other_sources_are_always_entered(world: World, stream: StreamRecorder) -> None:
    flood(world, stream)
    for number in range(3):
        at = Millis(DAWN + 1_000 + number)
        world.apply_changes(JANE, Change(out(2), Entry(at, Source.PHONE, "{}")), now=at)
    deliver(world, stream.records)
    last = FLOOD + 1
    assert spans(world)[MAX_LINK_ENTRIES_A_DAY:] == [
        (MAX_LINK_ENTRIES_A_DAY + 1, last),
        (last + 1, last + 1),
        (last + 2, last + 2),
    ]


def test_a_report_of_a_minor_during_a_hold_and_a_flood_is_entered(
    world: World, stream: StreamRecorder, published: list[Any]
) -> None:
    world.apply_changes(JANE, Change(HOLD, Entry(DAWN, Source.AGENT, "{}")), now=DAWN)
    flood(world, stream)
    report = ErasureRequest(ErasureCause.MINOR, Millis(DAWN + 2_000), Source.PHONE, "call 1", "key", "")
    with outside_handlers():
        parts().erase(world.recipient(JANE), report)
    deliver(world, stream.records)
    (entry,) = [item for item in world.items("Ledger") if item["register"]["S"] == "minor"]
    last = str(FLOOD + 2)
    assert (entry["first_seq"], entry["seq"]) == (
        {"N": str(MAX_LINK_ENTRIES_A_DAY + 2)},
        {"N": last},
    )
    assert [item.detail["state"] for item in published][-1] == "minor"
    assert ledger_fault() is None


def test_an_erasure_during_a_flood_leaves_no_gap(world: World, stream: StreamRecorder) -> None:
    flood(world, stream)
    report = ErasureRequest(ErasureCause.ERASURE, Millis(DAWN + 2_000), Source.PHONE, "call 1", "key", "")
    with outside_handlers():
        parts().erase(world.recipient(JANE), report)
    deliver(world, stream.records)
    (last,) = [item for item in world.items("Ledger") if item["register"]["S"] == "erased"]
    assert (last["first_seq"], last["seq"]) == (
        {"N": str(MAX_LINK_ENTRIES_A_DAY + 1)},
        {"N": str(FLOOD + 1)},
    )
    assert ledger_fault() is None


def test_the_reconciler_enters_combined_presses_after_a_day(
    world: World, stream: StreamRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood(world, stream)
    deliver(world, stream.records)
    end = DAWN + FLOOD
    assert_repaired_after_a_day(world, monkeypatch, end, 1)
    assert spans(world)[MAX_LINK_ENTRIES_A_DAY:] == [(MAX_LINK_ENTRIES_A_DAY + 1, FLOOD)]
    assert ledger_fault() is None

    stream.records.clear()
    flood(world, stream, end + STREAM_RETENTION + 2 * HOUR, 1)
    deliver(world, stream.records)
    assert spans(world)[MAX_LINK_ENTRIES_A_DAY:] == [
        (MAX_LINK_ENTRIES_A_DAY + 1, FLOOD),
        (MAX_LINK_ENTRIES_A_DAY + 1, FLOOD + 1),
    ]
    assert ledger_fault() is None


def test_presses_combined_before_another_change_are_entered_after_a_day(
    world: World, stream: StreamRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood(world, stream)
    end = stream.at = DAWN + 2 * HOUR
    world.apply_changes(JANE, Change(in_(3), Entry(Millis(end), Source.LETTER, "{}")), now=Millis(end))
    deliver(world, stream.records)
    assert_repaired_after_a_day(world, monkeypatch, end, 1)
    (latest,) = [item for item in world.items("Ledger") if item["at"]["N"] == str(DAWN + FLOOD - 1)]
    assert latest["register"]["S"] == "out"
    assert spans(world)[MAX_LINK_ENTRIES_A_DAY:] == [(MAX_LINK_ENTRIES_A_DAY + 1, FLOOD + 1)]
    assert ledger_fault() is None


def test_a_press_without_an_entry_is_reported_as_missing(
    world: World, stream: StreamRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood(world, stream)
    flood(world, stream, DAWN + HOUR, 1)  # its entry stands for all presses before it
    flood(world, stream, DAWN + DAY_MS, 1)
    deliver(world, stream.records[:-1])
    totals = reconcile_at(world, monkeypatch, DAWN + DAY_MS + REPAIR_AFTER)
    assert (totals["missing"], totals["unrecorded"]) == (1, 1)


def test_repeated_sets_of_changes_make_one_entry_and_one_event_an_hour(
    world: World, stream: StreamRecorder, published: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipient, scopes = world.recipient(JANE), range(2, 6)
    for hour in range(8):  # the first two sets of four use up the day's entries
        at = stream.at = DAWN + hour * HOUR
        repeats = [Change(out(scope), Entry(Millis(at), Source.LINK, "{}")) for scope in scopes]
        new = [Change(out(0), Entry(Millis(at), Source.LINK, "{}"))] if hour == 6 else []
        parts().preferences.apply(recipient, [*repeats, *new], Millis(at))
    deliver(world, stream.records)

    by_hour = [
        sum(item["at"]["N"] == str(DAWN + hour * HOUR) for item in world.items("Ledger")) for hour in range(8)
    ]
    assert by_hour == [4, 4, 1, 1, 1, 1, 2, 1]
    assert len(published) == sum(by_hour)
    assert ledger_fault() is None
    end = DAWN + 7 * HOUR
    assert_repaired_after_a_day(world, monkeypatch, end, 3)
    assert ledger_fault() is None


def test_the_bus_gets_an_event_for_a_longer_pause_during_a_flood(
    world: World, stream: StreamRecorder, published: list[Any]
) -> None:
    def add_pause(at: Millis, until: Millis) -> None:
        stream.at = at
        entry = Entry(at, Source.PREFERENCE_CENTRE, "{}", until=until)
        world.apply_changes(JANE, Change(pause(1), entry), now=at)

    add_pause(DAWN, Millis(DAWN + 30 * DAY_MS))
    flood(world, stream, DAWN + 1)
    add_pause(Millis(DAWN + 100), Millis(DAWN + 90 * DAY_MS))
    add_pause(Millis(DAWN + 101), Millis(DAWN + 90 * DAY_MS + 1))  # ends on the same day: a repeat
    deliver(world, stream.records)
    ends = [event.detail["until"] for event in published if "until" in event.detail]
    assert ends == [rfc3339.format_time(Millis(DAWN + days * DAY_MS)) for days in (30, 90)]


def test_a_lost_entry_for_many_presses_is_reported_and_repaired_by_one(
    world: World, stream: StreamRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood(world, stream)
    flood(world, stream, DAWN + HOUR, 1)
    flood(world, stream, DAWN + DAY_MS, 1)
    deliver(world, [*stream.records[:FLOOD], stream.records[-1]])
    end = DAWN + DAY_MS
    assert reconcile_at(world, monkeypatch, end + REPAIR_AFTER)["missing"] == MORE + 1
    assert "is missing" in str(ledger_fault())
    assert reconcile_at(world, monkeypatch, end + STREAM_RETENTION)["repaired"] == 1
    assert spans(world)[MAX_LINK_ENTRIES_A_DAY:] == [
        (MAX_LINK_ENTRIES_A_DAY + 1, FLOOD + 1),
        (FLOOD + 2, FLOOD + 2),
    ]
    assert ledger_fault() is None


def test_a_press_makes_one_request_until_the_item_must_be_reset(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations: list[str] = []
    client = parts().client("dynamodb")
    client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: operations.append(model.name), unique_id="operations"
    )
    try:
        for at, requests in ((DAWN, 1), (DAWN + 5, 1), (DAWN + DAY_MS, 1), (DAWN + 33 * DAY_MS, 2)):
            operations.clear()
            press(world, at)
            assert operations == ["UpdateItem"] * requests
    finally:
        client.meta.events.unregister("before-call.dynamodb", unique_id="operations")


def test_presses_on_many_days_do_not_make_the_item_grow(world: World, stream: StreamRecorder) -> None:
    sizes = []
    for day in range(3):
        flood(world, stream, DAWN + day * DAY_MS, FLOOD)
        (item,) = world.items()
        sizes.append(len(str(item)))
    assert max(sizes) - min(sizes) < 10
