"""What an insider may forge in a ledger, and what any file may hold: it is named, and nothing crashes."""

from __future__ import annotations

import contextlib
import functools
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.adapters.external_sort import ExternalSorter
from heed.domain import rfc3339
from heed.domain.errors import InvalidEvidence, MalformedMessage, NotFound
from heed.domain.ledger.entry import EntryOutcome, LedgerEntry, canonical_json
from heed.domain.ledger.seal import LATE_DAYS, Seal
from heed.domain.preferences.register import DAY_MS, ScopeNumber
from heed.use_cases.ledger.prove import prove_entry
from heed.use_cases.ledger.read_export import read_export
from heed.use_cases.ledger.seal_days import seal_days
from heed.use_cases.ledger.verify import verify_ledger
from heed.use_cases.ports.ledger import Alteration, AlteredObject
from tests.support.ledgers import START, Ledgers, entry, ordinary

NOW = START + 4 * DAY_MS + DAY_MS // 2
FIRST = START // DAY_MS


def fault(lines: list[bytes] | tuple[bytes, ...]) -> str | None:
    return verify_ledger(lines, ExternalSorter).fault


def forged(days: int, **other: Any) -> tuple[Ledgers, LedgerEntry]:
    """A ledger into which an entry was put on its third day that says a day so long before."""
    made = ordinary(days=2)
    one = replace(entry(7, 1, at=2 * DAY_MS), **other)
    one = replace(one, recorded_at=one.recorded_at - days * DAY_MS, at=one.at - days * DAY_MS)
    made.ledger.enter(one, "{}")
    made.seals.add(FIRST + 2, [one.leaf])
    seal_days(made.seals, FIRST + 3)
    return made, one


# ---- An entry that says a day long before its seal's ----


@pytest.mark.threat(
    "B5",
    "Whoever may write to the ledger enters an entry today that says it was recorded two years ago.",
    "An entry whose day is more than two before that of its seal is a fault, and is not proved.",
)
@pytest.mark.parametrize("days", [LATE_DAYS + 1, 10, 730])
def test_an_entry_of_a_day_long_before_its_seals_is_a_fault_and_has_no_proof(days: int) -> None:
    made, one = forged(days)
    lines = made.lines(NOW)

    named = fault(lines)

    said, sealed = rfc3339.format_day(one.recorded_at // DAY_MS), rfc3339.format_day(FIRST + 2)
    assert named is not None
    assert one.id in named and said in named and sealed in named
    with pytest.raises(InvalidEvidence):
        prove_entry(lines, one.id)


@pytest.mark.parametrize("days", range(LATE_DAYS + 1))
def test_an_entry_that_came_late_to_its_seal_is_whole_and_proved(days: int) -> None:
    made, one = forged(days)
    assert fault(made.lines(NOW)) is None
    assert prove_entry(made.lines(NOW), one.id)["seal"]["day"] == rfc3339.format_day(FIRST + 2)


@pytest.mark.parametrize("outcome", EntryOutcome)
def test_one_put_into_the_chain_of_somebody_is_named_too(outcome: EntryOutcome) -> None:
    """Under a number that there is: the numbers alone do not tell."""
    subject = entry(1, 1).subject
    made, one = forged(400, subject=subject, register="confirmed", outcome=outcome)
    assert one.id in str(fault(made.lines(NOW)))


def test_what_no_seal_is_over_yet_is_of_the_days_behind_the_last_seal() -> None:
    made = ordinary(days=2)
    seal_days(made.seals, FIRST + 2)
    one = entry(7, 1, at=2 * DAY_MS)
    late = replace(one, recorded_at=one.recorded_at - LATE_DAYS * DAY_MS, at=one.at - LATE_DAYS * DAY_MS)
    old = replace(late, recorded_at=late.recorded_at - DAY_MS, scope=ScopeNumber(3))
    made.ledger.enter(late, "{}")
    made.seals.add(FIRST + 2, [late.leaf])
    weeks = START + 20 * DAY_MS  # in which nothing was sealed
    assert fault(made.lines(weeks)) is None
    assert prove_entry(made.lines(weeks), late.id)["sealed"] is False

    made.ledger.enter(old, "{}")
    made.seals.add(FIRST + 2, [old.leaf])
    assert old.id in str(fault(made.lines(weeks)))
    with pytest.raises(InvalidEvidence):
        prove_entry(made.lines(weeks), old.id)


def test_an_entry_under_no_seal_at_all_is_not_proved() -> None:
    made = ordinary()
    one = entry(7, 1, at=0)
    lines = [*made.lines(NOW), canonical_json(one.to_document()) + b"\n"]
    with pytest.raises(InvalidEvidence):
        prove_entry(lines, one.id)


# ---- Roots that were kept ----


@pytest.mark.threat(
    "B7",
    "A root that an auditor kept some nights ago fits neither an honest ledger nor a rewritten one.",
    "The root of any seal fits, and it is said of which day it is and how many nights were sealed since.",
)
def test_the_root_of_any_night_is_known_again_with_its_day_and_the_nights_since() -> None:
    made = ordinary(days=5)
    verdict = verify_ledger(made.lines(NOW), ExternalSorter)
    seals = made.seals.seals()
    assert [verdict.under(seal.root) for seal in seals] == [
        (FIRST, 3),
        (FIRST + 1, 2),
        (FIRST + 2, 1),
        (FIRST + 3, 0),
    ]
    assert verdict.root == seals[-1].root
    assert verdict.under("0" * 64) is None
    assert verdict.under("") is None and verdict.under(None) is None


# ---- Lines that were lengthened ----


@functools.cache
def whole() -> tuple[bytes, ...]:
    made = ordinary()
    made.seals.found.append(AlteredObject("seals/2024-10-04.json", Alteration.REWRITTEN))
    return tuple(made.lines(NOW))


def _kinds() -> dict[str, int]:
    """The place of a line of each kind."""
    return {
        next(iter(document)) if len(document) == 1 else "entry": place
        for place, document in enumerate(map(json.loads, whole()))
    }


@pytest.mark.threat(
    "B10",
    "Text is put into a sealed export, as a further member of one of its lines.",
    "Every line has exactly the members of its kind, and every line of hashes but a seal's last is full.",
)
@pytest.mark.parametrize("kind", ["format", "seal", "open", "leaves", "altered", "entry"])
@pytest.mark.parametrize("deep", [False, True])
def test_nothing_can_be_added_to_any_line(kind: str, deep: bool) -> None:
    lines, place = list(whole()), _kinds()[kind]
    document = json.loads(lines[place])
    inner = document.get(kind)
    if deep and not isinstance(inner, dict):
        return
    (inner if deep else document)["note"] = "the person agreed by phone"
    lines[place] = canonical_json(document) + b"\n"
    assert str(fault(lines)).startswith(f"line {place + 1}: ")


@pytest.mark.parametrize("extra", [b'{"leaves":[]}\n', b"{}\n", b'{"note":1}\n', b"\n", b"[]\n"])
def test_no_line_can_be_put_in_between(extra: bytes) -> None:
    for place in range(len(whole()) + 1):
        lines = [*whole()[:place], extra, *whole()[place:]]
        assert str(fault(lines)).startswith("line "), place


def test_hashes_stand_in_full_lines_so_that_there_is_one_way_of_writing_them() -> None:
    lines, place = list(whole()), _kinds()["leaves"]
    leaves = json.loads(lines[place])["leaves"]
    parts = [canonical_json({"leaves": part}) + b"\n" for part in (leaves[:1], leaves[1:])]
    lines[place : place + 1] = parts
    assert "not full" in str(fault(lines))


@pytest.mark.parametrize("how", Alteration)
def test_what_was_done_to_the_storage_is_said_where_all_else_is_whole(how: Alteration) -> None:
    made = ordinary()
    made.seals.found.append(AlteredObject("leaves/2024-10-04", how))
    assert str(fault(made.lines(NOW))).startswith("leaves/2024-10-04: ")
    gone = next(iter(made.ledger.entries))
    del made.ledger.entries[gone]
    assert "an entry is missing" in str(fault(made.lines(NOW)))


def test_a_name_in_the_storage_that_cannot_be_printed_is_named_all_the_same() -> None:
    made = ordinary()
    made.seals.found.append(AlteredObject("seals/\x07\n\u202e", Alteration.MALFORMED))
    assert str(fault(made.lines(NOW))).startswith(r"seals/\x07\n\u202e: ")


# ---- Any file ----

_JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**63 - 2, 2**70)
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "\0", "0" * 64, "A" * 64, "2026-03-05", "2026-02-30", "applied"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _never_crashes(lines: list[bytes], place: int) -> None:
    """The line is named, or another fault; readers say Malformed or find nothing."""
    found = fault(lines)
    assert found is not None
    assert found.isprintable()
    try:
        for _ in read_export(lines):
            pass
    except MalformedMessage as error:
        assert str(error).startswith(f"line {place + 1}: ")  # noqa: PT017
    with contextlib.suppress(MalformedMessage, NotFound):
        prove_entry(lines, "0" * 64)


@pytest.mark.threat(
    "W14",
    "A file that is no export, or one with a type that Python takes for another, crashes the verifier.",
    "Every member has its exact type and range, whatever the JSON; the line that does not fit is named.",
)
@given(st.data())
def test_a_member_of_another_type_is_named_by_its_line(data: st.DataObject) -> None:
    lines, place = list(whole()), data.draw(st.sampled_from(sorted(_kinds().values())))
    document = json.loads(lines[place])
    owner = document
    (only, *more) = document
    if not more and isinstance(document[only], dict) and data.draw(st.booleans()):
        owner = document[only]
    member = data.draw(st.sampled_from(sorted(owner)))
    value = data.draw(_JUNK)
    if value == owner[member] and type(value) is type(owner[member]):
        return
    owner[member] = value
    lines[place] = canonical_json(document) + b"\n"
    _never_crashes(lines, place)


@given(_JUNK, st.integers(0, len(whole()) - 1))
def test_any_json_is_a_fault_in_the_place_of_any_line(junk: object, place: int) -> None:
    lines = list(whole())
    lines[place] = canonical_json(junk) + b"\n"  # type: ignore[arg-type]
    _never_crashes(lines, place)


@given(st.binary(max_size=80), st.data())
def test_any_bytes_are_a_fault_in_any_line(junk: bytes, data: st.DataObject) -> None:
    lines = list(whole())
    place = data.draw(st.integers(0, len(lines) - 1))
    at = data.draw(st.integers(0, len(lines[place])))
    upto = data.draw(st.integers(at, len(lines[place])))
    mutated = lines[place][:at] + junk + lines[place][upto:]
    if mutated != lines[place]:
        lines[place] = mutated
        _never_crashes(lines, place)


DEEP = 100_000
STRANGE = [
    b"",
    b"\n",
    b"\xff\xfe\n",
    b"\0\n",
    b"[" * DEEP + b"]" * DEEP + b"\n",
    b'{"seal":' * DEEP + b"1" + b"}" * DEEP + b"\n",
    b'{"seq":' + b"9" * 10_000 + b"}\n",
    b'{"seal":NaN}\n',
    b'{"seal":Infinity}\n',
    b'{"seal":"\\ud800"}\n',
    b'{"open":{"count":true,"day":"2024-10-04","previous":"","root":""}}\n',
    '{"seal":1}\n'.encode("utf-16"),
    b'{"seal":1,"seal":1}\n',
    b"null\n",
    b'{"subject":{}}\n',
]


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
def test_what_crashes_parsers_is_a_fault(strange: bytes) -> None:
    for place in _kinds().values():
        lines = list(whole())
        lines[place] = strange
        _never_crashes(lines, place)
    assert str(fault([strange])).startswith("line 1: ")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("seq", 1.0),
        ("seq", True),
        ("seq", -1),
        ("seq", 2**63),
        ("scope", "2"),
        ("at", rfc3339.END_OF_TIME),
        ("recorded_at", -1),
        ("until", 0.0),
        ("subject", "ab"),
        ("subject", "A" * 64),
        ("outcome", ["applied"]),
        ("register", None),
    ],
)
def test_an_entry_has_exact_types_and_ranges(member: str, value: object) -> None:
    document = {**entry(1, 1).to_document(), member: value}
    with pytest.raises(MalformedMessage, match=member):
        LedgerEntry.from_document(document)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("count", True),
        ("count", 1.0),
        ("count", -1),
        ("day", "2024-10-04T00:00:00Z"),
        ("day", ["2024-10-04"]),
        ("root", ""),
        ("previous", "0"),
    ],
)
def test_a_seal_has_exact_types_and_ranges(member: str, value: object) -> None:
    document = {**ordinary().seals.seals()[0].to_document(), member: value}
    with pytest.raises(MalformedMessage, match=member):
        Seal.from_document(document)
