"""Starts the work on a job."""

from __future__ import annotations

from heed.domain.jobs.job import Job
from heed.domain.jobs.job_phase import current_phase
from heed.use_cases.ports.job_work import JobExecutions


def start_execution(job: Job, executions: JobExecutions) -> None:
    """Starts the execution of the phase in which a job is. A second call changes nothing.

    Raises:
        StoreUnavailable: It is unknown whether it was started. The sweep tries again.
    """
    if phase := current_phase(job):
        attempt = job.taken_back.attempt if job.taken_back else 1
        executions.start(job.id, phase, attempt)
