"""Snapshots, from the job to the signed file, as the function `bulk` makes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from functions.jobs import app as jobs
from functions.preferences import app as preferences
from heed.domain.api_key import KeyScope
from heed.domain.jobs.job import Job, JobState, cancel_job, start_job
from heed.domain.jobs.job_report import JobCounts
from heed.domain.jobs.job_settings import SnapshotJobSettings
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import decide
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import COMPLAINT, HOLD, Change, Entry, Register, ScopeNumber, Source
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.domain.recipients.recipient import recipient_from_bytes
from heed.override import override
from heed.snapshot.reader import Snapshot
from heed.use_cases.jobs.change_job import change_job
from tests.functions.conftest import DAY, Clock
from tests.support.catalogues import CATALOGUE
from tests.support.crash import SimulatedCrash, crash_after
from tests.support.deployment import NOW, ROOT, World, client, http_event, parts, restart
from tests.support.job_machine import JobMachineRun, definition, run_executions
from tests.support.jobs import job_of
from tests.support.killed_steps import RunWithKilledSteps
from tests.support.registers import in_, out
from tests.support.template import template

RECIPIENT = recipient_from_bytes(bytes(range(16)))
OFFERS, NEWS = 2, 3
NAMES = {OFFERS: "offers", NEWS: "news"}


class Maker:
    """Makes snapshots of the people on record, and reads them as a sender does."""

    def __init__(self, world: World, clock: Clock, folder: Path) -> None:
        self.world, self.clock, self.folder = world, clock, folder

    def add(self, number: int, *changes: Change) -> str:
        recipient = recipient_from_bytes(sha256(bytes([number])).digest()[:16])
        parts().preferences.apply(recipient, changes, Millis(self.clock.now))
        return recipient

    def request(self, number: int = 1, days: int = 7) -> Job:
        job = start_job(job_of(SnapshotJobSettings(days), number), None, Millis(self.clock.now))
        parts().jobs.add(job)
        return job

    def make(self, run: type[JobMachineRun] = JobMachineRun) -> Job:
        job = self.request()
        run(self.world.context).run(definition(), {"job": job.id, "phase": "snapshot", "stage": 0})
        return self.find(job)

    def find(self, job: Job) -> Job:
        found = parts().jobs.find(job.id)
        assert found is not None
        return found

    def file(self, job: Job) -> bytes:
        key = f"{job.id}/results/snapshot.heedsnap"
        content: bytes = client("s3").get_object(Bucket="bulk", Key=key)["Body"].read()
        return content

    def open(self, job: Job) -> Snapshot:
        path = self.folder / f"{job.id}.heedsnap"
        path.write_bytes(self.file(job))
        answer = preferences.handler(http_event("GET", "/.well-known/heed-keys.json"), self.world.context)
        assert answer["headers"]["Cache-Control"] == "public, max-age=3600"
        return Snapshot.open(path, json.loads(answer["body"]))


@pytest.fixture
def maker(world: World, clock: Clock, tmp_path: Path) -> Maker:
    return Maker(world, clock, tmp_path)


def change(register: Register, at: int = 5) -> Change:
    return Change(register, Entry(Millis(at), Source.PHONE, "{}"))


def test_a_snapshot_answers_as_the_check_does(maker: Maker) -> None:
    maker.clock.now += 2 * DAY
    people = [
        maker.add(1, change(out(0))),
        maker.add(2, change(out(OFFERS))),
        maker.add(3, change(out(0)), change(in_(NEWS), 6)),
        maker.add(4, change(COMPLAINT)),
        maker.add(5, change(HOLD)),
        maker.add(6, change(out(OFFERS)), change(in_(OFFERS), 6)),
    ]
    snapshot = maker.open(maker.make())
    records = parts().preferences.read_many(people)
    for recipient in people:
        record = records[recipient]
        assert isinstance(record, Record)
        for number, name in NAMES.items():
            may_send = decide(record, parts().catalogue.topics[ScopeNumber(number)], NOW).sendable
            assert snapshot.may_send(recipient, name) == ("yes" if may_send else "no"), (recipient, name)


def test_a_job_says_how_many_people_its_snapshot_stops(maker: Maker) -> None:
    maker.add(1, change(out(0)))
    maker.add(2, change(out(OFFERS)))
    maker.add(3, change(in_(OFFERS)))
    job = maker.make()
    assert job.state is JobState.DONE
    assert job.report.counts == JobCounts(applied=2, known=1)
    assert [file.size for file in job.report.files] == [len(maker.file(job))]
    (disclosed,) = parts().disclosures.latest(None, 9).entries
    assert (disclosed.details.what, disclosed.details.people) == ("snapshot", 3)


def test_everything_from_two_minutes_before_the_work_on_is_left_to_the_feed(maker: Maker) -> None:
    manifest = maker.open(maker.make()).manifest
    assert manifest.as_of == maker.clock.now - 120_000
    assert manifest.expires_at == manifest.as_of + 7 * DAY
    assert manifest.identity_key == "identity/1"


def test_all_pages_are_read_consistently_after_the_work_began(maker: Maker) -> None:
    requests: list[Mapping[str, Any]] = []
    events = parts().client("dynamodb").meta.events
    events.register("provide-client-params.dynamodb.Scan", lambda params, **_: requests.append(params))
    maker.make()
    assert all(request["ConsistentRead"] for request in requests)
    assert [request["Segment"] for request in requests] == list(range(16))
    assert {request["TotalSegments"] for request in requests} == {16}


def test_who_has_an_unreadable_record_gets_no_mail(maker: Maker) -> None:
    recipient = maker.add(1, change(in_(OFFERS)))
    item = {"id": {"S": recipient}, "o:2": {"S": "damaged"}}
    client("dynamodb").put_item(TableName=maker.world.table, Item=item)
    client("dynamodb").put_item(TableName=maker.world.table, Item={"id": {"S": "no recipient"}})
    job = maker.make()
    assert {maker.open(job).may_send(recipient, name) for name in NAMES.values()} == {"no"}
    assert job.report.counts == JobCounts(invalid=2)


def test_a_snapshot_of_nobody_stops_nobody(maker: Maker) -> None:
    snapshot = maker.open(maker.make())
    assert snapshot.may_send(RECIPIENT, "offers") == "yes"
    assert set(snapshot.manifest.counts.values()) == {0}


def test_a_step_that_is_killed_at_any_call_is_repeated_without_loss(maker: Maker) -> None:
    people = [maker.add(number, change(out(0))) for number in range(3)]
    job = maker.make(RunWithKilledSteps)
    snapshot = maker.open(job)
    assert [snapshot.may_send(recipient, "offers") for recipient in people] == ["no"] * 3
    assert job.report.counts == JobCounts(applied=3)
    assert snapshot.manifest.counts["*"] == 3


def test_a_segment_goes_on_where_its_time_was_over(maker: Maker) -> None:
    people = [maker.add(number, change(out(OFFERS))) for number in range(80)]
    for recipient in people:
        fill(recipient)

    def end_the_time(**_: Any) -> None:
        maker.world.context.milliseconds_left = 0

    events = parts().client("dynamodb").meta.events
    events.register("after-call.dynamodb.Scan", end_the_time, unique_id="time")
    job = maker.request()
    run = JobMachineRun(maker.world.context)
    run.run(definition(), {"job": job.id, "phase": "snapshot", "stage": 0})
    assert "again" in [answer["next"] for answer in run.answers], "a segment with two pages"
    job = maker.find(job)
    assert job.report.counts == JobCounts(applied=80)
    snapshot = maker.open(job)
    assert {snapshot.may_send(recipient, "offers") for recipient in people} == {"no"}
    assert snapshot.manifest.counts["offers"] == 80


@pytest.mark.parametrize("calls", range(1, 8))
def test_an_end_that_is_killed_at_any_call_is_repeated_without_loss(maker: Maker, calls: int) -> None:
    class RunWithKilledEnd(JobMachineRun):
        @override
        def call_function(self, payload: dict[str, Any]) -> Any:
            if payload["step"] == "plan" and payload["stage"] == 2:
                with suppress(SimulatedCrash), crash_after(calls, ("dynamodb",)):
                    super().call_function(payload)
            return super().call_function(payload)

    maker.add(1, change(out(0)))
    job = maker.make(RunWithKilledEnd)
    assert (job.state, job.report.counts) == (JobState.DONE, JobCounts(applied=1))
    assert parts().disclosures.latest(None, 9).entries
    assert maker.open(job).manifest.counts["*"] == 1


def test_the_last_stage_gives_the_same_file_again(maker: Maker) -> None:
    maker.add(1, change(out(0)))
    job = maker.make()
    first = maker.file(job)
    client("s3").delete_object(Bucket="bulk", Key=f"{job.id}/results/snapshot.heedsnap")
    parts().plan_snapshot(job, 2, lambda: True)
    assert maker.file(job) == first
    assert len(parts().disclosures.latest(None, 9).entries) == 1


def test_a_filter_with_many_people_has_several_shards(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heed.domain.snapshots.shards.USUAL_SHARD_KEYS", 20)
    people = [maker.add(number, change(out(NEWS))) for number in range(100)]
    snapshot = maker.open(maker.make())
    assert len(snapshot.manifest.shards_by_topic()[ScopeNumber(NEWS)]) >= 8
    assert {snapshot.may_send(recipient, "news") for recipient in people} == {"no"}


def test_people_with_the_same_first_eight_bytes_are_one_key(maker: Maker) -> None:
    twins = [recipient_from_bytes(bytes(8) + bytes([number] * 8)) for number in range(2)]
    for recipient in twins:
        parts().preferences.apply(recipient, [change(out(0))], Millis(maker.clock.now))
    job = maker.make()
    snapshot = maker.open(job)
    assert {snapshot.may_send(recipient, "news") for recipient in twins} == {"no"}
    assert (job.report.counts.applied, snapshot.manifest.counts["*"]) == (2, 1)


def test_too_many_people_with_the_same_leading_bits_fail_the_job(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heed.domain.snapshots.shards.USUAL_SHARD_KEYS", 1)
    monkeypatch.setattr("heed.domain.snapshots.shards.MAX_SHARD_KEYS", 2)
    for number in range(3):
        recipient = recipient_from_bytes(bytes(7) + bytes([number] * 9))
        parts().preferences.apply(recipient, [change(out(0))], Millis(maker.clock.now))
    job = maker.make()
    assert job.state is JobState.FAILED
    assert job.error is not None and job.error.type == "unbuildable-filter"


def test_a_filter_without_a_suitable_seed_fails_the_job(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heed.domain.snapshots.binary_fuse._MAX_SEEDS", 0)
    job = maker.make()
    assert job.error is not None and job.error.type == "unbuildable-filter"


@pytest.mark.parametrize("read", [0, 1])
def test_other_topics_in_the_middle_of_the_work_fail_the_job(maker: Maker, read: int) -> None:
    """A person who is stopped for all topics of before is not stopped for the new one."""

    class RunWithDeployment(JobMachineRun):
        @override
        def call_function(self, payload: dict[str, Any]) -> Any:
            if payload.get("item") == {"segment": read}:
                restart()
                parts().catalogue = CATALOGUE
            return super().call_function(payload)

    job = maker.make(RunWithDeployment)
    if read == 0:
        assert job.state is JobState.DONE, "before the first segment nothing is lost"
    else:
        assert job.error is not None and job.error.type == "catalogue-changed"


def test_the_schedule_makes_a_snapshot_that_a_key_of_its_owner_reads(maker: Maker) -> None:
    """EventBridge Scheduler delivers the input of its target as it is."""
    delivered = json.loads((ROOT / "events" / "jobs-scheduler-create-snapshot.json").read_text())
    schedule = template()["Resources"]["ScheduledSnapshot"]["Properties"]
    assert delivered == json.loads(schedule["Target"]["Input"])
    assert jobs.handler(delivered, maker.world.context) == {}
    run_executions()
    (job_id,) = parts().jobs.open_ids()
    key = parts().api_keys.create("key", "Schedule", (KeyScope.EXPORT,), None, (DisclosurePurpose.SENDING,))[
        1
    ]
    headers = {"Authorization": f"Bearer {key}"}
    event = http_event("GET", f"/v1/jobs/{job_id}", headers=headers, at=maker.clock.now)
    shown = json.loads(jobs.handler(event, maker.world.context)["body"])
    assert (shown["state"], shown["purpose"]) == ("done", "sending")
    assert [file["name"] for file in shown["files"]] == ["snapshot.heedsnap"]


def test_a_cancelled_snapshot_stops_at_its_next_step(maker: Maker) -> None:
    job = maker.request()
    change_job(job.id, lambda current: cancel_job(current, Millis(maker.clock.now)), parts().jobs)
    JobMachineRun(maker.world.context).run(definition(), {"job": job.id, "phase": "snapshot", "stage": 0})
    assert client("s3").list_objects_v2(Bucket="bulk")["KeyCount"] == 0


def fill(recipient: str) -> None:
    """Makes an item so large that a page of the table has three of them."""
    client("dynamodb").update_item(
        TableName="Preferences",
        Key={"id": {"S": recipient}},
        UpdateExpression="SET filler = :filler",
        ExpressionAttributeValues={":filler": {"S": "x" * 300_000}},
    )
