"""`heed import` with the real functions, the work of the state machine, and S3."""

from __future__ import annotations

import json
import shlex
import time
from pathlib import Path

import pytest

from heed.domain.jobs import import_estimate
from heed.domain.jobs.job_settings import ImportJobSettings, UndatedRows
from heed.domain.preferences.register import Change, Entry, Source
from heed.domain.rfc3339 import parse_time
from tests.cli.conftest import Heed
from tests.cli.server import ApiServer
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, ROOT, World, parts
from tests.support.registers import out

REFERENCE = ("--reference", "old platform")
IMPORT = ("import", "old.csv", *REFERENCE)
READER = "reader@example.com"
VALID = f"email,created\n{READER},1772671262\n".encode()
INVALID = b"email,created\nlee@example.com,soon\n"

pytestmark = pytest.mark.usefixtures("local")


@pytest.fixture
def old_list(tmp_path: Path) -> Path:
    """The file of a vendor with one opt-out."""
    path = tmp_path / "old.csv"
    path.write_bytes(VALID)
    return path


@pytest.fixture
def old_people(world: World) -> None:
    """So many people on record that one more opt-out is not a tenth of them."""
    stop = Change(out(0), Entry(NOW, Source.PHONE, "{}"))
    with outside_handlers():
        for number in range(31):
            world.apply_changes(f"{number}@example.com", stop)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses. The test does not wait for them."""
    recorded: list[float] = []
    monkeypatch.setattr("time.sleep", recorded.append)
    return recorded


def _is_stopped(heed: Heed) -> bool:
    return heed("check", READER, "--topic", "offers").code == 1


def _newest_job(heed: Heed) -> str:
    return str(heed("jobs", "list", "--json").json["jobs"][0]["job"])


def test_an_import_is_a_preview_where_no_person_can_answer(
    heed: Heed, old_list: Path, old_people: None
) -> None:
    result = heed(*IMPORT)

    assert (result.code, result.err) == (0, "")
    for line in ("format              sendgrid-unsubscribes", "applied     1"):
        assert f"\n{line}\n" in result.out
    commit = f"heed jobs commit {_newest_job(heed)}"
    assert result.out.endswith(f"\nNothing is applied yet. Within a day, commit it: {commit}\n")
    assert not _is_stopped(heed)


def test_a_person_at_a_terminal_decides_after_the_preview(
    heed: Heed, old_list: Path, old_people: None
) -> None:
    no = heed(*IMPORT, stdin="n\n", is_terminal=True)
    end_of_input = heed(*IMPORT, stdin="", is_terminal=True)

    assert (no.code, end_of_input.code, _is_stopped(heed)) == (0, 0, False)
    assert "Nothing is applied yet" in no.out and "Nothing is applied yet" in end_of_input.out
    yes = heed(*IMPORT, stdin="y\n", is_terminal=True)
    assert "Rows to apply: 1. Apply them? [y/N]" in yes.err
    assert (yes.code, "Nothing is applied yet" in yes.out, _is_stopped(heed)) == (0, False, True)


def test_with_commit_no_person_is_needed(heed: Heed, old_list: Path, old_people: None) -> None:
    result = heed(*IMPORT, "--commit", "--json", is_terminal=True)

    assert (result.code, result.json["state"], _is_stopped(heed)) == (0, "done", True)


def test_a_large_import_names_who_commits_it_and_is_no_yes(heed: Heed, old_list: Path) -> None:
    result = heed(*IMPORT, "--commit", stdin="y\n", is_terminal=True)

    assert (result.code, "[y/N]" in result.err) == (1, False), "one person is a tenth of nobody on record"
    assert "Within a day, another owner commits it, with the scope privacy: heed jobs commit " in result.out


def test_on_the_first_day_one_owner_imports_and_the_key_of_an_officer_commits_as_the_page_says(
    heed: Heed, stack: str, old_list: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/moving.md, with an empty table."""
    page = (ROOT / "docs" / "moving.md").read_text()
    migration, officer = (
        heed(*shlex.split(line.removeprefix("heed "))[:-2], "--stack", stack, "--json").json["key"]
        for line in page.splitlines()
        if line.startswith("heed keys create ")
    )
    monkeypatch.setenv("HEED_API_KEY", migration)
    assert heed(*IMPORT, "--stack", stack).code == 1
    job = heed("jobs", "list", "--stack", stack, "--json").json["jobs"][0]
    refused = heed("jobs", "commit", job["job"], "--stack", stack)
    assert refused.code == 3 and "heed keys create … --owner OTHER --scope privacy" in refused.err

    monkeypatch.setenv("HEED_API_KEY", officer)
    assert heed("jobs", "show", job["job"], "--stack", stack).code == 0
    assert heed("jobs", "commit", job["job"], "--stack", stack).code == 0
    done = heed("jobs", "watch", job["job"], "--stack", stack, "--json")

    assert (done.code, done.json["state"], done.json["counts"]["applied"]) == (0, "done", 1)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"Weekly=offers\nmonthly news\n", "line 2 of topics.txt is not THEIRS=OURS"),
        (b"Weekly=offers\nWeekly=news\n", "line 2 of topics.txt names a topic again"),
        (b"Weekly=offers\n\xff=news\n", "topics.txt is not UTF-8"),
        (None, "topics.txt cannot be read"),
    ],
)
def test_a_wrong_file_of_topics_names_the_line_and_uploads_nothing(
    heed: Heed, old_list: Path, tmp_path: Path, server: ApiServer, content: bytes | None, fault: str
) -> None:
    if content is not None:
        (tmp_path / "topics.txt").write_bytes(content)

    result = heed(*IMPORT, "--topic-map", "@topics.txt")

    assert (result.code, fault in result.err) == (2, True), result.err
    assert "PUT" not in [method for method, _, _ in server.requests]


def test_the_topics_of_a_file_and_those_of_the_command_line_reach_the_job(
    heed: Heed, old_list: Path, tmp_path: Path
) -> None:
    (tmp_path / "topics.txt").write_bytes("\ufeffWeekly=offers\r\n\r\n Nachrichten für alle=news\n".encode())

    heed(*IMPORT, "--topic-map", "@topics.txt", "--topic-map", "A=B=news")

    with outside_handlers():
        job = parts().jobs.find(_newest_job(heed))
    numbers = {name: parts().catalogue.topic_by_name(name).number for name in ("news", "offers")}
    assert job and isinstance(job.settings, ImportJobSettings)
    assert job.settings.topics == {
        "Weekly": numbers["offers"],
        "Nachrichten für alle": numbers["news"],
        "A=B": numbers["news"],
    }


def test_an_import_that_takes_too_long_is_not_offered_for_its_commit(
    heed: Heed, old_list: Path, old_people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_estimate, "_SECONDS_A_PART", 200_000)

    result = heed(*IMPORT, "--commit", stdin="y\n", is_terminal=True)

    assert (result.code, "[y/N]" in result.err, _is_stopped(heed)) == (1, False, False)
    assert result.out.endswith("split the file, or raise BulkRate, and import it again\n")
    refused = heed("jobs", "commit", _newest_job(heed))
    assert (refused.code, "(409): split the file, or raise BulkRate" in refused.err) == (3, True)


def test_rejected_rows_are_saved_beside_the_file_for_its_owner_alone(heed: Heed, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_bytes(INVALID)

    first, second = heed(*IMPORT), heed(*IMPORT, "--json")

    rejects = tmp_path / "old.rejects.csv"
    assert rejects.read_text().splitlines() == [
        "line,why,email,created",
        "2,date,lee@example.com,soon",
    ]
    assert rejects.stat().st_mode & 0o777 == 0o600
    assert (first.code, second.code) == (1, 1), "a row is invalid"
    assert first.out.startswith("job") and "Saved old.rejects.csv" in first.out
    assert second.json["state"] == "previewed"
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"old.csv", "old.rejects.csv"}


def test_a_preview_shows_the_words_of_the_vendor_and_why_rows_are_skipped(heed: Heed) -> None:
    result = heed("import", str(ROOT / "docs" / "examples" / "old-list.csv"), *REFERENCE)

    assert (result.code, result.err) == (1, ""), "another owner has to commit"
    for line in ("applied     3", "soft-bounce  1", "unsub        unsubscribed  2"):
        assert f"\n{line}\n" in result.out


@pytest.mark.usefixtures("old_people")
def test_a_file_of_no_known_format_is_imported_by_its_columns(heed: Heed, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text(f"Kunde=Mail,Seit\n{READER},2026-03-01\n")
    columns = ("--column", "address=Kunde=Mail", "--column", "date=Seit")

    result = heed(*IMPORT, *columns, "--as", "unsubscribed", "--commit", "--json")

    assert (result.code, result.json["counts"]["applied"], _is_stopped(heed)) == (0, 1, True)
    assert heed(*IMPORT, *columns).code == 2, "what a row means is missing"


def test_a_failed_job_is_a_failure_with_its_detail(heed: Heed, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_bytes(b"colour,shape\nred,round\n")

    result = heed(*IMPORT)

    assert result.code == 3
    assert result.err.startswith("heed: the job failed, unknown-header")
    assert "no format has the columns colour, shape" in result.err


def test_all_options_reach_the_job(heed: Heed, old_list: Path) -> None:
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
        ("import", "/dev/null", *REFERENCE),
        ("import", "old.csv"),
        (*IMPORT, "--topic-map", "news"),
        (*IMPORT, "--format", "sendgrid-bounce"),
        (*IMPORT, "--scope", "offerings"),
    ],
)
def test_wrong_usage_uploads_nothing(
    heed: Heed, old_list: Path, server: ApiServer, arguments: tuple[str, ...]
) -> None:
    result = heed(*arguments)

    assert (result.code, result.out) == (2, "")
    assert "PUT" not in [method for method, _, _ in server.requests]


def _page(member: str, entries: list[object], token: str | None = None) -> tuple[int, dict[str, str], bytes]:
    page = {member: entries} | ({"NextToken": token} if token else {})
    return 200, {"Content-Type": "application/json"}, json.dumps(page).encode()


def _entry(address: str, reason: str) -> dict[str, object]:
    """Returns an entry of a day ago: a bounce of more than a year ago would be an old one."""
    return {"EmailAddress": address, "Reason": reason, "LastUpdateTime": int(time.time()) - 86_400}


@pytest.mark.usefixtures("old_people")
def test_the_ses_lists_of_the_account_and_of_its_tenants_are_imported(
    heed: Heed, server: ApiServer, pauses: list[float]
) -> None:
    entries = "SuppressedDestinationSummaries"
    server.canned_answers = [
        _page(entries, [_entry("joan@example.com", "BOUNCE")], "2"),
        _page(entries, [_entry("lee@example.com", "COMPLAINT")]),
        _page("Tenants", [{"TenantName": "red"}, {"TenantName": "blue"}]),
        _page(entries, [_entry("kim@example.com", "BOUNCE")]),
        _page(entries, []),
    ]

    result = heed("import", "--ses", *REFERENCE, "--commit", "--json")

    job = result.json
    assert (job["format"], job["rows"], job["meanings"]) == (
        "ses-suppressions",
        3,
        {"bounce": {"means": "hard-bounce", "rows": 2}, "complaint": {"means": "complaint", "rows": 1}},
    )
    requests = [path for _, path, _ in server.requests if path.startswith("/v2/email")]
    assert ["TenantName=" in path for path in requests] == [False, False, False, True, True]
    assert len(pauses) >= len(requests), "SES allows one call per second"


def test_ses_that_refuses_is_a_failure_before_the_upload(heed: Heed, server: ApiServer) -> None:
    server.canned_answers = [(403, {"x-amzn-errortype": "AccessDeniedException"}, b"{}")]

    result = heed("import", "--ses", *REFERENCE)

    assert result.code == 3 and "AWS answers AccessDeniedException" in result.err
    assert [path.partition("?")[0] for _, path, _ in server.requests] == ["/v2/email/suppression/addresses"]
