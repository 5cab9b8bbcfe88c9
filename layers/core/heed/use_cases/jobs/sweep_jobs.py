"""The sweep of jobs: starts what was missed, ends jobs that wait too long, and deletes files that are due."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.errors import UnreadableRecord
from heed.domain.jobs.job import Job
from heed.domain.jobs.job_deadlines import are_files_due, expire_job
from heed.domain.jobs.job_errors import NO_PROGRESS
from heed.domain.jobs.job_phase import current_phase
from heed.domain.milliseconds import Millis
from heed.use_cases.jobs.change_job import change_job
from heed.use_cases.jobs.receive_upload import receive_upload
from heed.use_cases.jobs.start_execution import start_execution
from heed.use_cases.ports.job_work import JobExecutions
from heed.use_cases.ports.jobs import JobFiles, Jobs


@dataclass(slots=True)
class JobsSweep:
    """The result of a sweep.

    Attributes:
        open: how many jobs may have files.
        ended: how many jobs were ended because they waited too long.
        stopped: how many of these failed because their work made no progress.
        cleared: of how many jobs the files were deleted.
        unreadable: how many jobs could not be read. Their files stay until the bucket deletes them.
    """

    open: int = 0
    ended: int = 0
    stopped: int = 0
    cleared: int = 0
    unreadable: int = 0


def sweep_jobs(now: Millis, jobs: Jobs, files: JobFiles, executions: JobExecutions) -> JobsSweep:
    """Does what is due for each job that may have files.

    Raises:
        DependencyUnavailable: Not all jobs were swept. The next sweep does the rest.
    """
    sweep = JobsSweep()
    for job_id in jobs.open_ids():
        sweep.open += 1
        try:
            job = receive_upload(job_id, now, jobs, files)
            if job is not None:
                before, job = job, _expire(job, now, jobs)
                sweep.ended += job.state.is_end and not before.state.is_end
                sweep.stopped += job != before and (job.error == NO_PROGRESS or job.taken_back is not None)
                start_execution(job, executions)
        except UnreadableRecord:
            sweep.unreadable += 1
            continue
        if job is None or (are_files_due(job, now) and current_phase(job) is None):
            files.delete_all(job_id)
            jobs.close(job_id)
            sweep.cleared += 1
    return sweep


def _expire(job: Job, now: Millis, jobs: Jobs) -> Job:
    return change_job(job.id, lambda current: expire_job(current, now), jobs)
