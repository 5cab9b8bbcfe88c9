"""The cost of verification. A ledger has millions of entries, so the cost must grow linearly at most."""

from __future__ import annotations

import functools

from heed.adapters.sqlite_sort import SqliteSorter
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.verify import verify_ledger
from tests.support.growth import LINEAR, measure_growth
from tests.support.ledgers import START, sample_ledger


@functools.cache
def _export(changes: int) -> list[bytes]:
    return sample_ledger(subjects=10, changes=changes).lines(Millis(START + 4 * DAY_MS))


def _verify(lines: list[bytes]) -> None:
    assert verify_ledger(lines, SqliteSorter).fault is None


def test_the_cost_of_verification_grows_linearly_with_the_entries() -> None:
    assert measure_growth(_export, _verify, 10) <= LINEAR
