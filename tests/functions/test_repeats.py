"""One link pressed again and again: every press is on record, and the ledger and the bus do not fill up."""

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
from heed.adapters.external_sort import ExternalSorter
from heed.domain import rfc3339
from heed.domain.ledger.entry import ledger_subject
from heed.domain.links import entry_rate
from heed.domain.links.entry_rate import HOUR
from heed.domain.preferences.register import DAY_MS, HOLD, Change, Entry, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureReport
from heed.use_cases.ledger.export import export_ledger
from heed.use_cases.ledger.reconcile import REPAIR_AFTER, STREAM_RETENTION
from heed.use_cases.ledger.verify import verify_ledger
from tests.support.aws_calls import by_somebody_else
from tests.support.deployment import NOW, World, http, parts
from tests.support.ledgers import history
from tests.support.registers import in_, out, pause
from tests.support.stream_events import Recorder, event

JANE = "jane.doe@example.com"
DAWN = NOW // DAY_MS * DAY_MS
MAX_LINK_ENTRIES_A_DAY = 5  # here; in truth 50, which tests/domain/test_repeats.py holds it to
MORE = 4  # presses beyond those that are told of one by one
FLOOD = MAX_LINK_ENTRIES_A_DAY + MORE


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_rate, "MAX_LINK_ENTRIES_A_DAY", MAX_LINK_ENTRIES_A_DAY)


@pytest.fixture
def stream(world: World) -> Recorder:
    return Recorder(parts().client("dynamodb"), world.table, DAWN)


def press(world: World, at: int, form: dict[str, str] | None = None) -> int:
    """The one-click of a mail client; the status."""
    path = "/u/" + world.token(JANE)
    made = http("POST", path, form=form or {"List-Unsubscribe": "One-Click"}, at=at)
    status: int = unsubscribe.handler(made, world.context)["statusCode"]
    return status


def flood(world: World, stream: Recorder, start: int = DAWN, presses: int = FLOOD) -> None:
    for number in range(presses):
        stream.at = start + number
        assert press(world, start + number) == 200


def deliver(world: World, records: list[Any]) -> None:
    told = ledger.handler(event(json.loads(json.dumps(records))), world.context)
    assert told == {"batchItemFailures": []}


def spans(world: World) -> list[tuple[int, int]]:
    """Of each entry the first and the last number that it stands for."""
    recipient = world.recipient(JANE)
    salt = parts().preferences.read(recipient).salt
    kept = history(parts().ledger, ledger_subject(salt, recipient))
    return sorted({(one.entry.first, one.entry.seq) for one in kept})


def fault() -> str | None:
    lines = export_ledger(parts().ledger, parts().ledger_seals, DAWN + 40 * DAY_MS)
    return verify_ledger(lines, ExternalSorter).fault


def walked(world: World, monkeypatch: pytest.MonkeyPatch, now: int) -> dict[str, int]:
    at: Any = reconcile
    monkeypatch.setattr(at.time, "time_ns", lambda: now * 1_000_000)
    world.context.left = 600_000
    found: dict[str, int] = reconcile.handler({}, world.context)
    return found


@pytest.mark.threat(
    "B9",
    "One link is pressed so often that the evidence about a person grows without an end, and nothing that "
    "reads it comes to its end any more.",
    "Each press is on record, and of a person's changes by links the ledger enters 50 a day, then one an "
    "hour that names the numbers which it stands for.",
)
def test_every_press_is_on_record_and_the_ledger_enters_some_a_day_then_one_an_hour(
    world: World, stream: Recorder
) -> None:
    flood(world, stream)
    record = parts().preferences.read(world.recipient(JANE))
    assert (record.revision, record.at(out(2))) == (FLOOD, DAWN + FLOOD - 1), "the last press is on record"

    flood(world, stream, DAWN + HOUR, 3)
    flood(world, stream, DAWN + 2 * HOUR, 1)
    flood(world, stream, DAWN + DAY_MS, 2)
    deliver(world, stream.records)

    one_by_one = [(n, n) for n in range(1, MAX_LINK_ENTRIES_A_DAY + 1)]
    hourly = [(MAX_LINK_ENTRIES_A_DAY + 1, FLOOD + 1), (FLOOD + 2, FLOOD + 4)]
    assert spans(world) == [*one_by_one, *hourly, (FLOOD + 5, FLOOD + 5), (FLOOD + 6, FLOOD + 6)]
    assert fault() is None


def test_the_bus_hears_of_as_many_and_how_many_changes_each_stands_for(
    world: World, stream: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(EventBus, "publish", lambda _self, events, _at: told.extend(events))
    flood(world, stream)
    flood(world, stream, DAWN + HOUR, 1)
    deliver(world, stream.records)
    assert [one.detail.get("changes", 1) for one in told] == [
        *[1] * MAX_LINK_ENTRIES_A_DAY,
        MORE + 1,
    ]


def test_it_is_the_same_however_the_stream_brings_it(world: World, stream: Recorder) -> None:
    flood(world, stream)
    flood(world, stream, DAWN + HOUR, 3)
    shuffled = [*stream.records, *stream.records[3:7]]
    random.Random(1).shuffle(shuffled)  # noqa: S311
    deliver(world, stream.records)
    straight = spans(world)
    deliver(world, shuffled)
    assert spans(world) == straight
    for item in world.items("Ledger"):
        boto3.client("dynamodb").delete_item(
            TableName="Ledger", Key={name: item[name] for name in ("subject", "id")}
        )
    deliver(world, shuffled)
    assert spans(world) == straight
    assert fault() is None


def test_what_says_something_new_is_told_of_in_the_middle_of_a_flood(world: World, stream: Recorder) -> None:
    flood(world, stream)
    assert press(world, DAWN + 500, {"scope": "all", "all": "1"}) == 303  # by hand, to its page
    said = Entry(DAWN + 600, Source.LETTER, "{}")
    stream.at = DAWN + 600
    world.put(JANE, Change(in_(2), said), now=DAWN + 600)
    flood(world, stream, DAWN + 700, 1)  # a stop once more, after a yes
    flood(world, stream, DAWN + 800, 1)  # a repeat
    deliver(world, stream.records)
    first = MAX_LINK_ENTRIES_A_DAY + 1
    assert spans(world)[MAX_LINK_ENTRIES_A_DAY:] == [
        (first, FLOOD + 1),
        (FLOOD + 2, FLOOD + 2),
        (FLOOD + 3, FLOOD + 3),
    ]
    assert parts().preferences.read(world.recipient(JANE)).revision == FLOOD + 4


def test_what_others_say_of_a_person_is_always_told_of(world: World, stream: Recorder) -> None:
    flood(world, stream)
    for number in range(3):
        at = DAWN + 1_000 + number
        world.put(JANE, Change(out(2), Entry(at, Source.PHONE, "{}")), now=at)
    deliver(world, stream.records)
    last = FLOOD + 1
    assert spans(world)[MAX_LINK_ENTRIES_A_DAY:] == [
        (MAX_LINK_ENTRIES_A_DAY + 1, last),
        (last + 1, last + 1),
        (last + 2, last + 2),
    ]


def test_a_child_reported_beside_a_hold_in_the_middle_of_a_flood_is_told_of(
    world: World, stream: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(EventBus, "publish", lambda _self, events, _at: told.extend(events))
    world.put(JANE, Change(HOLD, Entry(DAWN, Source.AGENT, "{}")), now=DAWN)
    flood(world, stream)
    report = ErasureReport(ErasureCause.MINOR, DAWN + 2_000, Source.PHONE, "call 1", "key", "")
    with by_somebody_else():
        parts().erase(world.recipient(JANE), report)
    deliver(world, stream.records)
    (entered,) = [one for one in world.items("Ledger") if one["register"]["S"] == "minor"]
    last = str(FLOOD + 2)
    assert (entered["first_seq"], entered["seq"]) == (
        {"N": str(MAX_LINK_ENTRIES_A_DAY + 2)},
        {"N": last},
    )
    assert [one.detail["state"] for one in told][-1] == "minor"
    assert fault() is None


def test_an_erasure_in_the_middle_of_a_flood_leaves_no_gap(world: World, stream: Recorder) -> None:
    flood(world, stream)
    report = ErasureReport(ErasureCause.ERASURE, DAWN + 2_000, Source.PHONE, "call 1", "key", "")
    with by_somebody_else():
        parts().erase(world.recipient(JANE), report)
    deliver(world, stream.records)
    (last,) = [one for one in world.items("Ledger") if one["register"]["S"] == "erased"]
    assert (last["first_seq"], last["seq"]) == (
        {"N": str(MAX_LINK_ENTRIES_A_DAY + 1)},
        {"N": str(FLOOD + 1)},
    )
    assert fault() is None


def test_the_walk_misses_nothing_of_what_was_spared_and_closes_it_a_day_later(
    world: World, stream: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood(world, stream)
    deliver(world, stream.records)
    end = DAWN + FLOOD
    for now, repaired in (
        (end + REPAIR_AFTER, 0),
        (end + STREAM_RETENTION, 1),
        (end + STREAM_RETENTION + HOUR, 0),
    ):
        found = walked(world, monkeypatch, now)
        assert (found["missing"], found["unentered"], found["repaired"]) == (0, 0, repaired)
    assert spans(world)[MAX_LINK_ENTRIES_A_DAY:] == [(MAX_LINK_ENTRIES_A_DAY + 1, FLOOD)]
    assert fault() is None

    stream.records.clear()
    flood(world, stream, end + STREAM_RETENTION + 2 * HOUR, 1)
    deliver(world, stream.records)
    assert spans(world)[MAX_LINK_ENTRIES_A_DAY:] == [
        (MAX_LINK_ENTRIES_A_DAY + 1, FLOOD),
        (MAX_LINK_ENTRIES_A_DAY + 1, FLOOD + 1),
    ]
    assert fault() is None


def test_what_was_spared_until_another_change_was_told_of_is_no_fault_and_is_entered_a_day_later(
    world: World, stream: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood(world, stream)
    end = stream.at = DAWN + 2 * HOUR
    world.put(JANE, Change(in_(3), Entry(end, Source.LETTER, "{}")), now=end)
    deliver(world, stream.records)
    for now, repaired in (
        (end + REPAIR_AFTER, 0),
        (end + STREAM_RETENTION, 1),
        (end + STREAM_RETENTION + HOUR, 0),
    ):
        found = walked(world, monkeypatch, now)
        assert (found["missing"], found["unentered"], found["repaired"]) == (0, 0, repaired)
    (latest,) = [one for one in world.items("Ledger") if one["at"]["N"] == str(DAWN + FLOOD - 1)]
    assert latest["register"]["S"] == "out"
    assert spans(world)[MAX_LINK_ENTRIES_A_DAY:] == [(MAX_LINK_ENTRIES_A_DAY + 1, FLOOD + 1)]
    assert fault() is None


def test_a_change_by_link_that_no_entry_stands_for_is_missed(
    world: World, stream: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood(world, stream)
    flood(world, stream, DAWN + HOUR, 1)  # stands for all before
    flood(world, stream, DAWN + DAY_MS, 1)
    deliver(world, stream.records[:-1])
    found = walked(world, monkeypatch, DAWN + DAY_MS + REPAIR_AFTER)
    assert (found["missing"], found["unentered"]) == (1, 1)


def test_of_many_wishes_at_once_one_entry_and_one_event_an_hour_stand_for_the_repeats(
    world: World, stream: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(EventBus, "publish", lambda _self, events, _at: told.extend(events))
    who, scopes = world.recipient(JANE), range(2, 6)
    for hour in range(8):  # the first tells of four at once, and the second: then they are over
        at = stream.at = DAWN + hour * HOUR
        every = [Change(out(scope), Entry(at, Source.LINK, "{}")) for scope in scopes]
        new = [Change(out(0), Entry(at, Source.LINK, "{}"))] if hour == 6 else []
        parts().preferences.apply(who, [*every, *new], at)
    deliver(world, stream.records)

    by_hour = [
        sum(one["at"]["N"] == str(DAWN + hour * HOUR) for one in world.items("Ledger")) for hour in range(8)
    ]
    assert by_hour == [4, 4, 1, 1, 1, 1, 2, 1]
    assert len(told) == sum(by_hour)
    assert fault() is None
    end = DAWN + 7 * HOUR
    for now, repaired in (
        (end + REPAIR_AFTER, 0),
        (end + STREAM_RETENTION, 3),
        (end + STREAM_RETENTION + HOUR, 0),
    ):
        found = walked(world, monkeypatch, now)
        assert (found["missing"], found["unentered"], found["repaired"]) == (0, 0, repaired)
    assert fault() is None


def test_the_bus_hears_of_a_pause_that_is_made_longer_in_the_middle_of_a_flood(
    world: World, stream: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(EventBus, "publish", lambda _self, events, _at: told.extend(events))

    def paused(at: int, until: int) -> None:
        stream.at = at
        said = Entry(at, Source.PREFERENCE_CENTRE, "{}", until=until)
        world.put(JANE, Change(pause(1), said), now=at)

    paused(DAWN, DAWN + 30 * DAY_MS)
    flood(world, stream, DAWN + 1)
    paused(DAWN + 100, DAWN + 90 * DAY_MS)
    paused(DAWN + 101, DAWN + 90 * DAY_MS + 1)  # the same day: a repeat
    deliver(world, stream.records)
    ends = [one.detail["until"] for one in told if "until" in one.detail]
    assert ends == [rfc3339.format_time(DAWN + days * DAY_MS) for days in (30, 90)]


def test_a_lost_entry_that_stood_for_many_is_missed_and_made_good_by_one(
    world: World, stream: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood(world, stream)
    flood(world, stream, DAWN + HOUR, 1)
    flood(world, stream, DAWN + DAY_MS, 1)
    deliver(world, [*stream.records[:FLOOD], stream.records[-1]])
    end = DAWN + DAY_MS
    assert walked(world, monkeypatch, end + REPAIR_AFTER)["missing"] == MORE + 1
    assert "is missing" in str(fault())
    assert walked(world, monkeypatch, end + STREAM_RETENTION)["repaired"] == 1
    assert spans(world)[MAX_LINK_ENTRIES_A_DAY:] == [
        (MAX_LINK_ENTRIES_A_DAY + 1, FLOOD + 1),
        (FLOOD + 2, FLOOD + 2),
    ]
    assert fault() is None


def test_a_press_is_one_request_until_they_are_told_of_by_the_hour(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    client = parts().client("dynamodb")
    client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: asked.append(model.name), unique_id="asked"
    )
    try:
        for at, requests in ((DAWN, 1), (DAWN + 5, 1), (DAWN + DAY_MS, 1), (DAWN + 33 * DAY_MS, 2)):
            asked.clear()
            press(world, at)
            assert asked == ["UpdateItem"] * requests
    finally:
        client.meta.events.unregister("before-call.dynamodb", unique_id="asked")


def test_a_person_pressed_for_a_month_has_an_item_that_does_not_grow(world: World, stream: Recorder) -> None:
    sizes = []
    for day in range(3):
        flood(world, stream, DAWN + day * DAY_MS, FLOOD)
        (item,) = world.items()
        sizes.append(len(str(item)))
    assert max(sizes) - min(sizes) < 10
