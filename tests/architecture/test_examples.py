"""The examples in docs/examples run."""

from __future__ import annotations

import importlib.util
import io
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from heed.domain.jobs.import_event import import_done_event
from heed.domain.jobs.job_report import JobCounts
from heed.domain.milliseconds import Millis

ROOT = Path(__file__).parents[2]
WHO = "abcdefghijklmnopqrstuvwxya"


@pytest.fixture(scope="module")
def contacts() -> ModuleType:
    path = ROOT / "docs" / "examples" / "contacts.py"
    spec = importlib.util.spec_from_file_location("contacts", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def event(kind: str, state: str, at: str, who: str = WHO, **fields: str) -> dict[str, Any]:
    detail = {"id": "0" * 32, "recipient": who, "scope": "offers", "state": state, "at": at}
    return {"source": "heed", "detail-type": kind, "detail": {**detail, "source": "link", **fields}}


def test_the_sample_consumer_joins_events_to_contacts_and_keeps_the_newest(
    contacts: ModuleType,
) -> None:
    database = contacts.open_database(":memory:")
    contacts.add_contacts(database, {WHO: "jane@example.com"})
    newer = event("Recipient Opted Out", "out", "2026-03-05T10:00:00.000Z")
    older = event("Recipient Opted In", "in", "2026-03-05T09:00:00.000Z")

    assert contacts.handle_event(database, newer) == "jane@example.com"
    contacts.handle_event(database, older)
    contacts.handle_event(database, newer)

    rows = database.execute("SELECT scope, event_type, at FROM preference").fetchall()
    assert rows == [("offers", "Recipient Opted Out", "2026-03-05T10:00:00.000Z")]
    assert contacts.handle_event(database, event("Recipient Opted Out", "out", "2026", "z" * 26)) is None


def test_the_sample_consumer_ignores_the_event_of_an_import(contacts: ModuleType) -> None:
    database = contacts.open_database(":memory:")
    done = import_done_event("j" * 26, JobCounts(applied=3), Millis(0))

    assert contacts.handle_event(database, {"detail-type": done.type.value, "detail": done.detail}) is None
    assert database.execute("SELECT * FROM preference").fetchall() == []
    database.close()


def test_the_sample_consumer_deletes_a_purged_recipient(contacts: ModuleType) -> None:
    database = contacts.open_database(":memory:")
    contacts.add_contacts(database, {WHO: "jane@example.com"})
    contacts.handle_event(database, event("Recipient Suppressed", "hold", "2026-03-05T10:00:00.000Z"))
    contacts.handle_event(database, event("Recipient Purged", "erased", "2026-03-06T10:00:00.000Z"))

    for table in ("contact", "preference"):
        assert database.execute(f"SELECT * FROM {table}").fetchall() == []  # noqa: S608
    database.close()


def test_the_sample_consumer_is_a_program_that_reads_lines(
    contacts: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [event("Recipient Paused", "paused", "2026-03-05T10:00:00.000Z", until="2026-04-04")]
    monkeypatch.setattr(sys, "argv", ["contacts.py", str(tmp_path / "contacts.db")])
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(map(json.dumps, lines)) + "\n"))

    contacts.main()

    database = contacts.open_database(str(tmp_path / "contacts.db"))
    assert database.execute("SELECT about, until FROM preference").fetchall() == [("choice", "2026-04-04")]
    database.close()


@pytest.mark.system
def test_the_sample_template_passes_the_linter() -> None:
    lint = Path(sys.executable).with_name("cfn-lint")
    process = subprocess.run(
        [lint, ROOT / "docs" / "examples" / "queue.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.returncode, process.stdout) == (0, ""), process.stderr
