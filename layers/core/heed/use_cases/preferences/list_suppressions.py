"""The feed of suppressions, in order of change. A platform reads it to keep a copy of the list.

A *pass* runs from a position to a bound: the time of its first page. So a pass ends however many changes
happen meanwhile. Each recipient has one position in the feed: the time of their latest change. A recipient
who changes during a pass moves behind its bound and is part of the next pass. The next pass starts a little
before that bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from heed.domain.milliseconds import Millis
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
"""Milliseconds by which a pass starts before the bound of the previous pass. The time of a change is the time
of its request. The change appears in the index after the write and the replication: at most seconds later."""

MAX_PAGE_SIZE = 1_000
MAX_EXAMINED = 5_000
"""The most recipients that are read for a page, if few of them match the filter."""


@dataclass(frozen=True, slots=True)
class SuppressionFilter:
    """Selects suppressions by reason and by scope number; None selects any."""

    reason: Reason | None = None
    scope: ScopeNumber | None = None

    def matches(self, suppression: Suppression) -> bool:
        """Returns whether the filter selects a suppression."""
        return self.reason in (None, suppression.reason) and self.scope in (None, suppression.scope)


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """How far a reader has read.

    Attributes:
        after: the last position that the reader got.
        bound: last instant of the current pass, milliseconds; None if the next page starts a new pass.
        last_sort_key: the sort key of the last suppression that the reader got, if the page ended within the
            recipient at `after`; None if the reader got all suppressions of that recipient.
        filter: selects the suppressions to list.
    """

    after: FeedPosition
    bound: int | None = None
    last_sort_key: tuple[int, int] | None = None
    filter: SuppressionFilter = SuppressionFilter()


class ListedSuppression(NamedTuple):
    """A suppression of a recipient. UNREADABLE if the record is unreadable: then everything is suppressed."""

    recipient: str
    suppression: Suppression | UnreadableItem


class SuppressionPage(NamedTuple):
    """A page of the feed.

    Attributes:
        suppressions: the suppressions of this page.
        next_cursor: the cursor of the next page.
        is_end: whether this is the last page of the pass.
    """

    suppressions: list[ListedSuppression]
    next_cursor: FeedCursor
    is_end: bool


def list_suppressions(
    cursor: FeedCursor,
    limit: int,
    now: Millis,
    feed: ChangeFeed,
    preferences: Preferences,
    catalogue: Catalogue,
) -> SuppressionPage:
    """Returns the next page of suppressions.

    A shorter page than `limit` ends the pass, with one exception: a page also ends after `MAX_EXAMINED`
    recipients. The feed only names the recipients that changed. Their records are read consistently. Without
    a filter a page takes one read of the feed and one read of its recipients.

    Args:
        cursor: how far the reader has read.
        limit: the most suppressions to return (1 to 1,000).
        now: milliseconds.
        feed: the feed of changes.
        preferences: the records.
        catalogue: the brands and topics.

    Raises:
        StoreUnavailable: Not all could be read. The caller may request the same page again.
    """
    bound = Millis(now if cursor.bound is None else cursor.bound)
    cursor = replace(cursor, bound=bound)
    listed: list[ListedSuppression] = []
    examined, batch_size = 0, limit
    while examined < MAX_EXAMINED:
        changed = feed.changes_after(cursor.after, bound, batch_size)
        positions = changed if cursor.last_sort_key is None else [cursor.after, *changed]
        records = preferences.read_many(position.recipient for position in positions)
        for position in positions:
            remaining = _remaining_suppressions(records[position.recipient], cursor, catalogue, now)
            on_page = remaining[: limit - len(listed)]
            listed.extend(ListedSuppression(position.recipient, suppression) for suppression in on_page)
            last_sort_key = _sort_key(on_page[-1]) if len(on_page) < len(remaining) else None
            cursor = replace(cursor, after=position, last_sort_key=last_sort_key)
            if len(listed) == limit:
                return SuppressionPage(listed, cursor, is_end=False)
        if len(changed) < batch_size:
            next_start = FeedPosition(Millis(max(0, bound - FEED_OVERLAP)), "")
            return SuppressionPage(listed, FeedCursor(next_start, filter=cursor.filter), is_end=True)
        examined, batch_size = examined + len(changed), MAX_PAGE_SIZE
    return SuppressionPage(listed, cursor, is_end=False)


def _remaining_suppressions(
    record: Record | UnreadableItem, cursor: FeedCursor, catalogue: Catalogue, now: Millis
) -> list[Suppression | UnreadableItem]:
    """Returns the suppressions of a record that match the filter and that the reader did not get yet."""
    if isinstance(record, UnreadableItem):
        return [UNREADABLE]
    return [
        suppression
        for suppression in suppressions_of(record, catalogue, now)
        if cursor.filter.matches(suppression)
        and (cursor.last_sort_key is None or suppression.sort_key > cursor.last_sort_key)
    ]


def _sort_key(suppression: Suppression | UnreadableItem) -> tuple[int, int] | None:
    return None if isinstance(suppression, UnreadableItem) else suppression.sort_key
