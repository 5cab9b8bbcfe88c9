"""Lets the jobs that write records work one after the other, so that their writers share one rate."""

from __future__ import annotations

from heed.domain.jobs.job import Job
from heed.domain.jobs.job_phase import JobPhase, current_phase
from heed.use_cases.ports.import_writes import WriterTurn
from heed.use_cases.ports.jobs import Jobs

_WRITING = (JobPhase.COMMIT, JobPhase.TAKE_BACK)


def take_turn(job: Job, jobs: Jobs, turn: WriterTurn) -> bool:
    """Returns whether a job may write: no other job is writing. A second call has the same answer.

    Raises:
        StoreUnavailable, UnreadableRecord: It is unknown whose turn it is.
    """
    current = turn.find_job()
    if current == job.id:
        return True
    writing = jobs.find(current) if current else None
    if writing is not None and current_phase(writing) in _WRITING:
        return False
    return turn.pass_on(current, job.id)
