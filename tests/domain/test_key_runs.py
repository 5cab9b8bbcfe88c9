from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heed.domain.snapshots.key_runs import (
    COUNTS_SIZE,
    decode_counts,
    decode_keys,
    encode_run,
    place_of_shard,
)

KEYS = st.lists(st.integers(0, (1 << 64) - 1))


@given(KEYS)
def test_a_run_has_each_key_once_in_order(keys: list[int]) -> None:
    run = encode_run([*keys, *keys])
    assert list(decode_keys(run[COUNTS_SIZE:])) == sorted(set(keys))
    assert sum(decode_counts(run[:COUNTS_SIZE])) == len(set(keys))


@given(KEYS, st.integers(0, 12), st.data())
def test_the_keys_of_a_shard_stand_together(keys: list[int], bits: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, (1 << bits) - 1))
    run = encode_run(keys)
    start, end = place_of_shard(decode_counts(run[:COUNTS_SIZE]), bits, number)
    assert list(decode_keys(run[start:end])) == sorted({key for key in keys if key >> 64 - bits == number})
