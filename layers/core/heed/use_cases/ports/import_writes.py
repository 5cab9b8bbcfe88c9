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
