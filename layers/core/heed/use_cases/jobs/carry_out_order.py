"""Commits, cancels or takes back a job, as a caller orders."""

from __future__ import annotations

from typing import assert_never

from heed.domain.jobs.job import Job, JobSignature, TakeBack, cancel_job
from heed.domain.jobs.job_command import JobCommand, JobOrder
from heed.domain.jobs.take_back import take_back_job
from heed.use_cases.jobs.change_job import change_job
from heed.use_cases.jobs.commit_import import commit_import
from heed.use_cases.jobs.start_execution import start_execution
from heed.use_cases.ports.job_work import JobExecutions
from heed.use_cases.ports.jobs import Jobs
from heed.use_cases.ports.privacy import Disclosures


def carry_out_order(
    job_id: str,
    order: JobOrder,
    signature: JobSignature,
    jobs: Jobs,
    disclosures: Disclosures,
    executions: JobExecutions,
) -> Job:
    """Changes the job, and starts the work that follows. A second call changes nothing.

    Args:
        job_id: id of the job.
        order: the command.
        signature: who gives it.
        jobs: the jobs.
        disclosures: the register of disclosures.
        executions: the executions of the state machine.

    Raises:
        NotFound: No job has this id.
        JobConflict, ImportTooLong, SecondOwnerNeeded: The job does not permit it, or not to this key.
        DependencyUnavailable, UnreadableRecord: It is unknown whether the job was changed.
    """
    match order.command:
        case JobCommand.COMMIT:
            job = commit_import(job_id, signature, jobs, disclosures)
        case JobCommand.CANCEL:
            job = change_job(job_id, lambda current: cancel_job(current, signature.at), jobs)
        case JobCommand.TAKE_BACK:
            take_back = TakeBack(signature.key, signature.owner, signature.at, order.reason)
            job = change_job(job_id, lambda current: _take_back(current, take_back, jobs), jobs)
        case _:
            assert_never(order.command)
    start_execution(job, executions)
    return job


def _take_back(job: Job, take_back: TakeBack, jobs: Jobs) -> Job:
    """Returns the job that is taken back. The sweep sees it first, in case its start is lost."""
    taken_back = take_back_job(job, take_back)
    if taken_back != job:
        jobs.reopen(job)
    return taken_back
