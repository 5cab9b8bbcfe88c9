"""A run: keys that the work on a snapshot has found, in order, behind the number of them in each bucket.

A bucket has the keys with the same leading 12 bits. So the keys of a shard stand together in a run, and who
builds the shard reads no others. The numbers have the order of bytes of the machine, because only this work
reads them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from heed.domain.snapshots.shards import MAX_SHARD_BITS, distinct_keys

BUCKETS = 1 << MAX_SHARD_BITS
"""The number of buckets."""
_COUNT_SIZE, _KEY_SIZE = 4, 8  # bytes
COUNTS_SIZE = BUCKETS * _COUNT_SIZE
"""The bytes of the numbers at the beginning of a run."""


def encode_run(keys: Iterable[int]) -> bytes:
    """Returns the run of some keys."""
    distinct = distinct_keys(keys)
    counts = array("I", bytes(COUNTS_SIZE))
    for key in distinct:
        counts[key >> 64 - MAX_SHARD_BITS] += 1
    return counts.tobytes() + distinct.tobytes()


def decode_counts(start: bytes) -> array[int]:
    """Returns the number of keys in each bucket, of the first `COUNTS_SIZE` bytes of a run."""
    return array("I", start)


def place_of_shard(counts: array[int], shard_bits: int, number: int) -> tuple[int, int]:
    """Returns the first byte of the keys of a shard in a run, and the one after the last.

    Args:
        counts: the number of keys in each bucket.
        shard_bits: the number of leading bits that name a shard.
        number: of the shard.
    """
    width = BUCKETS >> shard_bits
    before = sum(counts[: number * width])
    end = before + sum(counts[number * width : (number + 1) * width])
    return COUNTS_SIZE + before * _KEY_SIZE, COUNTS_SIZE + end * _KEY_SIZE


def decode_keys(data: bytes) -> array[int]:
    """Returns the keys in a part of a run."""
    return array("Q", data)
