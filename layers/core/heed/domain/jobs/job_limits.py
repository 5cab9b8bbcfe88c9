"""How many jobs an owner may have, so that what the keys of one owner can make grow is bounded."""

from __future__ import annotations

from collections.abc import Iterable

from heed.domain.errors import TooManyJobs
from heed.domain.jobs.job import Job
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS

MAX_OPEN_JOBS = 50
"""The most jobs of an owner that have not ended."""
MAX_JOBS_A_DAY = 1_000
"""The most jobs that the keys of an owner create within 24 hours."""
LONGEST_JOB_MS = 8 * DAY_MS
"""No job is open for longer, milliseconds: a day for its upload, one for its commit, 3 days of work each."""


def check_job_limits(existing: Iterable[Job], now: Millis) -> None:
    """Checks whether an owner may have another job.

    Args:
        existing: the jobs of the owner, without those that are older than `LONGEST_JOB_MS`.
        now: milliseconds.

    Raises:
        TooManyJobs: The owner has too many jobs.
    """
    unfinished = created = 0
    for job in existing:
        unfinished += not job.state.is_end
        created += job.created.at > now - DAY_MS
        if unfinished >= MAX_OPEN_JOBS or created >= MAX_JOBS_A_DAY:
            raise TooManyJobs("the owner has too many jobs")
