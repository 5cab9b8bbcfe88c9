"""A restored copy of the table, merged into the live one: the write rule, floors and tombstones decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from heed.domain.errors import UnreadableRecord, WriteConflict
from heed.domain.preferences.record import EMPTY_RECORD, changes_between
from heed.domain.preferences.register import MINOR
from heed.domain.preferences.replay import lost_erasure, lost_minor, lost_presses, restore_erasure
from heed.domain.privacy.erasure import Erasure
from heed.use_cases.ports.preferences import Preferences
from heed.use_cases.ports.privacy import Erasures, RestoredItem, RestoredTable

_ATTEMPTS = 8


class ReplayOutcome(StrEnum):
    """What came of one item of the copy."""

    BACK = "back"  # the live table had lost it
    MERGED = "merged"  # some of it was lost
    UNCHANGED = "unchanged"  # the live record knows as much, or more
    FORGOTTEN = "forgotten"  # its time was over
    UNREADABLE = "unreadable"  # for a person to look at


def replay_restored(
    copies: RestoredTable, preferences: Preferences, epochs: Erasures, clock: Callable[[], int]
) -> Iterator[ReplayOutcome]:
    """Merge every item of the copy; may be stopped, and begun again.

    `clock` (milliseconds) is asked for each: what comes back stands in the feed of changes at its own
    instant, where whoever follows the feed still finds it when the replay takes hours.

    Raises:
        Unavailable: the rest was not tried.
    """
    for copy in copies.all():
        try:
            yield _replay(copy, copies, preferences, epochs, clock())
        except UnreadableRecord:
            yield ReplayOutcome.UNREADABLE  # on either side: left as it stands


def _replay(
    copy: RestoredItem, copies: RestoredTable, preferences: Preferences, epochs: Erasures, now: int
) -> ReplayOutcome:
    if copy.ends is not None and copy.ends <= now:
        return ReplayOutcome.FORGOTTEN
    old, recipient = copy.record(), copy.recipient
    live, due = epochs.read(recipient)
    if not live.revision and copies.put_back(copy, now):
        return ReplayOutcome.BACK
    for _ in range(_ATTEMPTS):
        if not lost_erasure(old, live):
            if MINOR in live.registers:
                return ReplayOutcome.UNCHANGED
            known = [c for c in changes_between(EMPTY_RECORD, old) if c.register != MINOR] + lost_presses(
                old, live
            )
            applied = preferences.apply(recipient, known, now) if known else None
            merged = applied is not None and applied.after != applied.before
            record = applied.after if applied else live
            if minor := lost_minor(old, record):
                lost_to = epochs.keep(recipient, minor, record, now)
                if lost_to is None:
                    return ReplayOutcome.MERGED
                live, due = lost_to
                continue
            return ReplayOutcome.MERGED if merged else ReplayOutcome.UNCHANGED
        purges = tuple(dict.fromkeys((*due, *copy.purges)))
        epoch = Erasure(restore_erasure(old, live), purges, copy.ends)
        lost_to = epochs.begin(recipient, epoch, live, now)
        if lost_to is None:
            return ReplayOutcome.MERGED
        live, due = lost_to
    raise WriteConflict("the record changed under every attempt")
