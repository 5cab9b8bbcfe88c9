from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import UnbuildableFilter
from heed.domain.snapshots.shards import (
    MAX_SHARD_BITS,
    MAX_SHARD_KEYS,
    USUAL_SHARD_KEYS,
    choose_shard_bits,
    distinct_keys,
)

EVEN = [1] * (1 << MAX_SHARD_BITS)


@given(st.lists(st.integers(0, 50)))
def test_keys_are_sorted_and_distinct(keys: list[int]) -> None:
    assert list(distinct_keys(keys)) == sorted(set(keys))


def test_a_filter_that_a_function_can_build_has_one_shard() -> None:
    assert choose_shard_bits([0] * (1 << MAX_SHARD_BITS)) == 0
    assert choose_shard_bits([USUAL_SHARD_KEYS, *[0] * 4095]) == 0


def test_shards_double_until_none_is_too_large() -> None:
    for bits in range(1, MAX_SHARD_BITS + 1):
        size = USUAL_SHARD_KEYS >> MAX_SHARD_BITS - bits
        assert choose_shard_bits([size * count for count in EVEN]) == bits
        assert choose_shard_bits([(size + 1) * count for count in EVEN]) == min(bits + 1, MAX_SHARD_BITS)


def test_keys_with_the_same_leading_bits_make_at_most_4096_shards() -> None:
    assert choose_shard_bits([USUAL_SHARD_KEYS + 1, *[0] * 4095]) == 12
    assert choose_shard_bits([MAX_SHARD_KEYS, *[0] * 4095]) == 12


def test_so_many_keys_with_the_same_leading_bits_that_no_function_builds_their_shard_are_refused() -> None:
    with pytest.raises(UnbuildableFilter):
        choose_shard_bits([MAX_SHARD_KEYS + 1, *[0] * 4095])
