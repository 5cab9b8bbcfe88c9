"""The binary fuse filter: a set of 64-bit keys in 18 bits for each key.

A key of the set is always found. Another key is found in one of 65,536 cases. The filter has three places
for each key, and fingerprints of 16 bits (Graf and Lemire, "Binary Fuse Filters", 2022). Its bytes are those
of the C library FastFilter/xor_singleheader, for the same keys and seeds.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from struct import Struct

from heed.domain.errors import InvalidSnapshot, UnbuildableFilter

FILTER_HEADER = Struct("<Q5I")
"""Seed, keys, length of a segment, number of segments with first places, first places, fingerprints."""

_MASK = (1 << 64) - 1
_MAX_SEGMENT_LENGTH = 1 << 18  # fingerprints
_MAX_SEEDS = 100  # each fails for about one set of keys in a hundred


@dataclass(frozen=True, slots=True)
class FilterShape:
    """The division of a filter into segments. The three places of a key are in three segments in a row.

    Attributes:
        segment_length: fingerprints in a segment; a power of two.
        segment_count: the number of segments in which a key may have its first place.
    """

    segment_length: int
    segment_count: int

    @classmethod
    def for_keys(cls, count: int) -> FilterShape:
        """Returns the shape for a number of keys, by the formulas of the C library."""
        if count < 2:
            return cls(4, 1)
        exponent = math.floor(math.log(count) / math.log(3.33) + 2.25)
        length = min(1 << exponent, _MAX_SEGMENT_LENGTH)
        factor = max(1.125, 0.875 + 0.25 * math.log(1_000_000) / math.log(count))
        fingerprints = math.floor(count * factor + 0.5)
        while length > 256 and math.ceil(fingerprints / length) < 34:
            length //= 2
        return cls(length, max(math.ceil(fingerprints / length) - 2, 1))

    @property
    def first_places(self) -> int:
        """The number of places that may be the first of a key."""
        return self.segment_count * self.segment_length

    @property
    def fingerprints(self) -> int:
        """The number of fingerprints in the filter."""
        return self.first_places + 2 * self.segment_length


class BinaryFuse16:
    """A filter in memory, as `build_filter` returns it. It is not copied.

    Attributes:
        seed: of the hash of its keys.
        shape: its division into segments.

    Raises:
        InvalidSnapshot: the bytes are no filter.
    """

    def __init__(self, data: memoryview) -> None:
        if len(data) < FILTER_HEADER.size:
            raise InvalidSnapshot("a filter is too short")
        self.seed, _, length, count, first_places, fingerprints = FILTER_HEADER.unpack_from(data)
        self.shape = shape = FilterShape(length, count)
        is_consistent = (first_places, fingerprints) == (shape.first_places, shape.fingerprints)
        is_complete = len(data) == FILTER_HEADER.size + 2 * fingerprints
        if not (is_consistent and is_complete and count and length.bit_count() == 1):
            raise InvalidSnapshot("the header of a filter does not fit its size")
        self._fingerprints = data[FILTER_HEADER.size :].cast("H")
        self._constants = self.seed, first_places, length, 2 * length, length - 1

    def __contains__(self, key: int) -> bool:
        # This is murmur64, repeated here because a call takes longer than the hash itself.
        seed, first_places, length, length_twice, mask = self._constants
        hash_ = key + seed & _MASK
        hash_ = (hash_ ^ hash_ >> 33) * 0xFF51AFD7ED558CCD & _MASK
        hash_ = (hash_ ^ hash_ >> 33) * 0xC4CEB9FE1A85EC53 & _MASK
        hash_ ^= hash_ >> 33
        first = hash_ * first_places >> 64
        fingerprints = self._fingerprints
        difference: int = (
            hash_
            ^ hash_ >> 32
            ^ fingerprints[first]
            ^ fingerprints[first + length ^ hash_ >> 18 & mask]
            ^ fingerprints[first + length_twice ^ hash_ & mask]
        )
        return difference & 0xFFFF == 0


def splitmix64(state: int) -> Iterator[int]:
    """Yields the numbers of the generator SplitMix64, which the C library uses for its seeds."""
    while True:
        state = state + 0x9E3779B97F4A7C15 & _MASK
        number = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        number = (number ^ number >> 27) * 0x94D049BB133111EB & _MASK
        yield number ^ number >> 31


def build_filter(keys: Sequence[int], state: int) -> bytes:
    """Builds the filter of a set of keys. It takes time and memory in proportion to the keys.

    Args:
        keys: distinct numbers of 64 bits.
        state: the start of the random seeds. It must not be known to anybody who can choose keys: such keys
            could make every seed fail.

    Raises:
        UnbuildableFilter: no seed is suitable. For distinct keys and a random start this does not happen.
    """
    shape = FilterShape.for_keys(len(keys))
    for seed in islice(splitmix64(state), _MAX_SEEDS):
        fingerprints = _solve((murmur64(key + seed & _MASK) for key in keys), len(keys), shape)
        if fingerprints is not None:
            numbers = shape.segment_length, shape.segment_count, shape.first_places, shape.fingerprints
            return FILTER_HEADER.pack(seed, len(keys), *numbers) + fingerprints.tobytes()
    raise UnbuildableFilter("no seed is suitable: some keys are equal, or chosen for these seeds")


def murmur64(number: int) -> int:
    """Returns the hash of a number of 64 bits (the finaliser of MurmurHash3)."""
    number = (number ^ number >> 33) * 0xFF51AFD7ED558CCD & _MASK
    number = (number ^ number >> 33) * 0xC4CEB9FE1A85EC53 & _MASK
    return number ^ number >> 33


def _solve(hashes: Iterable[int], count: int, shape: FilterShape) -> array[int] | None:
    """Returns fingerprints such that the three of each hash give its check value; None if there are none.

    A place that only one hash uses can have any value, so it decides that hash, which is then removed. If all
    hashes are removed in this way, the places get their values in the opposite order.
    """
    first_places, length = shape.first_places, shape.segment_length
    mask, length_twice = length - 1, 2 * length
    counts = array("I", bytes(4 * shape.fingerprints))
    combined = array("Q", bytes(8 * shape.fingerprints))  # of all hashes at a place, by exclusive or
    for hash_ in hashes:
        first = hash_ * first_places >> 64
        second = first + length ^ hash_ >> 18 & mask
        third = first + length_twice ^ hash_ & mask
        counts[first] += 1
        counts[second] += 1
        counts[third] += 1
        combined[first] ^= hash_
        combined[second] ^= hash_
        combined[third] ^= hash_
    single = array("I", (place for place, count in enumerate(counts) if count == 1))
    removed, places = array("Q"), array("I")
    while single:
        place = single.pop()
        if counts[place] != 1:
            continue
        hash_ = combined[place]
        removed.append(hash_)
        places.append(place)
        first = hash_ * first_places >> 64
        second = first + length ^ hash_ >> 18 & mask
        third = first + length_twice ^ hash_ & mask
        # The order of the other two is that of the C library.
        if place == first:
            others = second, third
        elif place == second:
            others = third, first
        else:
            others = first, second
        for other in others:
            if counts[other] == 2:
                single.append(other)
            counts[other] -= 1
            combined[other] ^= hash_
    if len(removed) < count:
        return None
    fingerprints = array("H", bytes(2 * shape.fingerprints))
    while removed:
        hash_ = removed.pop()
        first = hash_ * first_places >> 64
        others_of_hash = (
            fingerprints[first]
            ^ fingerprints[first + length ^ hash_ >> 18 & mask]
            ^ fingerprints[first + length_twice ^ hash_ & mask]
        )
        fingerprints[places.pop()] = (hash_ ^ hash_ >> 32 ^ others_of_hash) & 0xFFFF
    return fingerprints
