"""Reads all recipients, a part of them in each run, and reconciles each of them.

A recipient that cannot be reconciled ends a run. The second time the walk skips it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from heed.domain.errors import DependencyUnavailable
from heed.domain.milliseconds import Millis
from heed.use_cases.ledger.reconcile import ReconcileFindings
from heed.use_cases.ports.ledger import RecipientPages, StoredRecipient, WalkCheckpoint

MAX_RECIPIENTS_A_RUN = 20_000  # limits the cost of a run, whatever the size of the table
RECIPIENT_PAGE_SIZE = 500


class RecipientWalkResult(NamedTuple):
    """The result of a run.

    Attributes:
        recipients: how many recipients were processed.
        findings: how many findings there are, by kind.
        is_end: whether the walk reached the end of the table.
    """

    recipients: int
    findings: Counter[str]
    is_end: bool


@dataclass(frozen=True, slots=True)
class WalkRecipients:
    """Continues the walk where the last run stopped.

    Attributes:
        pages: reads the recipients.
        reconcile: reconciles one recipient.
    """

    pages: RecipientPages
    reconcile: Callable[[StoredRecipient, Millis], ReconcileFindings]

    def __call__(self, now: Millis, has_time: Callable[[], bool]) -> RecipientWalkResult:
        """Continues the walk, and saves the position.

        Args:
            now: milliseconds.
            has_time: returns whether there is time for another recipient.

        Raises:
            DependencyUnavailable: A recipient could not be reconciled. The next run starts with this
                recipient, and skips them if they fail again.
        """
        position, processed = self.pages.load_checkpoint(), 0
        found: Counter[str] = Counter()
        while processed < MAX_RECIPIENTS_A_RUN and has_time():
            page = self.pages.page(position.after, RECIPIENT_PAGE_SIZE)
            found["unreadable"] += page.unreadable
            for stored in page.recipients:
                if not has_time():
                    self.pages.save_checkpoint(position)
                    return RecipientWalkResult(processed, found, is_end=False)
                found.update(self._reconcile(stored, position, now)._asdict())
                processed += 1
                position = WalkCheckpoint(stored.recipient)
            position = WalkCheckpoint(page.next_after)
            self.pages.save_checkpoint(position)
            if position.after is None:
                return RecipientWalkResult(processed, found, is_end=True)
        return RecipientWalkResult(processed, found, is_end=False)

    def _reconcile(self, stored: StoredRecipient, position: WalkCheckpoint, now: Millis) -> ReconcileFindings:
        try:
            return self.reconcile(stored, now)
        except DependencyUnavailable:
            if position.failed == stored.recipient:
                return ReconcileFindings(skipped=1)
            self.pages.save_checkpoint(WalkCheckpoint(position.after, stored.recipient))
            raise
