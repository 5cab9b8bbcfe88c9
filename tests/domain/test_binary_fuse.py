from __future__ import annotations

from array import array
from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import InvalidSnapshot, UnbuildableFilter
from heed.domain.snapshots.binary_fuse import (
    FILTER_HEADER,
    BinaryFuse16,
    FilterShape,
    build_filter,
    murmur64,
    splitmix64,
)
from tests.support.growth import LINEAR, measure_growth

_MASK = (1 << 64) - 1
KEYS = st.integers(0, _MASK)


def random_keys(count: int) -> array[int]:
    random = Random(count)  # noqa: S311 - the same keys in each run
    return array("Q", {random.getrandbits(64) for _ in range(count)})


def opened(keys: array[int] | list[int], state: int = 1) -> BinaryFuse16:
    return BinaryFuse16(memoryview(build_filter(keys, state)))


@given(st.lists(KEYS, unique=True, max_size=300), KEYS)
def test_each_key_of_the_set_is_found(keys: list[int], state: int) -> None:
    found = opened(keys, state)
    assert all(key in found for key in keys)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 9, 100, 4_999, 50_000])
def test_each_key_of_a_set_of_any_size_is_found(count: int) -> None:
    keys = random_keys(count)
    found = opened(keys)
    assert all(key in found for key in keys)


def test_few_other_keys_are_found() -> None:
    found = opened(random_keys(20_000))
    others = random_keys(200_001)
    expected = len(others) / 65_536
    assert sum(key in found for key in others) < 5 * expected


@given(st.lists(KEYS, unique=True, max_size=40), st.randoms())
def test_the_order_of_the_keys_does_not_change_the_filter(keys: list[int], random: Random) -> None:
    before = build_filter(keys, 1)
    random.shuffle(keys)
    assert build_filter(keys, 1) == before


def test_a_filter_has_18_bits_for_each_key() -> None:
    for count in (1_000_000, 1_250_000, 2_000_000):
        assert FilterShape.for_keys(count).fingerprints <= 1.14 * count


def test_a_filter_is_built_in_linear_time() -> None:
    assert measure_growth(random_keys, lambda keys: build_filter(keys, 1), 1_000) <= LINEAR


def _key_of(hash_: int, seed: int) -> int:
    """Returns the key with this hash."""
    for factor in (0xC4CEB9FE1A85EC53, 0xFF51AFD7ED558CCD):
        hash_ = (hash_ ^ hash_ >> 33) * pow(factor, -1, 1 << 64) & _MASK
    return (hash_ ^ hash_ >> 33) - seed & _MASK


def _same_places(seed: int) -> list[int]:
    """Returns two keys that have the same three places for a seed, in any filter of few keys."""
    hash_ = murmur64(seed)
    return [_key_of(hash_ ^ bit, seed) for bit in (0, 1 << 40)]


@pytest.mark.threat(
    "T39",
    "Somebody chooses recipient ids for which no filter can be built, so that there is no snapshot any more.",
    "The seeds of the filters are random, and a seed for which it fails is replaced by the next one.",
)
def test_keys_that_make_one_seed_fail_get_another_seed() -> None:
    first, second = islice(splitmix64(1), 2)
    keys = [*_same_places(first), *range(1, 50)]
    built = build_filter(keys, 1)
    assert FILTER_HEADER.unpack_from(built)[0] == second
    assert all(key in BinaryFuse16(memoryview(built)) for key in keys)


def test_keys_that_make_every_seed_fail_end_with_an_error() -> None:
    keys = [key for seed in islice(splitmix64(1), 100) for key in _same_places(seed)]
    with pytest.raises(UnbuildableFilter, match="no seed"):
        build_filter(keys, 1)


def test_equal_keys_end_with_an_error() -> None:
    with pytest.raises(UnbuildableFilter, match="no seed"):
        build_filter([7, 7], 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("segment length", 0),
        ("segment length", 3),
        ("segment length", 1 << 31),
        ("segments", 0),
        ("segments", 2),
        ("first places", 5),
        ("fingerprints", 13),
    ],
)
def test_a_header_that_does_not_fit_the_filter_is_refused(field: str, value: int) -> None:
    names = ["seed", "keys", "segment length", "segments", "first places", "fingerprints"]
    built = build_filter([1, 2], 1)
    header = list(FILTER_HEADER.unpack_from(built))
    header[names.index(field)] = value
    altered = FILTER_HEADER.pack(*header) + built[FILTER_HEADER.size :]
    with pytest.raises(InvalidSnapshot):
        BinaryFuse16(memoryview(altered))


@given(st.integers(0, 9), st.integers(1, 50), KEYS, st.lists(KEYS), st.randoms())
def test_no_place_of_a_key_is_outside_a_filter_with_a_valid_header(
    exponent: int, count: int, seed: int, keys: list[int], random: Random
) -> None:
    shape = FilterShape(1 << exponent, count)
    numbers = shape.segment_length, shape.segment_count, shape.first_places, shape.fingerprints
    data = FILTER_HEADER.pack(seed, 0, *numbers) + random.randbytes(2 * shape.fingerprints)
    found = BinaryFuse16(memoryview(data))
    assert all(isinstance(key in found, bool) for key in (0, _MASK, *keys))


@given(st.binary(max_size=80))
def test_other_bytes_are_no_filter(data: bytes) -> None:
    with pytest.raises(InvalidSnapshot):
        BinaryFuse16(memoryview(data))


def test_a_cut_filter_is_refused() -> None:
    built = build_filter([1, 2], 1)
    for size in range(len(built)):
        with pytest.raises(InvalidSnapshot):
            BinaryFuse16(memoryview(built)[:size])
