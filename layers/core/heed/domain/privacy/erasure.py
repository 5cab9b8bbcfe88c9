"""A new epoch: one write replaces all that is on record of a person by the least that keeps the promise.

What is left is when the epoch began (the floor: nothing at or before it counts any more), that the person
is stopped, and, of a child, that it is one. An opt-out of advertising, which the stop of all marketing
does not contain, is left too.

While a hold stands nothing is replaced: it preserves what is on record. That somebody is a child is
written beside it, and the epoch begins when the hold is lifted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from heed.domain.preferences.decision import is_awaiting_officer, is_on_hold
from heed.domain.preferences.evidence import evidence
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    ALL_SCOPES,
    DAY_MS,
    HOLD,
    LIFT_HOLD,
    MINOR,
    Change,
    ChoiceKind,
    Entry,
    Register,
    ScopeNumber,
    Source,
    confirmed,
    opted_in,
    opted_out,
)

_WAITING = "waiting_report"  # in the evidence of a hold: that of the report that waits under it
MIN_MINOR_RECORD_DAYS = 45  # days: longer than any queue, backup or stream can bring something back


class ErasureCause(StrEnum):
    """Why an epoch begins."""

    MINOR = "minor"
    ERASURE = "erasure"
    LIFT = "lift"  # the report of a minor was wrong, or the child is none any more


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What is asked for, and how that is known.

    Attributes:
        cause: minor or erasure.
        at: when it was received, milliseconds.
        source: by which way.
        reference: where the letter lies, which call it was.
        key: id of the API key, or "" for what came by mail.
        policy: version of the privacy policy then.
        by_officer: whether a privacy officer's key reports it; any other may do so only so often a day.
    """

    cause: ErasureCause
    at: int
    source: Source
    reference: str
    key: str
    policy: str
    by_officer: bool = True


@dataclass(frozen=True, slots=True)
class Erasure:
    """The record that an epoch begins with, and what is to be done about it.

    Attributes:
        record: all that is on record from now on; its counter goes on from the one before.
        purges: ids of the purges that clear the other stores; those of an earlier epoch too, if they
            may not be done yet.
        ends: when the record itself is forgotten, milliseconds, or None: never.
    """

    record: Record
    purges: tuple[str, ...] = ()
    ends: int | None = None


def erasure_for_report(
    report: ErasureReport,
    before: Record,
    purge: str,
    due: tuple[str, ...],
    signals: tuple[ScopeNumber, ...],
    minor_days: int,
) -> Erasure:
    """The epoch that the report of a minor, or the erasure of an adult, begins.

    `purge` is its own, `due` those that an earlier epoch has left; `signals` are the numbers of the
    topics that `*` does not stop.
    """
    kept = _kept(before, floor := max(report.at, before.erased_at or 0), signals)
    purges = tuple(dict.fromkeys((*due, purge)))
    said = _evidence(report, purge)
    if report.cause is ErasureCause.ERASURE:
        stop = kept | {opted_out(ALL_SCOPES): Entry(floor, report.source, said, report.policy)}
        return Erasure(_first(before, floor, stop), purges)
    minor = Entry(floor, Source.AGE_REPORT, said, report.policy)
    out_of_all = Entry(floor, Source.AGE_REPORT, "{}", report.policy)
    stop = kept | {opted_out(ALL_SCOPES): out_of_all, MINOR: minor}
    return Erasure(_first(before, floor, stop), purges, _forgotten(floor, minor_days))


def report_during_hold(report: ErasureReport, before: Record, purge: str) -> Change:
    """What the report of a minor adds while a hold stands. Nothing else changes before the hold's lift."""
    at = max(report.at, before.erased_at or 0)
    said = _evidence(report, purge)
    return Change(MINOR, Entry(at, Source.AGE_REPORT, said, report.policy))


def hold_until_decided(report: ErasureReport, before: Record) -> Change:
    """The hold that a report waits under where its key has reported too many: nothing is forgotten yet.

    It stands whatever hold was lifted before.
    """
    at = max(report.at, before.at(LIFT_HOLD))
    return Change(HOLD, Entry(at, Source.AGE_REPORT, _evidence(report, None), report.policy))


def hold_over_report(hold: Entry, before: Record) -> Entry:
    """An officer's hold as it is put on record: where a report waits, it keeps the report in its evidence."""
    report = _waiting_report(before)
    if report is None:
        return hold
    return replace(hold, evidence=_canonical({**json.loads(hold.evidence), _WAITING: report}))


def hold_after_lift(lift: Entry, before: Record) -> Entry | None:
    """The hold under which a report waits again when the hold that was put over it is lifted.

    None: there is none, or it is the hold of the report itself that is lifted, which refuses the report.
    """
    report = _waiting_report(before)
    if report is None or is_awaiting_officer(before) or lift.at <= before.at(HOLD):
        return None
    return Entry(lift.at, Source.AGE_REPORT, _canonical(report), lift.policy)


def erasure_after_hold(
    lift: Entry,
    before: Record,
    purge: str,
    due: tuple[str, ...],
    signals: tuple[ScopeNumber, ...],
    minor_days: int,
) -> Erasure:
    """The epoch of a minor who was reported under a hold: it begins with the lift of that hold.

    `purge` is the one that was promised to whoever reported it.
    """
    reported = before.registers[MINOR]
    floor = max(lift.at, reported.at, before.erased_at or 0)
    stop = _kept(before, floor, signals) | {
        opted_out(ALL_SCOPES): replace(lift, at=floor),
        MINOR: replace(reported, at=floor),
    }
    purges = tuple(dict.fromkeys((*due, purge)))
    return Erasure(_first(before, floor, stop), purges, _forgotten(floor, minor_days))


def erasure_for_lift(
    at: int,
    said: str,
    policy: str,
    before: Record,
    due: tuple[str, ...],
    signals: tuple[ScopeNumber, ...],
) -> Erasure:
    """The epoch that begins when a minor is lifted: a wrong report never undoes an opt-out."""
    floor = max(at, (before.erased_at or 0) + 1)
    stop = _kept(before, floor, signals) | {opted_out(ALL_SCOPES): Entry(floor, Source.AGENT, said, policy)}
    return Erasure(_first(before, floor, stop), due)


def earlier_purge(record: Record, cause: ErasureCause) -> str | None:
    """The purge of an earlier report after which a new one changes nothing; None: it changes something."""
    minor, stop = record.get(MINOR), record.get(opted_out(ALL_SCOPES))
    if minor is not None:
        return _purge_of(minor) or None
    is_bare = not record.soft_bounce_days and all(
        register.kind is ChoiceKind.OUT and entry.at == record.erased_at
        for register, entry in record.registers.items()
    )
    if cause is ErasureCause.ERASURE and is_bare and stop is not None:
        return _purge_of(stop) or None  # a lift, which began that epoch, has none
    return None


def _waiting_report(record: Record) -> dict[str, Any] | None:
    """The evidence of the report of a minor that waits under the hold that stands."""
    hold = record.get(HOLD)
    if hold is None or not is_on_hold(record):
        return None
    try:
        said = json.loads(hold.evidence)
        return dict(said if is_awaiting_officer(record) else said[_WAITING])
    except (ValueError, TypeError, KeyError):
        return {} if is_awaiting_officer(record) else None


def _canonical(said: dict[str, Any]) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _evidence(report: ErasureReport, purge: str | None) -> str:
    return evidence(
        key=report.key or None,
        reference=report.reference,
        purge=purge,
        channel=report.source.value if report.cause is ErasureCause.MINOR else None,
    )


def _kept(before: Record, floor: int, signals: tuple[ScopeNumber, ...]) -> dict[Register, Entry]:
    """The stops that `*` would not stand for, where they stand: no opt-out is undone by an epoch."""
    return {
        opted_out(scope): Entry(floor, entry.source, "{}", entry.policy)
        for scope in signals
        for entry in before.outs(scope)
        if entry.at >= max(before.at(opted_in(scope)), before.at(confirmed(scope)))
    }


def _forgotten(floor: int, minor_days: int) -> int:
    """When the record of a minor is forgotten, however few days are configured."""
    return floor + max(minor_days, MIN_MINOR_RECORD_DAYS) * DAY_MS


def _first(before: Record, floor: int, registers: dict[Register, Entry]) -> Record:
    return Record(registers=registers, erased_at=floor, revision=before.revision + 1)


def _purge_of(entry: Entry) -> str:
    try:
        return str(json.loads(entry.evidence).get("purge", ""))
    except (ValueError, AttributeError):
        return ""
