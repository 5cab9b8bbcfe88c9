"""`heed import` with the real functions and S3. What stands in for the state machine reports a result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from heed.domain.imports.recognition import recognise_format
from heed.domain.jobs.job import JobError
from heed.domain.jobs.job_report import JobCounts
from heed.domain.jobs.job_settings import ImportJobSettings, UndatedRows
from heed.domain.rfc3339 import parse_time
from heed.entrypoints.bulk_files.reader import open_file
from tests.cli.conftest import Heed
from tests.cli.server import ApiServer
from tests.cli.stand_in import ReportingMachine
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import parts
from tests.support.jobs import SMALL_REPORT

REFERENCE = ("--reference", "old platform")
IMPORT = ("import", "old.csv", *REFERENCE)
CONTENT = b"email,created\njoan@example.com,2026-03-01\n"
REJECTS = b"line,why,email,created\n7,invalid-date,lee@example.com,soon\n"
ALL_VALID = replace(SMALL_REPORT, counts=JobCounts(applied=3, known=2))
LARGE = replace(SMALL_REPORT, counts=JobCounts(applied=100_000))

pytestmark = pytest.mark.usefixtures("local")


@pytest.fixture(autouse=True)
def old_list(tmp_path: Path) -> Path:
    path = tmp_path / "old.csv"
    path.write_bytes(CONTENT)
    return path


def _newest_job(heed: Heed) -> str:
    return str(heed("jobs", "list", "--json").json["jobs"][0]["job"])


def test_an_import_is_a_preview_where_no_person_can_answer(heed: Heed, machine: ReportingMachine) -> None:
    result = heed(*IMPORT)

    assert (result.code, result.err) == (1, ""), "rows are invalid"
    assert machine.uploads == [CONTENT]
    for line in ("applied     1", "soft-bounce  2", "Bounced  undeliverable  6"):
        assert f"\n{line}\n" in result.out
    commit = f"heed jobs commit {_newest_job(heed)}"
    assert result.out.endswith(f"\nNothing is applied yet. Within a day, commit it: {commit}\n")


def test_a_person_at_a_terminal_decides_after_the_preview(heed: Heed, machine: ReportingMachine) -> None:
    machine.report = ALL_VALID

    no = heed(*IMPORT, stdin="n\n", is_terminal=True)
    end_of_input = heed(*IMPORT, stdin="", is_terminal=True)
    yes = heed(*IMPORT, stdin="y\n", is_terminal=True)

    assert "Apply 3 rows? [y/N]" in yes.err
    assert [result.code for result in (no, end_of_input, yes)] == [0, 0, 0]
    states = [job["state"] for job in heed("jobs", "list", "--json").json["jobs"]]
    assert sorted(states) == ["done", "previewed", "previewed"]
    assert "Nothing is applied yet" in no.out and "Nothing is applied yet" in end_of_input.out
    assert "Nothing is applied yet" not in yes.out


def test_with_commit_no_person_is_needed(heed: Heed, machine: ReportingMachine) -> None:
    machine.report = ALL_VALID

    result = heed(*IMPORT, "--commit", "--json", is_terminal=True)

    assert (result.code, result.json["state"]) == (0, "done")


def test_a_large_import_names_who_commits_it_and_is_no_yes(heed: Heed, machine: ReportingMachine) -> None:
    machine.report = LARGE

    result = heed(*IMPORT, "--commit", stdin="y\n", is_terminal=True)

    assert (result.code, "[y/N]" in result.err) == (1, False)
    assert "Within a day, another owner commits it, with the scope privacy: heed jobs commit " in result.out


def test_rejected_rows_are_saved_beside_the_file_for_its_owner_alone(
    heed: Heed, machine: ReportingMachine, tmp_path: Path
) -> None:
    machine.files = {"rejects.csv": REJECTS, "unknown.csv": b"word,rows\nx,1\n"}

    first, second = heed(*IMPORT), heed(*IMPORT, "--json")

    rejects = tmp_path / "old.rejects.csv"
    assert (rejects.read_bytes(), rejects.stat().st_mode & 0o777) == (REJECTS, 0o600)
    assert (tmp_path / "old.unknown.csv").read_bytes() == b"word,rows\nx,1\n"
    assert "Saved old.rejects.csv" in first.out
    assert second.json["state"] == "previewed"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        *("old.csv", "old.rejects.csv", "old.unknown.csv")
    ]


def test_a_failed_job_is_a_failure_with_its_detail(heed: Heed, machine: ReportingMachine) -> None:
    machine.error = JobError("unknown-header", "no format has the columns: name the format", 1)

    result = heed(*IMPORT)

    assert result.code == 3
    assert result.err == (
        "heed: the job failed, unknown-header (line 1): no format has the columns: name the format\n"
    )


def test_all_options_reach_the_job(heed: Heed, machine: ReportingMachine) -> None:
    options = ("--format", "sendgrid-groups", "--exported-at", "2026-03-01", "--zone", "Asia/Tokyo")
    flags = ("--us-dates", "--undated", "skip-confirmed", "--scope", "offers", "--commit")
    topics = ("--topic-map", "A=B=news", "--topic-map", "Weekly=offers")

    heed(*IMPORT, *options, *flags, *topics)

    with outside_handlers():
        job = parts().jobs.find(_newest_job(heed))
    numbers = {name: parts().catalogue.topic_by_name(name).number for name in ("news", "offers")}
    assert job and job.settings == ImportJobSettings(
        reference="old platform",
        format="sendgrid-groups",
        exported_at=parse_time("2026-03-01").last,
        zone="Asia/Tokyo",
        has_us_dates=True,
        undated=UndatedRows.SKIP_CONFIRMED,
        scope=numbers["offers"],
        topics={"A=B": numbers["news"], "Weekly": numbers["offers"]},
        commit=True,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", *REFERENCE),
        ("import", "old.csv", "--ses", *REFERENCE),
        ("import", "missing.csv", *REFERENCE),
        ("import", "/dev/stdin", *REFERENCE),
        ("import", "old.csv"),
        (*IMPORT, "--topic-map", "news"),
        (*IMPORT, "--format", "sendgrid-bounce"),
        (*IMPORT, "--scope", "offerings"),
    ],
)
def test_wrong_usage_uploads_nothing(
    heed: Heed, machine: ReportingMachine, arguments: tuple[str, ...]
) -> None:
    result = heed(*arguments)

    assert (result.code, result.out, machine.uploads) == (2, "", [])


def _page(member: str, entries: list[object], token: str | None = None) -> tuple[int, dict[str, str], bytes]:
    page = {member: entries} | ({"NextToken": token} if token else {})
    return 200, {"Content-Type": "application/json"}, json.dumps(page).encode()


def _entry(address: str, reason: str) -> dict[str, object]:
    return {"EmailAddress": address, "Reason": reason, "LastUpdateTime": 1772671262}


def test_the_ses_lists_of_the_account_and_of_its_tenants_are_imported(
    heed: Heed, machine: ReportingMachine, server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("heed.adapters.ses.listed_addresses.time.sleep", pauses.append)
    entries = "SuppressedDestinationSummaries"
    server.canned_answers = [
        _page(entries, [_entry("joan@example.com", "BOUNCE")], "2"),
        _page(entries, [_entry("lee@example.com", "COMPLAINT")]),
        _page("Tenants", [{"TenantName": "red"}, {"TenantName": "blue"}]),
        _page(entries, [_entry("kim@example.com", "BOUNCE")]),
        _page(entries, []),
    ]

    result = heed("import", "--ses", *REFERENCE, "--json")

    assert result.json["state"] == "previewed"
    (upload,) = machine.uploads
    file = open_file([upload])
    assert recognise_format(file.header).name == "ses-suppressions"
    rows = [
        (r.fields["emailaddress"], r.fields["reason"], r.fields["lastupdatetime"]) for r in file.records()
    ]
    at = "2026-03-05T00:41:02+00:00"
    assert [row[:2] for row in rows] == [
        *(("joan@example.com", "BOUNCE"), ("lee@example.com", "COMPLAINT"), ("kim@example.com", "BOUNCE"))
    ]
    assert {parse_time(row[2]) for row in rows} == {parse_time(at)}
    paths = [path for _, path, _ in server.requests if path.startswith("/v2/email")]
    assert [path.count("TenantName=") for path in paths] == [0, 0, 0, 1, 1]
    assert len(pauses) >= len(paths), "SES allows one call per second"


def test_ses_that_does_not_answer_is_a_failure_before_the_upload(
    heed: Heed, machine: ReportingMachine, server: ApiServer
) -> None:
    server.canned_answers = [(403, {"x-amzn-errortype": "AccessDeniedException"}, b"{}")]

    result = heed("import", "--ses", *REFERENCE)

    assert (result.code, machine.uploads) == (3, [])
    assert "AWS answers AccessDeniedException" in result.err
