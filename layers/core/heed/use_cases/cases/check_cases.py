"""Checks once an hour which cases wait for a decision, and renews the pauses of reported children."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.mailbox.case import DUE_SOON_MS, Case
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.record import Record
from heed.use_cases.cases.pause_until_decided import pause_until_decided
from heed.use_cases.ports.cases import Cases
from heed.use_cases.ports.preferences import Preferences


@dataclass(frozen=True, slots=True)
class CasesCheck:
    """The result of a check.

    Attributes:
        waiting: how many cases wait for a decision.
        due_soon: how many of them are due within a day, or overdue.
        unreadable: how many other cases are not readable.
    """

    waiting: int
    due_soon: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class CheckCases:
    """Checks the open cases."""

    cases: Cases
    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, now: Millis) -> CasesCheck:
        """Renews the pause of each reported child, and counts the open cases.

        The records are read together: however many cases wait, the check must end in time. An unreadable
        record needs no pause, because no check permits mail to it.

        Raises:
            DependencyUnavailable: Not all cases were checked. The next check does it again.
        """
        stored = list(self.cases.open_cases())
        cases = [case for case in stored if isinstance(case, Case)]
        children = [case for case in cases if case.pauses_mail]
        records = self.preferences.read_many(case.recipient for case in children)
        for case in children:
            record = records[case.recipient]
            if isinstance(record, Record):
                pause_until_decided(case, record, now, self.preferences, self.catalogue)
        due_soon = sum(case.due_at - DUE_SOON_MS <= now for case in cases)
        return CasesCheck(len(cases), due_soon, len(stored) - len(cases))
