"""How a write keeps the tally of a person's links, in the same request (heed.domain.repeats)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from heed.adapters.items import SPARED, TOLD, TOLD_HOUR
from heed.domain.repeats import HOUR, Telling, first_hour


@dataclass(frozen=True, slots=True)
class TallyUpdate:
    """Parts of an update, and of a condition for where the record before it was not read.

    Attributes:
        sets, adds: clauses of the update.
        removes: the clause behind them, with its verb, or "".
        values: what they name.
        condition: under which the decision that they rest on still holds, or "".
        condition_values: what it names.
    """

    sets: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
    removes: str = f" REMOVE {SPARED}"
    values: dict[str, Any] = field(default_factory=dict)
    condition: str = f"attribute_exists({TOLD_HOUR})"
    condition_values: dict[str, Any] = field(default_factory=dict)


def tally_update(told: Telling, changes: int, now: int) -> TallyUpdate:
    """What a write of so many changes does to the tally, by how it is told of."""
    hour = {":hour": {"N": str(now // HOUR)}}
    here = {**hour, ":told": {"N": str(changes)}}
    at_hour = f"{TOLD_HOUR} = :hour"
    if told is Telling.PLAIN:
        return TallyUpdate(condition="")
    if told is Telling.FIRST:
        return TallyUpdate(
            sets=(at_hour, f"{TOLD} = :told"),
            values=here,
            condition=f"(attribute_not_exists({TOLD_HOUR}) OR {TOLD_HOUR} < :today)",
            condition_values={":today": {"N": str(first_hour(now))}},
        )
    if told is Telling.COUNTED:
        return TallyUpdate(sets=(at_hour,), adds=(f"{TOLD} :told",), values=here)
    if told is Telling.HOURLY:
        return TallyUpdate(sets=(at_hour,), values=hour)
    # On the right is the item as it was: the number of the latest change that was told of.
    return TallyUpdate(sets=(f"{SPARED} = if_not_exists({SPARED}, n)",), removes="")
