from __future__ import annotations

import gc

import pytest

from tests.support.growth import LINEAR, measure_growth


@pytest.fixture(autouse=True)
def _short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the runs short, which is enough for these few lines."""
    monkeypatch.setattr("tests.support.growth._MIN_SECONDS", 0.001)


def _pairs(items: list[int]) -> int:
    return sum(1 for first in items for second in items if first == second)


def test_code_that_reads_its_input_once_grows_linearly() -> None:
    assert (
        measure_growth(lambda n: list(range(n)), lambda items: sum(item * item for item in items), 10_000)
        <= LINEAR
    )


def test_quadratic_code_grows_faster_than_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "tests.support.growth._RUNS", 1
    )  # more runs would find a smaller growth, still too large
    assert measure_growth(lambda n: list(range(n)), _pairs, 100) > LINEAR


def test_code_that_rejects_its_input_at_once_does_not_grow() -> None:
    assert measure_growth(bytes, lambda body: body[:1], 8) <= LINEAR


def test_each_run_gets_a_new_input_so_that_an_iterator_can_be_measured() -> None:
    assert measure_growth(lambda n: iter(range(n)), sum, 10_000, limit=0) > 1


def test_the_garbage_collector_runs_again_afterwards() -> None:
    gc.enable()  # importing a single function disables it for the cold start
    measure_growth(range, len, 1)
    assert gc.isenabled()
