"""The instant of a snapshot and the end of its use."""

from __future__ import annotations

from typing import NamedTuple

from heed.domain.errors import JobConflict
from heed.domain.jobs.job import Job
from heed.domain.jobs.job_settings import SnapshotJobSettings
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS

_OVERLAP_MS = 120_000


class SnapshotPeriod(NamedTuple):
    """From when to when a snapshot may be used, milliseconds.

    Attributes:
        as_of: every change that was acknowledged before this instant is in the snapshot.
        expires_at: the end of its use.
    """

    as_of: Millis
    expires_at: Millis


def snapshot_period(job: Job) -> SnapshotPeriod:
    """Returns the period of the snapshot that a job makes.

    `as_of` is two minutes before the work began. That is longer than a request takes and clocks differ. So
    the feed of `GET /v1/suppressions` has each change that the work misses at a later place.

    Raises:
        JobConflict: The job makes no snapshot, or has not begun.
    """
    if job.started_at is None or not isinstance(job.settings, SnapshotJobSettings):
        raise JobConflict("the job makes no snapshot now")
    as_of = Millis(job.started_at - _OVERLAP_MS)
    return SnapshotPeriod(as_of, Millis(as_of + job.settings.days * DAY_MS))
