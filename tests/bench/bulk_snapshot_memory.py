"""The memory for one shard of a snapshot in the function `bulk`: with 2 million keys, and with the most.

python -m tests.bench.bulk_snapshot_memory
"""

from __future__ import annotations

import os
import resource
import sys
import time
from array import array
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from heed.domain.jobs.job import Job
from heed.domain.preferences.register import ALL_SCOPES
from heed.domain.snapshots.key_runs import encode_run
from heed.domain.snapshots.shards import MAX_SHARD_KEYS, USUAL_SHARD_KEYS
from heed.override import override
from heed.use_cases.ports.job_work import HasTime, JobFile, WorkFiles
from heed.use_cases.snapshots.build_shard import build_shard
from heed.use_cases.snapshots.snapshot_files import FILTERS, ShardPlace, SnapshotFilters, store
from tests.support.template import template

RUN_KEYS = 1_000_000
MEMORY = template()["Resources"]["BulkFunction"]["Properties"]["MemorySize"]
SHARE = 0.5  # of the memory of the function


class FolderFiles(WorkFiles):
    """The files of the work on one job, in a folder."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    @override
    def read_upload(self, job: Job, start: int = 0) -> Iterator[bytes]:
        raise NotImplementedError

    @override
    def put(self, job_id: str, name: str, content: bytes) -> None:
        (self._folder / name.replace("/", "-")).write_bytes(content)

    @override
    def get(self, job_id: str, name: str) -> bytes | None:
        return (self._folder / name.replace("/", "-")).read_bytes()

    @override
    def get_part(self, job_id: str, name: str, start: int, end: int) -> bytes:
        with (self._folder / name.replace("/", "-")).open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    @override
    def list_files(self, job_id: str, prefix: str) -> Iterator[JobFile]:
        raise NotImplementedError

    @override
    def join(
        self, job_id: str, sources: Iterable[JobFile], target: str, place: str, has_time: HasTime
    ) -> int | None:
        raise NotImplementedError


def write_runs(folder: str, count: int) -> None:
    """Stores the runs of one filter with one shard."""
    files = FolderFiles(folder)
    names = [f"run-{number}" for number in range(count // RUN_KEYS)]
    for name in names:
        files.put("", name, encode_run(array("Q", os.urandom(8 * RUN_KEYS))))
    store(files, "", FILTERS, SnapshotFilters(1, {"*": ALL_SCOPES}, {"*": names}, {"*": 0}))


def build(folder: str) -> tuple[float, float]:
    """Builds the shard. Returns the seconds of one core, and the peak of the memory of this process in MB."""
    started_at = time.process_time()
    build_shard("", ShardPlace("*", 0), FolderFiles(folder))
    return time.process_time() - started_at, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    peaks = []
    for count in (USUAL_SHARD_KEYS, MAX_SHARD_KEYS):
        with TemporaryDirectory() as folder:
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                pool.submit(write_runs, folder, count).result()
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                seconds, peak = pool.submit(build, folder).result()
        peaks.append(peak)
        print(f"snapshot: a shard of {count:,} keys needs {peak:.0f} MB", end=" ")
        print(f"of {MEMORY} (at most {SHARE * MEMORY:.0f}), and {seconds:.0f} s of one core")
    return int(max(peaks) > SHARE * MEMORY)


if __name__ == "__main__":
    sys.exit(main())
