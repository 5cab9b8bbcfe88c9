"""What the ledger enters of a write, and what the bus tells of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from heed.codec.record import decode_register
from heed.domain.ledger.entry import LEDGER_SOURCE, EntryOutcome, ledger_subject
from heed.domain.ledger.events import EventType, events_for
from heed.domain.ledger.transition import Transition, ledger_entries
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
from tests.support.registers import in_, out, pause, yes

WHO = "abcdefghijklmnopqrstuvwxya"
SALT, OTHER = b"s" * 16, b"t" * 16
AT = 20_000 * DAY_MS
SCHEMAS = {
    schema["title"]: Draft202012Validator(schema)
    for path in (Path(__file__).parents[2] / "docs" / "events").glob("*.schema.json")
    for schema in [json.loads(path.read_text())]
}


def entry(at: int = AT, source: Source = Source.LINK, until: int | None = None) -> Entry:
    return Entry(at, source, "{}", "", until)


def record(n: int = 1, salt: bytes = SALT, floor: int | None = None, **held: Entry) -> Record:
    registers = {decode_register(name.replace("_", ":")): one for name, one in held.items()}
    return Record(registers, revision=n, salt=salt, erased_at=floor)


def write(before: Record, after: Record, **more: bool) -> Transition:
    return Transition("event", WHO, before, after, recorded_at=AT + 1_000, **more)  # type: ignore[arg-type]


def told(transition: Transition) -> list[tuple[int, str, str]]:
    return [(one.seq, one.register, one.source) for one, _ in ledger_entries(transition)]


def heard(transition: Transition) -> list[tuple[str, str, str]]:
    """What the bus is told; each held to its schema."""
    found = list(events_for(transition, CATALOGUE))
    for one in found:
        SCHEMAS[one.type.value].validate(
            {"source": "heed", "detail-type": one.type.value, "detail": one.detail}
        )
    assert len({one.detail["id"] for one in found}) == len(found)
    return [
        (
            one.type.value.removeprefix("Recipient "),
            str(one.detail["state"]),
            str(one.detail["scope"]),
        )
        for one in found
    ]


def test_each_event_type_has_a_schema() -> None:
    assert SCHEMAS.keys() == set(EventType)
    for one in SCHEMAS.values():
        detail = one.schema["properties"]["detail"]["properties"]  # type: ignore[index]
        assert detail["source"]["enum"] == list(Source)


@pytest.mark.parametrize(
    ("register", "until", "expected"),
    [
        (out(2), None, ("Opted Out", "out", "offers")),
        (out(0), None, ("Opted Out", "out", "*")),
        (in_(11), None, ("Opted In", "in", "aurora/offers")),
        (yes(2), None, ("Opted In", "confirmed", "offers")),
        (pause(1), AT + DAY_MS, ("Paused", "paused", "meridian")),
        (pause(1), AT, ("Lifted", "paused", "meridian")),
        (COMPLAINT, None, ("Suppressed", "complaint", "*")),
        (UNDELIVERABLE, None, ("Suppressed", "undeliverable", "*")),
        (HOLD, None, ("Suppressed", "hold", "*")),
        (LIFT_HOLD, None, ("Lifted", "hold", "*")),
    ],
)
def test_each_change_makes_the_documented_event(
    register: Register, until: int | None, expected: tuple[str, str, str]
) -> None:
    after = Record({register: entry(until=until)}, revision=1, salt=SALT)
    assert heard(write(Record(), after)) == [expected]


def test_an_acknowledged_policy_makes_an_entry_but_no_event() -> None:
    transition = write(Record(), Record({ACKNOWLEDGED: entry()}, revision=1, salt=SALT))
    assert heard(transition) == []
    assert told(transition) == [(1, "policy-acknowledged", "link")]


def test_soft_bounces_make_an_event_when_the_address_becomes_undeliverable() -> None:
    days = [AT // DAY_MS - place for place in range(5)]
    before = Record(soft_bounce_days=frozenset(days[1:]), revision=4, salt=SALT)
    after = Record(soft_bounce_days=frozenset(days), revision=5, salt=SALT)
    assert heard(write(before, after)) == [("Suppressed", "undeliverable", "*")]
    assert heard(write(Record(revision=3, salt=SALT), before)) == []
    assert told(write(before, after)) == [(5, "soft-bounce", "bounce")]


@pytest.mark.parametrize("salt", [b"", OTHER])
def test_a_report_of_a_minor_ends_the_chain_and_makes_events(salt: bytes) -> None:
    said = {out(0): entry(AT, Source.AGE_REPORT), MINOR: entry(AT, Source.AGE_REPORT)}
    before = record(n=3, o_2=entry(AT - DAY_MS))
    transition = write(before, Record(said, revision=4, salt=salt, erased_at=AT))

    closing, *opening = told(transition)

    assert closing == (4, "erased", "age-report")
    assert transition.erased == ledger_subject(SALT, WHO)
    assert [place for place, *_ in opening] == ([4, 4, 4] if salt else [])
    assert heard(transition) == [
        ("Purged", "minor", "*"),
        ("Opted Out", "out", "*"),
        ("Suppressed", "minor", "*"),
    ]


def test_an_erased_record_without_a_salt_is_entered_with_the_next_change() -> None:
    before = record(n=4, salt=b"", floor=AT, o_0=entry(AT, Source.LETTER))
    after = record(n=5, salt=OTHER, floor=AT, o_0=entry(AT, Source.LETTER), i_2=entry(AT + 1))
    transition = write(before, after)
    assert told(transition) == [
        (4, "floor", LEDGER_SOURCE),
        (4, "out", "letter"),
        (5, "in", "link"),
    ]
    assert heard(transition) == [("Opted In", "in", "offers")]


def test_an_expired_record_ends_the_chain_with_the_source_retention() -> None:
    transition = write(record(n=3, o_2=entry()), Record(), expired=True)
    assert told(transition) == [(4, "erased", "retention")]
    assert heard(transition) == [("Purged", "removed", "*")]


def test_a_write_without_changed_content_makes_no_entry_and_no_event() -> None:
    transition = write(record(n=3, o_2=entry()), record(n=3, o_2=entry()))
    assert told(transition) == []
    assert heard(transition) == []


def test_the_same_write_makes_the_same_entry_ids_and_another_salt_makes_others() -> None:
    def names(salt: bytes) -> list[str]:
        return [one.id for one, _ in ledger_entries(write(Record(), record(salt=salt, o_2=entry())))]

    assert names(SALT) == names(SALT)
    assert names(SALT) != names(OTHER)


def test_an_entry_id_covers_the_facts_but_not_the_time_of_the_record() -> None:
    from dataclasses import replace

    ((one, _),) = ledger_entries(write(Record(), record(o_2=entry())))
    for other in (
        replace(one, seq=2),
        replace(one, recorded_at=AT),
        replace(one, outcome=EntryOutcome.SUPERSEDED),
    ):
        assert (other.id, other.leaf) != (one.id, one.leaf)
        assert other.id == one.id
    assert replace(one, at=AT - 1).id != one.id
