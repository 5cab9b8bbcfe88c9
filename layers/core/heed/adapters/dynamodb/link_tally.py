"""Updates the tally of a person's links in the same request as a change (heed.domain.links.entry_mode).

    `link_hour`   the hour of the latest change by link that has its own ledger entry
    `link<d>`     the number of such changes on the day of that hour; d is the number of the day, modulo 32
    `omitted_after`      the revision of the latest change with its own entry, while later changes have none

The name of the counter contains the day. One request can therefore start or increase the counter without
knowing which of the two it does. Each write removes the counters of other days. After 32 days, or a multiple
of them, an old counter can have the same name. Then a second request is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from heed.codec.record import LINK_HOUR_ATTRIBUTE, OMITTED_AFTER_ATTRIBUTE, TALLY_ATTRIBUTES, tally_attribute
from heed.domain.links import entry_mode
from heed.domain.links.entry_mode import HOUR, LedgerEntryMode, first_hour_of_day
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import Record


@dataclass(frozen=True, slots=True)
class TallyUpdate:
    """The parts of an update that concern the tally.

    Attributes:
        sets: SET clauses of the update.
        adds: ADD clauses of the update.
        removes: Attributes that the update removes.
        values: Values for the placeholders of the clauses.
        condition: Condition under which the clauses are valid, or "". A write needs it if the record was not
            read before.
        condition_values: Values for the placeholders of the condition.
    """

    sets: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
    removes: tuple[str, ...] = (OMITTED_AFTER_ATTRIBUTE,)
    values: dict[str, Any] = field(default_factory=dict)
    condition: str = f"attribute_exists({LINK_HOUR_ATTRIBUTE})"
    condition_values: dict[str, Any] = field(default_factory=dict)


def assumed_tally_update(now: Millis) -> TallyUpdate:
    """Returns the update for one change by link when the tally was not read.

    Its condition fails if the person's links have reached their limit for today.
    """
    name = tally_attribute(now // HOUR)
    return TallyUpdate(
        sets=(f"{LINK_HOUR_ATTRIBUTE} = :hour",),
        adds=(f"{name} :count",),
        removes=_other_attributes(name),
        values=_values(1, now),
        condition=f"(attribute_not_exists({name}) OR ({LINK_HOUR_ATTRIBUTE} >= :today AND {name} < :most))",
        condition_values={**_today(now), ":most": {"N": str(entry_mode.MAX_LINK_ENTRIES_A_DAY)}},
    )


def tally_update(mode: LedgerEntryMode, before: Record, changes: int, now: Millis) -> TallyUpdate:
    """Returns the update of a tally that was read.

    Args:
        mode: Which of the changes get their own ledger entry.
        before: The record that was read.
        changes: Number of changes in the write.
        now: Milliseconds since the Unix epoch.
    """
    values, name = _values(changes, now), tally_attribute(now // HOUR)
    set_hour = f"{LINK_HOUR_ATTRIBUTE} = :hour"
    if mode is LedgerEntryMode.NOT_BY_LINK:
        return TallyUpdate(condition="")
    if mode is LedgerEntryMode.FIRST_OF_DAY:
        return TallyUpdate(
            sets=(set_hour, f"{name} = :count"),
            removes=_other_attributes(name),
            values=values,
            condition=f"(attribute_not_exists({LINK_HOUR_ATTRIBUTE}) OR {LINK_HOUR_ATTRIBUTE} < :today)",
            condition_values=_today(now),
        )
    if mode is LedgerEntryMode.COUNTED:
        return TallyUpdate(sets=(set_hour,), adds=(f"{name} :count",), values=values)
    if mode is LedgerEntryMode.HOURLY:
        del values[":count"]
        return TallyUpdate(
            sets=(set_hour,),
            values=values,
            condition=f"{LINK_HOUR_ATTRIBUTE} = :seen",
            condition_values={":seen": {"N": str(before.tally.hour)}},
        )
    # The condition fails if a change with its own entry was stored meanwhile. That may be an opt-in, after
    # which this change is no repetition any more.
    last_entered, condition = before.tally.omitted_after, f"{OMITTED_AFTER_ATTRIBUTE} = :seen"
    if last_entered is None:
        last_entered, condition = before.revision, "n = :seen"
    # In this clause, `n` is the revision before the write: that of the latest change with its own entry.
    return TallyUpdate(
        sets=(f"{OMITTED_AFTER_ATTRIBUTE} = if_not_exists({OMITTED_AFTER_ATTRIBUTE}, n)",),
        removes=(),
        condition=condition,
        condition_values={":seen": {"N": str(last_entered)}},
    )


def _values(changes: int, now: Millis) -> dict[str, Any]:
    return {":hour": {"N": str(now // HOUR)}, ":count": {"N": str(changes)}}


def _today(now: Millis) -> dict[str, Any]:
    return {":today": {"N": str(first_hour_of_day(now))}}


def _other_attributes(name: str) -> tuple[str, ...]:
    return (OMITTED_AFTER_ATTRIBUTE, *(other for other in TALLY_ATTRIBUTES if other != name))
