"""A minor is reported, an adult is to be erased, a minor is lifted: one write, and the person is stopped.

The order of the calls is what makes it safe to stop after any of them: the purge is ordered, with the
subject under which the ledger knows the person, before the write that takes the salt away. An order
whose write never came is forgotten by time; it names nobody.

A hold preserves what is on record. A minor who is reported meanwhile is stopped by a register beside it,
and the write that replaces is made when the hold is lifted.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import NamedTuple

from heed.domain.errors import OnHold, WriteConflict
from heed.domain.ledger.entry import ledger_subject
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import is_awaiting_officer, is_on_hold
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import HOLD, MINOR, Entry, ScopeNumber
from heed.domain.privacy.erasure import (
    ErasureCause,
    ErasureReport,
    earlier_purge,
    erasure_after_hold,
    erasure_for_lift,
    erasure_for_report,
    hold_until_decided,
    report_during_hold,
)
from heed.domain.privacy.purge import Purge, PurgeState
from heed.use_cases.ports.privacy import Erasures, MinorReportCounts, Purges, RecordWithPurges

_ATTEMPTS = 8


class ReportResult(NamedTuple):
    """What came of a report; the person is stopped in any case.

    Attributes:
        purge: id of the purge that clears the other stores; "" while the report waits for an officer.
    """

    purge: str


REPORT_WAITS = ReportResult("")
"""Its key has reported too many today: an officer decides."""


class ErasureResult(NamedTuple):
    """The record that an epoch began with, and the purge that clears the other stores."""

    record: Record
    purge: str


@dataclass(frozen=True, slots=True)
class Erase:
    """Stops a minor, or an adult who is to be forgotten, and orders the purge of the rest.

    Attributes:
        catalogue: of the brands and topics; some topics are not stopped by a stop of all.
        minor_days: how many days the record of a minor is kept.
        epochs, purges: the ports.
        counts: how often a key that is no officer's may report a minor in a day.
    """

    catalogue: Catalogue
    minor_days: int
    epochs: Erasures
    purges: Purges
    counts: MinorReportCounts

    def __call__(self, recipient: str, report: ErasureReport) -> ReportResult:
        """Stop a person, and forget the rest as soon as no hold and no officer's decision is waited for.

        When this returns, nothing may be sent any more. A second report changes nothing.

        Raises:
            Held: a hold stands, which an erasure waits for.
            Unavailable, UnreadableRecord: it is not known to be done; the same again completes it.
        """
        standing, purge, may_forget = self.epochs.read(recipient), "", report.by_officer
        for _ in range(_ATTEMPTS):
            record = standing.record
            if report.cause is ErasureCause.ERASURE and is_on_hold(record):
                self._drop(purge)
                raise OnHold("a hold stands")
            if known := earlier_purge(record, report.cause):
                if known != purge:
                    self._drop(purge)  # another report was faster
                return self._told(report, record, known)
            if is_awaiting_officer(record) and not report.by_officer:
                self._drop(purge)
                return REPORT_WAITS
            may_forget = may_forget or self.counts.take(report.key, report.at)
            if may_forget:
                purge = purge or secrets.token_hex(16)  # says nothing
                came = self._stop(recipient, report, standing, purge)
            else:
                came = self._wait(recipient, report, record)
            if isinstance(came, ReportResult):
                return came
            standing = came
        raise WriteConflict("the record changed under every attempt")

    def _stop(
        self,
        recipient: str,
        report: ErasureReport,
        standing: RecordWithPurges,
        purge: str,
    ) -> ReportResult | RecordWithPurges:
        """Forget all else, or, where a hold preserves it, stop beside it; what stands, if it changed."""
        record, due = standing
        if is_on_hold(record) and not is_awaiting_officer(record):
            beside = report_during_hold(report, record, purge)
            lost_to = self.epochs.keep(recipient, beside, record, report.at)
            return lost_to or self._told(report, record, purge)
        self.purges.order(_order(purge, report.cause, report.at, recipient, record), report.at)
        epoch = erasure_for_report(report, record, purge, due, _signals(self.catalogue), self.minor_days)
        lost_to = self.epochs.begin(recipient, epoch, record, report.at)
        return lost_to or self._told(report, epoch.record, purge)

    def _wait(self, recipient: str, report: ErasureReport, record: Record) -> ReportResult | RecordWithPurges:
        """Stop, and forget nothing; a hold that stands is left as it is. What stands, if it changed."""
        if is_on_hold(record):
            return REPORT_WAITS
        change = hold_until_decided(report, record)
        return self.epochs.keep(recipient, change, record, report.at) or REPORT_WAITS

    def _told(self, report: ErasureReport, record: Record, purge: str) -> ReportResult:
        """What whoever reports is told. The purge that a hold puts off is on record until it is ordered."""
        if is_on_hold(record):
            self.purges.promise(_order(purge, report.cause, report.at, "", record))
        return ReportResult(purge)

    def _drop(self, purge: str) -> None:
        if purge:
            self.purges.drop(purge)


def lift_minor_report(
    recipient: str, at: int, said: str, policy: str, catalogue: Catalogue, epochs: Erasures
) -> Record | None:
    """End the epoch of a minor; the record that follows, or None: no minor is on record.

    Raises:
        Held: a hold stands beside it, and is lifted first.
        Unavailable, UnreadableRecord: it is not known to be done; the same again completes it.
    """
    record, due = epochs.read(recipient)
    for _ in range(_ATTEMPTS):
        if MINOR not in record.registers:
            return None
        if is_on_hold(record):
            raise OnHold("a hold stands")
        epoch = erasure_for_lift(at, said, policy, record, due, _signals(catalogue))
        lost_to = epochs.begin(recipient, epoch, record, at)
        if lost_to is None:
            return epoch.record
        record, due = lost_to
    raise WriteConflict("the record changed under every attempt")


def erase_minor_after_hold(
    recipient: str,
    lift: Entry,
    minor_days: int,
    catalogue: Catalogue,
    epochs: Erasures,
    purges: Purges,
) -> ErasureResult | None:
    """End a hold under which a minor was reported: the minor's epoch begins; None: there is none.

    A lift that is not later than the hold does not lift it.

    Raises:
        Unavailable, UnreadableRecord: it is not known to be done; the same again completes it.
    """
    record, due = epochs.read(recipient)
    for _ in range(_ATTEMPTS):
        minor = record.get(MINOR)
        if minor is None or not is_on_hold(record) or lift.at <= record.at(HOLD):
            return None
        purge = earlier_purge(record, ErasureCause.MINOR) or secrets.token_hex(16)
        purges.order(_order(purge, ErasureCause.MINOR, minor.at, recipient, record), lift.at)
        epoch = erasure_after_hold(lift, record, purge, due, _signals(catalogue), minor_days)
        lost_to = epochs.begin(recipient, epoch, record, lift.at)
        if lost_to is None:
            return ErasureResult(epoch.record, purge)
        record, due = lost_to
    raise WriteConflict("the record changed under every attempt")


def _order(purge: str, cause: ErasureCause, at: int, recipient: str, record: Record) -> Purge:
    """An order; of no recipient, it names no subject."""
    return Purge(
        id=purge,
        cause=cause,
        state=PurgeState.DUE,
        requested_at=at,
        subject=ledger_subject(record.salt, recipient) if recipient and record.salt else "",
    )


def _signals(catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
    """The numbers of the topics that a stop of all does not stop."""
    return tuple(topic.number for topic in catalogue.signals())
