"""Imports from the request to the record: the state machine of the template runs the function `bulk`."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import Any

import pytest

from functions.bulk import app
from heed.domain.api_key import KeyScope
from heed.domain.errors import EmptyFile, HeedError, StoreUnavailable
from heed.domain.jobs import import_estimate
from heed.domain.jobs.job_phase import JobPhase
from heed.domain.jobs.stopped_import import STOPPED_WORK_MS
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import sendable_by_topic
from heed.domain.preferences.register import (
    ALL_SCOPES,
    HOLD,
    UNDELIVERABLE,
    Change,
    Entry,
    ScopeNumber,
    Source,
    confirmed_register,
    opt_in_register,
    opt_out_register,
)
from heed.entrypoints.bulk_files import parts as file_parts
from heed.use_cases.jobs.run_phase import plan_phase
from heed.use_cases.ports.job_work import JobWork
from tests.functions.conftest import DAY, Clock
from tests.functions.test_jobs import Office, disclosures
from tests.support.aws_calls import outside_handlers
from tests.support.crash import is_read
from tests.support.deployment import NOW, Context, World, client, parts
from tests.support.failing_client import FailingCalls
from tests.support.full import some_of
from tests.support.job_machine import JobMachineRun, run_executions

MAPPED = {"reference": "the old list", "columns": {"address": "email", "date": "date"}, "as": "unsubscribed"}
UNDATED = {"reference": "the old list", "columns": {"address": "email"}, "as": "unsubscribed"}
LISTED = b"email,date\njoan@example.com,2026-01-02\nlee@example.com,2026-01-03\n"


class Killed(HeedError):
    """A Lambda function was killed."""


class Imports(Office):
    """An office that imports files."""

    runs: list[JobMachineRun]

    def start(self, content: bytes, body: Any = MAPPED) -> str:
        """Uploads a file to a new import, and returns the id of the job."""
        job_id: str = self.create(self.marketing, "/v1/imports", body)["job"]
        self.upload(job_id, content)
        return job_id

    def preview_file(self, content: bytes, body: Any = MAPPED) -> Any:
        """Imports a file until its preview, and returns the job."""
        job_id = self.start(content, body)
        self.runs = run_executions()
        return self.show(job_id)

    def commit(self, job: Any) -> Any:
        """Commits a preview, and returns the job after it."""
        self.command_commit(job["job"])
        self.runs = run_executions()
        return self.show(job["job"])

    def command_commit(self, job_id: str) -> None:
        """Commits a preview with the key of another owner, if it needs one."""
        officer = self.key("Second", KeyScope.PRIVACY)
        is_large = self.show(job_id)["needs_second_owner"]
        status, answer = self.command(job_id, "commit", officer if is_large else self.marketing)
        assert status == 200, answer

    def import_file(self, content: bytes, body: Any = MAPPED) -> Any:
        return self.commit(self.preview_file(content, body))

    def result(self, job: Any, name: str) -> list[list[str]]:
        stored = client("s3").get_object(Bucket="bulk", Key=f"{job['job']}/results/{name}")["Body"].read()
        return list(csv.reader(io.StringIO(stored.decode())))

    def stop_many(self) -> None:
        """Stops so many people that the rows of a small file are less than a tenth of them."""
        change = Change(opt_out_register(ScopeNumber(2)), Entry(Millis(NOW), Source.API, "{}"))
        for number in range(30):
            self.world.apply_changes(f"reader.{number}@example.com", change)

    @property
    def long_context(self) -> Context:
        """The context of a function that has all its time."""
        return Context(milliseconds_left=900_000)

    @staticmethod
    def kill_executions() -> None:
        """Ends all executions, as AWS does after their longest time: no step of theirs follows."""
        machine = parts().config.job_machine
        for execution in client("stepfunctions").list_executions(
            stateMachineArn=machine, statusFilter="RUNNING"
        )["executions"]:
            client("stepfunctions").stop_execution(executionArn=execution["executionArn"])

    def is_sendable(self, address: str, topic: str = "offers") -> bool:
        record = parts().preferences.read(self.world.recipient(address))
        return sendable_by_topic(record, parts().catalogue, Millis(self.clock.now))[topic]

    def records(self) -> list[Any]:
        """Returns the stored records, without what is random or a time of writing."""
        items = [dict(item) for item in self.world.items()]
        for item in items:
            for name in ("salt", "chg_at"):
                item.pop(name, None)
        return items

    def confirm(self, address: str, at: int = NOW) -> None:
        entry = Entry(Millis(at), Source.CONFIRMATION, "{}")
        changes = [Change(register(ALL_SCOPES), entry) for register in (confirmed_register, opt_in_register)]
        self.world.apply_changes(address, *changes)


@pytest.fixture
def imports(world: World, clock: Clock) -> Imports:
    return Imports(world, clock)


@pytest.fixture
def one_row_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_parts, "MAX_PART_ROWS", 1)


def counts(job: Any) -> dict[str, int]:
    return {name: number for name, number in job["counts"].items() if number}


def test_a_preview_decides_each_row_and_writes_nothing(imports: Imports) -> None:
    job = imports.preview_file(LISTED)
    assert (job["state"], job["format"], job["encoding"], job["rows"]) == ("previewed", "manual", "utf-8", 2)
    assert (counts(job), job["done_rows"]) == ({"applied": 2}, 2)
    assert job["meanings"] == {"manual": {"means": "unsubscribed", "rows": 2}}
    assert job["estimate"]["seconds"] > 0
    assert imports.world.items() == []


def test_a_commit_records_the_stops_of_all_rows(imports: Imports) -> None:
    job = imports.import_file(LISTED)
    assert (job["state"], counts(job), job["done_rows"]) == ("done", {"applied": 2}, 2)
    assert not imports.is_sendable("joan@example.com")
    assert not imports.is_sendable("lee@example.com")
    assert imports.is_sendable("other@example.com")
    assert [entry[:2] for entry in disclosures()] == [("import", "sending")] * 3, "preview, commit, result"


@pytest.mark.usefixtures("one_row_a_part")
def test_the_counts_and_rejects_of_many_parts_are_added_up_in_several_calls(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "_RESERVED_MS", 10**9)
    job = imports.preview_file(LISTED + b"none,2026-01-02\nnobody,2026-01-03\n")
    assert (job["state"], counts(job)) == ("previewed", {"applied": 2, "invalid": 2})
    assert [row[2] for row in imports.result(job, "rejects.csv")[1:]] == ["none", "nobody"]
    calls = [call for run in imports.runs for call in run.inputs if call["step"] == "plan"]
    assert [call["stage"] for call in calls].count(1) > 3, "one part a call"


@pytest.mark.usefixtures("one_row_a_part")
def test_each_part_is_worked_on_alone(imports: Imports) -> None:
    job = imports.import_file(LISTED)
    works = [call for run in imports.runs for call in run.inputs if call["step"] == "work"]
    assert (len(works), counts(job)) == (2, {"applied": 2})


def test_an_import_that_is_committed_from_the_beginning_goes_on_after_its_preview(imports: Imports) -> None:
    imports.stop_many()
    job_id = imports.start(LISTED, {**MAPPED, "commit": True})
    assert len(run_executions()) == 2
    assert imports.show(job_id)["state"] == "done"


def test_a_large_import_waits_for_a_second_owner_even_if_it_is_committed_from_the_beginning(
    imports: Imports,
) -> None:
    job = imports.preview_file(LISTED, {**MAPPED, "commit": True})
    assert (job["state"], job["needs_second_owner"]) == ("previewed", True)
    assert imports.command(job["job"], "commit")[0] == 403


@pytest.mark.parametrize("settings", [{}, {"commit": True}])
def test_an_import_that_takes_longer_than_its_file_is_kept_says_so_and_is_not_committed(
    imports: Imports, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    imports.stop_many()
    assert imports.preview_file(LISTED)["takes_too_long"] is False
    monkeypatch.setattr(import_estimate, "_SECONDS_A_PART", 3 * DAY // 1000)
    job = imports.preview_file(LISTED, {**MAPPED, **settings})
    assert (job["state"], job["needs_second_owner"], job["takes_too_long"]) == ("previewed", False, True)
    status, problem = imports.command(job["job"], "commit")
    assert (status, problem["type"]) == (409, "urn:heed:problem:import-too-long")
    assert "Split the file, or let an operator raise `BulkRate`" in problem["detail"]
    assert imports.show(job["job"])["state"] == "previewed"


def test_the_same_file_again_changes_nothing(imports: Imports) -> None:
    imports.import_file(LISTED)
    before = imports.world.items()
    job = imports.import_file(LISTED)
    assert (counts(job), imports.world.items()) == ({"known": 2}, before)


def test_a_newer_opt_in_overrides_a_row(imports: Imports) -> None:
    imports.confirm("joan@example.com")
    assert counts(imports.import_file(LISTED)) == {"superseded": 1, "applied": 1}
    assert imports.is_sendable("joan@example.com")


def test_a_row_without_a_date_counts_as_of_the_export_and_is_counted_against_a_confirmed_opt_in(
    imports: Imports,
) -> None:
    imports.confirm("joan@example.com", NOW - 60 * DAY)
    content = b"email\njoan@example.com\nlee@example.com\n"
    body = {**UNDATED, "exported_at": "2026-03-01"}
    job = imports.preview_file(content, body)
    assert (counts(job), job["against_yes"]) == ({"applied": 2}, 1)
    job = imports.preview_file(content, {**body, "undated": "skip-confirmed"})
    assert (counts(job), job["against_yes"]) == ({"applied": 1, "superseded": 1}, 1)


def test_held_people_and_undeliverable_ones_are_known_alike(imports: Imports) -> None:
    for register, address in ((HOLD, "joan@example.com"), (UNDELIVERABLE, "lee@example.com")):
        imports.world.apply_changes(address, Change(register, Entry(Millis(NOW), Source.AGENT, "{}")))
    assert counts(imports.preview_file(LISTED)) == {"known": 2}


def test_rejected_rows_come_back_with_their_line_and_the_reason(imports: Imports) -> None:
    job = imports.preview_file(
        b"email,date\njoan@example.com,2026-01-02\n=cmd,2026-01-02\n@example.org,2026-01-02\n"
        b'lee@example.com,tomorrow\n"open,x\nkim@example.com,2099-01-01\n'
    )
    assert counts(job) == {"applied": 1, "invalid": 4, "refused": 1}
    assert job["invalid_stops"] == 4
    assert imports.result(job, "rejects.csv") == [
        ["line", "why", "email", "date"],
        ["3", "address", "'=cmd", "2026-01-02"],
        ["4", "domain", "'@example.org", "2026-01-02"],
        ["5", "date", "lee@example.com", "tomorrow"],
        ["6", "bad-quotes"],
        ["7", "future", "kim@example.com", "2099-01-01"],
    ]
    assert [file["name"] for file in job["files"]] == ["rejects.csv"]


def test_a_record_that_cannot_be_read_refuses_its_row_and_stops_no_other(imports: Imports) -> None:
    broken = {"id": {"S": imports.world.recipient("joan@example.com")}, "n": {"S": "x"}}
    client("dynamodb").put_item(TableName="Preferences", Item=broken)
    job = imports.import_file(LISTED)
    assert counts(job) == {"applied": 1, "refused": 1}
    assert imports.result(job, "rejects.csv")[1][:2] == ["2", "unreadable"]


def groups(*names: str) -> bytes:
    """Returns a file of SendGrid with one person for each group."""
    members = [{"email": f"joan.{n}@example.com", "group_name": name} for n, name in enumerate(names)]
    return json.dumps([{**each, "group_id": 1, "created_at": 1_772_671_262} for each in members]).encode()


def test_an_import_that_fails_after_its_rows_were_decided_is_in_the_register_of_disclosures(
    imports: Imports,
) -> None:
    imports.import_file(LISTED)
    before = len(disclosures())
    rows = b"address,tags,created_at\njoan@example.com,*,2026-01-02\nlee@example.com,News,2026-01-02\n"
    body = {"reference": "a question", "format": "mailgun-unsubscribes", "zone": "UTC"}
    job = imports.preview_file(rows, body)
    assert (job["error"]["type"], counts(job)) == ("unmapped-topics", {"known": 1, "refused": 1})
    assert len(disclosures()) == before + 1
    assert disclosures()[0] == ("import", "sending", 1)


def test_topics_without_a_scope_fail_the_import_and_unknown_csv_has_all_of_them(imports: Imports) -> None:
    job = imports.preview_file(groups("News", "lee@example.com"), {"reference": "the old list"})
    assert (job["state"], job["error"]["type"]) == ("failed", "unmapped-topics")
    assert "News" in job["error"]["detail"] and "lee" not in job["error"]["detail"]
    words = imports.result(job, "unknown.csv")
    assert words[0] == ["word", "rows"] and ["News", "1"] in words and ["lee@example.com", "1"] in words


def test_a_topic_is_stopped_by_the_scope_that_the_caller_names(imports: Imports) -> None:
    imports.import_file(groups("News"), {"reference": "the old list", "topics": {"News": "news"}})
    assert not imports.is_sendable("joan.0@example.com", "news")
    assert imports.is_sendable("joan.0@example.com", "offers")


FAULTS = {
    "an empty file": (b"", "empty-file", {}),
    "a header that no format has": (b"colour,size\nred,1\n", "unknown-header", {}),
    "a header that two formats have": (
        b"status,reason,email,created\n5.1.1,x,a@example.com,1772671262\n",
        "ambiguous-format",
        {},
    ),
    "another header than the format": (
        b"email\na@example.com\n",
        "unknown-header",
        {"format": "mailgun-bounces"},
    ),
    "no header": (b"a@example.com,Ann,Berlin\n", "malformed-header", {}),
    "a truncated gzip file": (gzip.compress(LISTED)[:-9], "damaged-file", {}),
    "malformed JSON": (b'[{"emailAddress": "a@example.com", "reason": "BOUNCE"}, {"e', "malformed-json", {}),
    "a zip bomb": (gzip.compress(b"email,created\n" + b"0" * (3 << 20)), "file-too-large", {}),
    "no date and no time of the export": (
        b"emailAddress,reason\na@example.com,BOUNCE\n",
        "export-time-needed",
        {},
    ),
    "no scope of a stream": (
        b"SuppressionReason,Origin,EmailAddress\nHardBounce,Recipient,a@example.com\n",
        "scope-needed",
        {},
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_file_that_cannot_be_used_fails_the_job_with_the_reason(imports: Imports, case: str) -> None:
    content, error, settings = FAULTS[case]
    job = imports.preview_file(content, {"reference": "a file", **settings})
    assert (job["state"], job["error"]["type"]) == ("failed", error)
    assert "example.com" not in job["error"]["detail"]
    assert imports.world.items() == []


def test_a_row_that_shows_a_fault_of_the_file_names_its_line(imports: Imports) -> None:
    job = imports.preview_file(b"emailAddress,reason\na@example.com,BOUNCE\n", {"reference": "a file"})
    assert job["error"]["line"] == 2


def test_rows_that_stop_nobody_are_skipped_with_the_reason(imports: Imports) -> None:
    content = b"created,email,reason,status\n1772671262,joan@example.com,full,4.2.2\n"
    job = imports.preview_file(content, {"reference": "a file", "name": "suppression_blocks.csv"})
    assert (job["format"], counts(job), job["skipped"]) == ("sendgrid-blocks", {"skipped": 1}, {"block": 1})


def test_an_upload_that_was_replaced_after_the_job_started_is_not_read(imports: Imports) -> None:
    job_id = imports.start(LISTED)
    client("s3").put_object(
        Bucket="bulk", Key=f"{job_id}/upload", Body=b"email,date\nx@example.com,2026-01-02\n"
    )
    run_executions()
    assert imports.show(job_id)["error"]["type"] == "damaged-file"


def test_the_commit_applies_what_was_previewed_even_if_the_upload_was_replaced(imports: Imports) -> None:
    job = imports.preview_file(LISTED)
    client("s3").put_object(
        Bucket="bulk", Key=f"{job['job']}/upload", Body=b"email,date\nx@example.com,2026-01-02\n"
    )
    assert counts(imports.commit(job)) == {"applied": 2}
    assert imports.is_sendable("x@example.com")


class Killer:
    """Kills the function once, after a number of AWS calls that are no reads.

    Attributes:
        calls: the number of these calls so far.
    """

    def __init__(self, last_call: int) -> None:
        self.calls, self._last_call = 0, last_call

    def run_executions(self) -> None:
        clients = [parts().client(name) for name in ("dynamodb", "s3", "kms", "stepfunctions", "cloudwatch")]
        clients.append(parts().client("dynamodb", once=True))
        for each in clients:
            each.meta.events.register("after-call", self._count, unique_id="kill")
        try:
            run_executions()
        finally:
            for each in clients:
                each.meta.events.unregister("after-call", unique_id="kill")

    def _count(self, model: Any, **_: object) -> None:
        if is_read(model.name):
            return
        self.calls += 1
        if self.calls == self._last_call:
            raise Killed


@pytest.mark.usefixtures("one_row_a_part")
def test_a_function_that_is_killed_after_any_call_is_repeated_with_the_same_result(imports: Imports) -> None:
    def import_all(killer: Killer) -> tuple[Any, ...]:
        imports.world.clear_table("Preferences", "id")
        job_id = imports.start(b"email,date\njoan@example.com,2026-01-02\nx,2026-01-04\n")
        killer.run_executions()
        imports.command_commit(job_id)
        killer.run_executions()
        job = imports.show(job_id)
        records = json.dumps(imports.records()).replace(job_id, "job")
        return job["state"], job["counts"], imports.result(job, "rejects.csv"), records

    undisturbed = Killer(0)
    result = import_all(undisturbed)
    assert result[0] == "done"
    for last_call in some_of(range(1, undisturbed.calls + 1)):
        assert import_all(Killer(last_call)) == result, last_call


@pytest.mark.usefixtures("one_row_a_part")
def test_an_import_that_is_cancelled_while_it_is_applied_says_what_was_applied(imports: Imports) -> None:
    job = imports.preview_file(LISTED)
    imports.command_commit(job["job"])
    handle, works, events = app.handler, list[Any](), list[Any]()
    parts().client("events").meta.events.register(
        "before-parameter-build.events.PutEvents",
        lambda params, **_: events.extend(json.loads(entry["Detail"]) for entry in params["Entries"]),
    )

    def cancel_behind_first_part(event: Any, context: Any) -> Any:
        answer = handle(event, context)
        if event["step"] == "work" and not works:
            works.append(event)
            imports.command(job["job"], "cancel")
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "handler", cancel_behind_first_part)
        run_executions()
    shown = imports.show(job["job"])
    assert (shown["state"], counts(shown), shown["done_rows"]) == ("cancelled", {"applied": 1}, 1)
    assert (shown["error"]["type"], shown["error"]["line"]) == ("cancelled", 3)
    assert not imports.is_sendable("joan@example.com") and imports.is_sendable("lee@example.com")
    assert [(event["job"], event["state"], event["applied"]) for event in events] == [
        (job["job"], "stopped", 1)
    ]


def test_an_import_that_is_cancelled_within_a_part_says_from_which_line_on_rows_may_not_be_applied(
    imports: Imports,
) -> None:
    job = imports.preview_file(LISTED)
    imports.command_commit(job["job"])
    item = {"part": 1, "start": [0, 1, 0, 0], "rows": 2}
    times = iter([900_000, 1])  # for the first row only

    class Ending(Context):
        def get_remaining_time_in_millis(self) -> int:
            return next(times)

    request = {"step": "work", "phase": "commit", "item": item, "job": job["job"]}
    assert app.handler(request, Ending()) == {"next": "again"}
    assert len(imports.world.items()) == 1
    imports.command(job["job"], "cancel")
    assert counts(imports.show(job["job"])) == {}, "what the preview counted is not what was applied"
    run_executions()
    shown = imports.show(job["job"])
    assert (shown["state"], counts(shown), shown["error"]["line"]) == ("cancelled", {}, 1)


def test_a_commit_that_makes_no_progress_for_a_day_does_not_show_its_preview_as_applied(
    imports: Imports,
) -> None:
    job = imports.preview_file(LISTED)
    imports.command_commit(job["job"])
    imports.clock.now += DAY
    imports.sweep()
    shown = imports.show(job["job"])
    assert (shown["state"], shown["error"]["type"], counts(shown)) == ("failed", "stopped", {})
    assert shown["error"]["line"] == 1, "rows may be applied that no count has"


def start_commit(imports: Imports, parts_done: int = 1) -> str:
    """Commits a file of two parts, has the first ones applied, and kills the execution. Returns the job."""
    job_id: str = imports.preview_file(LISTED)["job"]
    imports.command_commit(job_id)
    for item in json.loads(parts().work_files.get(job_id, "work/parts.json") or b"")[:parts_done]:
        request = {"step": "work", "phase": "commit", "item": item, "job": job_id}
        assert app.handler(request, imports.long_context) == {"next": "done"}
    imports.kill_executions()
    return job_id


@pytest.mark.usefixtures("one_row_a_part")
@pytest.mark.parametrize("has_list", [True, False])
def test_a_commit_whose_execution_died_says_after_a_day_what_is_applied_and_from_which_line_on_it_is_unsure(
    imports: Imports, *, has_list: bool
) -> None:
    job_id = start_commit(imports)
    if not has_list:
        client("s3").delete_object(Bucket="bulk", Key=f"{job_id}/work/parts.json")
    imports.clock.now += 2 * DAY
    imports.sweep()
    run_executions()
    shown = imports.show(job_id)
    assert (shown["state"], shown["error"]["type"]) == ("failed", "stopped")
    assert (counts(shown), shown["done_rows"]) == ({"applied": 1}, 1)
    assert shown["error"]["line"] == (3 if has_list else 1)


@pytest.mark.usefixtures("one_row_a_part")
def test_an_import_that_was_cancelled_after_its_execution_died_says_what_is_applied(imports: Imports) -> None:
    job_id = start_commit(imports)
    assert imports.command(job_id, "cancel")[1]["error"]["line"] == 1
    imports.sweep()
    assert run_executions() == [], "the work may still run"
    imports.clock.now += STOPPED_WORK_MS
    imports.sweep()
    run_executions()
    shown = imports.show(job_id)
    assert (shown["state"], counts(shown), shown["error"]["line"]) == ("cancelled", {"applied": 1}, 3)


@pytest.mark.usefixtures("one_row_a_part")
def test_a_commit_that_finds_a_fault_of_the_file_publishes_that_it_stopped(imports: Imports) -> None:
    job_id = start_commit(imports, parts_done=2)
    name, events = f"{job_id}/work/commit/counts/000001", list[Any]()
    tally = json.loads(client("s3").get_object(Bucket="bulk", Key=name)["Body"].read())
    fault = {"type": "export-time-needed", "detail": "a detail", "line": 3}
    body = json.dumps({**tally, "fault": fault})
    client("s3").put_object(Bucket="bulk", Key=name, Body=body.encode())
    parts().client("events").meta.events.register(
        "before-parameter-build.events.PutEvents",
        lambda params, **_: events.extend(json.loads(entry["Detail"]) for entry in params["Entries"]),
    )
    request = {"step": "plan", "phase": "commit", "stage": 1, "job": job_id}
    assert app.handler(request, imports.long_context)["next"] == "done"
    assert imports.show(job_id)["state"] == "failed"
    assert [(event["state"], event["applied"]) for event in events] == [("stopped", 2)]


@pytest.mark.usefixtures("one_row_a_part")
def test_the_report_of_a_stopped_import_goes_on_where_the_time_of_a_function_ended(imports: Imports) -> None:
    job_id = start_commit(imports, parts_done=2)
    imports.command(job_id, "cancel")
    request = {"step": "plan", "phase": "commit", "stage": 0, "job": job_id}
    answers = [app.handler(request, Context(milliseconds_left=1))["next"] for _ in range(3)]
    assert answers == ["again", "again", "done"]
    shown = imports.show(job_id)
    assert (counts(shown), "line" in shown["error"]) == ({"applied": 2}, False)


@pytest.mark.usefixtures("one_row_a_part")
def test_the_report_of_a_failed_import_goes_on_where_the_time_of_a_function_ended(imports: Imports) -> None:
    job_id = start_commit(imports)
    request = {"step": "fail", "phase": "commit", "job": job_id}
    assert app.handler(request, Context(milliseconds_left=1)) == {"next": "again"}
    assert imports.show(job_id)["state"] == "running"
    assert app.handler(request, Context(milliseconds_left=1)) == {"next": "done"}
    shown = imports.show(job_id)
    assert (shown["state"], counts(shown), shown["error"]["line"]) == ("failed", {"applied": 1}, 3)


@pytest.mark.usefixtures("one_row_a_part")
def test_a_part_that_is_finished_while_a_stopped_import_is_reported_is_counted(imports: Imports) -> None:
    job_id = start_commit(imports, parts_done=2)
    first, name = client("s3"), f"{job_id}/work/commit/counts/000001"
    content = first.get_object(Bucket="bulk", Key=name)["Body"].read()
    first.delete_object(Bucket="bulk", Key=name)
    imports.command(job_id, "cancel")
    request = {"step": "plan", "phase": "commit", "stage": 0, "job": job_id}
    assert app.handler(request, Context(milliseconds_left=1))["next"] == "again"
    first.put_object(Bucket="bulk", Key=name, Body=content)
    with pytest.raises(StoreUnavailable):
        app.handler(request, imports.long_context)
    assert app.handler(request, imports.long_context)["next"] == "done"
    assert counts(imports.show(job_id)) == {"applied": 2}


@pytest.mark.usefixtures("one_row_a_part")
def test_a_stopped_import_of_a_json_file_names_the_line_of_a_record(imports: Imports) -> None:
    lines = b'{"email": "joan@example.com"}\n\n{"email": "lee@example.com"}\n'
    job_id = imports.preview_file(lines, {**UNDATED, "exported_at": "2026-03-01"})["job"]
    imports.command_commit(job_id)
    item = json.loads(parts().work_files.get(job_id, "work/parts.json") or b"")[0]
    app.handler({"step": "work", "phase": "commit", "item": item, "job": job_id}, imports.long_context)
    imports.command(job_id, "cancel")
    run_executions()
    assert imports.show(job_id)["error"]["line"] == 3


def test_a_late_step_of_a_preview_that_cannot_succeed_does_not_fail_the_commit(imports: Imports) -> None:
    job_id = imports.start(LISTED)

    def fail_late(*_: object) -> Any:
        run_executions()
        imports.command_commit(job_id)
        raise EmptyFile("the file has no row")

    late = JobWork(fail_late, fail_late)
    phase = JobPhase.PREVIEW
    plan_phase(job_id, phase, 0, lambda: True, lambda: Millis(NOW), parts().jobs, lambda _: late)
    assert imports.show(job_id)["state"] == "running"


@pytest.mark.usefixtures("one_row_a_part")
def test_an_import_that_fails_while_it_is_applied_says_how_many_rows_were_and_from_which_line_on(
    imports: Imports,
) -> None:
    job = imports.preview_file(LISTED)
    imports.command_commit(job["job"])
    handle = app.handler

    def fail_at_second_part(event: Any, context: Any) -> Any:
        if event.get("item", {}).get("part") == 2:
            raise Killed
        return handle(event, context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "handler", fail_at_second_part)
        run_executions()
    shown = imports.show(job["job"])
    assert (shown["state"], counts(shown)) == ("failed", {"applied": 1})
    assert (shown["error"]["type"], shown["error"]["line"]) == ("stopped", 3)


def test_progress_begins_again_with_the_commit(imports: Imports) -> None:
    job = imports.preview_file(LISTED)
    imports.command_commit(job["job"])
    assert (imports.show(job["job"])["done_rows"], job["done_rows"]) == (0, 2)


def test_imports_are_applied_one_after_the_other(imports: Imports) -> None:
    first, second = imports.preview_file(LISTED), imports.preview_file(LISTED)
    for job in (first, second):
        imports.command_commit(job["job"])
    context = Context(milliseconds_left=900_000)
    request = {"step": "plan", "phase": "commit", "stage": 0}
    with outside_handlers():
        assert app.handler({**request, "job": second["job"]}, context)["next"] == "map"
        assert app.handler({**request, "job": first["job"]}, context)["next"] == "wait"
        imports.command(second["job"], "cancel")
        assert app.handler({**request, "job": first["job"]}, context)["next"] == "map"


@pytest.mark.usefixtures("one_row_a_part")
def test_splitting_goes_on_where_the_time_of_a_function_ended(imports: Imports) -> None:
    job_id = imports.start(LISTED)
    request = {"step": "plan", "phase": "preview", "stage": 0, "job": job_id}
    answers = [app.handler(request, Context(milliseconds_left=1)) for _ in range(3)]
    assert [answer["next"] for answer in answers] == ["again", "again", "map"]
    run_executions()
    assert counts(imports.show(job_id)) == {"applied": 2}


def test_a_part_whose_time_ended_is_repeated(imports: Imports) -> None:
    job = imports.preview_file(LISTED)
    imports.command_commit(job["job"])
    item = {"part": 1, "start": [0, 1, 0, 0], "rows": 2}
    request = {"step": "work", "phase": "commit", "item": item, "job": job["job"]}
    assert app.handler(request, Context(milliseconds_left=1)) == {"next": "again"}
    assert imports.world.items() == []
    run_executions()
    assert counts(imports.show(job["job"])) == {"applied": 2}


def test_step_functions_gets_ids_and_numbers_and_nothing_of_the_file(imports: Imports) -> None:
    job = imports.preview_file(LISTED + b"x@,1\n")
    runs = imports.runs
    imports.commit(job)
    text = json.dumps([[run.inputs, run.answers] for run in [*runs, *imports.runs]])
    assert "@" not in text and "joan" not in text and "example" not in text


def test_an_execution_that_could_not_be_started_is_started_by_the_sweep(imports: Imports) -> None:
    failing = FailingCalls("stepfunctions", "StartExecution")
    with pytest.raises(StoreUnavailable):
        imports.start(LISTED)
    failing.stop()
    imports.sweep()
    run_executions()
    (job,) = imports.call(imports.marketing, "GET", "/v1/jobs")[1]["jobs"]
    assert job["state"] == "previewed"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"columns": {"address": "email"}}, "/columns"),
        ({"as": "unsubscribed"}, "/columns"),
        ({"columns": {"name": "email"}, "as": "unsubscribed"}, "/columns"),
        ({"columns": {"address": "joan@example.com"}, "as": "unsubscribed"}, "/columns"),
        ({"columns": {"address": "email"}, "as": "subscribed"}, "/as"),
        ({"columns": {"address": "email"}, "as": "unsubscribed", "format": "ses-contacts"}, "/format"),
        ({"zone": "Europe/Atlantis"}, "/zone"),
        ({"zone": "Europe"}, "/zone"),
        ({"format": "postgres"}, "/format"),
        ({"format": "sendgrid"}, "/format"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_pointer(imports: Imports, body: Any, pointer: str) -> None:
    status, problem = imports.call(imports.marketing, "POST", "/v1/imports", {"reference": "a file", **body})
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
