"""`heed ledger` and `heed report deadlines` on a file that was exported: no stack, no network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from heed.domain.preferences.register import DAY_MS
from heed.entrypoints.cli.main import main
from tests.support.ledgers import START, entry, ordinary

NOW = START + 3 * DAY_MS + DAY_MS // 2


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    made = ordinary()
    late = entry(9, 1, at=0)
    made.enter(replace(late, source="letter", recorded_at=late.at + 2 * DAY_MS + 3_600_000))
    path = tmp_path / "export"
    path.write_bytes(b"".join(made.lines(NOW)))
    return path


def test_a_whole_file_is_whole_and_a_flipped_byte_is_not(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", "verify", str(exported), "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert (whole["whole"], whole["entries"]) == (True, 21)

    content = bytearray(exported.read_bytes())
    content[-20] ^= 1
    exported.write_bytes(content)
    capsys.readouterr()
    assert main(["ledger", "verify", str(exported), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["fault"]


@pytest.mark.threat(
    "B7",
    "A root that was kept for longer than a day no longer fits an honest ledger.",
    "`--root` takes the root of any night, and says which day it is and how many nights came since.",
)
def test_a_root_that_was_kept_is_found_again_nights_later(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, last = ordinary().seals.seals()
    for kept, day, nights in ((first, "2024-10-04", 1), (last, "2024-10-05", 0)):
        assert main(["ledger", "verify", str(exported), "--root", kept.root, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["root_of"], told["nights_since"]) == (day, nights)
        assert told["root"] == last.root

    assert main(["ledger", "verify", str(exported), "--root", "0" * 64, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["whole"], told["root_of"]) == (False, None)
    assert told["fault"] == "no seal has the root that was named"


@pytest.mark.parametrize("content", [b"", b"[" * 99_999, b"\xff\0\n", b"x" * (3 << 20)])
def test_a_file_that_is_no_export_crashes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    assert main(["ledger", "verify", str(path)]) == 1
    assert "line 1: " in capsys.readouterr().out
    assert main(["report", "deadlines", str(path)]) == 3
    assert main(["ledger", "prove", "0" * 64, str(path)]) == 3
    assert capsys.readouterr().err.count("line 1: ") == 2


def test_an_entry_that_says_a_day_long_before_its_seals_is_not_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, old = ordinary(), entry(9, 1, at=-9 * DAY_MS)
    made.ledger.enter(old, "{}")
    made.seals.add(START // DAY_MS + 2, [old.leaf])
    path = tmp_path / "export"
    path.write_bytes(b"".join(made.lines(NOW)))
    assert main(["ledger", "prove", old.id, str(path)]) == 3
    ended = capsys.readouterr()
    assert ended.out == "" and "a day long before that of its seal" in ended.err


def test_the_deadlines_are_told_by_source_against_each_limit(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "deadlines", str(exported), "--json"]) == 1, "a letter took too long"
    sources = json.loads(capsys.readouterr().out)["sources"]
    assert sources["one-click"]["stops"] == 20
    assert set(sources["one-click"]["over"].values()) == {0}
    over = {rule for rule, number in sources["letter"]["over"].items() if number}
    assert over == {"Gmail, bulk senders", "Yahoo, bulk senders"}

    assert main(["report", "deadlines", str(exported)]) == 1
    table = capsys.readouterr().out
    assert "49 h 0 min" in table and "CAN-SPAM" in table


def test_the_deadlines_are_told_past_an_entry_that_nobody_can_read(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    exported.write_bytes(b"".join([*lines[:-3], b'{"entry":"unreadable"}\n', *lines[-3:]]))
    main(["report", "deadlines", str(exported), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (told["unreadable"], sum(one["stops"] for one in told["sources"].values())) == (1, 21)
    main(["report", "deadlines", str(exported)])
    assert "1 entries of the ledger cannot be read" in capsys.readouterr().out
