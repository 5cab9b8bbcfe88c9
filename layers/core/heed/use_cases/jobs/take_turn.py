"""Lets the jobs that write records work one after the other, so that their writers share one rate."""

from __future__ import annotations

from heed.domain.errors import UnreadableRecord
from heed.domain.jobs.job import Job
from heed.domain.jobs.job_phase import JobPhase, current_phase
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ports.import_writes import Turn, TurnClaim, WriterTurn
from heed.use_cases.ports.jobs import Jobs

_WRITING = (JobPhase.COMMIT, JobPhase.TAKE_BACK)
_WAITING_MS = 600_000  # a job that waits tries again every minute (template.yaml, JobMachine)
_UNREADABLE_MS = DAY_MS  # nothing can work on a job that cannot be read, so its execution has failed by then


def take_turn(job: Job, now: Millis, jobs: Jobs, turn: WriterTurn) -> bool:
    """Returns whether a job may write: no other job is writing. A second call has the same answer.

    An import lets every taking back that waits go first.

    Raises:
        StoreUnavailable: It is unknown whose turn it is.
    """
    current = turn.find()
    if current.holder and current.holder.job == job.id:
        return True
    is_take_back = current_phase(job) is JobPhase.TAKE_BACK
    if current.holder and _is_writing(current.holder, now, jobs):
        if is_take_back:
            turn.replace(current, Turn(current.holder, TurnClaim(job.id, now)))
        return False
    waiting = current.waiting if current.waiting and current.waiting.job != job.id else None
    if waiting and not is_take_back and now < waiting.at + _WAITING_MS:
        return False
    return turn.replace(current, Turn(TurnClaim(job.id, now), waiting))


def _is_writing(holder: TurnClaim, now: Millis, jobs: Jobs) -> bool:
    try:
        job = jobs.find(holder.job)
    except UnreadableRecord:
        return now < holder.at + _UNREADABLE_MS
    return job is not None and current_phase(job) in _WRITING
