"""An import is taken back: what it stopped no longer counts. For 30 days, and by another owner."""

from __future__ import annotations

from dataclasses import replace

from heed.domain.errors import JobConflict, SecondOwnerNeeded
from heed.domain.jobs.job import Job, JobState, TakeBack
from heed.domain.jobs.job_phase import current_phase
from heed.domain.jobs.stopped_import import is_work_over
from heed.domain.preferences.register import DAY_MS
from heed.domain.privacy.retention import TAKE_BACK_DAYS


def take_back_job(job: Job, take_back: TakeBack) -> Job:
    """Returns an import that is taken back. A second call changes nothing, unless the first attempt failed.

    Raises:
        JobConflict: The job applied nothing, its work may still run, or its 30 days are over.
        SecondOwnerNeeded: The key has the owner of the key that committed the import.
    """
    if job.taken_back and not job.taken_back.failed:
        return job
    if job.committed is None or not job.is_applying or job.ended_at is None:
        raise JobConflict("only a committed import that ended can be taken back")
    if job.state is not JobState.DONE and not is_work_over(job, take_back.at):
        raise JobConflict("an import that did not end by itself can be taken back 20 minutes later")
    if take_back.at >= job.ended_at + TAKE_BACK_DAYS * DAY_MS:
        raise JobConflict(f"an import can be taken back for {TAKE_BACK_DAYS} days")
    if take_back.owner == job.committed.owner:
        raise SecondOwnerNeeded("another owner than that of the commit takes an import back")
    attempt = job.taken_back.attempt + 1 if job.taken_back else 1
    return replace(job, taken_back=replace(take_back, attempt=attempt))


def finish_take_back(job: Job, people: int, unreadable: int) -> Job:
    """Returns the job after all people were visited. A second report changes nothing."""
    if job.taken_back is None or current_phase(job) is None:
        return job
    return replace(job, taken_back=replace(job.taken_back, people=people, unreadable=unreadable))


def fail_take_back(job: Job) -> Job:
    """Returns the job after the taking back failed. The result of the import stays as it is."""
    if job.taken_back is None or current_phase(job) is None:
        return job
    return replace(job, taken_back=replace(job.taken_back, failed=True))
