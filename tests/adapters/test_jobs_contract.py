"""The contract of the ports Jobs and JobFiles, on moto and on the emulator."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from heed.adapters.aws import client_factory
from heed.adapters.bulk_bucket import BulkBucket
from heed.adapters.dynamodb.jobs import JobsTable
from heed.domain.jobs.job import (
    Job,
    JobKind,
    JobSignature,
    JobState,
    Upload,
    commit_job,
    finish_preview,
    start_job,
)
from heed.domain.jobs.job_report import JobError, JobReport
from heed.domain.jobs.job_settings import (
    ImportJobSettings,
    JobSettings,
    ScrubJobSettings,
    SnapshotJobSettings,
    UndatedRows,
)
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ScopeNumber
from heed.use_cases.ports.jobs import JobPosition, Jobs
from tests.support.clients import service_models
from tests.support.full import examples
from tests.support.jobs import CREATED, MARKETING, ON_RECORD, SMALL_REPORT, TAKE_BACK, UPLOAD, job_of
from tests.support.template import table_definition

_numbers = itertools.count(1)
scopes = st.integers(0, 999).map(ScopeNumber)
all_settings: st.SearchStrategy[JobSettings] = st.one_of(
    st.builds(
        ImportJobSettings,
        reference=st.text("aé\U0001f600 '\"", max_size=20),
        name_words=st.lists(st.sampled_from(["bounces", "spam"])).map(tuple),
        exported_at=st.none() | st.just(CREATED),
        has_us_dates=st.booleans(),
        undated=st.sampled_from(UndatedRows),
        scope=st.none() | scopes,
        topics=st.dictionaries(st.text("Nnéw ", min_size=1, max_size=9), scopes, max_size=3),
        commit=st.booleans(),
    ),
    st.builds(
        ScrubJobSettings, scopes, st.text("aé", max_size=5), st.booleans(), st.just("c"), st.just("de")
    ),
    st.builds(SnapshotJobSettings, st.integers(1, 31)),
)


@pytest.fixture(scope="module", params=["moto", pytest.param("emulator", marks=pytest.mark.system)])
def endpoint(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The address of the emulator; None for moto in this process."""
    if request.param == "moto":
        with mock_aws():
            yield None
    else:
        yield request.getfixturevalue("emulator")


@pytest.fixture(scope="module")
def jobs(endpoint: str | None) -> Jobs:
    administrator: Any = boto3.client("dynamodb", endpoint_url=endpoint)
    administrator.create_table(TableName="Control", **table_definition("ControlTable"))
    client = administrator if endpoint else client_factory(service_models())("dynamodb")
    return JobsTable(client, "Control")


def added(jobs: Jobs, job: Job) -> Job:
    """Stores a job with an id that no other test has."""
    job = replace(job, id=f"{next(_numbers):032x}")
    jobs.add(job)
    return job


@given(all_settings)
@settings(examples(30), suppress_health_check=list(HealthCheck))
def test_a_job_is_stored_unchanged(jobs: Jobs, of: JobSettings) -> None:
    job = added(jobs, job_of(of))
    assert jobs.find(job.id) == job


@pytest.mark.parametrize(
    "job",
    [
        start_job(job_of(), UPLOAD, CREATED),
        finish_preview(start_job(job_of(), UPLOAD, CREATED), SMALL_REPORT, ON_RECORD, CREATED),
        replace(job_of(), state=JobState.FAILED, error=JobError("unreadable", "not text", 7)),
        replace(job_of(), state=JobState.DONE, committed=MARKETING, taken_back=TAKE_BACK, on_record=0),
    ],
)
def test_each_state_is_stored_unchanged(jobs: Jobs, job: Job) -> None:
    first = added(jobs, job_of())
    changed = replace(job, id=first.id)
    assert jobs.replace(first, changed)
    assert jobs.find(first.id) == replace(changed, revision=1)


def test_of_two_writers_that_read_the_same_job_only_the_first_changes_it(jobs: Jobs) -> None:
    first = added(jobs, job_of())
    started, cancelled = start_job(first, UPLOAD, CREATED), replace(first, state=JobState.CANCELLED)
    assert jobs.replace(first, started)
    assert not jobs.replace(first, cancelled)
    assert jobs.replace(first, started), "a retry of the write that was stored"
    current = jobs.find(first.id)
    assert current is not None and current.state is JobState.RUNNING
    previewed = finish_preview(current, JobReport(), ON_RECORD, CREATED)
    assert jobs.replace(current, commit_job(previewed, MARKETING))


def test_an_unknown_id_has_no_job(jobs: Jobs) -> None:
    assert jobs.find("f" * 32) is None


def test_the_jobs_of_an_owner_and_a_kind_are_listed_newest_first(jobs: Jobs) -> None:
    owner = JobSignature("0123456789abcdef", f"owner {next(_numbers)}", CREATED)

    def at(time: int) -> JobSignature:
        return replace(owner, at=Millis(time))

    first, second, third = (added(jobs, job_of(created=at(CREATED + n))) for n in (3, 1, 2))
    added(jobs, job_of(SnapshotJobSettings(7), created=owner))
    added(jobs, job_of())
    ids = [job.id for job in jobs.of_owner(owner.owner, JobKind.IMPORT)]
    assert ids == [first.id, third.id, second.id]
    after = JobPosition(first.created.at, first.id)
    assert [job.id for job in jobs.of_owner(owner.owner, JobKind.IMPORT, after)] == ids[1:]
    assert list(jobs.of_owner(owner.owner, JobKind.SCRUB)) == []


def test_a_job_is_open_until_it_is_closed(jobs: Jobs) -> None:
    job = added(jobs, job_of())
    assert job.id in set(jobs.open_ids())
    for _ in range(2):
        jobs.close(job.id)
    assert job.id not in set(jobs.open_ids())
    assert jobs.find(job.id) == job


@pytest.fixture(scope="module")
def files(endpoint: str | None) -> BulkBucket:
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    client: Any = boto3.client("s3", endpoint_url=endpoint, config=config)
    client.create_bucket(Bucket="bulk")
    return BulkBucket(client if endpoint else client_factory(service_models())("s3"), "bulk")


def test_the_upload_is_found_and_all_files_of_a_job_are_deleted(
    files: BulkBucket, endpoint: str | None
) -> None:
    client: Any = boto3.client("s3", endpoint_url=endpoint)
    first, other = (f"{next(_numbers):032x}" for _ in range(2))
    assert files.find_upload(first) is None
    for key in (f"{first}/upload", f"{first}/results/rejects.csv", f"{other}/upload"):
        client.put_object(Bucket="bulk", Key=key, Body=b"email\n")
    found = files.find_upload(first)
    assert found == Upload(client.head_object(Bucket="bulk", Key=f"{first}/upload")["ETag"], 6)
    for _ in range(2):
        files.delete_all(first)
    assert files.find_upload(first) is None
    assert files.find_upload(other) is not None


def test_many_files_of_a_job_are_deleted(files: BulkBucket, endpoint: str | None) -> None:
    client: Any = boto3.client("s3", endpoint_url=endpoint)
    job_id = f"{next(_numbers):032x}"
    for number in range(1_001):
        client.put_object(Bucket="bulk", Key=f"{job_id}/parts/{number}", Body=b"")
    files.delete_all(job_id)
    assert "Contents" not in client.list_objects_v2(Bucket="bulk", Prefix=job_id)
