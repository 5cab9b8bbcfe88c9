"""An import that was cancelled, or failed, after its commit: what it has applied stays."""

from __future__ import annotations

from dataclasses import replace

from heed.domain.jobs.job import Job, JobState
from heed.domain.jobs.job_errors import IMPORT_CANCELLED, WORK_FAILED
from heed.domain.jobs.job_report import JobReport
from heed.domain.milliseconds import Millis

STOPPED_WORK_MS = 1_200_000
"""So long after the end of a job no function works on it any more: each runs for 15 minutes at most."""
_STOPPED = (IMPORT_CANCELLED.type, WORK_FAILED.type)  # their line is the first one that may not be applied


def is_stopped_import(job: Job) -> bool:
    """Whether the job is an import that was cancelled, or failed, after its commit."""
    return job.is_applying and job.state in (JobState.CANCELLED, JobState.FAILED)


def is_work_over(job: Job, now: Millis) -> bool:
    """Whether no function works any more on a job that was cancelled, or failed."""
    return job.ended_at is not None and now >= job.ended_at + STOPPED_WORK_MS


def report_stop(job: Job, report: JobReport, line: int | None) -> Job:
    """Returns the import with what is applied at least. A second report of the same changes nothing.

    Args:
        job: an import that was cancelled or failed.
        report: the counts of the parts that are done. Rows of other parts may be applied, too.
        line: the first line that may not be applied; None if there is none.
    """
    error = job.error or IMPORT_CANCELLED
    line = line if error.type in _STOPPED else error.line or line
    return replace(job, report=report, error=replace(error, line=line))
