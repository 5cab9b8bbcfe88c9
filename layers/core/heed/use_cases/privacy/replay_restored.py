"""Merges a restored table into the live table. The write rule decides, and erasures stay effective."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from heed.domain.errors import UnreadableRecord, WriteConflict
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import EMPTY_RECORD, changes_between
from heed.domain.preferences.register import MINOR
from heed.domain.preferences.replay import (
    find_lost_minor,
    find_lost_stops,
    is_erasure_lost,
    restore_erasure,
)
from heed.domain.privacy.erasure import Erasure
from heed.use_cases.ports.preferences import Preferences
from heed.use_cases.ports.privacy import Erasures
from heed.use_cases.ports.restored_table import RestoredItem, RestoredTable

_ATTEMPTS = 8


class ReplayOutcome(StrEnum):
    """The result for one item of the restored table."""

    RESTORED = "restored"  # the live table had lost the item
    MERGED = "merged"  # the live item had lost some of its data
    UNCHANGED = "unchanged"  # the live item has the same data, or more
    EXPIRED = "expired"  # the item has expired
    UNREADABLE = "unreadable"  # a person has to look at the item


def replay_restored(
    table: RestoredTable, preferences: Preferences, erasures: Erasures, clock: Callable[[], Millis]
) -> Iterator[ReplayOutcome]:
    """Merges each item of a restored table. It can stop after any item and start again.

    The time is read for each item. A restored item gets that time in the feed of changes. So a reader of the
    feed finds each item, even if the replay takes hours.

    Args:
        table: the restored table.
        preferences: the live records.
        erasures: replaces live records.
        clock: returns the time, milliseconds.

    Yields:
        The result for each item.

    Raises:
        DependencyUnavailable: The remaining items were not tried.
    """
    for item in table.all_items():
        try:
            yield _replay(item, table, preferences, erasures, clock())
        except UnreadableRecord:
            yield ReplayOutcome.UNREADABLE  # the restored or the live item; both stay unchanged


def _replay(
    item: RestoredItem, table: RestoredTable, preferences: Preferences, erasures: Erasures, now: Millis
) -> ReplayOutcome:
    if item.expires_at is not None and item.expires_at <= now:
        return ReplayOutcome.EXPIRED
    old, recipient = item.decode_record(), item.recipient
    live, due = erasures.read(recipient)
    if not live.revision and table.put_back(item, now):
        return ReplayOutcome.RESTORED
    for _ in range(_ATTEMPTS):
        if not is_erasure_lost(old, live):
            if MINOR in live.registers:
                return ReplayOutcome.UNCHANGED
            changes = [c for c in changes_between(EMPTY_RECORD, old) if c.register != MINOR]
            changes += find_lost_stops(old, live)
            write = preferences.apply(recipient, changes, now) if changes else None
            is_merged = write is not None and write.after != write.before
            record = write.after if write else live
            if minor := find_lost_minor(old, record):
                conflict = erasures.set_register(recipient, minor, record, now)
                if conflict is None:
                    return ReplayOutcome.MERGED
                live, due = conflict
                continue
            return ReplayOutcome.MERGED if is_merged else ReplayOutcome.UNCHANGED
        purges = tuple(dict.fromkeys((*due, *item.purges)))
        erasure = Erasure(restore_erasure(old, live), purges, item.expires_at)
        conflict = erasures.replace_record(recipient, erasure, live, now)
        if conflict is None:
            return ReplayOutcome.MERGED
        live, due = conflict
    raise WriteConflict("the record changed under every attempt")
