from __future__ import annotations

import gc

import pytest

from tests.support.growth import LINEAR, growth


def _pairs(items: list[int]) -> int:
    return sum(1 for one in items for other in items if one == other)


def test_what_reads_its_input_once_grows_with_it() -> None:
    assert (
        growth(lambda n: list(range(n)), lambda items: sum(each * each for each in items), 10_000) <= LINEAR
    )


def test_what_compares_everything_with_everything_is_seen_to_grow_faster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.support.growth._RUNS", 1)  # more would find a smaller one, still too large
    monkeypatch.setattr("tests.support.growth._SECONDS", 0.001)  # enough for a square, and soon done
    assert growth(lambda n: list(range(n)), _pairs, 100) > LINEAR


def test_what_is_refused_at_once_does_not_grow_whatever_its_size() -> None:
    assert growth(bytes, lambda body: body[:1], 8) <= LINEAR


def test_each_run_gets_an_input_of_its_own_so_that_a_stream_may_be_measured() -> None:
    assert growth(lambda n: iter(range(n)), sum, 10_000, limit=0) > 1


def test_the_garbage_is_collected_again_afterwards() -> None:
    gc.enable()  # a module of a function that was loaded alone has ended that for its cold start
    growth(range, len, 1)
    assert gc.isenabled()
