"""Forged ledgers and arbitrary files: verification names the fault, and never crashes."""

from __future__ import annotations

import contextlib
import functools
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.adapters.sqlite_sort import SqliteSorter
from heed.domain import rfc3339
from heed.domain.errors import InvalidEvidence, MalformedMessage, NotFound
from heed.domain.ledger.entry import EntryOutcome, LedgerEntry, canonical_json
from heed.domain.ledger.seal import LATE_DAYS, Seal
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, ScopeNumber
from heed.use_cases.ledger.prove import prove_entry
from heed.use_cases.ledger.read_export import read_export
from heed.use_cases.ledger.seal_days import seal_days
from heed.use_cases.ledger.verify import verify_ledger
from heed.use_cases.ports.ledger import Alteration, AlteredObject
from tests.support.ledgers import START, Ledgers, entry, sample_ledger

NOW = Millis(START + 4 * DAY_MS + DAY_MS // 2)
FIRST = START // DAY_MS


def fault(lines: list[bytes] | tuple[bytes, ...]) -> str | None:
    return verify_ledger(lines, SqliteSorter).fault


def forged(days: int, **other: Any) -> tuple[Ledgers, LedgerEntry]:
    """Returns a ledger with an entry that was added on the third day and backdated by a number of days."""
    made = sample_ledger(days=2)
    original = replace(entry(7, 1, at=2 * DAY_MS), **other)
    backdated = replace(
        original,
        recorded_at=Millis(original.recorded_at - days * DAY_MS),
        at=Millis(original.at - days * DAY_MS),
    )
    made.ledger.enter(backdated, "{}")
    made.seals.add_leaves(FIRST + 2, [backdated.leaf])
    seal_days(made.seals, FIRST + 3)
    return made, backdated


# ---- Backdated entries ----


@pytest.mark.threat(
    "B5",
    "An attacker with write access to the ledger adds an entry today that is dated two years ago.",
    "An entry that is dated more than two days before its seal is a fault, and gets no proof.",
)
@pytest.mark.parametrize("days", [LATE_DAYS + 1, 10, 730])
def test_an_entry_dated_long_before_its_seal_is_a_fault_and_has_no_proof(days: int) -> None:
    made, backdated = forged(days)
    lines = made.lines(NOW)

    message = fault(lines)

    date, seal_date = rfc3339.format_day(backdated.recorded_at // DAY_MS), rfc3339.format_day(FIRST + 2)
    assert message is not None
    assert backdated.id in message and date in message and seal_date in message
    with pytest.raises(InvalidEvidence):
        prove_entry(lines, backdated.id)


@pytest.mark.parametrize("days", range(LATE_DAYS + 1))
def test_an_entry_that_is_a_little_late_for_its_seal_is_valid_and_has_a_proof(days: int) -> None:
    made, backdated = forged(days)
    assert fault(made.lines(NOW)) is None
    assert prove_entry(made.lines(NOW), backdated.id)["seal"]["day"] == rfc3339.format_day(FIRST + 2)


@pytest.mark.parametrize("outcome", EntryOutcome)
def test_the_fault_names_a_backdated_entry_in_the_chain_of_another_person(outcome: EntryOutcome) -> None:
    """The entry has a number that exists, so the numbers alone do not reveal it."""
    subject = entry(1, 1).subject
    made, backdated = forged(400, subject=subject, register="confirmed", outcome=outcome)
    assert backdated.id in str(fault(made.lines(NOW)))


def test_the_open_part_covers_only_the_days_after_the_last_seal() -> None:
    made = sample_ledger(days=2)
    seal_days(made.seals, FIRST + 2)
    timely, delay = entry(7, 1, at=2 * DAY_MS), LATE_DAYS * DAY_MS
    late = replace(timely, recorded_at=Millis(timely.recorded_at - delay), at=Millis(timely.at - delay))
    old = replace(late, recorded_at=Millis(late.recorded_at - DAY_MS), scope=ScopeNumber(3))
    made.ledger.enter(late, "{}")
    made.seals.add_leaves(FIRST + 2, [late.leaf])
    weeks = Millis(START + 20 * DAY_MS)  # weeks later, without any new seal
    assert fault(made.lines(weeks)) is None
    assert prove_entry(made.lines(weeks), late.id)["sealed"] is False

    made.ledger.enter(old, "{}")
    made.seals.add_leaves(FIRST + 2, [old.leaf])
    assert old.id in str(fault(made.lines(weeks)))
    with pytest.raises(InvalidEvidence):
        prove_entry(made.lines(weeks), old.id)


def test_an_entry_without_any_seal_has_no_proof() -> None:
    made = sample_ledger()
    unsealed = entry(7, 1, at=0)
    lines = [*made.lines(NOW), canonical_json(unsealed.to_document()) + b"\n"]
    with pytest.raises(InvalidEvidence):
        prove_entry(lines, unsealed.id)


# ---- Roots that an auditor kept ----


@pytest.mark.threat(
    "B7",
    "Verification with a root from some nights ago cannot tell an honest ledger from a rewritten one.",
    "Verification accepts the root of any seal, and states its day and the number of later seals.",
)
def test_verification_finds_the_day_of_any_root_and_the_number_of_later_seals() -> None:
    made = sample_ledger(days=5)
    result = verify_ledger(made.lines(NOW), SqliteSorter)
    seals = made.seals.seals()
    assert [result.find_root(seal.root) for seal in seals] == [
        (FIRST, 3),
        (FIRST + 1, 2),
        (FIRST + 2, 1),
        (FIRST + 3, 0),
    ]
    assert result.root == seals[-1].root
    assert result.find_root("0" * 64) is None
    assert result.find_root("") is None and result.find_root(None) is None


# ---- Additions to lines ----


@functools.cache
def whole() -> tuple[bytes, ...]:
    made = sample_ledger()
    made.seals.alterations.append(AlteredObject("seals/2024-10-04.json", Alteration.REWRITTEN))
    return tuple(made.lines(NOW))


def _kinds() -> dict[str, int]:
    """Returns the index of a line of each kind."""
    return {
        next(iter(document)) if len(document) == 1 else "entry": index
        for index, document in enumerate(map(json.loads, whole()))
    }


@pytest.mark.threat(
    "B10",
    "An attacker adds text to a sealed export, as another member of one of its lines.",
    "Each line has exactly the members of its kind. Each line of hashes, except the last of a seal, is full.",
)
@pytest.mark.parametrize("kind", ["format", "seal", "open", "leaves", "altered", "entry"])
@pytest.mark.parametrize("deep", [False, True])
def test_an_addition_to_any_line_is_a_fault(kind: str, deep: bool) -> None:
    lines, index = list(whole()), _kinds()[kind]
    document = json.loads(lines[index])
    inner = document.get(kind)
    if deep and not isinstance(inner, dict):
        return
    (inner if deep else document)["note"] = "the person agreed by phone"
    lines[index] = canonical_json(document) + b"\n"
    assert str(fault(lines)).startswith(f"line {index + 1}: ")


@pytest.mark.parametrize("extra", [b'{"leaves":[]}\n', b"{}\n", b'{"note":1}\n', b"\n", b"[]\n"])
def test_an_additional_line_anywhere_is_a_fault(extra: bytes) -> None:
    for index in range(len(whole()) + 1):
        lines = [*whole()[:index], extra, *whole()[index:]]
        assert str(fault(lines)).startswith("line "), index


def test_lines_of_hashes_must_be_full_so_that_each_ledger_has_one_form() -> None:
    lines, index = list(whole()), _kinds()["leaves"]
    leaves = json.loads(lines[index])["leaves"]
    halves = [canonical_json({"leaves": half}) + b"\n" for half in (leaves[:1], leaves[1:])]
    lines[index : index + 1] = halves
    assert "not full" in str(fault(lines))


@pytest.mark.parametrize("how", Alteration)
def test_an_alteration_of_the_storage_is_the_fault_only_if_there_is_no_other(how: Alteration) -> None:
    made = sample_ledger()
    made.seals.alterations.append(AlteredObject("leaves/2024-10-04", how))
    assert str(fault(made.lines(NOW))).startswith("leaves/2024-10-04: ")
    removed = next(iter(made.ledger.entries))
    del made.ledger.entries[removed]
    assert "an entry is missing" in str(fault(made.lines(NOW)))


def test_the_fault_shows_an_unprintable_object_name_with_escapes() -> None:
    made = sample_ledger()
    made.seals.alterations.append(AlteredObject("seals/\x07\n\u202e", Alteration.MALFORMED))
    assert str(fault(made.lines(NOW))).startswith(r"seals/\x07\n\u202e: ")


# ---- Arbitrary files ----

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


def _never_crashes(lines: list[bytes], index: int) -> None:
    """Checks that verification names a fault, and that the readers fail only with expected errors."""
    message = fault(lines)
    assert message is not None
    assert message.isprintable()
    try:
        for _ in read_export(lines):
            pass
    except MalformedMessage as error:
        assert str(error).startswith(f"line {index + 1}: ")  # noqa: PT017
    with contextlib.suppress(MalformedMessage, NotFound):
        prove_entry(lines, "0" * 64)


@pytest.mark.threat(
    "W14",
    "A file that is not an export, or that has a value of a wrong type, crashes the verification.",
    "Each member must have its exact type and range. The fault names the line.",
)
@given(st.data())
def test_the_fault_names_the_line_of_a_member_with_a_wrong_type(data: st.DataObject) -> None:
    lines, index = list(whole()), data.draw(st.sampled_from(sorted(_kinds().values())))
    document = json.loads(lines[index])
    owner = document
    (first, *others) = document
    if not others and isinstance(document[first], dict) and data.draw(st.booleans()):
        owner = document[first]
    member = data.draw(st.sampled_from(sorted(owner)))
    value = data.draw(_JUNK)
    if value == owner[member] and type(value) is type(owner[member]):
        return
    owner[member] = value
    lines[index] = canonical_json(document) + b"\n"
    _never_crashes(lines, index)


@given(_JUNK, st.integers(0, len(whole()) - 1))
def test_arbitrary_json_instead_of_any_line_is_a_fault(junk: object, index: int) -> None:
    lines = list(whole())
    lines[index] = canonical_json(junk) + b"\n"  # type: ignore[arg-type]
    _never_crashes(lines, index)


@given(st.binary(max_size=80), st.data())
def test_arbitrary_bytes_in_any_line_are_a_fault(junk: bytes, data: st.DataObject) -> None:
    lines = list(whole())
    index = data.draw(st.integers(0, len(lines) - 1))
    start = data.draw(st.integers(0, len(lines[index])))
    end = data.draw(st.integers(start, len(lines[index])))
    mutated = lines[index][:start] + junk + lines[index][end:]
    if mutated != lines[index]:
        lines[index] = mutated
        _never_crashes(lines, index)


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
def test_input_that_crashes_parsers_is_a_fault(strange: bytes) -> None:
    for index in _kinds().values():
        lines = list(whole())
        lines[index] = strange
        _never_crashes(lines, index)
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
    document = {**sample_ledger().seals.seals()[0].to_document(), member: value}
    with pytest.raises(MalformedMessage, match=member):
        Seal.from_document(document)
