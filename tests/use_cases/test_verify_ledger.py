"""Verifying a ledger finds no fault in an intact ledger, and names the first fault in any other."""

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

from heed.adapters.sqlite_sort import SqliteSorter
from heed.domain.errors import NotFound
from heed.domain.ledger import merkle
from heed.domain.ledger.entry import EntryOutcome, LedgerEntry, canonical_json
from heed.domain.ledger.seal import Seal, head_leaf_hash, root_of_day
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.export import UNREADABLE_ENTRY
from heed.use_cases.ledger.prove import prove_entry
from heed.use_cases.ledger.seal_days import seal_days
from heed.use_cases.ledger.verify import LedgerCheck, verify_ledger
from tests.support.full import examples
from tests.support.ledgers import START, Ledgers, entry, salt, sample_ledger

NOW = Millis(START + 2 * DAY_MS + DAY_MS // 2 * 3)
EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence.md"


@functools.cache
def whole() -> tuple[bytes, ...]:
    return tuple(sample_ledger().lines(NOW))


def check(lines: list[bytes] | tuple[bytes, ...]) -> LedgerCheck:
    return verify_ledger(lines, SqliteSorter)


def resealed(original: Ledgers) -> list[bytes]:
    """Returns the lines of a ledger after an attacker with all permissions sealed it again."""
    again = Ledgers()
    again.enter(*(stored.entry for stored in original.ledger.entries.values()))
    seal_days(again.seals, START // DAY_MS + 2)
    return again.lines(NOW)


def test_an_unchanged_ledger_has_no_fault() -> None:
    result = check(whole())
    assert (result.fault, result.entries, len(result.roots)) == (None, 20, 2)
    assert result.root == sample_ledger().seals.seals()[-1].root


def test_an_empty_ledger_has_no_fault() -> None:
    assert check(Ledgers().lines(NOW)) == LedgerCheck(0, {}, None)


@pytest.mark.threat(
    "T15",
    "An attacker alters, removes or adds entries, hashes or seals of the ledger.",
    "Verification finds it by consecutive revisions, daily chained Merkle roots and write-once storage.",
)
@examples(600)
@given(st.data())
def test_verification_finds_any_changed_byte(data: st.DataObject) -> None:
    content = bytearray(b"".join(whole()))
    index = data.draw(st.integers(0, len(content) - 1))
    content[index] ^= data.draw(st.integers(1, 255))

    assert check(bytes(content).splitlines(keepends=True)).fault is not None


@examples(100)
@given(st.data())
def test_verification_finds_a_missing_or_repeated_line(data: st.DataObject) -> None:
    lines = list(whole())
    index = data.draw(st.integers(0, len(lines) - 1))
    lines[index : index + 1] = data.draw(st.sampled_from([[], [lines[index]] * 2]))

    assert check(lines).fault is not None


@given(st.integers(0, len(whole()) - 1))
def test_verification_finds_a_truncated_file(length: int) -> None:
    assert check(whole()[:length]).fault is not None


def test_entries_may_have_any_order() -> None:
    lines = list(whole())
    first = next(index for index, line in enumerate(lines) if b'"subject"' in line)
    assert check([*lines[:first], *reversed(lines[first:])]).fault is None


def test_the_revision_of_a_removed_entry_is_missing_even_after_a_new_seal() -> None:
    made = sample_ledger()
    removed = entry(2, 3, at=2 % 3 * DAY_MS + 0)
    (removed_id,) = [
        entry_id
        for entry_id, stored in made.ledger.entries.items()
        if (stored.entry.subject, stored.entry.seq) == (removed.subject, 3)
    ]
    del made.ledger.entries[removed_id]

    fault = check(resealed(made)).fault

    assert fault is not None
    assert f"revision 3 of subject {removed.subject}" in fault


def test_the_seal_reveals_that_the_last_entry_is_missing() -> None:
    made = sample_ledger()
    key, removed = next(item for item in made.ledger.entries.items() if item[1].entry.seq == 4)
    del made.ledger.entries[key]

    fault = check(made.lines(NOW)).fault

    assert fault is not None
    assert removed.entry.leaf.hex() in fault


def test_the_fault_names_an_altered_entry() -> None:
    lines = list(whole())
    index, document = next(
        (index, json.loads(line)) for index, line in enumerate(lines) if b'"subject"' in line
    )
    altered = LedgerEntry.from_document({**document, "recorded_at": document["recorded_at"] - 1000})
    lines[index] = canonical_json(altered.to_document()) + b"\n"

    fault = check(lines).fault

    assert fault is not None
    assert altered.id in fault or "is missing" in fault


def test_a_rewritten_ledger_has_a_different_last_root() -> None:
    made = sample_ledger()
    root = check(made.lines(NOW)).root
    (key, stored), *_ = made.ledger.entries.items()
    del made.ledger.entries[key]
    made.enter(entry(0, stored.entry.seq, at=stored.entry.at - START - 1))

    again = check(resealed(made))

    assert again.fault is None, "an attacker with all permissions can write a consistent ledger"
    assert again.root != root, "but cannot change a root that an auditor kept"


def test_verification_finds_a_seal_that_does_not_include_the_previous_root() -> None:
    made = sample_ledger()
    seal = made.seals.added_seals[1]
    leaves = made.seals.sealed_leaves(seal.day)
    made.seals.added_seals[1] = Seal(
        seal.day, seal.count, "0" * 64, root_of_day(seal.day, seal.count, "0" * 64, leaves)
    )

    fault = check(made.lines(NOW)).fault

    assert fault is not None
    assert "does not include the previous root" in fault


def test_a_late_entry_shares_a_revision_and_closes_no_gap() -> None:
    made = Ledgers()
    made.enter(entry(1, 1), entry(1, 1, at=-5_000, outcome=EntryOutcome.SUPERSEDED))
    assert check(made.lines(NOW)).fault is None

    made.enter(entry(1, 2, at=-6_000, outcome=EntryOutcome.SUPERSEDED))
    assert "revision 2" in str(check(made.lines(NOW)).fault)


def test_a_chain_starts_with_revision_one_or_with_an_erasure() -> None:
    made = Ledgers()
    made.enter(entry(1, 4))
    assert "revision 1" in str(check(made.lines(NOW)).fault)

    opening = LedgerEntry.from_document(
        {
            **{k: v for k, v in entry(1, 3, at=-1_000).to_document().items() if k != "id"},
            "register": "floor",
            "id": "",
        }
        | {"id": _id_with_register(entry(1, 3, at=-1_000), "floor")}
    )
    made.enter(opening)
    assert check(made.lines(NOW)).fault is None


def _id_with_register(original: LedgerEntry, register: str) -> str:
    from dataclasses import replace

    return replace(original, register=register).id


# ---- Proofs ----


def program() -> str:
    """Returns the verification program of docs/evidence.md."""
    (code,) = re.findall(r"```python\n(.*?)```", EVIDENCE.read_text(), re.DOTALL)
    return str(code)


def run_program(tmp_path: Path, proof: object, root: str) -> tuple[int, str]:
    script, file = tmp_path / "check.py", tmp_path / "proof.json"
    script.write_text(program())
    file.write_text(json.dumps(proof))
    process = subprocess.run(
        [sys.executable, "-I", script, file, root], capture_output=True, text=True, check=False
    )
    return process.returncode, process.stdout + process.stderr


def test_a_third_party_can_verify_a_proof_with_the_program_of_the_handbook(tmp_path: Path) -> None:
    made = sample_ledger()
    assert len([line for line in program().splitlines() if line.strip()]) <= 30
    for stored in list(made.ledger.entries.values())[:4]:
        proof = prove_entry(made.lines(NOW), stored.entry.id)
        opening = {"recipient": "", "salt": "", "evidence": ""}
        subject = next(n for n in range(5) if stored.entry.subject == entry(n, 1).subject)
        opening = {"recipient": str(subject), "salt": salt(subject).hex(), "evidence": "{}"}

        assert run_program(tmp_path, proof, proof["seal"]["root"])[0] == 0
        assert run_program(tmp_path, {**proof, "opening": opening}, proof["seal"]["root"])[0] == 0

        wrong_opening = {**opening, "recipient": "somebody else"}
        assert run_program(tmp_path, {**proof, "opening": wrong_opening}, proof["seal"]["root"])[0] != 0
        assert run_program(tmp_path, proof, "0" * 64)[0] != 0
        altered = {**proof, "entry": {**proof["entry"], "at": proof["entry"]["at"] + 1}}
        assert run_program(tmp_path, altered, proof["seal"]["root"])[0] != 0


@pytest.mark.threat(
    "B5",
    "An attacker shows a third party a proof of a backdated entry, which was sealed much later.",
    "The program that verifies a proof prints the dates of entry and seal, and rejects a large gap.",
)
def test_the_program_of_the_handbook_prints_both_dates_and_rejects_a_large_gap(tmp_path: Path) -> None:
    made = Ledgers()
    late, old = entry(1, 1, at=-2 * DAY_MS), entry(2, 1, at=-3 * DAY_MS)
    for backdated in (late, old):
        made.ledger.enter(backdated, "{}")
        made.seals.add_leaves(START // DAY_MS, [backdated.leaf])
    seal_days(made.seals, START // DAY_MS + 1)
    proof = prove_entry(made.lines(NOW), late.id)
    root = proof["seal"]["root"]

    code, output = run_program(tmp_path, proof, root)
    assert code == 0
    assert "recorded on 2024-10-02" in output and "the seal of 2024-10-04" in output

    altered = {**proof, "seal": {**proof["seal"], "day": "2024-10-02"}}
    code, output = run_program(tmp_path, altered, root)
    assert code != 0, "the root covers the day of its seal"

    tree = [head_leaf_hash(START // DAY_MS, 2, ""), *sorted([late.leaf, old.leaf])]
    index = tree.index(old.leaf)
    path = [node.hex() for node in merkle.audit_path(tree, index)]
    forged = {**proof, "entry": old.to_document(), "index": index, "path": path}
    code, output = run_program(tmp_path, forged, root)
    assert code != 0
    assert "recorded on 2024-10-01" in output and "the seal of 2024-10-04" in output


def test_an_unknown_entry_has_no_proof() -> None:
    with pytest.raises(NotFound):
        prove_entry(whole(), "0" * 64)


def test_an_unreadable_entry_is_a_fault_but_the_entries_after_it_still_have_proofs() -> None:
    lines = list(whole())
    first = next(index for index, line in enumerate(lines) if b'"subject"' in line)
    entry_id = json.loads(lines[first])["id"]
    lines[first:first] = [canonical_json(UNREADABLE_ENTRY) + b"\n"] * 2

    assert check(lines).fault == f"line {first + 1}: an unreadable entry"
    assert prove_entry(lines, entry_id)["entry"]["id"] == entry_id
    with pytest.raises(NotFound, match="2 entries are unreadable"):
        prove_entry(lines, "0" * 64)
    lines[first] = b'{"entry":"other"}\n'
    assert check(lines).fault == f"line {first + 1}: not an unreadable entry"
