"""What the steps of the work on a snapshot give each other, as files of the job.

work/segments/<segment>              how far a segment is read, and its runs
work/runs/<topic>-<segment>-<random> keys of a filter, which a segment has found
work/filters                         the filters, their runs and their shards
work/shards/<topic>-<shard>          a shard
work/built/<topic>-<shard>           its size and its hash
work/head                            the manifest and its signature
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import NamedTuple, TypeVar

from heed.domain.preferences.catalogue import ALL_NAME, Catalogue
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.domain.snapshots.membership import snapshot_topics
from heed.use_cases.jobs.work_files import read_file
from heed.use_cases.ports.job_work import WorkFiles

FILTERS, HEAD, ITEMS = "work/filters", "work/head", "work/items"
SHARDS, BUILT = "work/shards/", "work/built/"
SEGMENT_COUNT = 16
"""The number of segments in which the people are read."""
_T = TypeVar("_T", "SegmentProgress", "SnapshotFilters", "BuiltShard")


@dataclass(slots=True)
class SegmentProgress:
    """How far a segment of the people is read.

    Attributes:
        topics: the number of each filter by the name of its topic.
        after: the recipient id after which the reading goes on; None at the beginning.
        is_read: whether the segment is read to its end.
        stopped: the number of people who are in a filter.
        others: the number of people who are in none.
        unreadable: the number of records that cannot be read.
        runs: the files with the keys of each filter, by the name of its topic.
    """

    topics: Mapping[str, ScopeNumber]
    after: str | None = None
    is_read: bool = False
    stopped: int = 0
    others: int = 0
    unreadable: int = 0
    runs: dict[str, list[str]] = field(default_factory=dict)


class ShardPlace(NamedTuple):
    """A shard: the name of the topic of its filter, and its number in the filter."""

    topic: str
    shard: int


@dataclass(frozen=True, slots=True)
class SnapshotFilters:
    """The filters of a snapshot. They are stored once, so that each repeated step gives the same file.

    Attributes:
        seed: the start of the random seeds.
        topics: the number of each filter by the name of its topic.
        runs: the files with its keys, by the same names.
        shard_bits: the number of leading bits that name a shard, by the same names.
    """

    seed: int
    topics: Mapping[str, ScopeNumber]
    runs: Mapping[str, list[str]]
    shard_bits: Mapping[str, int]

    def shard_name(self, place: ShardPlace) -> str:
        """Returns the name of a shard among the files of shards, and among those of built shards."""
        return f"{self.topics[place.topic]}-{place.shard}"

    def shards(self) -> list[ShardPlace]:
        """Returns all shards, in the order of the file."""
        return [
            ShardPlace(topic, shard) for topic, bits in self.shard_bits.items() for shard in range(1 << bits)
        ]


@dataclass(frozen=True, slots=True)
class BuiltShard:
    """A shard that is built: its size in bytes, its hash in hex, and the number of its keys."""

    length: int
    sha256: str
    keys: int


def segment_name(segment: int) -> str:
    """Returns the name of the file with the progress of a segment."""
    return f"work/segments/{segment}"


def filter_numbers(catalogue: Catalogue) -> dict[str, ScopeNumber]:
    """Returns the number of each filter by the name of its topic. The filter of everything is `*`."""
    topics = {catalogue.scope_name(topic.number): topic.number for topic in snapshot_topics(catalogue)}
    return {ALL_NAME: ALL_SCOPES, **topics}


def find(files: WorkFiles, job_id: str, name: str, kind: type[_T]) -> _T | None:
    """Returns the values in a file, or None if there is no such file."""
    content = files.get(job_id, name)
    return None if content is None else kind(**json.loads(content))


def load(files: WorkFiles, job_id: str, name: str, kind: type[_T]) -> _T:
    """Returns the values in a file.

    Raises:
        StoreUnavailable: There is no such file.
    """
    return kind(**json.loads(read_file(job_id, name, files)))


def store(
    files: WorkFiles, job_id: str, name: str, values: SegmentProgress | SnapshotFilters | BuiltShard
) -> None:
    """Stores the values in a file."""
    files.put(job_id, name, json.dumps(asdict(values)).encode())
