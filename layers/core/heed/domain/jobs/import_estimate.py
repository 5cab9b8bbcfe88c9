"""How long an import will take after its commit, and what AWS charges for it."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS

KEPT_MS = 2 * DAY_MS
"""A file is kept so long, and work goes on so long, milliseconds (template.yaml: BulkBucket, JobMachine)."""
_ROWS_A_PART = 5_000
_SECONDS_A_PART = 5  # to start a function, to read a part and its records, and to store its result
_USD_A_MILLION_CHANGES = 3.8  # docs/decisions/0074: the write, its ledger entry, its event
_USD_A_MILLION_ROWS = 0.3  # docs/decisions/0074: reading, hashing and deciding


@dataclass(frozen=True, slots=True)
class JobEstimate:
    """An estimate: seconds, and US dollars at the list prices of us-east-1."""

    seconds: int
    usd: float

    @property
    def is_too_long(self) -> bool:
        """Whether a commit cannot be done while the file is kept."""
        return self.seconds * 1000 > KEPT_MS

    def is_too_late(self, started_at: Millis, at: Millis) -> bool:
        """Whether a commit at a time would not be done while the file is kept.

        Args:
            started_at: when the work on the uploaded file began, milliseconds.
            at: the time of the commit, milliseconds.
        """
        return at + self.seconds * 1000 > started_at + KEPT_MS


def estimate_import(rows: int, changing: int, rows_a_second: int) -> JobEstimate:
    """Estimates the commit of an import.

    Args:
        rows: the number of rows.
        changing: how many of them change a record.
        rows_a_second: the most changes per second of all writers.
    """
    seconds = _SECONDS_A_PART * (1 + rows // _ROWS_A_PART) + changing / rows_a_second
    usd = (changing * _USD_A_MILLION_CHANGES + rows * _USD_A_MILLION_ROWS) / 1_000_000
    return JobEstimate(round(seconds), round(usd, 2))
