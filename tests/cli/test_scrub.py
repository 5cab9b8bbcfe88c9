"""`heed scrub` with the real functions, the work of the state machine, and S3."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Heed
from tests.cli.server import ApiServer

SCRUB = ("scrub", "people.csv", "--topic", "offers", "-o", "checked.csv")
OPT_OUT = ("--scope", "*", "--out", "--source", "phone", "--reference", "CALL-118")

pytestmark = pytest.mark.usefixtures("local")


@pytest.fixture(autouse=True)
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_bytes(b"Name;E-Mail\r\nLee;lee@example.com\r\nJoan;joan@example.com\r\nNobody;nobody\r\n")
    return path


def test_the_same_file_comes_back_with_the_answers_for_its_owner_alone(heed: Heed, tmp_path: Path) -> None:
    heed("change", "lee@example.com", *OPT_OUT)

    result = heed(*SCRUB)

    assert (result.code, result.err) == (0, "")
    assert result.out.endswith("\nSaved checked.csv\n")
    checked = tmp_path / "checked.csv"
    header, lee, joan, invalid = checked.read_text("utf-8").splitlines()
    assert header == "Name;E-Mail;recipient;sendable;reason;since"
    assert re.fullmatch(r"Lee;lee@example\.com;[a-z2-7]{26};false;unsubscribed;20.+Z", lee)
    assert re.fullmatch(r"Joan;joan@example\.com;[a-z2-7]{26};true;ok;", joan)
    assert invalid == "Nobody;nobody;;false;invalid;"
    assert checked.stat().st_mode & 0o777 == 0o600


def test_the_options_reach_the_job(heed: Heed, tmp_path: Path) -> None:
    result = heed(*SCRUB, "--links", "--lang", "de", "--campaign", "spring", "--column", "e-mail", "--json")

    assert (result.code, result.json["state"], result.json["rows"]) == (0, "done", 3)
    assert "lang=de" in (tmp_path / "checked.csv").read_text("utf-8")


def test_a_file_is_replaced_only_by_force(heed: Heed, tmp_path: Path, server: ApiServer) -> None:
    (tmp_path / "checked.csv").write_text("another")

    refused = heed(*SCRUB)

    assert (refused.code, "checked.csv exists" in refused.err, server.requests) == (2, True, [])
    assert heed(*SCRUB, "--force").code == 0
    assert (tmp_path / "checked.csv").read_text("utf-8").startswith("Name;")


def test_a_column_that_is_not_there_is_a_failure_and_saves_nothing(heed: Heed, tmp_path: Path) -> None:
    result = heed(*SCRUB, "--column", "Mail")

    assert (result.code, "the job failed, unknown-header" in result.err) == (3, True)
    assert not (tmp_path / "checked.csv").exists()
