"""The work on an item of a snapshot: a segment of the people, or a shard of a filter."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.jobs.job import Job
from heed.domain.preferences.catalogue import Catalogue
from heed.use_cases.ports.job_work import HasTime, WorkFiles, WorkItem
from heed.use_cases.ports.snapshots import PeopleSegments
from heed.use_cases.snapshots.build_shard import build_shard
from heed.use_cases.snapshots.read_segment import read_segment
from heed.use_cases.snapshots.snapshot_files import ShardPlace


@dataclass(frozen=True, slots=True)
class WorkOnSnapshot:
    """Works on an item of the plan of a snapshot."""

    people: PeopleSegments
    files: WorkFiles
    catalogue: Catalogue

    def __call__(self, job: Job, item: WorkItem, has_time: HasTime) -> None:
        """Reads a segment or builds a shard.

        Args:
            job: the job.
            item: names a segment or a shard.
            has_time: returns whether there is time for more work.

        Raises:
            OutOfTime: The work on the item has to go on.
            WorkImpossible: The snapshot cannot be made.
            StoreUnavailable: The work has to be repeated.
        """
        if "segment" in item:
            read_segment(job, item["segment"], has_time, self.people, self.files, self.catalogue)
        else:
            build_shard(job.id, ShardPlace(**item), self.files)
