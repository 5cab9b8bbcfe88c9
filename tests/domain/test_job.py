"""The states of a job: which steps lead where, what is kept, and who may do what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import ImportTooLong, JobConflict, SecondOwnerNeeded
from heed.domain.jobs.import_estimate import JobEstimate
from heed.domain.jobs.job import (
    Job,
    JobKind,
    JobSignature,
    JobState,
    TakeBack,
    cancel_job,
    commit_job,
    fail_job,
    finish_job,
    finish_preview,
    report_progress,
    start_job,
)
from heed.domain.jobs.job_deadlines import FILES_MS, IDLE_MS, are_files_due, expire_job
from heed.domain.jobs.job_report import JobCounts, JobError, JobReport
from heed.domain.jobs.job_settings import (
    ImportJobSettings,
    JobSettings,
    ScrubJobSettings,
    SnapshotJobSettings,
)
from heed.domain.jobs.take_back import fail_take_back, finish_take_back, take_back_job
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS, ScopeNumber
from tests.support.full import examples
from tests.support.jobs import CREATED, MARKETING, ON_RECORD, PRIVACY, SMALL_REPORT, TAKE_BACK, UPLOAD, job_of

LATER = Millis(CREATED + 1_000)
SETTINGS: dict[JobKind, JobSettings] = {
    JobKind.IMPORT: ImportJobSettings("export of May"),
    JobKind.SCRUB: ScrubJobSettings(ScopeNumber(2)),
    JobKind.SNAPSHOT: SnapshotJobSettings(7),
}
BROKEN = JobError("unreadable", "The file is not text.", line=7)


def previewed(report: JobReport = SMALL_REPORT, on_record: int = ON_RECORD) -> Job:
    return finish_preview(start_job(job_of(), UPLOAD, LATER), report, on_record, LATER)


def done() -> Job:
    return finish_job(commit_job(previewed(), MARKETING), SMALL_REPORT, LATER)


def applying(people: int) -> JobReport:
    return JobReport(counts=JobCounts(applied=people))


def test_an_import_goes_from_upload_over_preview_and_commit_to_its_end() -> None:
    states = [
        job_of(),
        start_job(job_of(), UPLOAD, LATER),
        previewed(),
        commit_job(previewed(), PRIVACY),
        done(),
    ]
    assert [job.state.value for job in states] == ["waiting", "running", "previewed", "running", "done"]
    assert done().committed == MARKETING and done().report.counts.total == 10


@pytest.mark.parametrize("kind", [JobKind.SCRUB, JobKind.SNAPSHOT])
def test_a_job_without_a_commit_is_done_after_its_work(kind: JobKind) -> None:
    job = finish_job(start_job(job_of(SETTINGS[kind]), None, LATER), SMALL_REPORT, LATER)
    assert (job.kind, job.state, job.ended_at) == (kind, JobState.DONE, LATER)


def test_an_import_that_was_committed_from_the_beginning_goes_on_after_its_preview() -> None:
    job = start_job(job_of(ImportJobSettings("r", commit=True)), UPLOAD, LATER)
    assert finish_preview(job, SMALL_REPORT, ON_RECORD, LATER).state is JobState.RUNNING


@pytest.mark.parametrize(
    ("people", "on_record", "needs"),
    [(100, 1_000, False), (101, 1_000, True), (99_999, 10**9, False), (100_000, 10**9, True), (0, 0, False)],
)
def test_a_large_import_needs_a_second_owner(people: int, on_record: int, needs: bool) -> None:
    job = previewed(applying(people), on_record)
    assert job.needs_second_owner is needs
    if needs:
        with pytest.raises(SecondOwnerNeeded):
            commit_job(job, MARKETING)
    assert commit_job(job, PRIVACY).committed == PRIVACY


def test_an_import_is_not_committed_so_late_that_its_file_is_deleted_before_the_end() -> None:
    job = previewed(replace(SMALL_REPORT, estimate=JobEstimate(40 * 3_600, 1.0)))
    assert job.started_at is not None
    latest = Millis(job.started_at + 8 * 3_600_000)
    assert commit_job(job, replace(MARKETING, at=latest)).committed
    with pytest.raises(ImportTooLong):
        commit_job(job, replace(MARKETING, at=Millis(latest + 1)))


def test_a_large_import_waits_for_a_second_owner_even_if_it_was_committed_from_the_beginning() -> None:
    job = start_job(job_of(ImportJobSettings("r", commit=True)), UPLOAD, LATER)
    job = finish_preview(job, applying(100_000), ON_RECORD, LATER)
    assert (job.state, job.committed) == (JobState.PREVIEWED, None)


def test_a_second_upload_does_not_replace_the_first() -> None:
    job = start_job(job_of(), UPLOAD, LATER)
    assert start_job(job, replace(UPLOAD, etag='"other"'), LATER) == job


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.CANCELLED, JobState.FAILED])
def test_only_a_preview_can_be_committed(state: JobState) -> None:
    with pytest.raises(JobConflict):
        commit_job(replace(job_of(), state=state), MARKETING)


@pytest.mark.parametrize("job", [done(), fail_job(job_of(), BROKEN, LATER)])
def test_what_is_done_or_failed_cannot_be_cancelled(job: Job) -> None:
    with pytest.raises(JobConflict):
        cancel_job(job, LATER)


def test_an_import_is_taken_back_by_another_owner_within_30_days() -> None:
    end = LATER + 30 * DAY_MS
    in_time = replace(TAKE_BACK, at=Millis(end - 1))
    assert take_back_job(done(), in_time).taken_back == in_time
    with pytest.raises(JobConflict):
        take_back_job(done(), replace(TAKE_BACK, at=Millis(end)))
    with pytest.raises(SecondOwnerNeeded):
        take_back_job(done(), replace(TAKE_BACK, owner=MARKETING.owner))
    with pytest.raises(JobConflict):
        take_back_job(previewed(), TAKE_BACK)


def test_what_a_cancelled_commit_applied_can_be_taken_back_when_its_work_is_over() -> None:
    cancelled = cancel_job(commit_job(previewed(), MARKETING), LATER)
    over = replace(TAKE_BACK, at=Millis(LATER + 20 * 60_000))
    assert take_back_job(cancelled, over).taken_back == over
    with pytest.raises(JobConflict):
        take_back_job(cancelled, replace(over, at=Millis(over.at - 1)))


def test_the_first_report_of_an_import_that_was_taken_back_counts() -> None:
    finished = finish_take_back(take_back_job(done(), TAKE_BACK), 7, 1)
    assert finished.taken_back == replace(TAKE_BACK, people=7, unreadable=1)
    assert finish_take_back(finished, 8, 0) == finished
    assert finish_take_back(done(), 7, 1) == done()


@pytest.mark.parametrize(
    ("job", "state", "error"),
    [
        (job_of(), JobState.FAILED, "no-upload"),
        (job_of(SETTINGS[JobKind.SNAPSHOT]), JobState.FAILED, "stopped"),
        (start_job(job_of(), UPLOAD, CREATED), JobState.FAILED, "stopped"),
        (replace(previewed(), changed_at=CREATED), JobState.CANCELLED, None),
    ],
)
def test_a_job_that_waits_for_a_day_ends(job: Job, state: JobState, error: str | None) -> None:
    assert expire_job(job, Millis(CREATED + IDLE_MS - 1)) == job
    ended = expire_job(job, Millis(CREATED + IDLE_MS))
    assert (ended.state, ended.error and ended.error.type) == (state, error)


def test_the_files_of_a_job_are_due_a_day_after_its_end() -> None:
    assert not are_files_due(previewed(), Millis(LATER + 10 * FILES_MS))
    assert not are_files_due(done(), Millis(LATER + FILES_MS - 1))
    assert are_files_due(done(), Millis(LATER + FILES_MS))


counts = st.builds(JobCounts, *[st.integers(0, 200_000)] * 6)
reports = st.builds(JobReport, counts=counts, done_rows=st.integers(0, 10**6))
signatures = st.builds(
    JobSignature, st.just("0123456789abcdef"), st.sampled_from(["marketing", "privacy"]), st.just(LATER)
)
take_backs = signatures.map(lambda by: TakeBack(by.key, by.owner, by.at, "a wrong column"))
steps = st.one_of(
    st.tuples(st.just(start_job), st.just((UPLOAD, LATER))),
    st.tuples(st.just(report_progress), st.tuples(reports, st.just(LATER))),
    st.tuples(st.just(finish_preview), st.tuples(reports, st.integers(0, 10**6), st.just(LATER))),
    st.tuples(st.just(commit_job), st.tuples(signatures)),
    st.tuples(st.just(cancel_job), st.just((LATER,))),
    st.tuples(st.just(finish_job), st.tuples(reports, st.just(LATER))),
    st.tuples(st.just(fail_job), st.just((BROKEN, LATER))),
    st.tuples(st.just(take_back_job), st.tuples(take_backs)),
    st.tuples(st.just(finish_take_back), st.just((7, 1))),
    st.tuples(st.just(fail_take_back), st.just(())),
    st.tuples(st.just(expire_job), st.just((Millis(LATER + IDLE_MS),))),
)


def make_step(job: Job, step: tuple[Any, tuple[Any, ...]]) -> Job:
    function, arguments = step
    try:
        return function(job, *arguments)  # type: ignore[no-any-return]
    except (JobConflict, SecondOwnerNeeded):
        return job


@given(st.sampled_from(JobKind), st.booleans(), st.lists(steps, max_size=12))
@examples(200)
def test_no_step_loses_a_commit_and_no_end_is_left(
    kind: JobKind, commits: bool, program: list[tuple[Any, tuple[Any, ...]]]
) -> None:
    settings = ImportJobSettings("r", commit=commits) if kind is JobKind.IMPORT else SETTINGS[kind]
    job = job_of(settings)
    for step in program:
        before, job = job, make_step(job, step)
        assert make_step(job, step) == job, "a step that arrives twice changes nothing"
        if before.committed and before.on_record is not None:
            assert job.committed == before.committed
        if before.state.is_end:
            assert replace(job, taken_back=None) == replace(before, taken_back=None)
        if job.kind is JobKind.IMPORT and job.state is JobState.DONE:
            assert job.committed is not None and job.on_record is not None
        if job.committed and job.on_record is not None and before.committed is None:
            assert not before.needs_second_owner or job.committed.owner != job.created.owner


@given(counts)
def test_each_row_has_one_result(found: JobCounts) -> None:
    of_people = found.applied + found.known + found.superseded
    assert found.people == of_people
    assert found.total == of_people + found.skipped + found.invalid + found.refused
