"""Who is stopped, in the order of change: the feed that a platform follows to keep a list of its own.

A *pass* runs from a position to its bound, the time of its first page, so that it ends however much is
written meanwhile. A recipient stands in the feed once, at the latest change: who changes during a pass
moves behind its bound and comes with the next, which begins a little before that bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import ScopeNumber
from heed.domain.preferences.suppressions import Suppression, suppressions_of
from heed.use_cases.ports.preferences import (
    UNREADABLE,
    ChangeFeed,
    FeedPosition,
    Preferences,
    UnreadableItem,
)

FEED_OVERLAP = 120_000
"""Milliseconds that a pass begins before the bound of the last: a change is stamped when its request
arrives, and becomes visible in the index when it is written and copied, seconds later at most."""

MAX_PAGE_SIZE = 1_000
MAX_EXAMINED = 5_000
"""Recipients that a page reads at most, where few have a stop that is asked for."""


@dataclass(frozen=True, slots=True)
class SuppressionFilter:
    """Which stops are asked for: of a reason, at a scope (its number); None: of any."""

    reason: Reason | None = None
    scope: ScopeNumber | None = None

    def takes(self, stop: Suppression) -> bool:
        """Whether a stop is asked for."""
        return self.reason in (None, stop.reason) and self.scope in (None, stop.scope)


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """How far a reader has come.

    Attributes:
        after: all up to this position was given.
        bound: last instant of the pass under way, milliseconds; None if the next page begins one.
        given: of the recipient at `after`, the place of the last stop that was given, where a page
            ended between two; None if there is no more of that recipient.
        only: which stops the reader asks for.
    """

    after: FeedPosition
    bound: int | None = None
    given: tuple[int, int] | None = None
    only: SuppressionFilter = SuppressionFilter()


class ListedSuppression(NamedTuple):
    """A stop of a recipient; UNREADABLE where what is stored cannot be read: then all is stopped."""

    recipient: str
    stop: Suppression | UnreadableItem


class SuppressionPage(NamedTuple):
    """A page, where the next one begins, and whether this is the last of the pass."""

    listed: list[ListedSuppression]
    next: FeedCursor
    is_end: bool


def list_suppressions(
    place: FeedCursor,
    limit: int,
    now: int,
    feed: ChangeFeed,
    preferences: Preferences,
    catalogue: Catalogue,
) -> SuppressionPage:
    """The next `limit` stops (1 to 1,000).

    A page shorter than that ends the pass, unless so few of those examined have a stop that is asked
    for that the page was cut off. The feed says who changed, never what is so: that is read
    consistently. Without a filter a page is one read of the feed and one of its recipients.

    Raises:
        StoreUnavailable: something could not be read; the same page may be asked for again.
    """
    bound = now if place.bound is None else place.bound
    place = replace(place, bound=bound)
    listed: list[ListedSuppression] = []
    examined, wanted = 0, limit
    while examined < MAX_EXAMINED:
        changed = feed.changes_after(place.after, bound, wanted)
        people = changed if place.given is None else [place.after, *changed]
        records = preferences.read_many(position.recipient for position in people)
        for position in people:
            asked = _asked_for(records[position.recipient], place, catalogue, now)
            taken = asked[: limit - len(listed)]
            listed.extend(ListedSuppression(position.recipient, stop) for stop in taken)
            given = _place(taken[-1]) if len(taken) < len(asked) else None
            place = replace(place, after=position, given=given)
            if len(listed) == limit:
                return SuppressionPage(listed, place, is_end=False)
        if len(changed) < wanted:
            following = FeedPosition(max(0, bound - FEED_OVERLAP), "")
            return SuppressionPage(listed, FeedCursor(following, only=place.only), is_end=True)
        examined, wanted = examined + len(changed), MAX_PAGE_SIZE
    return SuppressionPage(listed, place, is_end=False)


def _asked_for(
    record: Record | UnreadableItem, place: FeedCursor, catalogue: Catalogue, now: int
) -> list[Suppression | UnreadableItem]:
    """The stops of a record that the reader asks for and was not given yet."""
    if isinstance(record, UnreadableItem):
        return [UNREADABLE]
    return [
        stop
        for stop in suppressions_of(record, catalogue, now)
        if place.only.takes(stop) and (place.given is None or stop.sort_key > place.given)
    ]


def _place(stop: Suppression | UnreadableItem) -> tuple[int, int] | None:
    return None if isinstance(stop, UnreadableItem) else stop.sort_key
