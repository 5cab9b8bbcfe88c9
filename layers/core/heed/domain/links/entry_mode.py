"""Limits the ledger entries and events for changes by links.

The holder of a link may press it any number of times, and each press changes a register. The first 50
changes by links of one person on a day (UTC) have an entry and an event each. After that, one entry an hour
represents all changes since the entry before it. The changes without an entry are *omitted*. A change with
new content always has an entry of its own. Repeats are unlimited, but changes with new content are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from heed.domain.milliseconds import Millis
from heed.domain.preferences.kinds import ChoiceKind
from heed.domain.preferences.register import DAY_MS, Change, Entry, Register, Source

MAX_LINK_ENTRIES_A_DAY = 50
HOUR = 3_600_000  # milliseconds
_HOURS_A_DAY = DAY_MS // HOUR

LINK_SOURCES = frozenset(
    {Source.ONE_CLICK, Source.LINK, Source.PREFERENCE_CENTRE, Source.MAILTO, Source.SIGNAL}
)
"""The sources of changes that the holder of a link can make alone."""


@dataclass(frozen=True, slots=True)
class LinkTally:
    """The tally of changes by a person's links. It is stored in the record.

    Attributes:
        hour: the hour of the latest change by a link with an entry, counted in hours since the
            Unix epoch; -1 if there is no such change.
        counted: the number of changes by links with entries of their own, on the day of that hour.
        omitted_after: the revision of the latest change with an entry, if later changes were omitted;
            otherwise None.
    """

    hour: int = -1
    counted: int = 0
    omitted_after: int | None = None


class LedgerEntryMode(Enum):
    """How the changes of a write are entered in the ledger and sent as events."""

    NOT_BY_LINK = auto()  # the changes are not by link: each has an entry
    FIRST_OF_DAY = auto()  # the first write by link on its day: each change has an entry, the count begins
    COUNTED = auto()  # below the limit: each change has an entry and is counted
    HOURLY = auto()  # over the limit: one entry for the hour, and one for each change with new content
    OMITTED = auto()  # over the limit: no entry; the next write with an entry includes these changes


def choose_entry_mode(
    tally: LinkTally, registers: Mapping[Register, Entry], changes: Sequence[Change], now: Millis
) -> LedgerEntryMode:
    """Decides how a write of changes is entered in the ledger.

    Args:
        tally: the tally of the record before the write.
        registers: the registers of the record before the write.
        changes: the changes of the write.
        now: the time of the write, milliseconds.
    """
    if any(change.entry.source not in LINK_SOURCES for change in changes):
        return LedgerEntryMode.NOT_BY_LINK
    if tally.hour < first_hour_of_day(now):
        return LedgerEntryMode.FIRST_OF_DAY
    if not is_limit_reached(tally, now):
        return LedgerEntryMode.COUNTED
    is_due = tally.hour < now // HOUR or bool(_new_changes(registers, changes))
    return LedgerEntryMode.HOURLY if is_due else LedgerEntryMode.OMITTED


def is_limit_reached(tally: LinkTally, now: Millis) -> bool:
    """Whether 50 changes by links were counted on the day of `now` (milliseconds)."""
    return tally.hour >= first_hour_of_day(now) and tally.counted >= MAX_LINK_ENTRIES_A_DAY


def is_hourly_write(before: LinkTally, after: LinkTally) -> bool:
    """Whether a write by a link made the one ledger entry of its hour.

    The daily count does not include such a write.

    Args:
        before: the tally before a write that has an entry.
        after: the tally after it.
    """
    is_same_day = before.hour // _HOURS_A_DAY == after.hour // _HOURS_A_DAY
    return is_same_day and before.counted == after.counted > 0


def first_hour_of_day(now: Millis) -> int:
    """Returns the first hour of the day (UTC), as a number of hours since the Unix epoch."""
    return now // DAY_MS * _HOURS_A_DAY


def hourly_changes(registers: Mapping[Register, Entry], changes: Sequence[Change]) -> list[Change]:
    """Returns the changes to enter for an hourly write: all new ones, and one that represents the rest."""
    new = {change.register for change in _new_changes(registers, changes)}
    selected = new.union([change.register for change in changes if change.register not in new][:1])
    return [change for change in changes if change.register in selected]


def _new_changes(registers: Mapping[Register, Entry], changes: Sequence[Change]) -> list[Change]:
    """Returns the changes with new content.

    Their content was not in the record before, or an opt-in or an Undo has overridden it since.
    """
    overrides = (
        entry.at for register, entry in registers.items() if register.is_choice and not register.may_suppress
    )
    overridden_at = Millis(max(overrides, default=-1))
    return [change for change in changes if _is_new(registers.get(change.register), change, overridden_at)]


def _is_new(current: Entry | None, change: Change, overridden_at: Millis) -> bool:
    if current is None or change.recorded_kind is ChoiceKind.UNDONE or current.at <= overridden_at:
        return True
    until = change.entry.until
    if current.until is None or until is None:
        return current.until != until  # a pause and an opt-out without an end replace each other
    return until // DAY_MS > current.until // DAY_MS  # the new pause ends on a later day
