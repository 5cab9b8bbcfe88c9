"""Creates jobs: on request, and by the schedule of snapshots."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from itertools import chain, takewhile

from heed.domain.jobs.job import Job, JobKind, JobSignature, new_job, start_job
from heed.domain.jobs.job_limits import LONGEST_JOB_MS, check_job_limits
from heed.domain.jobs.job_settings import DEFAULT_SNAPSHOT_DAYS, JobSettings, SnapshotJobSettings
from heed.domain.milliseconds import Millis
from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.use_cases.jobs.start_execution import start_execution
from heed.use_cases.ports.job_work import JobExecutions
from heed.use_cases.ports.jobs import Jobs

SCHEDULE = "schedule"
"""The owner of the snapshots that the schedule creates, and the id of their key. No API key has this id."""


def create_job(
    settings: JobSettings,
    purpose: DisclosurePurpose,
    created: JobSignature,
    jobs: Jobs,
    executions: JobExecutions,
) -> Job:
    """Creates a job on request. A job without an upload starts at once.

    Args:
        settings: what the job has to do.
        purpose: the purpose of the disclosure.
        created: who requests it.
        jobs: the jobs.
        executions: the executions of the state machine.

    Raises:
        TooManyJobs: The owner has too many jobs.
        StoreUnavailable: It is unknown whether the job was created. If it was, the sweep starts it.
    """
    check_job_limits(_recent_jobs(created, jobs), created.at)
    return _create(settings, purpose, created, jobs, executions)


def create_scheduled_snapshot(now: Millis, jobs: Jobs, executions: JobExecutions) -> Job:
    """Creates a snapshot for sending. A key of the owner `schedule` with the scope `export` reads it.

    Raises:
        StoreUnavailable: It is unknown whether the job was created.
    """
    created = JobSignature(SCHEDULE, SCHEDULE, now)
    settings = SnapshotJobSettings(DEFAULT_SNAPSHOT_DAYS)
    return _create(settings, DisclosurePurpose.SENDING, created, jobs, executions)


def _recent_jobs(created: JobSignature, jobs: Jobs) -> Iterator[Job]:
    """Yields the jobs of the owner that may be open."""
    lists = (jobs.of_owner(created.owner, kind) for kind in JobKind)
    oldest = created.at - LONGEST_JOB_MS
    return chain.from_iterable(takewhile(lambda job: job.created.at > oldest, each) for each in lists)


def _create(
    settings: JobSettings,
    purpose: DisclosurePurpose,
    created: JobSignature,
    jobs: Jobs,
    executions: JobExecutions,
) -> Job:
    job = new_job(secrets.token_hex(16), settings, purpose, created)
    if not job.has_upload:
        job = start_job(job, None, created.at)
    jobs.add(job)
    start_execution(job, executions)
    return job
