"""The port of the pace of an import's writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from heed.domain.milliseconds import Millis
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


class TurnClaim(NamedTuple):
    """A job that has the turn or waits for it, and since when, milliseconds."""

    job: str
    at: Millis


class Turn(NamedTuple):
    """Whose turn it is.

    Attributes:
        holder: the job that had the turn last; None before the first one.
        waiting: the taking back that waited for the turn last; None if there is none.
    """

    holder: TurnClaim | None = None
    waiting: TurnClaim | None = None


class WriterTurn(Protocol):
    """The turn of the jobs that write records: one after the other.

    Each method raises StoreUnavailable if the store did not answer.
    """

    def find(self) -> Turn:
        """Returns whose turn it is."""
        ...

    def replace(self, current: Turn, changed: Turn) -> bool:
        """Stores a changed turn, if the current one still has the same holder. Returns whether it has."""
        ...
