"""The sweep of jobs: starts what was missed, ends jobs that wait too long, and deletes files that are due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from heed.domain.errors import DependencyUnavailable, StoreUnavailable, UnreadableRecord
from heed.domain.jobs.job import Job
from heed.domain.jobs.job_deadlines import are_files_due, expire_job
from heed.domain.jobs.job_errors import IMPORT_STALLED, NO_PROGRESS
from heed.domain.jobs.job_phase import JobPhase, current_phase
from heed.domain.jobs.stopped_import import is_stopped_import, is_work_over
from heed.domain.milliseconds import Millis
from heed.use_cases.jobs.change_job import change_job
from heed.use_cases.jobs.receive_upload import receive_upload
from heed.use_cases.jobs.start_execution import start_execution
from heed.use_cases.ports.job_work import JobExecutions
from heed.use_cases.ports.jobs import JobFiles, Jobs

_STOPPED = (NO_PROGRESS, IMPORT_STALLED)
_SECOND_ATTEMPT = 2
_RESERVED_MS = 9_000  # with less left, the sweep begins no other job


@dataclass(slots=True)
class JobsSweep:
    """The result of a sweep.

    Attributes:
        open: how many jobs may have files.
        ended: how many jobs were ended because they waited too long.
        stopped: how many of these failed because their work made no progress.
        cleared: of how many jobs the files were deleted.
        unreadable: how many jobs could not be read. Their files stay until the bucket deletes them.
        failure: why not all jobs were swept, or None.
    """

    open: int = 0
    ended: int = 0
    stopped: int = 0
    cleared: int = 0
    unreadable: int = 0
    failure: DependencyUnavailable | None = None


def sweep_jobs(
    now: Millis, jobs: Jobs, files: JobFiles, executions: JobExecutions, time_left: Callable[[], int]
) -> JobsSweep:
    """Does what is due for each job that may have files. A job that fails stops no other one.

    Each sweep begins at another job, so that no job is always behind those for which there is no time.

    Args:
        now: milliseconds.
        jobs: the jobs.
        files: the files of the jobs.
        executions: starts what was missed.
        time_left: returns how much time is left, milliseconds.

    Raises:
        DependencyUnavailable: The ids of the jobs could not be read.
    """
    ids = list(jobs.open_ids())
    first = now % len(ids) if ids else 0
    sweep = JobsSweep(open=len(ids))
    for job_id in ids[first:] + ids[:first]:
        if time_left() < _RESERVED_MS:
            sweep.failure = StoreUnavailable("there was no time for all jobs")
            break
        try:
            _sweep_job(job_id, sweep, now, jobs, files, executions)
        except UnreadableRecord:
            sweep.unreadable += 1
        except DependencyUnavailable as error:
            sweep.failure = error
    return sweep


def _sweep_job(
    job_id: str, sweep: JobsSweep, now: Millis, jobs: Jobs, files: JobFiles, executions: JobExecutions
) -> None:
    job = receive_upload(job_id, now, jobs, files)
    if job is not None:
        before, job = job, _expire(job, now, jobs)
        sweep.ended += job.state.is_end and not before.state.is_end
        sweep.stopped += job != before and (job.error in _STOPPED or job.taken_back is not None)
        start_execution(job, executions)
        if is_stopped_import(job) and (job != before or is_work_over(job, now)):
            # Its own execution may have ended without a report of what is applied.
            executions.start(job.id, JobPhase.COMMIT, _SECOND_ATTEMPT)
    if job is None or (are_files_due(job, now) and current_phase(job) is None):
        files.delete_all(job_id)
        jobs.close(job_id)
        sweep.cleared += 1


def _expire(job: Job, now: Millis, jobs: Jobs) -> Job:
    return change_job(job.id, lambda current: expire_job(current, now), jobs)
