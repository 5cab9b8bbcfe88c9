"""A job: bulk work on a file, from its request to the deletion of its files.

    waiting → running → done                        a scrub, a snapshot
    waiting → running → previewed → running → done  an import: a key commits it after its preview
                                                    any job may fail, or be cancelled, before it is done

All functions are pure: each returns the job after a step. A step that arrives twice changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from heed.domain.errors import ImportTooLong, JobConflict, MalformedMessage, SecondOwnerNeeded
from heed.domain.jobs.job_errors import IMPORT_CANCELLED
from heed.domain.jobs.job_report import JobError, JobReport
from heed.domain.jobs.job_settings import (
    ImportJobSettings,
    JobSettings,
    ScrubJobSettings,
    SnapshotJobSettings,
)
from heed.domain.milliseconds import Millis
from heed.domain.privacy.disclosure import DisclosurePurpose

UPLOAD_URL_MS = 3_600_000
"""The life of the URL for an upload, milliseconds."""
_LARGE_IMPORT = 100_000  # people
_LARGE_PART = 10  # an import is large if it stops one in so many of the people on record
_ID = re.compile("[0-9a-f]{32}")


class JobKind(StrEnum):
    """The kinds of jobs."""

    IMPORT = "import"
    SCRUB = "scrub"
    SNAPSHOT = "snapshot"


class JobState(StrEnum):
    """The progress of a job."""

    WAITING = "waiting"  # for its upload
    RUNNING = "running"
    PREVIEWED = "previewed"  # waits for its commit
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        """Whether a job in this state never changes again, except that it is taken back."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class JobSignature:
    """Who requested something, and when.

    Attributes:
        key: the id of the API key.
        owner: the owner of the key, in the canonical spelling (`normalise_owner`).
        at: the time of the request, milliseconds.
    """

    key: str
    owner: str
    at: Millis


@dataclass(frozen=True, slots=True)
class TakeBack(JobSignature):
    """Who takes an import back, and how far that is.

    Attributes:
        reason: why, in words without addresses.
        people: the number of people whose stops were taken back; None before that is done.
        unreadable: the number of people whose records could not be read. Their stops remain.
        attempt: the number of this attempt. Each one is an execution.
        failed: whether the work of this attempt failed. Then the import can be taken back again.
    """

    reason: str
    people: int | None = None
    unreadable: int = 0
    attempt: int = 1
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """The version of the uploaded file that a job reads.

    Attributes:
        etag: its ETag.
        size: its size in bytes.
        digest: its SHA-256 in hex; "" before the file was read.
    """

    etag: str
    size: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A job.

    Attributes:
        id: 32 hex digits.
        settings: what it has to do.
        purpose: the purpose of the disclosure.
        created: who requested it.
        changed_at: the time of the last step, milliseconds.
        state: the progress.
        started_at: the time at which the work began, milliseconds; None before it.
        upload: the uploaded file; None before it arrived, and for a snapshot.
        report: the progress and the result.
        on_record: the number of people on record at the preview; None before it.
        committed: who committed the import; None before that.
        taken_back: who took the import back; None if nobody did.
        error: why it failed.
        revision: the number of writes of the stored job.
    """

    id: str
    settings: JobSettings
    purpose: DisclosurePurpose
    created: JobSignature
    changed_at: Millis
    state: JobState = JobState.WAITING
    started_at: Millis | None = None
    upload: Upload | None = None
    report: JobReport = field(default_factory=JobReport)
    on_record: int | None = None
    committed: JobSignature | None = None
    taken_back: TakeBack | None = None
    error: JobError | None = None
    revision: int = 0

    @property
    def kind(self) -> JobKind:
        """The kind of the job."""
        match self.settings:
            case ImportJobSettings():
                return JobKind.IMPORT
            case ScrubJobSettings():
                return JobKind.SCRUB
            case SnapshotJobSettings():
                return JobKind.SNAPSHOT
            case _:
                assert_never(self.settings)

    @property
    def has_upload(self) -> bool:
        """Whether the job works on an uploaded file."""
        return self.kind is not JobKind.SNAPSHOT

    @property
    def ended_at(self) -> Millis | None:
        """The time of the end, milliseconds; None before it."""
        return self.changed_at if self.state.is_end else None

    @property
    def is_applying(self) -> bool:
        """Whether an import has its preview and its commit, so that its rows are applied."""
        return self.committed is not None and self.on_record is not None

    @property
    def needs_second_owner(self) -> bool:
        """Whether the commit needs a key of another owner: the import stops a large part of the people."""
        stopped = self.report.counts.applied
        return stopped > 0 and (stopped >= _LARGE_IMPORT or stopped * _LARGE_PART > (self.on_record or 0))


def is_job_id(text: str) -> bool:
    """Whether a text has the format of the id of a job."""
    return _ID.fullmatch(text) is not None


def upload_key(job_id: str) -> str:
    """Returns the key of the uploaded object of a job."""
    return f"{job_id}/upload"


def parse_upload_key(key: str) -> str:
    """Returns the id of the job of an uploaded object.

    Raises:
        MalformedMessage: No upload has this key.
    """
    job_id, _, name = key.partition("/")
    if name != "upload" or not is_job_id(job_id):
        raise MalformedMessage("not the key of an upload")
    return job_id


def new_job(job_id: str, settings: JobSettings, purpose: DisclosurePurpose, created: JobSignature) -> Job:
    """Returns a job that waits. An import with `commit` is committed from the beginning."""
    is_committed = isinstance(settings, ImportJobSettings) and settings.commit
    return Job(job_id, settings, purpose, created, created.at, committed=created if is_committed else None)


def start_job(job: Job, upload: Upload | None, now: Millis) -> Job:
    """Returns the job after the arrival of its upload. Only the first upload counts."""
    if job.state is not JobState.WAITING:
        return job
    return replace(job, state=JobState.RUNNING, started_at=now, upload=upload, changed_at=now)


def identify_upload(job: Job, digest: str, now: Millis) -> Job:
    """Returns a running job with the SHA-256 of its upload."""
    if job.upload is None or job.state is not JobState.RUNNING:
        return job
    return replace(job, upload=replace(job.upload, digest=digest), changed_at=now)


def report_progress(job: Job, report: JobReport, now: Millis) -> Job:
    """Returns a running job with a later report. A job that ended or waits for its commit stays as it is."""
    return replace(job, report=report, changed_at=now) if job.state is JobState.RUNNING else job


def finish_preview(job: Job, report: JobReport, on_record: int, now: Millis) -> Job:
    """Returns an import after its preview. A second report of the preview changes nothing.

    An import that was committed from the beginning goes on, unless its commit needs a second owner or takes
    too long.

    Args:
        job: the job.
        report: what the import would do.
        on_record: the number of people on record.
        now: milliseconds.
    """
    if job.state is not JobState.RUNNING or job.kind is not JobKind.IMPORT or job.on_record is not None:
        return job
    previewed = replace(job, report=report, on_record=on_record, changed_at=now)
    if job.committed and not previewed.needs_second_owner and not _is_too_late(previewed, now):
        return replace(previewed, report=replace(report, done_rows=0))
    return replace(previewed, state=JobState.PREVIEWED, committed=None)


def commit_job(job: Job, signature: JobSignature) -> Job:
    """Returns the import after its commit. A second commit changes nothing.

    Raises:
        JobConflict: The job cannot be committed: it has no preview, or it ended.
        SecondOwnerNeeded: The import is large, and the key has the owner of the job.
        ImportTooLong: The file would be deleted before the commit is done.
    """
    if job.committed and job.state in (JobState.RUNNING, JobState.DONE):
        return job
    if job.state is not JobState.PREVIEWED:
        raise JobConflict(f"a job in the state {job.state.value} cannot be committed")
    if job.needs_second_owner and signature.owner == job.created.owner:
        raise SecondOwnerNeeded("a large import needs a key of another owner")
    if _is_too_late(job, signature.at):
        raise ImportTooLong("the file is not kept until the commit is done")
    report = replace(job.report, done_rows=0)  # the rows are passed again
    return replace(job, state=JobState.RUNNING, report=report, committed=signature, changed_at=signature.at)


def _is_too_late(job: Job, at: Millis) -> bool:
    estimate, started_at = job.report.estimate, job.started_at
    return estimate is not None and started_at is not None and estimate.is_too_late(started_at, at)


def cancel_job(job: Job, now: Millis) -> Job:
    """Returns the cancelled job. What an import has already applied stays, and its report says so.

    Raises:
        JobConflict: The job is done, or it failed.
    """
    if job.state is JobState.CANCELLED:
        return job
    if job.state.is_end:
        raise JobConflict(f"a job in the state {job.state.value} cannot be cancelled")
    cancelled = replace(job, state=JobState.CANCELLED, changed_at=now)
    if not job.is_applying:
        return cancelled
    # The counts are those of its preview. Its work reports what is applied.
    return replace(cancelled, report=job.report.without_counts(), error=IMPORT_CANCELLED)


def finish_job(job: Job, report: JobReport, now: Millis) -> Job:
    """Returns the job after its work. An import is done only after its preview and its commit."""
    if job.state is not JobState.RUNNING or (job.kind is JobKind.IMPORT and not job.is_applying):
        return job
    return replace(job, state=JobState.DONE, report=report, changed_at=now)


def fail_job(job: Job, error: JobError, now: Millis) -> Job:
    """Returns the failed job. A job that ended stays as it is."""
    return job if job.state.is_end else replace(job, state=JobState.FAILED, error=error, changed_at=now)
