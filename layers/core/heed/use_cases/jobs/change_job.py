"""Makes one step of a job, and stores it. Another writer may change the job at the same time."""

from __future__ import annotations

from collections.abc import Callable

from heed.domain.errors import NotFound, WriteConflict
from heed.domain.jobs.job import Job
from heed.use_cases.ports.jobs import Jobs

_MAX_ATTEMPTS = 10


def find_job(job_id: str, jobs: Jobs) -> Job:
    """Returns a job.

    Raises:
        NotFound: No job has this id.
        StoreUnavailable, UnreadableRecord: The job could not be read.
    """
    job = jobs.find(job_id)
    if job is None:
        raise NotFound("no job has this id")
    return job


def change_job(job_id: str, step: Callable[[Job], Job], jobs: Jobs) -> Job:
    """Makes a step of a job and returns the job after it. A step that changes nothing writes nothing.

    Args:
        job_id: id of the job.
        step: returns the job after the step. If another writer was faster, it is called again.
        jobs: the jobs.

    Raises:
        NotFound: No job has this id.
        JobConflict, NotAuthorised: The step does not permit it.
        DependencyUnavailable, UnreadableRecord: It is unknown whether the step was stored.
    """
    for _ in range(_MAX_ATTEMPTS):
        current = find_job(job_id, jobs)
        changed = step(current)
        if changed == current or jobs.replace(current, changed):
            return changed
    raise WriteConflict("other writers changed the job during every attempt")
