"""`heed ledger` and `heed report deadlines` with an exported file, without a stack and a network."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from heed.domain.ledger.entry import canonical_json
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.entrypoints.cli.main import main
from tests.support.ledgers import START, entry, sample_ledger

INSTALLED = Path(sys.executable).with_name("heed")
NOW = Millis(START + 3 * DAY_MS + DAY_MS // 2)


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    ledger = sample_ledger()
    late = entry(9, 1, at=0)
    ledger.enter(replace(late, source="letter", recorded_at=Millis(late.at + 2 * DAY_MS + 3_600_000)))
    path = tmp_path / "export"
    path.write_bytes(b"".join(ledger.lines(NOW)))
    return path


def test_an_intact_export_passes_and_a_changed_byte_fails(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", "verify", str(exported), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["whole"], facts["entries"]) == (True, 21)

    content = bytearray(exported.read_bytes())
    content[-20] ^= 1
    exported.write_bytes(content)
    capsys.readouterr()
    assert main(["ledger", "verify", str(exported), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["fault"]


@pytest.mark.threat(
    "B7",
    "A root that somebody keeps for longer than a day no longer matches an honest ledger.",
    "`--root` takes the root of any night. It shows the day and the number of nights since.",
)
def test_an_old_root_is_found_nights_later(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, last = sample_ledger().seals.seals()
    for seal, day, nights in ((first, "2024-10-04", 1), (last, "2024-10-05", 0)):
        assert main(["ledger", "verify", str(exported), "--root", seal.root, "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["root_of"], answer["nights_since"]) == (day, nights)
        assert answer["root"] == last.root

    assert main(["ledger", "verify", str(exported), "--root", "0" * 64, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["whole"], answer["root_of"]) == (False, None)
    assert answer["fault"] == "no seal has the root given by --root"


def test_a_full_disk_is_a_failure_and_no_forged_ledger(exported: Path) -> None:
    header, seal, *_ = exported.read_bytes().splitlines(keepends=True)
    hashes = [f"{number:064x}" for number in range(1, 80_001)]  # SQLite keeps the first 2 MB in memory
    batches = (hashes[start : start + 1000] for start in range(0, len(hashes), 1000))
    leaves = (canonical_json({"leaves": batch}) + b"\n" for batch in batches)
    exported.write_bytes(b"".join([header, seal, *leaves]))

    done = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -f 64; exec {INSTALLED} ledger verify {exported}"],
        env={"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (3, "")
    assert re.fullmatch(r"heed: the hashes cannot be sorted on disk \(.*\): make room .*\n", done.stderr)


@pytest.mark.parametrize("content", [b"", b"[" * 99_999, b"\xff\0\n", b"x" * (3 << 20)])
def test_a_file_that_is_not_an_export_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    assert main(["ledger", "verify", str(path)]) == 1
    assert "line 1: " in capsys.readouterr().out
    assert main(["report", "deadlines", str(path)]) == 3
    assert main(["ledger", "prove", "0" * 64, str(path)]) == 3
    assert capsys.readouterr().err.count("line 1: ") == 2


def test_an_entry_dated_long_before_its_seal_is_not_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, old = sample_ledger(), entry(9, 1, at=-9 * DAY_MS)
    ledger.ledger.enter(old, "{}")
    ledger.seals.add_leaves(START // DAY_MS + 2, [old.leaf])
    path = tmp_path / "export"
    path.write_bytes(b"".join(ledger.lines(NOW)))
    assert main(["ledger", "prove", old.id, str(path)]) == 3
    result = capsys.readouterr()
    assert result.out == "" and "long before the day of its seal" in result.err


def test_delays_are_reported_by_source_and_limit(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "deadlines", str(exported), "--json"]) == 1, "a letter took too long"
    sources = json.loads(capsys.readouterr().out)["sources"]
    assert sources["one-click"]["stops"] == 20
    assert set(sources["one-click"]["over"].values()) == {0}
    over = {rule for rule, number in sources["letter"]["over"].items() if number}
    assert over == {"Gmail, bulk senders", "Yahoo, bulk senders"}

    assert main(["report", "deadlines", str(exported)]) == 1
    table = capsys.readouterr().out
    assert "49 h 0 min" in table and "CAN-SPAM" in table


def test_delays_are_reported_despite_an_unreadable_entry(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    exported.write_bytes(b"".join([*lines[:-3], b'{"entry":"unreadable"}\n', *lines[-3:]]))
    main(["report", "deadlines", str(exported), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert (answer["unreadable"], sum(source["stops"] for source in answer["sources"].values())) == (1, 21)
    main(["report", "deadlines", str(exported)])
    assert "1 entries of the ledger cannot be read" in capsys.readouterr().out
