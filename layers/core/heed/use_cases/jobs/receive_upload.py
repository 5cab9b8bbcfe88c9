"""Starts a job when its upload has arrived."""

from __future__ import annotations

from heed.domain.jobs.job import Job, start_job
from heed.domain.milliseconds import Millis
from heed.use_cases.jobs.change_job import change_job
from heed.use_cases.ports.jobs import JobFiles, Jobs


def receive_upload(job_id: str, now: Millis, jobs: Jobs, files: JobFiles) -> Job | None:
    """Starts the job of an upload. A second call changes nothing.

    An upload that arrives after the end of its job is deleted.

    Args:
        job_id: id of the job.
        now: milliseconds.
        jobs: the jobs.
        files: the files of the jobs.

    Returns:
        The job; None if there is no such job.

    Raises:
        DependencyUnavailable, UnreadableRecord: It is unknown whether the job has started. The next sweep
            tries again.
    """
    job = jobs.find(job_id)
    if job is not None and (job.upload is not None or not job.has_upload):
        return job
    upload = files.find_upload(job_id)
    if upload is None:
        return job
    if job is None or job.state.is_end:
        files.delete_all(job_id)
        return job
    return change_job(job_id, lambda current: start_job(current, upload, now), jobs)
