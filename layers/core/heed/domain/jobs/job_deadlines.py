"""The ends of a job by time: what nobody uploads, commits or works on ends, and files are deleted."""

from __future__ import annotations

from dataclasses import replace

from heed.domain.jobs.job import Job, JobState, cancel_job, fail_job
from heed.domain.jobs.job_errors import IMPORT_STALLED, NO_PROGRESS, NO_UPLOAD
from heed.domain.jobs.take_back import fail_take_back
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS

IDLE_MS = DAY_MS
"""A job that waits so long for its upload, its commit or its next report ends, milliseconds."""
FILES_MS = DAY_MS
"""The files of a job are deleted so long after its end, milliseconds."""
_TAKE_BACK_MS = 3 * DAY_MS  # longer than an execution may take (template.yaml, JobMachine)


def expire_job(job: Job, now: Millis) -> Job:
    """Returns the job, and ends it if it waits for something since a day.

    The taking back of an import fails after three days.
    """
    if job.taken_back and now >= job.taken_back.at + _TAKE_BACK_MS:
        return fail_take_back(job)
    if job.state.is_end or now < job.changed_at + IDLE_MS:
        return job
    match job.state:
        case JobState.PREVIEWED:
            return cancel_job(job, now)
        case JobState.WAITING if job.has_upload:
            return fail_job(job, NO_UPLOAD, now)
        case _ if job.is_applying:
            # The counts are those of its preview. Its work reports what is applied.
            return fail_job(replace(job, report=job.report.without_counts()), IMPORT_STALLED, now)
        case _:
            return fail_job(job, NO_PROGRESS, now)


def are_files_due(job: Job, now: Millis) -> bool:
    """Whether the files of the job must be deleted."""
    return job.ended_at is not None and now >= job.ended_at + FILES_MS
