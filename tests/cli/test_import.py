"""`heed import` with the real functions and S3. What stands in for the state machine reports a result."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from heed.domain.jobs.job import JobError
from heed.domain.jobs.job_report import JobCounts
from tests.cli.conftest import Heed
from tests.cli.server import ApiServer
from tests.cli.stand_in import ReportingMachine
from tests.support.jobs import SMALL_REPORT

IMPORT = ("import", "old.csv", "--reference", "old platform")
CONTENT = b"email,created\njoan@example.com,2026-03-01\n"
REJECTS = b"line,why,email,created\n7,invalid-date,lee@example.com,soon\n"
CLEAN = replace(SMALL_REPORT, counts=JobCounts(applied=3, known=2))

pytestmark = pytest.mark.usefixtures("local")


@pytest.fixture(autouse=True)
def old_list(tmp_path: Path) -> Path:
    path = tmp_path / "old.csv"
    path.write_bytes(CONTENT)
    return path


def test_an_import_is_previewed_and_not_applied_where_nobody_can_be_asked(
    heed: Heed, machine: ReportingMachine
) -> None:
    result = heed(*IMPORT)

    print(result.err)
    assert (result.code, result.err) == (1, ""), "a row is invalid"
    assert machine.uploads == [CONTENT]
    assert "sendgrid-bounces" in result.out
    for line in ("applied     1", "soft-bounce  2", "Bounced  undeliverable  6"):
        assert f"\n{line}\n" in result.out
    job_id = heed("jobs", "list", "--json").json["jobs"][0]["job"]
    assert result.out.endswith(
        f"Nothing is applied yet. Within a day, commit it: heed jobs commit {job_id}\n"
    )
