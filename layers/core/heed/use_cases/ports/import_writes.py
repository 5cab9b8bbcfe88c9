"""The port of the pace of an import's writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from heed.use_cases.ports.job_work import HasTime


class WritePace(Protocol):
    """Paces the writes of an import, so that it takes nothing from opt-outs and the ledger."""

    def run(self, write: Callable[[], None], has_time: HasTime) -> None:
        """Waits until the next write may start, and runs it. It is repeated if the table throttles it.

        Raises:
            OutOfTime: The write was not run, because the ledger is behind, or the table throttles writes.
            HeedError: The write failed.
        """
        ...


class WriterTurn(Protocol):
    """The turn of the jobs that write records: one after the other.

    Each method raises StoreUnavailable if the store did not answer.
    """

    def find_job(self) -> str | None:
        """Returns the id of the job that had the turn last, or None."""
        ...

    def pass_on(self, current: str | None, following: str) -> bool:
        """Gives the turn to the following job, if the current one still has it. Returns whether it did."""
        ...
