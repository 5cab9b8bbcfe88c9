"""The phases of the work on a job. Each is one execution of the state machine."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from heed.domain.errors import MalformedMessage
from heed.domain.jobs.job import Job, JobKind, JobState, is_job_id


class JobPhase(StrEnum):
    """What an execution does."""

    PREVIEW = "preview"  # of an import
    COMMIT = "commit"
    SCRUB = "scrub"
    SNAPSHOT = "snapshot"
    TAKE_BACK = "take-back"


def current_phase(job: Job) -> JobPhase | None:
    """Returns the phase in which a job is; None if there is nothing to do."""
    if job.taken_back:
        is_open = job.taken_back.people is None and not job.taken_back.failed
        return JobPhase.TAKE_BACK if is_open else None
    if job.state is not JobState.RUNNING:
        return None
    match job.kind:
        case JobKind.IMPORT:
            return import_phase(job)
        case JobKind.SCRUB:
            return JobPhase.SCRUB
        case JobKind.SNAPSHOT:
            return JobPhase.SNAPSHOT


def import_phase(job: Job) -> JobPhase:
    """Returns the phase of an import that runs."""
    return JobPhase.COMMIT if job.is_applying else JobPhase.PREVIEW


def in_phase(phase: JobPhase | None, step: Callable[[Job], Job]) -> Callable[[Job], Job]:
    """Returns a step that leaves a job in another phase as it is."""
    return lambda job: step(job) if current_phase(job) is phase else job


def execution_name(job_id: str, phase: JobPhase, attempt: int) -> str:
    """Returns the name of an execution. An attempt runs once, because AWS accepts a name once."""
    return f"{job_id}-{phase.value}" if attempt == 1 else f"{job_id}-{phase.value}-{attempt}"


def parse_job_phase(job_id: object, phase: object) -> tuple[str, JobPhase]:
    """Returns the job and the phase that an execution states.

    Raises:
        MalformedMessage: It states no job or no phase.
    """
    if not isinstance(job_id, str) or not is_job_id(job_id):
        raise MalformedMessage("not an execution of a job")
    try:
        return job_id, JobPhase(str(phase))
    except ValueError as error:
        raise MalformedMessage("not a phase") from error
