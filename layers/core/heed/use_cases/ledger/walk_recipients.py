"""A walk over everybody on record, a part of them at a time, that never stops twice at the same person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from heed.domain.errors import Unavailable
from heed.use_cases.ledger.reconcile import Findings
from heed.use_cases.ports.ledger import Held, People, Place

RECIPIENTS = 20_000  # a walk: what it costs is bounded by it, however large the table
PAGE = 500


class Walked(NamedTuple):
    """What a walk saw: how many people, what was found by its name, and whether it came to the end."""

    people: int
    found: Counter[str]
    is_end: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """Goes on where the last walk stopped.

    Args:
        people: who is on record.
        look: looks at one of them.
    """

    people: People
    look: Callable[[Held, int], Findings]

    def __call__(self, now: int, has_time: Callable[[], bool]) -> Walked:
        """Walk on, and remember the place.

        Raises:
            Unavailable: somebody could not be looked at; the next walk begins there, and passes them by
                if that is so again.
        """
        place, walked = self.people.place(), 0
        found: Counter[str] = Counter()
        while walked < RECIPIENTS and has_time():
            page = self.people.page(place.after, PAGE)
            found["unreadable"] += page.unreadable
            for one in page.held:
                if not has_time():
                    self.people.remember(place)
                    return Walked(walked, found, is_end=False)
                found.update(self._looked(one, place, now)._asdict())
                walked += 1
                place = Place(one.recipient)
            place = Place(page.last)
            self.people.remember(place)
            if place.after is None:
                return Walked(walked, found, is_end=True)
        return Walked(walked, found, is_end=False)

    def _looked(self, one: Held, place: Place, now: int) -> Findings:
        try:
            return self.look(one, now)
        except Unavailable:
            if place.failed == one.recipient:
                return Findings(passed=1)
            self.people.remember(Place(place.after, one.recipient))
            raise
