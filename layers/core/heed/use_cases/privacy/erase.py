"""Erases a record: after the report of a minor, after a request for erasure, or after the lift of a report.

One write replaces the record, and suppresses all mail. The order of the calls makes it safe to stop after
any of them. The purge order comes first. It holds the subject of the person in the ledger. The erasure comes
second, since it deletes the salt from which the subject is computed. An order without an erasure expires.
It does not identify anybody.

A hold preserves the record. A report of a minor during a hold only adds a register, which suppresses all
mail. The erasure follows when the hold is lifted.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import NamedTuple

from heed.domain.errors import OnHold, WriteConflict
from heed.domain.ledger.entry import ledger_subject
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import is_awaiting_officer, is_on_hold
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import HOLD, MINOR, Entry, ScopeNumber
from heed.domain.privacy.erasure import (
    ErasureCause,
    ErasureRequest,
    earlier_purge,
    erasure_after_hold,
    erasure_for_lift,
    erasure_for_request,
    hold_until_decided,
    report_during_hold,
)
from heed.domain.privacy.purge import Purge, PurgeState
from heed.use_cases.ports.daily_counts import DailyCounts
from heed.use_cases.ports.privacy import Erasures, Purges, RecordWithPurges

_ATTEMPTS = 8


class ReportResult(NamedTuple):
    """The result of a report. In each case all mail is suppressed.

    Attributes:
        purge_id: id of the purge that clears the other stores; "" while the report waits for an officer.
    """

    purge_id: str


REPORT_WAITS = ReportResult("")
"""The API key has exceeded its daily limit of reports, so an officer decides."""


class ErasureResult(NamedTuple):
    """The record after an erasure, and the id of the purge that clears the other stores."""

    record: Record
    purge_id: str


@dataclass(frozen=True, slots=True)
class Erase:
    """Erases the record of a minor or of an adult, and orders the purge of the other stores.

    Attributes:
        catalogue: the brands and topics. An opt-out of everything does not cover some topics.
        minor_retention_days: for how many days the record of a minor is kept.
        erasures: erases records.
        purges: the records of purges.
        report_counts: counts the reports of API keys that do not belong to an officer.
    """

    catalogue: Catalogue
    minor_retention_days: int
    erasures: Erasures
    purges: Purges
    report_counts: DailyCounts

    def __call__(self, recipient: str, request: ErasureRequest) -> ReportResult:
        """Suppresses all mail, and erases the record unless a hold or a decision of an officer delays that.

        When this returns, no mail is permitted any more. A second report changes nothing.

        Raises:
            OnHold: A hold is active, and the report requests an erasure.
            DependencyUnavailable, UnreadableRecord: It is unknown whether the report was processed.
                A retry completes it.
        """
        current, purge_id, may_erase = self.erasures.read(recipient), "", request.by_officer
        for _ in range(_ATTEMPTS):
            record = current.record
            if request.cause is ErasureCause.ERASURE and is_on_hold(record):
                self._delete_order(purge_id)
                raise OnHold("a hold is active")
            if earlier_id := earlier_purge(record, request.cause):
                if earlier_id != purge_id:
                    self._delete_order(purge_id)  # another report was faster
                return self._make_result(request, record, earlier_id)
            if is_awaiting_officer(record) and not request.by_officer:
                self._delete_order(purge_id)
                return REPORT_WAITS
            may_erase = may_erase or self.report_counts.count(request.key, request.at)
            if may_erase:
                purge_id = purge_id or secrets.token_hex(16)  # a random id reveals nothing
                outcome = self._erase(recipient, request, current, purge_id)
            else:
                outcome = self._hold_until_decided(recipient, request, record)
            if isinstance(outcome, ReportResult):
                return outcome
            current = outcome
        raise WriteConflict("the record changed under every attempt")

    def _erase(
        self,
        recipient: str,
        request: ErasureRequest,
        current: RecordWithPurges,
        purge_id: str,
    ) -> ReportResult | RecordWithPurges:
        """Erases the record, or adds the report during a hold. After a conflict, returns the newer record."""
        record, due_purges = current
        if is_on_hold(record) and not is_awaiting_officer(record):
            change = report_during_hold(request, record, purge_id)
            conflict = self.erasures.set_register(recipient, change, record, request.at)
            return conflict or self._make_result(request, record, purge_id)
        self.purges.order(_make_order(purge_id, request.cause, request.at, recipient, record), request.at)
        erasure = erasure_for_request(
            request, record, purge_id, due_purges, _signal_topics(self.catalogue), self.minor_retention_days
        )
        conflict = self.erasures.replace_record(recipient, erasure, record, request.at)
        return conflict or self._make_result(request, erasure.record, purge_id)

    def _hold_until_decided(
        self, recipient: str, request: ErasureRequest, record: Record
    ) -> ReportResult | RecordWithPurges:
        """Suppresses all mail, and preserves the record. After a conflict, returns the newer record."""
        if is_on_hold(record):
            return REPORT_WAITS
        change = hold_until_decided(request, record)
        return self.erasures.set_register(recipient, change, record, request.at) or REPORT_WAITS

    def _make_result(self, request: ErasureRequest, record: Record, purge_id: str) -> ReportResult:
        """Returns the result of a report. If a hold delays the purge, it first stores the later order."""
        if is_on_hold(record):
            self.purges.order_after_hold(_make_order(purge_id, request.cause, request.at, "", record))
        return ReportResult(purge_id)

    def _delete_order(self, purge_id: str) -> None:
        if purge_id:
            self.purges.delete_order(purge_id)


def lift_minor_report(
    recipient: str, at: Millis, evidence: str, policy: str, catalogue: Catalogue, erasures: Erasures
) -> Record | None:
    """Lifts the report of a minor: erases the record of the minor.

    Args:
        recipient: recipient id.
        at: time of the lift, milliseconds.
        evidence: the evidence of the lift.
        policy: version of the privacy policy.
        catalogue: the brands and topics.
        erasures: erases records.

    Returns:
        The new record; None if the record has no report of a minor.

    Raises:
        OnHold: A hold is active. Somebody has to lift it first.
        DependencyUnavailable, UnreadableRecord: It is unknown whether the lift was done.
            A retry completes it.
    """
    record, due_purges = erasures.read(recipient)
    for _ in range(_ATTEMPTS):
        if MINOR not in record.registers:
            return None
        if is_on_hold(record):
            raise OnHold("a hold is active")
        erasure = erasure_for_lift(at, evidence, policy, record, due_purges, _signal_topics(catalogue))
        conflict = erasures.replace_record(recipient, erasure, record, at)
        if conflict is None:
            return erasure.record
        record, due_purges = conflict
    raise WriteConflict("the record changed under every attempt")


def erase_minor_after_hold(
    recipient: str,
    lift: Entry,
    minor_days: int,
    catalogue: Catalogue,
    erasures: Erasures,
    purges: Purges,
) -> ErasureResult | None:
    """Lifts a hold during which a minor was reported, and erases the record of the minor.

    A lift that is not later than the hold does not lift it.

    Args:
        recipient: recipient id.
        lift: the entry of the lift.
        minor_days: for how many days the record of a minor is kept.
        catalogue: the brands and topics.
        erasures: erases records.
        purges: the records of purges.

    Returns:
        The result of the erasure; None if the record has no active hold or no report of a minor.

    Raises:
        DependencyUnavailable, UnreadableRecord: It is unknown whether the lift was done.
            A retry completes it.
    """
    record, due_purges = erasures.read(recipient)
    for _ in range(_ATTEMPTS):
        minor = record.get(MINOR)
        if minor is None or not is_on_hold(record) or lift.at <= record.time_of(HOLD):
            return None
        purge_id = earlier_purge(record, ErasureCause.MINOR) or secrets.token_hex(16)
        purges.order(_make_order(purge_id, ErasureCause.MINOR, minor.at, recipient, record), lift.at)
        erasure = erasure_after_hold(
            lift, record, purge_id, due_purges, _signal_topics(catalogue), minor_days
        )
        conflict = erasures.replace_record(recipient, erasure, record, lift.at)
        if conflict is None:
            return ErasureResult(erasure.record, purge_id)
        record, due_purges = conflict
    raise WriteConflict("the record changed under every attempt")


def _make_order(purge_id: str, cause: ErasureCause, at: Millis, recipient: str, record: Record) -> Purge:
    """Returns a purge order. Without a recipient it has no subject."""
    return Purge(
        id=purge_id,
        cause=cause,
        state=PurgeState.DUE,
        requested_at=at,
        subject=ledger_subject(record.salt, recipient) if recipient and record.salt else "",
    )


def _signal_topics(catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
    """Returns the numbers of the topics that an opt-out of everything does not cover."""
    return tuple(topic.number for topic in catalogue.signal_topics())
