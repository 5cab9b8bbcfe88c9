"""An import is taken back: by an officer of another owner, person by person, and nothing else with it."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from jsonschema import Draft202012Validator

from heed.domain.api_key import KeyScope
from heed.domain.errors import StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import sendable_by_topic
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Change, Entry, Source
from heed.domain.rfc3339 import format_time
from tests.functions.conftest import DAY, HOUR, MINUTE, Clock
from tests.functions.test_jobs import Office
from tests.functions.test_ledger import EventRecorder, deliver, entries
from tests.support.aws_calls import outside_handlers
from tests.support.crash import SimulatedCrash, crash_after
from tests.support.deployment import NOW, Context, World, client, parts
from tests.support.job_machine import JobMachineRun, definition, run_executions
from tests.support.registers import out, taken_back
from tests.support.stream_events import StreamRecorder

JOAN, LEE = "joan@example.com", "lee@example.com"
REASON = "The column was that of all customers."


class Imports(Office):
    """An office that imports lists and takes them back."""

    def bring(self, *addresses: str, on: str = "2026-01-02") -> str:
        """Imports a list of opt-outs, and returns the job."""
        body = {"reference": "the old list", "commit": True, "format": "sendgrid-unsubscribes"}
        job_id: str = self.create(self.marketing, body=body)["job"]
        rows = "".join(f"{address},{on}\n" for address in addresses)
        self.upload(job_id, f"email,created\n{rows}".encode())
        run_executions()
        if self.show(job_id)["state"] == "previewed":  # it stops a large part of the few people on record
            assert self.command(job_id, "commit", self.second)[0] == 200
            run_executions()
        assert self.show(job_id)["state"] == "done"
        return job_id

    def take_back(self, job_id: str, key: str | None = None, reason: str = REASON) -> tuple[int, Any]:
        body = {"take_back": True, "reason": reason}
        return self.call(key or self.officer, "POST", f"/v1/jobs/{job_id}", body)

    @property
    def second(self) -> str:
        return self.key("Second", KeyScope.PRIVACY)

    def record(self, address: str) -> Record:
        return parts().preferences.read(self.world.recipient(address))

    def sends_offers(self, address: str) -> bool:
        return sendable_by_topic(self.record(address), parts().catalogue, NOW)["offers"]


@pytest.fixture
def imports(world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Imports:
    monkeypatch.setattr(parts().clock, "time_ns", clock.time_ns)
    return Imports(world, clock)


@pytest.mark.threat(
    "T45",
    "A leaked key of the scope import, or a wrong column, stops everybody, service mail included, for ever.",
    "A large import needs a second owner, and an officer of another owner takes an import back for 30 days.",
)
def test_what_an_import_stopped_no_longer_counts_after_it_was_taken_back(imports: Imports) -> None:
    job_id = imports.bring(JOAN, LEE)
    assert not imports.sends_offers(JOAN)

    status, answer = imports.take_back(job_id)
    assert (status, answer["taken_back"]["people"]) == (200, None)
    run_executions()

    assert imports.sends_offers(JOAN)
    assert imports.sends_offers(LEE)
    shown = imports.show(job_id)["taken_back"]
    assert (shown["reason"], shown["people"], shown["unreadable"]) == (REASON, 2, 0)


@pytest.fixture
def published() -> list[dict[str, Any]]:
    """Returns the details of the events that the work on jobs publishes."""
    details: list[dict[str, Any]] = []
    parts().client("events").meta.events.register(
        "before-parameter-build.events.PutEvents",
        lambda params, **_: details.extend(json.loads(entry["Detail"]) for entry in params["Entries"]),
    )
    return details


def test_an_import_and_its_taking_back_are_one_event_each(
    imports: Imports, published: list[dict[str, Any]]
) -> None:
    job_id = imports.bring(JOAN, LEE)
    imports.take_back(job_id)
    run_executions()

    done, taken_back_event = published
    schema = Path(__file__).parents[2] / "docs" / "events" / "import-done.schema.json"
    for detail in published:
        event = {"source": "heed", "detail-type": "Import Done", "detail": detail}
        Draft202012Validator(json.loads(schema.read_text())).validate(event)
    assert (done["job"], done["state"], done["applied"], done["known"]) == (job_id, "done", 2, 0)
    assert taken_back_event["state"] == "taken-back"
    assert (taken_back_event["people"], taken_back_event["unreadable"]) == (2, 0)
    assert done["id"] != taken_back_event["id"]


def test_an_import_is_not_done_before_its_event_is_published(
    imports: Imports, published: list[dict[str, Any]]
) -> None:
    body = {"reference": "the old list", "commit": True, "format": "sendgrid-unsubscribes"}
    job_id = imports.create(imports.marketing, body=body)["job"]
    imports.upload(job_id, f"email,created\n{JOAN},2026-01-02\n".encode())
    run_executions()
    states: list[str] = []

    def fail_at_first(**_: Any) -> None:
        with outside_handlers():
            states.append(imports.show(job_id)["state"])
        if len(states) < 5:
            raise ReadTimeoutError(endpoint_url="https://aws.invalid")

    parts().client("events").meta.events.register_first("before-send.events.PutEvents", fail_at_first)
    imports.command(job_id, "commit", imports.second)
    run_executions()

    assert states == ["running"] * 5
    assert imports.show(job_id)["state"] == "done"
    first, second = published
    assert first["id"] == second["id"]


def test_what_else_is_on_record_stays_as_it_is(imports: Imports) -> None:
    clicked = Change(out(2), Entry(NOW, Source.ONE_CLICK, "{}"))
    imports.world.apply_changes(JOAN, clicked)
    job_id = imports.bring(JOAN, LEE)
    imports.bring(LEE, on="2026-01-03")
    imports.take_back(job_id)
    run_executions()

    joan, lee = imports.record(JOAN), imports.record(LEE)
    assert joan.get(out(2)) == clicked.entry
    assert taken_back(0) in joan.registers
    assert not imports.sends_offers(JOAN)
    assert out(0) in lee.registers, "two imports met, and the lesser entry stays for ever"
    assert taken_back(0) not in lee.registers
    assert not imports.sends_offers(LEE)


def test_the_same_file_again_records_nothing_not_even_for_the_ledger(imports: Imports) -> None:
    imports.bring(JOAN, LEE)
    items = imports.world.items()
    second = imports.bring(JOAN, LEE)
    assert imports.world.items() == items
    assert imports.show(second)["counts"]["known"] == 2


@pytest.mark.parametrize("hour", ["", " 09:00:00"])
def test_what_a_file_stops_today_is_not_lifted_by_taking_back_the_same_file_of_an_hour_later(
    imports: Imports, hour: str
) -> None:
    on = format_time(Millis(imports.clock.now))[:10] + hour
    for is_second_taken_back in (True, False):
        address = f"joan{is_second_taken_back}@example.com"
        first = imports.bring(address, on=on)
        imports.clock.now += HOUR
        second = imports.bring(address, on=on)
        imports.take_back(second if is_second_taken_back else first)
        run_executions()
        assert not imports.sends_offers(address)


def test_several_rows_of_one_file_about_a_person_are_taken_back_together(imports: Imports) -> None:
    today = format_time(Millis(imports.clock.now))[:10]
    body = {"reference": "x", "commit": True, "format": "sendgrid-unsubscribes"}
    job_id = imports.create(imports.marketing, body=body)["job"]
    imports.upload(job_id, f"email,created\n{JOAN},2026-01-02\n{JOAN},{today}\n".encode())
    run_executions()
    imports.command(job_id, "commit", imports.second)
    run_executions()
    assert not imports.sends_offers(JOAN)
    imports.take_back(job_id)
    run_executions()
    assert imports.sends_offers(JOAN)


def test_only_an_officer_of_another_owner_takes_an_import_back_and_names_a_reason(imports: Imports) -> None:
    job_id = imports.bring(JOAN, LEE)
    assert imports.take_back(job_id, imports.marketing)[0] == 403
    assert imports.take_back(job_id, imports.key("Agency", KeyScope.IMPORT))[0] == 404
    status, problem = imports.take_back(job_id, imports.second)  # this owner has committed it
    assert (status, problem["type"]) == (403, "urn:heed:problem:second-owner-needed")
    assert imports.take_back(job_id, reason="")[0] == 422
    assert imports.command(job_id, "take_back", imports.officer)[0] == 422
    assert imports.show(job_id)["taken_back"] is None


def test_an_import_is_taken_back_after_its_commit_and_within_30_days(imports: Imports) -> None:
    job_id = imports.preview()
    assert imports.take_back(job_id)[0] == 409
    job_id = imports.bring(JOAN)
    imports.clock.now += 31 * DAY
    assert imports.take_back(job_id)[0] == 409


def test_the_same_command_again_changes_nothing(imports: Imports) -> None:
    job_id = imports.bring(JOAN)
    imports.take_back(job_id)
    run_executions()
    before, job = imports.world.items(), imports.show(job_id)
    assert imports.take_back(job_id, reason="another reason")[0] == 200
    assert run_executions() == []
    assert (imports.world.items(), imports.show(job_id)) == (before, job)


def test_a_step_that_is_killed_after_any_call_is_repeated_with_the_same_result(imports: Imports) -> None:
    job_id = imports.bring(JOAN, LEE)
    imports.take_back(job_id)
    for calls in count(1):
        try:
            with crash_after(calls):
                run = {"job": job_id, "phase": "take-back", "stage": 0}
                JobMachineRun(Context(milliseconds_left=900_000)).run(definition(), run)
            break
        except SimulatedCrash:
            continue
    assert calls > 10
    assert imports.show(job_id)["taken_back"]["people"] == 2
    assert imports.sends_offers(JOAN)


def test_a_record_that_cannot_be_read_stays_stopped_and_is_counted(imports: Imports) -> None:
    job_id = imports.bring(JOAN, LEE)
    client("dynamodb").update_item(
        TableName=imports.world.table,
        Key={"id": {"S": imports.world.recipient(LEE)}},
        UpdateExpression="SET #r = :r",
        ExpressionAttributeNames={"#r": "x:unknown"},
        ExpressionAttributeValues={":r": {"S": "unreadable"}},
    )
    imports.take_back(job_id)
    run_executions()
    shown = imports.show(job_id)["taken_back"]
    assert (shown["people"], shown["unreadable"]) == (1, 1)


def test_each_person_has_a_ledger_entry_and_an_event(imports: Imports) -> None:
    stream = StreamRecorder(parts().client("dynamodb"), imports.world.table, NOW + 1_610)
    job_id = imports.bring(JOAN)
    stream.record_changes()
    imports.take_back(job_id)
    run_executions()
    stream.record_changes()
    events = EventRecorder()
    assert deliver(imports.world, stream.records) == []

    assert [(e.register, e.source) for e, _ in entries(imports.world, JOAN)] == [
        ("out", "import"),
        ("out-taken-back", "agent"),
    ]
    details = [json.loads(event["Detail"]) for event in events.events]
    assert events.types() == ["Recipient Opted Out", "Recipient Lifted"]
    assert [detail["state"] for detail in details] == ["out", "taken-back"]
    assert details[0]["at"] == details[1]["at"]


def test_a_failed_taking_back_frees_the_turn_and_the_same_command_begins_it_again(imports: Imports) -> None:
    job_id = imports.bring(JOAN)
    imports.take_back(job_id)
    call({"step": "plan", "job": job_id, "phase": "take-back", "stage": 0})  # it has the turn
    call({"step": "fail", "job": job_id, "phase": "take-back"})
    run_executions()
    assert imports.show(job_id)["state"] == "done"
    assert imports.show(job_id)["taken_back"]["failed"]
    assert not imports.sends_offers(JOAN)

    imports.bring(LEE)
    assert not imports.sends_offers(LEE)

    assert imports.take_back(job_id)[0] == 200
    run_executions()
    shown = imports.show(job_id)["taken_back"]
    assert (shown["people"], shown["failed"]) == (1, False)
    assert imports.sends_offers(JOAN)


def test_a_taking_back_whose_start_is_lost_is_started_by_the_sweep(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = imports.bring(JOAN)
    imports.clock.now += 2 * DAY
    imports.sweep()  # it deletes the files of the job, and forgets it

    def lose(*_: object) -> None:
        raise StoreUnavailable("the state machine did not answer")

    with monkeypatch.context() as lost:
        lost.setattr(parts().job_executions, "start", lose)
        assert imports.take_back(job_id)[0] == 503
    assert run_executions() == []

    imports.sweep()
    run_executions()
    assert imports.show(job_id)["taken_back"]["people"] == 1
    assert imports.sends_offers(JOAN)
    assert imports.sweep()["cleared"] == 1


def test_a_taking_back_whose_execution_is_gone_fails_after_three_days(imports: Imports) -> None:
    job_id = imports.bring(JOAN)
    imports.take_back(job_id)
    machine = client("stepfunctions")
    arn = parts().config.job_machine
    for execution in machine.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
        machine.stop_execution(executionArn=execution["executionArn"])

    imports.clock.now += 3 * DAY - 1
    imports.sweep()
    assert not imports.show(job_id)["taken_back"]["failed"]
    imports.clock.now += 1
    imports.sweep()
    assert imports.show(job_id)["taken_back"]["failed"]


def test_a_taking_back_goes_before_the_imports_that_wait(imports: Imports) -> None:
    wrong = imports.bring(JOAN)
    first, second = imports.preview(), imports.preview()
    for job_id in (first, second):
        imports.command(job_id, "commit")
    commits = [{"step": "plan", "job": job_id, "phase": "commit", "stage": 0} for job_id in (first, second)]
    take_back = {"step": "plan", "job": wrong, "phase": "take-back", "stage": 0}
    assert call(commits[0])["next"] == "map"
    imports.take_back(wrong)
    assert call(take_back)["next"] == "wait"

    assert imports.command(first, "cancel", imports.officer)[0] == 200
    assert call(commits[1])["next"] == "wait"
    assert call(take_back)["next"] == "map"
    imports.clock.now += 11 * MINUTE
    assert call(commits[1])["next"] == "wait"


def test_a_taking_back_that_no_longer_tries_delays_imports_for_ten_minutes_only(imports: Imports) -> None:
    wrong = imports.bring(JOAN)
    first, second = imports.preview(), imports.preview()
    for job_id in (first, second):
        imports.command(job_id, "commit")
    call({"step": "plan", "job": first, "phase": "commit", "stage": 0})
    imports.take_back(wrong)
    call({"step": "plan", "job": wrong, "phase": "take-back", "stage": 0})
    imports.command(first, "cancel", imports.officer)

    commit = {"step": "plan", "job": second, "phase": "commit", "stage": 0}
    imports.clock.now += 10 * MINUTE - 1
    assert call(commit)["next"] == "wait"
    imports.clock.now += 1
    assert call(commit)["next"] == "map"


def test_a_job_that_cannot_be_read_keeps_the_turn_for_a_day_and_fails_no_other_job(imports: Imports) -> None:
    first, second = imports.preview(), imports.preview()
    for job_id in (first, second):
        imports.command(job_id, "commit")
    call({"step": "plan", "job": first, "phase": "commit", "stage": 0})
    client("dynamodb").update_item(
        TableName=parts().config.control_table,
        Key={"pk": {"S": f"job#{first}"}},
        UpdateExpression="SET #state = :none",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":none": {"S": "none"}},
    )
    commit = {"step": "plan", "job": second, "phase": "commit", "stage": 0}
    imports.clock.now += DAY - 1
    assert call(commit)["next"] == "wait"
    imports.clock.now += 1
    assert call(commit)["next"] == "map"


def call(step: dict[str, Any]) -> Any:
    """Calls the function once, without the machine around it."""
    return JobMachineRun(Context()).call_function(step)
