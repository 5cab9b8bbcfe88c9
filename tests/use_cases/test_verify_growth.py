"""What verifying a ledger costs: it reads millions of entries, so it may not grow faster than they."""

from __future__ import annotations

import functools

from heed.adapters.external_sort import ExternalSorter
from heed.domain.preferences.register import DAY_MS
from heed.use_cases.ledger.verify import verify_ledger
from tests.support.growth import LINEAR, growth
from tests.support.ledgers import START, ordinary


@functools.cache
def _exported(changes: int) -> list[bytes]:
    return ordinary(subjects=10, changes=changes).lines(START + 4 * DAY_MS)


def _verified(lines: list[bytes]) -> None:
    assert verify_ledger(lines, ExternalSorter).fault is None


def test_verifying_a_ledger_grows_with_its_entries_and_no_faster() -> None:
    assert growth(_exported, _verified, 10) <= LINEAR
