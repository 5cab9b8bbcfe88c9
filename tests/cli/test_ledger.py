"""`heed ledger` and `heed report deadlines` on a file that was exported: no stack, no network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from heed.cli.main import main
from heed.domain.register import DAY
from tests.ledgers import START, entry, ordinary

NOW = START + 3 * DAY + DAY // 2


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    made = ordinary()
    late = entry(9, 1, at=0)
    made.enter(replace(late, source="letter", recorded_at=late.at + 2 * DAY + 3_600_000))
    path = tmp_path / "export"
    path.write_bytes(b"".join(made.lines(NOW)))
    return path


def test_a_whole_file_is_whole_and_a_flipped_byte_is_not(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", "verify", str(exported), "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert (whole["whole"], whole["entries"]) == (True, 21)
    assert main(["ledger", "verify", str(exported), "--root", whole["root"]]) == 0
    assert main(["ledger", "verify", str(exported), "--root", "0" * 64]) == 1

    content = bytearray(exported.read_bytes())
    content[-20] ^= 1
    exported.write_bytes(content)
    capsys.readouterr()
    assert main(["ledger", "verify", str(exported), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["fault"]


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
