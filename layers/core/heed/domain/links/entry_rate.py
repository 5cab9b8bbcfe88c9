"""What a person's links change again and again: how much of it the ledger and the bus are told of.

Whoever holds a link may press it as often as they like, and every press moves its register. Of the changes
that links make to one person the first 50 of a day are told of one by one, then one an hour, which
stands for those that were spared since, and for all that its own write repeats. What says something new is
told of whatever the hour: there is no end of repeats, but of what is new there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from heed.domain.preferences.register import DAY_MS, Change, ChoiceKind, Entry, Register, Source

MAX_LINK_ENTRIES_A_DAY = 50
HOUR = 3_600_000  # milliseconds
_HOURS = DAY_MS // HOUR

LINK_SOURCES = frozenset(
    {Source.ONE_CLICK, Source.LINK, Source.PREFERENCE_CENTRE, Source.MAILTO, Source.SIGNAL}
)
"""By which ways the holder of a link changes something, without anybody else's doing."""


@dataclass(frozen=True, slots=True)
class LinkTally:
    """How far a person's links have come.

    Attributes:
        hour: when the latest change by link was told of, hours since the epoch; -1: none ever was.
        told: how many changes by link were told of one by one on the day of that hour.
        spared: the number of the latest change that was told of, while those behind it were spared;
            None: none was.
    """

    hour: int = -1
    told: int = 0
    spared: int | None = None


class EntryRate(Enum):
    """How a write is told of."""

    PLAIN = auto()  # it is not by link: always
    FIRST = auto()  # the first by link on its day
    COUNTED = auto()  # one of those that are told of one by one
    HOURLY = auto()  # the one of its hour, or something new
    SPARED = auto()  # not by itself: the next that is told of stands for it


def entry_rate(
    tally: LinkTally, registers: Mapping[Register, Entry], changes: Sequence[Change], now: int
) -> EntryRate:
    """How a write of changes is told of, made now on a record that was as it is given here."""
    if any(change.entry.source not in LINK_SOURCES for change in changes):
        return EntryRate.PLAIN
    if tally.hour < first_hour_of_day(now):
        return EntryRate.FIRST
    if not is_limit_reached(tally, now):
        return EntryRate.COUNTED
    is_due = tally.hour < now // HOUR or bool(_new(registers, changes))
    return EntryRate.HOURLY if is_due else EntryRate.SPARED


def is_limit_reached(tally: LinkTally, now: int) -> bool:
    """Whether a person's links have been told of one by one as often as they may be today."""
    return tally.hour >= first_hour_of_day(now) and tally.told >= MAX_LINK_ENTRIES_A_DAY


def is_hourly_write(before: LinkTally, after: LinkTally) -> bool:
    """Whether a write by link that was told of was not counted on its day."""
    is_same_day = before.hour // _HOURS == after.hour // _HOURS
    return is_same_day and before.told == after.told > 0


def first_hour_of_day(now: int) -> int:
    """The first hour of the day, UTC, counted from the epoch."""
    return now // DAY_MS * _HOURS


def hourly_registers(registers: Mapping[Register, Entry], changes: Sequence[Change]) -> list[Change]:
    """What is told of the write of an hour: all that is new, and one change that stands for the rest."""
    new = {change.register for change in _new(registers, changes)}
    told = new.union([one.register for one in changes if one.register not in new][:1])
    return [change for change in changes if change.register in told]


def _new(registers: Mapping[Register, Entry], changes: Sequence[Change]) -> list[Change]:
    """The changes that say what was not on record, or was lifted since by a yes or an Undo."""
    lifts = (
        entry.at for register, entry in registers.items() if register.is_choice and not register.may_stop
    )
    lifted = max(lifts, default=-1)
    return [change for change in changes if _is_new(registers.get(change.register), change, lifted)]


def _is_new(held: Entry | None, change: Change, lifted: int) -> bool:
    if held is None or change.kind is ChoiceKind.UNDONE or held.at <= lifted:
        return True
    ends = change.entry.until
    if held.until is None or ends is None:
        return held.until != ends  # a stop where a pause was
    return ends // DAY_MS > held.until // DAY_MS  # a pause that is longer, by days
