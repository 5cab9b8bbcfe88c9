"""The steps of an execution: plan, work on an item, and fail. They leave a job in another phase alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from heed.domain.errors import WorkImpossible
from heed.domain.jobs.job import Job, JobState, fail_job, report_progress
from heed.domain.jobs.job_errors import WORK_FAILED, to_job_error
from heed.domain.jobs.job_phase import JobPhase, current_phase, in_phase
from heed.domain.jobs.stopped_import import report_stop
from heed.domain.jobs.take_back import fail_take_back
from heed.domain.milliseconds import Millis
from heed.use_cases.jobs.change_job import change_job, find_job
from heed.use_cases.ports.job_work import HasTime, JobWork, NextStep, Plan, StoppedWork, WorkItem
from heed.use_cases.ports.jobs import Jobs


def plan_phase(
    job_id: str,
    phase: JobPhase,
    stage: int,
    has_time: HasTime,
    now: Callable[[], Millis],
    jobs: Jobs,
    work_of: Callable[[JobPhase], JobWork],
) -> Plan:
    """Plans a stage. Work that cannot succeed fails the job.

    Args:
        job_id: id of the job.
        phase: the phase of the execution.
        stage: the stage that the last plan named; 0 at the beginning.
        has_time: returns whether there is time for more work.
        now: returns milliseconds.
        jobs: the jobs.
        work_of: returns the work of a phase.

    Raises:
        NotFound: No job has this id.
        DependencyUnavailable, UnreadableRecord: The step has to be repeated.
    """
    job, work = find_job(job_id, jobs), work_of(phase)
    if current_phase(job) is phase:
        try:
            return work.plan(job, stage, has_time)
        except WorkImpossible as error:
            job = _fail(job_id, phase, error, now(), jobs)
    if work.stop and job.state in (JobState.CANCELLED, JobState.FAILED):
        stopped = work.stop(job, has_time)
        if stopped is None:
            return Plan(NextStep.AGAIN, stage)
        change_job(job_id, lambda current: report_stop(current, stopped.report, stopped.line), jobs)
    return Plan(NextStep.DONE)


def work_on_item(
    job_id: str,
    phase: JobPhase,
    item: WorkItem,
    has_time: HasTime,
    now: Callable[[], Millis],
    jobs: Jobs,
    work_of: Callable[[JobPhase], JobWork],
) -> None:
    """Works on an item. Work that cannot succeed fails the job.

    Raises:
        OutOfTime: The work on the item has to go on.
        NotFound: No job has this id.
        DependencyUnavailable, UnreadableRecord: The step has to be repeated.
    """
    job = find_job(job_id, jobs)
    if current_phase(job) is not phase:
        return
    try:
        work_of(phase).work(job, item, has_time)
    except WorkImpossible as error:
        _fail(job_id, phase, error, now(), jobs)


def fail_phase(
    job_id: str,
    phase: JobPhase,
    has_time: HasTime,
    now: Callable[[], Millis],
    jobs: Jobs,
    work_of: Callable[[JobPhase], JobWork],
) -> Job | None:
    """Fails a job whose execution failed. Its report says what is done.

    It returns None if its time is over: the next call goes on.

    Raises:
        NotFound: No job has this id.
        DependencyUnavailable, UnreadableRecord: It is unknown whether that was stored.
    """
    job, work = find_job(job_id, jobs), work_of(phase)
    stopped = work.stop(job, has_time) if work.stop else StoppedWork(job.report, None)
    if stopped is None:
        return None
    error, at = replace(WORK_FAILED, line=stopped.line), now()

    def step(current: Job) -> Job:
        if phase is JobPhase.TAKE_BACK:
            return fail_take_back(current)
        return fail_job(report_progress(current, stopped.report, at), error, at)

    return change_job(job_id, in_phase(phase, step), jobs)


def _fail(job_id: str, phase: JobPhase, error: WorkImpossible, now: Millis, jobs: Jobs) -> Job:
    failure = to_job_error(error)
    return change_job(job_id, in_phase(phase, lambda current: fail_job(current, failure, now)), jobs)
