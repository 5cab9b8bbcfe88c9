"""The examples in docs/examples run."""

from __future__ import annotations

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
from tests.support.doc_code import load_example

ROOT = Path(__file__).parents[2]
WHO = "abcdefghijklmnopqrstuvwxya"


@pytest.fixture(scope="module")
def contacts() -> ModuleType:
    return load_example("contacts")


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


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(
    ("stopping", "permitting"),
    [
        (("Recipient Opted Out", "out"), ("Recipient Opted In", "in")),
        (("Recipient Paused", "paused"), ("Recipient Opted In", "confirmed")),
        (("Recipient Opted Out", "out"), ("Recipient Paused", "paused")),
        (("Recipient Suppressed", "hold"), ("Recipient Lifted", "hold")),
    ],
)
def test_of_two_events_with_the_same_time_the_sample_consumer_keeps_the_one_that_stops(
    contacts: ModuleType, stopping: tuple[str, str], permitting: tuple[str, str], *, ordered: bool
) -> None:
    database = contacts.open_database(":memory:")
    both = [event(*kind, "2026-03-05T10:00:00.000Z") for kind in (stopping, permitting)]
    for each in both if ordered else reversed(both):
        contacts.handle_event(database, each)

    assert database.execute("SELECT event_type FROM preference").fetchall() == [(stopping[0],)]
    database.close()


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("until", ["2026-05-01T00:00:00.000Z", None])
def test_of_two_stops_with_the_same_time_the_sample_consumer_keeps_the_longer_one(
    contacts: ModuleType, until: str | None, *, ordered: bool
) -> None:
    database = contacts.open_database(":memory:")
    ends = {} if until is None else {"until": until}
    both = [
        event("Recipient Suppressed", "undeliverable", "2026-03-05T10:00:00.000Z", **fields)
        for fields in (ends, {"until": "2026-04-01T00:00:00.000Z"})
    ]
    for each in both if ordered else reversed(both):
        contacts.handle_event(database, each)

    assert database.execute("SELECT until FROM preference").fetchall() == [(until,)]
    database.close()


def test_the_sample_consumer_ignores_what_is_older_than_a_purge_of_any_scope(contacts: ModuleType) -> None:
    database = contacts.open_database(":memory:")
    purged = event("Recipient Purged", "erased", "2026-03-06T10:00:00.000Z", scope="*")
    remaining = event("Recipient Opted Out", "out", "2026-03-06T10:00:00.000Z", scope="*")
    newer = event("Recipient Opted In", "in", "2026-03-07T10:00:00.000Z")
    for each in (newer, remaining, purged):
        contacts.handle_event(database, each)
    for scope in ("offers", "news", "*"):
        late = event("Recipient Opted In", "in", "2026-03-06T09:59:59.999Z", scope=scope)
        contacts.handle_event(database, late)
    contacts.handle_event(database, event("Recipient Purged", "removed", "2026-03-05T10:00:00.000Z"))
    contacts.handle_event(database, event("Recipient Lifted", "hold", "2026-03-05T11:00:00.000Z"))

    rows = database.execute("SELECT scope, event_type FROM preference ORDER BY scope").fetchall()
    assert rows == [("*", "Recipient Opted Out"), ("offers", "Recipient Opted In")]
    assert database.execute("SELECT * FROM purge").fetchall() == [(WHO, "2026-03-06T10:00:00.000Z")]
    database.close()


def test_a_purge_that_arrives_again_deletes_no_contact_that_was_added_since(contacts: ModuleType) -> None:
    database = contacts.open_database(":memory:")
    purged = event("Recipient Purged", "erased", "2026-03-06T10:00:00.000Z")
    contacts.handle_event(database, purged)
    contacts.add_contacts(database, {WHO: "jane@example.com"})

    assert contacts.handle_event(database, purged) == "jane@example.com"
    assert database.execute("SELECT address FROM contact").fetchall() == [("jane@example.com",)]
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
