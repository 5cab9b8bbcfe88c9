"""A filter of a snapshot, with its shards in the file."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from heed.domain.errors import InvalidSnapshot
from heed.domain.snapshots.binary_fuse import FILTER_HEADER, BinaryFuse16
from heed.domain.snapshots.file_format import Shard

if TYPE_CHECKING:
    from numpy import bool_, uint16, uint64
    from numpy.typing import NDArray

_BATCH = 1 << 14  # keys; their numbers stay in the cache of the processor


class SnapshotFilter:
    """A set of keys. It verifies each shard before it uses it for the first time."""

    def __init__(self, shards: list[Shard], data: memoryview) -> None:
        self._shards = shards
        self._data = data
        self._shift = 64 - (len(shards).bit_length() - 1)
        self._open: list[BinaryFuse16 | None] = [None] * len(shards)

    def __contains__(self, key: int) -> bool:
        index = key >> self._shift
        return key in (self._open[index] or self._open_shard(index))

    def contains_each(self, keys: NDArray[uint64]) -> NDArray[bool_]:
        """Returns whether each key is in the set, in the order of the keys. It opens all shards.

        Raises:
            InvalidSnapshot: a shard is damaged.
        """
        import numpy as np

        opened = self.open_all()
        constants = np.array(
            [
                (s.seed, s.shape.first_places, s.shape.segment_length, (at.offset + FILTER_HEADER.size) // 2)
                for s, at in zip(opened, self._shards, strict=True)
            ],
            np.uint64,
        ).T.copy()
        fingerprints = np.frombuffer(self._data, "<u2")
        found = np.empty(len(keys), bool)
        for at in range(0, len(keys), _BATCH):
            batch = keys[at : at + _BATCH]
            # A shift by all 64 bits is not defined.
            shards = batch >> np.uint64(1) >> np.uint64(self._shift - 1)
            found[at : at + _BATCH] = _find(batch, constants[:, shards], fingerprints)
        return found

    def open_all(self) -> list[BinaryFuse16]:
        """Verifies and opens all shards.

        Raises:
            InvalidSnapshot: a shard is damaged.
        """
        return [shard or self._open_shard(index) for index, shard in enumerate(self._open)]

    def _open_shard(self, index: int) -> BinaryFuse16:
        shard = self._shards[index]
        data = self._data[shard.offset : shard.offset + shard.length]
        if sha256(data).hexdigest() != shard.sha256:
            raise InvalidSnapshot("a shard of the snapshot is damaged")
        opened = self._open[index] = BinaryFuse16(data)
        return opened


def _find(keys: NDArray[uint64], constants: NDArray[uint64], fingerprints: NDArray[uint16]) -> NDArray[bool_]:
    """Returns what `BinaryFuse16.__contains__` returns, for each key with the constants of its shard."""
    from numpy import uint16, uint64

    seed, first_places, length, start = constants
    hashes = keys + seed
    hashes ^= hashes >> uint64(33)
    hashes *= uint64(0xFF51AFD7ED558CCD)
    hashes ^= hashes >> uint64(33)
    hashes *= uint64(0xC4CEB9FE1A85EC53)
    hashes ^= hashes >> uint64(33)
    high, low = hashes >> uint64(32), hashes & uint64(0xFFFFFFFF)
    first = high * first_places + (low * first_places >> uint64(32)) >> uint64(32)
    second = first + length
    third = second + length
    mask = length - uint64(1)
    second ^= hashes >> uint64(18) & mask
    third ^= hashes & mask
    differences = (hashes ^ high).astype(uint16)
    for places in (first, second, third):
        differences ^= fingerprints[places + start]
    found: NDArray[bool_] = differences == 0
    return found
