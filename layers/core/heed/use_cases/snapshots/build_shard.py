"""Builds a shard of a filter."""

from __future__ import annotations

from array import array
from hashlib import sha256

from heed.domain.snapshots.binary_fuse import build_filter
from heed.domain.snapshots.file_format import pad
from heed.domain.snapshots.key_runs import COUNTS_SIZE, decode_counts, decode_keys, place_of_shard
from heed.domain.snapshots.shards import distinct_keys
from heed.use_cases.ports.job_work import WorkFiles
from heed.use_cases.snapshots.snapshot_files import (
    BUILT,
    FILTERS,
    SHARDS,
    BuiltShard,
    ShardPlace,
    SnapshotFilters,
    load,
    store,
)


def build_shard(job_id: str, place: ShardPlace, files: WorkFiles) -> None:
    """Builds a shard from the runs of its filter.

    Args:
        job_id: id of the job.
        place: the shard.
        files: the files of the job.

    Raises:
        UnbuildableFilter: No seed is suitable.
        StoreUnavailable: The work has to be repeated.
    """
    filters = load(files, job_id, FILTERS, SnapshotFilters)
    found = array("Q")
    for run in filters.runs.get(place.topic, ()):
        counts = decode_counts(files.get_part(job_id, run, 0, COUNTS_SIZE))
        start, end = place_of_shard(counts, filters.shard_bits[place.topic], place.shard)
        if start < end:
            found.extend(decode_keys(files.get_part(job_id, run, start, end)))
    keys = distinct_keys(found)
    del found
    shard = build_filter(keys, filters.seed)
    name = filters.shard_name(place)
    files.put(job_id, f"{SHARDS}{name}", pad(shard))
    store(files, job_id, f"{BUILT}{name}", BuiltShard(len(shard), sha256(shard).hexdigest(), len(keys)))
