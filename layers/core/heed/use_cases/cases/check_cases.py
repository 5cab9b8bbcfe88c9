"""Checks once an hour which cases wait for a decision, and renews the pauses of reported children."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.errors import UnreadableRecord
from heed.domain.mailbox.case import DUE_SOON_MS
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.use_cases.cases.pause_until_decided import pause_until_decided
from heed.use_cases.ports.cases import Cases
from heed.use_cases.ports.preferences import Preferences


@dataclass(frozen=True, slots=True)
class CasesCheck:
    """The result of a check.

    Attributes:
        waiting: how many cases wait for a decision.
        due_soon: how many of them are due within a day, or overdue.
    """

    waiting: int
    due_soon: int


@dataclass(frozen=True, slots=True)
class CheckCases:
    """Checks the open cases."""

    cases: Cases
    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, now: Millis) -> CasesCheck:
        """Counts the open cases, and renews the pause of each reported child.

        An unreadable record needs no pause, because no check permits mail to it.

        Raises:
            DependencyUnavailable: Not all cases were checked. The next check does it again.
        """
        waiting = due_soon = 0
        for case in self.cases.open_cases():
            waiting += 1
            due_soon += case.due_at - DUE_SOON_MS <= now
            try:
                pause_until_decided(case, now, self.preferences, self.catalogue)
            except UnreadableRecord:
                continue
        return CasesCheck(waiting, due_soon)
