"""How a write keeps the tally of a person's links, in the same request (heed.domain.links.entry_rate).

    told_hour   the hour of the latest change by link that was told of
    told<d>     how many were told of on the day of that hour; d is its number, modulo 32
    spared      the number of the latest change that was told of, while those behind it are spared

The day is part of a name, so that one request can count on the day's number or begin it, without
knowing which; what is left of another day goes with every write. Who comes back after 32 days, or a
multiple of them, has an old number under the same name: that costs a second request.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from heed.codec.record import SPARED, TALLY_ATTRIBUTES, TOLD_HOUR, tally_attribute
from heed.domain.links import entry_rate
from heed.domain.links.entry_rate import HOUR, EntryRate, first_hour_of_day
from heed.domain.preferences.record import Record


@dataclass(frozen=True, slots=True)
class TallyUpdate:
    """Parts of an update, and of a condition for where the record before it was not read.

    Attributes:
        sets, adds, removes: clauses of the update.
        values: what they name.
        condition: under which the decision that they rest on still holds, or "".
        condition_values: what it names.
    """

    sets: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
    removes: tuple[str, ...] = (SPARED,)
    values: dict[str, Any] = field(default_factory=dict)
    condition: str = f"attribute_exists({TOLD_HOUR})"
    condition_values: dict[str, Any] = field(default_factory=dict)


def assumed_tally_update(now: int) -> TallyUpdate:
    """What one change by link does to a tally that nobody has read, if it is not over for today."""
    name = tally_attribute(now // HOUR)
    return TallyUpdate(
        sets=(f"{TOLD_HOUR} = :hour",),
        adds=(f"{name} :told",),
        removes=_all_but(name),
        values=_values(1, now),
        condition=f"(attribute_not_exists({name}) OR ({TOLD_HOUR} >= :today AND {name} < :most))",
        condition_values={**_today(now), ":most": {"N": str(entry_rate.MAX_LINK_ENTRIES_A_DAY)}},
    )


def tally_update(told: EntryRate, before: Record, changes: int, now: int) -> TallyUpdate:
    """What a write of so many changes does to the tally as it was read, by how it is told of."""
    values, name = _values(changes, now), tally_attribute(now // HOUR)
    at_hour = f"{TOLD_HOUR} = :hour"
    if told is EntryRate.PLAIN:
        return TallyUpdate(condition="")
    if told is EntryRate.FIRST:
        return TallyUpdate(
            sets=(at_hour, f"{name} = :told"),
            removes=_all_but(name),
            values=values,
            condition=f"(attribute_not_exists({TOLD_HOUR}) OR {TOLD_HOUR} < :today)",
            condition_values=_today(now),
        )
    if told is EntryRate.COUNTED:
        return TallyUpdate(sets=(at_hour,), adds=(f"{name} :told",), values=values)
    if told is EntryRate.HOURLY:
        del values[":told"]
        return TallyUpdate(
            sets=(at_hour,),
            values=values,
            condition=f"{TOLD_HOUR} = :seen",
            condition_values={":seen": {"N": str(before.tally.hour)}},
        )
    # Nothing that is told of may have come in between: after a yes a repeat is none any more.
    spared, seen = before.tally.spared, f"{SPARED} = :seen"
    if spared is None:
        spared, seen = before.revision, "n = :seen"
    # On the right is the item as it was: the number of the latest change that was told of.
    return TallyUpdate(
        sets=(f"{SPARED} = if_not_exists({SPARED}, n)",),
        removes=(),
        condition=seen,
        condition_values={":seen": {"N": str(spared)}},
    )


def _values(changes: int, now: int) -> dict[str, Any]:
    return {":hour": {"N": str(now // HOUR)}, ":told": {"N": str(changes)}}


def _today(now: int) -> dict[str, Any]:
    return {":today": {"N": str(first_hour_of_day(now))}}


def _all_but(name: str) -> tuple[str, ...]:
    return (SPARED, *(other for other in TALLY_ATTRIBUTES if other != name))
