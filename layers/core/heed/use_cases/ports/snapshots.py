"""The ports of the use cases about snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from heed.domain.preferences.record import Record
from heed.use_cases.ports.preferences import UnreadableItem


class PeoplePage(NamedTuple):
    """A page of people.

    Attributes:
        people: recipient ids with their records.
        last: the recipient id after which the next page begins; None if no page follows.
    """

    people: Sequence[tuple[str, Record | UnreadableItem]]
    last: str | None


class PeopleSegments(Protocol):
    """All people on record, in segments that can be read side by side."""

    def page(self, segment: int, total: int, after: str | None) -> PeoplePage:
        """Reads a page of a segment. It has every change that was acknowledged before the call.

        Args:
            segment: the number of the segment, from 0 on.
            total: the number of segments.
            after: the `last` of the page before; None for the first page.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        ...
