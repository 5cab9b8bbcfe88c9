"""An erasure: one write that replaces a record by the minimum that keeps mail stopped.

The new record contains the time of the erasure, an opt-out of everything and, for a child, that the person is
a minor. An event at or before the erasure no longer counts. An opt-out of advertising is kept too, because
the opt-out of all marketing does not include it.

While a hold is active nothing is erased, because the hold preserves the record. A report of a minor is
stored beside the hold, and the erasure follows when the hold is lifted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import is_awaiting_officer, is_on_hold
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.kinds import ChoiceKind
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    ALL_SCOPES,
    DAY_MS,
    HOLD,
    LIFT_HOLD,
    MINOR,
    Change,
    Entry,
    Register,
    ScopeNumber,
    Source,
    confirmed_register,
    opt_in_register,
    opt_out_register,
)

_WAITING = "waiting_report"  # the part of a hold's evidence with the report that waits under the hold
MIN_MINOR_RECORD_DAYS = 45  # longer than a queue, backup or stream can bring data back


class ErasureCause(StrEnum):
    """The cause of an erasure."""

    MINOR = "minor"
    ERASURE = "erasure"
    LIFT = "lift"  # the report of a minor was wrong, or the person is no longer a child


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """A report of a minor, or a request for an erasure.

    Attributes:
        cause: minor or erasure.
        at: the time at which it was received, milliseconds.
        source: the way in which it arrived.
        reference: the place of the letter, or the id of the call.
        key: the id of the API key, the key of the person at the desk, or "" for a request by mail.
        policy: the version of the privacy policy at that time.
        by_officer: whether the key belongs to a privacy officer. Other keys have a daily limit.
        agent: the name of the person at the desk, or "".
    """

    cause: ErasureCause
    at: Millis
    source: Source
    reference: str
    key: str
    policy: str
    by_officer: bool = True
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Erasure:
    """The result of an erasure.

    Attributes:
        record: the new record. Its revision continues from the old record.
        purges: ids of the purges that clear the other stores, including purges of earlier erasures that may
            be incomplete.
        expires_at: the time at which the new record itself is deleted, milliseconds; None for never.
    """

    record: Record
    purges: tuple[str, ...] = ()
    expires_at: Millis | None = None


def erasure_for_request(
    request: ErasureRequest,
    before: Record,
    purge_id: str,
    pending_purges: tuple[str, ...],
    signal_scopes: tuple[ScopeNumber, ...],
    minor_days: int,
) -> Erasure:
    """Returns the erasure that follows a report of a minor or an erasure request of an adult.

    Args:
        request: the report or request.
        before: the record before the erasure.
        purge_id: the id of this erasure's purge.
        pending_purges: ids of purges that earlier erasures have left.
        signal_scopes: numbers of the topics that an opt-out of `*` does not stop.
        minor_days: the configured retention of a minor's record, in days.
    """
    kept = _kept_opt_outs(before, erased_at := Millis(max(request.at, before.erased_at or 0)), signal_scopes)
    purges = tuple(dict.fromkeys((*pending_purges, purge_id)))
    evidence = _evidence(request, purge_id)
    if request.cause is ErasureCause.ERASURE:
        registers = kept | {
            opt_out_register(ALL_SCOPES): Entry(erased_at, request.source, evidence, request.policy)
        }
        return Erasure(_make_erased_record(before, erased_at, registers), purges)
    minor = Entry(erased_at, Source.AGE_REPORT, evidence, request.policy)
    out_of_all = Entry(erased_at, Source.AGE_REPORT, "{}", request.policy)
    registers = kept | {opt_out_register(ALL_SCOPES): out_of_all, MINOR: minor}
    return Erasure(
        _make_erased_record(before, erased_at, registers),
        purges,
        _expiry(erased_at, minor_days),
    )


def report_during_hold(request: ErasureRequest, before: Record, purge_id: str) -> Change:
    """Returns the change that stores a report of a minor during a hold. The erasure follows the lift."""
    at = Millis(max(request.at, before.erased_at or 0))
    evidence = _evidence(request, purge_id)
    return Change(MINOR, Entry(at, Source.AGE_REPORT, evidence, request.policy))


def hold_until_decided(request: ErasureRequest, before: Record) -> Change:
    """Returns the hold for a report whose key has sent too many reports. An officer has to decide.

    Nothing is erased yet. The hold is active even if an earlier hold was lifted.
    """
    at = max(request.at, before.time_of(LIFT_HOLD))
    return Change(HOLD, Entry(at, Source.AGE_REPORT, _evidence(request, None), request.policy))


def hold_with_waiting_report(hold: Entry, before: Record) -> Entry:
    """Returns an officer's hold as it is stored. If a report waits, the evidence includes the report."""
    report = _waiting_report(before)
    if report is None:
        return hold
    return replace(hold, evidence=_canonical_json({**json.loads(hold.evidence), _WAITING: report}))


def restored_report_hold(lift: Entry, before: Record) -> Entry | None:
    """Returns a new hold for a report of a minor that still waits when an officer's hold is lifted, or None.

    The result is None if no report waits. It is also None if the lift applies to the hold of the report
    itself, because such a lift rejects the report.
    """
    report = _waiting_report(before)
    if report is None or is_awaiting_officer(before) or lift.at <= before.time_of(HOLD):
        return None
    return Entry(lift.at, Source.AGE_REPORT, _canonical_json(report), lift.policy)


def erasure_after_hold(
    lift: Entry,
    before: Record,
    purge_id: str,
    pending_purges: tuple[str, ...],
    signal_scopes: tuple[ScopeNumber, ...],
    minor_days: int,
) -> Erasure:
    """Returns the erasure of a minor who was reported during a hold. It follows the lift of the hold.

    Args:
        lift: the entry of the lift.
        before: the record before the erasure.
        purge_id: the id of the purge that the response to the report contained.
        pending_purges: ids of purges that earlier erasures have left.
        signal_scopes: numbers of the topics that an opt-out of `*` does not stop.
        minor_days: the configured retention of a minor's record, in days.
    """
    reported = before.registers[MINOR]
    erased_at = Millis(max(lift.at, reported.at, before.erased_at or 0))
    registers = _kept_opt_outs(before, erased_at, signal_scopes) | {
        opt_out_register(ALL_SCOPES): replace(lift, at=erased_at),
        MINOR: replace(reported, at=erased_at),
    }
    purges = tuple(dict.fromkeys((*pending_purges, purge_id)))
    return Erasure(_make_erased_record(before, erased_at, registers), purges, _expiry(erased_at, minor_days))


def erasure_for_lift(
    at: Millis,
    evidence: str,
    policy: str,
    before: Record,
    pending_purges: tuple[str, ...],
    signal_scopes: tuple[ScopeNumber, ...],
) -> Erasure:
    """Returns the erasure that lifts a minor. A wrong report never removes an opt-out."""
    erased_at = Millis(max(at, (before.erased_at or 0) + 1))
    registers = _kept_opt_outs(before, erased_at, signal_scopes)
    registers[opt_out_register(ALL_SCOPES)] = Entry(erased_at, Source.AGENT, evidence, policy)
    return Erasure(_make_erased_record(before, erased_at, registers), pending_purges)


def earlier_purge(record: Record, cause: ErasureCause) -> str | None:
    """Returns the purge of an earlier report if a new report would change nothing, otherwise None."""
    minor, opt_out = record.get(MINOR), record.get(opt_out_register(ALL_SCOPES))
    if minor is not None:
        return _purge_id_of(minor) or None
    is_bare = not record.soft_bounce_days and all(
        register.kind is ChoiceKind.OUT and entry.at == record.erased_at
        for register, entry in record.registers.items()
    )
    if cause is ErasureCause.ERASURE and is_bare and opt_out is not None:
        return _purge_id_of(opt_out) or None  # the erasure for a lift has no purge
    return None


def _waiting_report(record: Record) -> dict[str, Any] | None:
    """Returns the evidence of the report of a minor that waits under the active hold, or None."""
    hold = record.get(HOLD)
    if hold is None or not is_on_hold(record):
        return None
    try:
        waiting = json.loads(hold.evidence)
        return dict(waiting if is_awaiting_officer(record) else waiting[_WAITING])
    except (ValueError, TypeError, KeyError):
        return {} if is_awaiting_officer(record) else None


def _canonical_json(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _evidence(request: ErasureRequest, purge_id: str | None) -> str:
    return make_evidence(
        agent=request.agent or None,
        key=request.key or None,
        reference=request.reference,
        purge=purge_id,
        channel=request.source.value if request.cause is ErasureCause.MINOR else None,
    )


def _kept_opt_outs(
    before: Record, erased_at: Millis, scopes: tuple[ScopeNumber, ...]
) -> dict[Register, Entry]:
    """Returns the active opt-outs that an opt-out of `*` does not include. An erasure removes no opt-out."""
    return {
        opt_out_register(scope): Entry(erased_at, entry.source, "{}", entry.policy)
        for scope in scopes
        for entry in before.opt_outs(scope)
        if entry.at >= max(before.time_of(opt_in_register(scope)), before.time_of(confirmed_register(scope)))
    }


def _expiry(erased_at: Millis, minor_days: int) -> Millis:
    """Returns the time at which a minor's record is deleted, milliseconds. A minimum applies."""
    return Millis(erased_at + max(minor_days, MIN_MINOR_RECORD_DAYS) * DAY_MS)


def _make_erased_record(before: Record, erased_at: Millis, registers: dict[Register, Entry]) -> Record:
    return Record(registers=registers, erased_at=erased_at, revision=before.revision + 1)


def _purge_id_of(entry: Entry) -> str:
    try:
        return str(json.loads(entry.evidence).get("purge", ""))
    except (ValueError, AttributeError):
        return ""
