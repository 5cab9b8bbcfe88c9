"""A walk over everybody on record, a part of them at a time, that never stops twice at the same person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from heed.domain.errors import DependencyUnavailable
from heed.use_cases.ledger.reconcile import ReconcileFindings
from heed.use_cases.ports.ledger import RecipientScan, StoredRecipient, WalkPosition

MAX_RECIPIENTS_A_WALK = 20_000  # a walk: what it costs is bounded by it, however large the table
SCAN_PAGE_SIZE = 500


class RecipientWalkResult(NamedTuple):
    """What a walk saw: how many people, what was found by its name, and whether it came to the end."""

    people: int
    found: Counter[str]
    is_end: bool


@dataclass(frozen=True, slots=True)
class WalkRecipients:
    """Goes on where the last walk stopped.

    Args:
        people: who is on record.
        look: looks at one of them.
    """

    people: RecipientScan
    look: Callable[[StoredRecipient, int], ReconcileFindings]

    def __call__(self, now: int, has_time: Callable[[], bool]) -> RecipientWalkResult:
        """Walk on, and remember the place.

        Raises:
            Unavailable: somebody could not be looked at; the next walk begins there, and passes them by
                if that is so again.
        """
        place, walked = self.people.checkpoint(), 0
        found: Counter[str] = Counter()
        while walked < MAX_RECIPIENTS_A_WALK and has_time():
            page = self.people.page(place.after, SCAN_PAGE_SIZE)
            found["unreadable"] += page.unreadable
            for one in page.recipients:
                if not has_time():
                    self.people.save_checkpoint(place)
                    return RecipientWalkResult(walked, found, is_end=False)
                found.update(self._looked(one, place, now)._asdict())
                walked += 1
                place = WalkPosition(one.recipient)
            place = WalkPosition(page.last)
            self.people.save_checkpoint(place)
            if place.after is None:
                return RecipientWalkResult(walked, found, is_end=True)
        return RecipientWalkResult(walked, found, is_end=False)

    def _looked(self, one: StoredRecipient, place: WalkPosition, now: int) -> ReconcileFindings:
        try:
            return self.look(one, now)
        except DependencyUnavailable:
            if place.failed == one.recipient:
                return ReconcileFindings(passed=1)
            self.people.save_checkpoint(WalkPosition(place.after, one.recipient))
            raise
