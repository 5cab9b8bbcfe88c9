"""The ledger entries and the events of a write."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from heed.codec.record import decode_register
from heed.domain.jobs.import_event import ImportEventType
from heed.domain.ledger.entry import LEDGER_SOURCE, EntryOutcome, ledger_subject
from heed.domain.ledger.events import EventType, events_for
from heed.domain.ledger.transition import Transition, ledger_entries
from heed.domain.milliseconds import Millis
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    ACKNOWLEDGED,
    COMPLAINT,
    DAY_MS,
    HOLD,
    LIFT_HOLD,
    MINOR,
    UNDELIVERABLE,
    Entry,
    Register,
    Source,
)
from tests.support.catalogues import CATALOGUE
from tests.support.registers import confirmed, in_, out, pause

WHO = "abcdefghijklmnopqrstuvwxya"
SALT, OTHER = b"s" * 16, b"t" * 16
AT = Millis(20_000 * DAY_MS)
SCHEMAS = {
    schema["title"]: Draft202012Validator(schema)
    for path in (Path(__file__).parents[2] / "docs" / "events").glob("*.schema.json")
    for schema in [json.loads(path.read_text())]
}


def entry(at: Millis = AT, source: Source = Source.LINK, until: Millis | None = None) -> Entry:
    return Entry(at, source, "{}", "", until)


def record(
    revision: int = 1, salt: bytes = SALT, erased_at: Millis | None = None, **entries: Entry
) -> Record:
    registers = {decode_register(name.replace("_", ":")): entry for name, entry in entries.items()}
    return Record(registers, revision=revision, salt=salt, erased_at=erased_at)


def write(before: Record, after: Record, **more: bool) -> Transition:
    return Transition("event", WHO, before, after, recorded_at=AT + 1_000, **more)  # type: ignore[arg-type]


def entries_of(transition: Transition) -> list[tuple[int, str, str]]:
    return [
        (ledger_entry.seq, ledger_entry.register, ledger_entry.source)
        for ledger_entry, _ in ledger_entries(transition)
    ]


def events_of(transition: Transition) -> list[tuple[str, str, str]]:
    """Returns the events of a write, each validated against its schema."""
    events = list(events_for(transition, CATALOGUE))
    for event in events:
        SCHEMAS[event.type.value].validate(
            {"source": "heed", "detail-type": event.type.value, "detail": event.detail}
        )
    assert len({event.detail["id"] for event in events}) == len(events)
    return [
        (
            event.type.value.removeprefix("Recipient "),
            str(event.detail["state"]),
            str(event.detail["scope"]),
        )
        for event in events
    ]


def test_each_event_type_has_a_schema() -> None:
    assert SCHEMAS.keys() == {*EventType, *ImportEventType}
    for event_type in EventType:
        schema = SCHEMAS[event_type]
        detail = schema.schema["properties"]["detail"]["properties"]  # type: ignore[index]
        assert detail["source"]["enum"] == list(Source)


def test_only_the_same_write_makes_an_event_with_the_same_id() -> None:
    before, after = record(o_2=entry()), record(2, o_2=entry(Millis(AT + DAY_MS)))
    writes = [Transition(id_, WHO, before, after, recorded_at=Millis(AT + 1)) for id_ in ("a", "a", "b")]
    first, repeated, second = ([event.detail for event in events_for(each, CATALOGUE)] for each in writes)
    assert first == repeated
    assert [event | {"id": ""} for event in first] == [event | {"id": ""} for event in second]
    assert {event["id"] for event in first}.isdisjoint({event["id"] for event in second})


@pytest.mark.parametrize(
    ("register", "until", "expected"),
    [
        (out(2), None, ("Opted Out", "out", "offers")),
        (out(0), None, ("Opted Out", "out", "*")),
        (in_(11), None, ("Opted In", "in", "aurora/offers")),
        (confirmed(2), None, ("Opted In", "confirmed", "offers")),
        (pause(1), AT + DAY_MS, ("Paused", "paused", "meridian")),
        (pause(1), AT, ("Lifted", "paused", "meridian")),
        (COMPLAINT, None, ("Suppressed", "complaint", "*")),
        (UNDELIVERABLE, None, ("Suppressed", "undeliverable", "*")),
        (HOLD, None, ("Suppressed", "hold", "*")),
        (LIFT_HOLD, None, ("Lifted", "hold", "*")),
    ],
)
def test_each_change_makes_the_documented_event(
    register: Register, until: Millis | None, expected: tuple[str, str, str]
) -> None:
    after = Record({register: entry(until=until)}, revision=1, salt=SALT)
    assert events_of(write(Record(), after)) == [expected]


def test_an_event_has_the_campaign_and_the_ref_of_the_evidence() -> None:
    evidence = make_evidence(campaign="may", ref="customer.7", key=1)
    after = Record({out(2): replace(entry(), evidence=evidence)}, revision=1, salt=SALT)
    (event,) = events_for(write(Record(), after), CATALOGUE)
    assert (event.detail["campaign"], event.detail["ref"]) == ("may", "customer.7")


def test_an_acknowledged_policy_makes_an_entry_but_no_event() -> None:
    transition = write(Record(), Record({ACKNOWLEDGED: entry()}, revision=1, salt=SALT))
    assert events_of(transition) == []
    assert entries_of(transition) == [(1, "policy-acknowledged", "link")]


def test_soft_bounces_make_an_event_when_the_address_becomes_undeliverable() -> None:
    days = [AT // DAY_MS - place for place in range(5)]
    before = Record(soft_bounce_days=frozenset(days[1:]), revision=4, salt=SALT)
    after = Record(soft_bounce_days=frozenset(days), revision=5, salt=SALT)
    assert events_of(write(before, after)) == [("Suppressed", "undeliverable", "*")]
    assert events_of(write(Record(revision=3, salt=SALT), before)) == []
    assert entries_of(write(before, after)) == [(5, "soft-bounce", "bounce")]


@pytest.mark.parametrize("salt", [b"", OTHER])
def test_a_report_of_a_minor_ends_the_chain_and_makes_events(salt: bytes) -> None:
    registers = {out(0): entry(AT, Source.AGE_REPORT), MINOR: entry(AT, Source.AGE_REPORT)}
    before = record(revision=3, o_2=entry(Millis(AT - DAY_MS)))
    transition = write(before, Record(registers, revision=4, salt=salt, erased_at=AT))

    closing, *opening = entries_of(transition)

    assert closing == (4, "erased", "age-report")
    assert transition.erased_subject == ledger_subject(SALT, WHO)
    assert [seq for seq, *_ in opening] == ([4, 4, 4] if salt else [])
    assert events_of(transition) == [
        ("Purged", "minor", "*"),
        ("Opted Out", "out", "*"),
        ("Suppressed", "minor", "*"),
    ]


def test_an_erased_record_without_a_salt_is_entered_with_the_next_change() -> None:
    before = record(revision=4, salt=b"", erased_at=AT, o_0=entry(AT, Source.LETTER))
    after = record(
        revision=5, salt=OTHER, erased_at=AT, o_0=entry(AT, Source.LETTER), i_2=entry(Millis(AT + 1))
    )
    transition = write(before, after)
    assert entries_of(transition) == [
        (4, "floor", LEDGER_SOURCE),
        (4, "out", "letter"),
        (5, "in", "link"),
    ]
    assert events_of(transition) == [("Opted In", "in", "offers")]


def test_an_expired_record_ends_the_chain_with_the_source_retention() -> None:
    transition = write(record(revision=3, o_2=entry()), Record(), expired=True)
    assert entries_of(transition) == [(4, "erased", "retention")]
    assert events_of(transition) == [("Purged", "removed", "*")]


def test_a_write_without_changed_content_makes_no_entry_and_no_event() -> None:
    transition = write(record(revision=3, o_2=entry()), record(revision=3, o_2=entry()))
    assert entries_of(transition) == []
    assert events_of(transition) == []


def test_the_same_write_makes_the_same_entry_ids_and_another_salt_makes_others() -> None:
    def entry_ids(salt: bytes) -> list[str]:
        return [
            ledger_entry.id
            for ledger_entry, _ in ledger_entries(write(Record(), record(salt=salt, o_2=entry())))
        ]

    assert entry_ids(SALT) == entry_ids(SALT)
    assert entry_ids(SALT) != entry_ids(OTHER)


def test_an_entry_id_covers_the_facts_but_not_the_time_of_the_record() -> None:
    from dataclasses import replace

    ((original, _),) = ledger_entries(write(Record(), record(o_2=entry())))
    for other in (
        replace(original, seq=2),
        replace(original, recorded_at=AT),
        replace(original, outcome=EntryOutcome.SUPERSEDED),
    ):
        assert (other.id, other.leaf) != (original.id, original.leaf)
        assert other.id == original.id
    assert replace(original, at=Millis(AT - 1)).id != original.id
