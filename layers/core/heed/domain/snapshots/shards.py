"""The keys of a snapshot, and their division into shards."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from heed.domain.errors import UnbuildableFilter

MAX_SHARD_BITS = 12
USUAL_SHARD_KEYS = 2_000_000
"""A function builds a filter of this size within seconds, see docs/decisions/0072."""
MAX_SHARD_KEYS = 4_000_000
"""A larger filter is not built: a function has not enough memory for it."""


def distinct_keys(keys: Iterable[int]) -> array[int]:
    """Returns the keys in order, each once: two people may have the same first 8 bytes."""
    distinct = array("Q")
    for key in sorted(keys):
        if not distinct or distinct[-1] != key:
            distinct.append(key)
    return distinct


def choose_shard_bits(counts: Sequence[int]) -> int:
    """Returns the number of leading bits of a key that name its shard.

    The number of shards doubles until none has more than `USUAL_SHARD_KEYS`, up to 4,096 shards.

    Args:
        counts: the number of keys for each value of the leading 12 bits.

    Raises:
        UnbuildableFilter: more than `MAX_SHARD_KEYS` keys have the same leading 12 bits. Recipient ids are
            keyed hashes, so somebody has chosen these.
    """
    for bits in range(MAX_SHARD_BITS):
        width = len(counts) >> bits
        if all(sum(counts[at : at + width]) <= USUAL_SHARD_KEYS for at in range(0, len(counts), width)):
            return bits
    if max(counts) > MAX_SHARD_KEYS:
        raise UnbuildableFilter("too many recipient ids begin with the same bits")
    return MAX_SHARD_BITS
