"""A ledger is whole, or the first thing that does not fit is named."""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.adapters import external_sort
from heed.domain.errors import NotFound
from heed.domain.ledger import merkle
from heed.domain.ledger.entry import EntryOutcome, LedgerEntry, canonical_json
from heed.domain.ledger.seal import Seal, first_leaf_hash, root_of_day
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.export import UNREADABLE_ENTRY
from heed.use_cases.ledger.prove import prove_entry
from heed.use_cases.ledger.seal_days import seal_days
from heed.use_cases.ledger.verify import LedgerCheck, verify_ledger
from tests.support.full import examples
from tests.support.ledgers import START, Ledgers, entry, ordinary, salt

NOW = START + 2 * DAY_MS + DAY_MS // 2 * 3
EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence.md"


@functools.cache
def whole() -> tuple[bytes, ...]:
    return tuple(ordinary().lines(NOW))


def check(lines: list[bytes] | tuple[bytes, ...]) -> LedgerCheck:
    return verify_ledger(lines, external_sort.ExternalSorter)


def resealed(made: Ledgers) -> list[bytes]:
    """The lines of a ledger that was sealed as it is, by whoever holds everything but the old roots."""
    again = Ledgers()
    again.enter(*(kept.entry for kept in made.ledger.entries.values()))
    seal_days(again.seals, START // DAY_MS + 2)
    return again.lines(NOW)


def test_a_ledger_that_nobody_touched_is_whole() -> None:
    verdict = check(whole())
    assert (verdict.fault, verdict.entries, len(verdict.roots)) == (None, 20, 2)
    assert verdict.root == ordinary().seals.seals()[-1].root


def test_an_empty_ledger_is_whole() -> None:
    assert check(Ledgers().lines(NOW)) == LedgerCheck(0, {}, None)


@pytest.mark.threat(
    "T15",
    "Somebody alters, removes or adds entries of the ledger, its hashes or its seals.",
    "Numbers without a gap, a Merkle root a night on the one before, and write-once storage name it.",
)
@examples(600)
@given(st.data())
def test_a_changed_byte_anywhere_is_found(data: st.DataObject) -> None:
    content = bytearray(b"".join(whole()))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))

    assert check(bytes(content).splitlines(keepends=True)).fault is not None


@examples(100)
@given(st.data())
def test_a_missing_or_repeated_line_is_found(data: st.DataObject) -> None:
    lines = list(whole())
    place = data.draw(st.integers(0, len(lines) - 1))
    lines[place : place + 1] = data.draw(st.sampled_from([[], [lines[place]] * 2]))

    assert check(lines).fault is not None


@given(st.integers(0, len(whole()) - 1))
def test_a_file_that_was_cut_off_is_found(length: int) -> None:
    assert check(whole()[:length]).fault is not None


def test_entries_may_stand_in_any_order() -> None:
    lines = list(whole())
    first = next(place for place, line in enumerate(lines) if b'"subject"' in line)
    assert check([*lines[:first], *reversed(lines[first:])]).fault is None


def test_a_removed_entry_is_named_by_its_number_even_if_everything_was_sealed_anew() -> None:
    made = ordinary()
    gone = entry(2, 3, at=2 % 3 * DAY_MS + 0)
    (name,) = [
        key
        for key, kept in made.ledger.entries.items()
        if (kept.entry.subject, kept.entry.seq) == (gone.subject, 3)
    ]
    del made.ledger.entries[name]

    fault = check(resealed(made)).fault

    assert fault is not None
    assert f"number 3 of subject {gone.subject}" in fault


def test_a_removed_last_entry_is_found_by_the_seal() -> None:
    made = ordinary()
    key, kept = next((key, kept) for key, kept in made.ledger.entries.items() if kept.entry.seq == 4)
    del made.ledger.entries[key]

    fault = check(made.lines(NOW)).fault

    assert fault is not None
    assert kept.entry.leaf.hex() in fault


def test_an_altered_entry_is_named() -> None:
    lines = list(whole())
    place, document = next(
        (place, json.loads(line)) for place, line in enumerate(lines) if b'"subject"' in line
    )
    altered = LedgerEntry.from_document({**document, "recorded_at": document["recorded_at"] - 1000})
    lines[place] = canonical_json(altered.to_document()) + b"\n"

    fault = check(lines).fault

    assert fault is not None
    assert altered.id in fault or "is missing" in fault


def test_a_ledger_written_anew_has_another_last_root() -> None:
    made = ordinary()
    root = check(made.lines(NOW)).root
    (key, kept), *_ = made.ledger.entries.items()
    del made.ledger.entries[key]
    made.enter(entry(0, kept.entry.seq, at=kept.entry.at - START - 1))

    again = check(resealed(made))

    assert again.fault is None, "who holds everything can write everything"
    assert again.root != root, "but not the root that somebody wrote down"


def test_a_seal_that_is_not_on_the_one_before_is_found() -> None:
    made = ordinary()
    seal = made.seals.made[1]
    leaves = made.seals.sealed(seal.day)
    made.seals.made[1] = Seal(
        seal.day, seal.count, "0" * 64, root_of_day(seal.day, seal.count, "0" * 64, leaves)
    )

    fault = check(made.lines(NOW)).fault

    assert fault is not None
    assert "not on the root before it" in fault


def test_a_late_wish_has_the_number_of_another_and_fills_no_gap() -> None:
    made = Ledgers()
    made.enter(entry(1, 1), entry(1, 1, at=-5_000, outcome=EntryOutcome.SUPERSEDED))
    assert check(made.lines(NOW)).fault is None

    made.enter(entry(1, 2, at=-6_000, outcome=EntryOutcome.SUPERSEDED))
    assert "number 2" in str(check(made.lines(NOW)).fault)


def test_a_chain_begins_with_one_or_with_the_floor_of_an_epoch() -> None:
    made = Ledgers()
    made.enter(entry(1, 4))
    assert "number 1" in str(check(made.lines(NOW)).fault)

    opening = LedgerEntry.from_document(
        {
            **{k: v for k, v in entry(1, 3, at=-1_000).to_document().items() if k != "id"},
            "register": "floor",
            "id": "",
        }
        | {"id": _named(entry(1, 3, at=-1_000), "floor")}
    )
    made.enter(opening)
    assert check(made.lines(NOW)).fault is None


def _named(one: LedgerEntry, register: str) -> str:
    from dataclasses import replace

    return replace(one, register=register).id


def test_sorting_goes_by_the_disk_without_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external_sort, "_MAX_RECORDS_IN_MEMORY", 3)
    assert check(whole()).fault is None
    assert check(whole()[:-1]).fault is not None


# ---- Proofs ----


def program() -> str:
    """The lines of docs/evidence.md."""
    (found,) = re.findall(r"```python\n(.*?)```", EVIDENCE.read_text(), re.DOTALL)
    return str(found)


def judged(tmp_path: Path, proof: object, root: str) -> tuple[int, str]:
    script, file = tmp_path / "check.py", tmp_path / "proof.json"
    script.write_text(program())
    file.write_text(json.dumps(proof))
    done = subprocess.run(
        [sys.executable, "-I", script, file, root], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_third_party_checks_a_proof_with_the_lines_of_the_handbook(tmp_path: Path) -> None:
    made = ordinary()
    assert len([line for line in program().splitlines() if line.strip()]) <= 30
    for kept in list(made.ledger.entries.values())[:4]:
        proof = prove_entry(made.lines(NOW), kept.entry.id)
        opening = {"recipient": "", "salt": "", "evidence": ""}
        subject = next(n for n in range(5) if kept.entry.subject == entry(n, 1).subject)
        opening = {"recipient": str(subject), "salt": salt(subject).hex(), "evidence": "{}"}

        assert judged(tmp_path, proof, proof["seal"]["root"])[0] == 0
        assert judged(tmp_path, {**proof, "opening": opening}, proof["seal"]["root"])[0] == 0

        another = {**opening, "recipient": "somebody else"}
        assert judged(tmp_path, {**proof, "opening": another}, proof["seal"]["root"])[0] != 0
        assert judged(tmp_path, proof, "0" * 64)[0] != 0
        lie = {**proof, "entry": {**proof["entry"], "at": proof["entry"]["at"] + 1}}
        assert judged(tmp_path, lie, proof["seal"]["root"])[0] != 0


@pytest.mark.threat(
    "B5",
    "A third party is shown the proof of an entry that was put under a seal long after the day that it says.",
    "The lines that check a proof print the day that the entry says beside the seal's, and refuse the gap.",
)
def test_the_lines_of_the_handbook_show_both_days_and_refuse_a_gap(tmp_path: Path) -> None:
    made = Ledgers()
    late, old = entry(1, 1, at=-2 * DAY_MS), entry(2, 1, at=-3 * DAY_MS)
    for one in (late, old):
        made.ledger.enter(one, "{}")
        made.seals.add(START // DAY_MS, [one.leaf])
    seal_days(made.seals, START // DAY_MS + 1)
    proof = prove_entry(made.lines(NOW), late.id)
    root = proof["seal"]["root"]

    code, said = judged(tmp_path, proof, root)
    assert code == 0
    assert "recorded on 2024-10-02" in said and "the seal of 2024-10-04" in said

    lie = {**proof, "seal": {**proof["seal"], "day": "2024-10-02"}}
    code, said = judged(tmp_path, lie, root)
    assert code != 0, "the day of a seal is under its root"

    tree = [first_leaf_hash(START // DAY_MS, 2, ""), *sorted([late.leaf, old.leaf])]
    index = tree.index(old.leaf)
    path = [step.hex() for step in merkle.audit_path(tree, index)]
    forged = {**proof, "entry": old.to_document(), "index": index, "path": path}
    code, said = judged(tmp_path, forged, root)
    assert code != 0
    assert "recorded on 2024-10-01" in said and "the seal of 2024-10-04" in said


def test_what_is_not_in_the_ledger_has_no_proof() -> None:
    with pytest.raises(NotFound):
        prove_entry(whole(), "0" * 64)


def test_an_entry_that_nobody_can_read_is_the_fault_and_stands_in_nobodys_way() -> None:
    """It stands for an item of the table; everybody behind it keeps the proof of theirs."""
    lines = list(whole())
    first = next(place for place, line in enumerate(lines) if b'"subject"' in line)
    name = json.loads(lines[first])["id"]
    lines[first:first] = [canonical_json(UNREADABLE_ENTRY) + b"\n"] * 2

    assert check(lines).fault == f"line {first + 1}: an entry that nobody can read"
    assert prove_entry(lines, name)["entry"]["id"] == name
    with pytest.raises(NotFound, match="2 entries cannot be read"):
        prove_entry(lines, "0" * 64)
    lines[first] = b'{"entry":"other"}\n'
    assert check(lines).fault == f"line {first + 1}: not an entry that nobody can read"
