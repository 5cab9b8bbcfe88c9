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

from heed.domain.errors import Contended, Held
from heed.domain.ledger.entry import subject_of
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import is_held, is_waiting
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import HOLD, MINOR, Entry, ScopeNumber
from heed.domain.privacy.erasure import (
    Cause,
    Report,
    beside_a_hold,
    of_hold_lift,
    of_lift,
    of_report,
    standing_purge,
    until_decided,
)
from heed.domain.privacy.purge import Purge, State
from heed.use_cases.ports.privacy import Epochs, Purges, ReportCounts, Standing

_ATTEMPTS = 8


class Reported(NamedTuple):
    """What came of a report; the person is stopped in any case.

    Attributes:
        purge: id of the purge that clears the other stores; "" while the report waits for an officer.
    """

    purge: str


WAITS = Reported("")
"""Its key has reported too many today: an officer decides."""


class Begun(NamedTuple):
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
    epochs: Epochs
    purges: Purges
    counts: ReportCounts

    def __call__(self, recipient: str, report: Report) -> Reported:
        """Stop a person, and forget the rest as soon as no hold and no officer's decision is waited for.

        When this returns, nothing may be sent any more. A second report changes nothing.

        Raises:
            Held: a hold stands, which an erasure waits for.
            Unavailable, UnreadableRecord: it is not known to be done; the same again completes it.
        """
        standing, purge, may_forget = self.epochs.read(recipient), "", report.by_officer
        for _ in range(_ATTEMPTS):
            record = standing.record
            if report.cause is Cause.ERASURE and is_held(record):
                self._drop(purge)
                raise Held("a hold stands")
            if known := standing_purge(record, report.cause):
                if known != purge:
                    self._drop(purge)  # another report was faster
                return self._told(report, record, known)
            if is_waiting(record) and not report.by_officer:
                self._drop(purge)
                return WAITS
            may_forget = may_forget or self.counts.take(report.key, report.at)
            if may_forget:
                purge = purge or secrets.token_hex(16)  # says nothing
                came = self._stop(recipient, report, standing, purge)
            else:
                came = self._wait(recipient, report, record)
            if isinstance(came, Reported):
                return came
            standing = came
        raise Contended("the record changed under every attempt")

    def _stop(
        self,
        recipient: str,
        report: Report,
        standing: Standing,
        purge: str,
    ) -> Reported | Standing:
        """Forget all else, or, where a hold preserves it, stop beside it; what stands, if it changed."""
        record, due = standing
        if is_held(record) and not is_waiting(record):
            beside = beside_a_hold(report, record, purge)
            lost_to = self.epochs.keep(recipient, beside, record, report.at)
            return lost_to or self._told(report, record, purge)
        self.purges.order(_order(purge, report.cause, report.at, recipient, record), report.at)
        epoch = of_report(report, record, purge, due, _signals(self.catalogue), self.minor_days)
        lost_to = self.epochs.begin(recipient, epoch, record, report.at)
        return lost_to or self._told(report, epoch.record, purge)

    def _wait(self, recipient: str, report: Report, record: Record) -> Reported | Standing:
        """Stop, and forget nothing; a hold that stands is left as it is. What stands, if it changed."""
        if is_held(record):
            return WAITS
        change = until_decided(report, record)
        return self.epochs.keep(recipient, change, record, report.at) or WAITS

    def _told(self, report: Report, record: Record, purge: str) -> Reported:
        """What whoever reports is told. The purge that a hold puts off is on record until it is ordered."""
        if is_held(record):
            self.purges.promise(_order(purge, report.cause, report.at, "", record))
        return Reported(purge)

    def _drop(self, purge: str) -> None:
        if purge:
            self.purges.drop(purge)


def end_minor(
    recipient: str, at: int, said: str, policy: str, catalogue: Catalogue, epochs: Epochs
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
        if is_held(record):
            raise Held("a hold stands")
        epoch = of_lift(at, said, policy, record, due, _signals(catalogue))
        lost_to = epochs.begin(recipient, epoch, record, at)
        if lost_to is None:
            return epoch.record
        record, due = lost_to
    raise Contended("the record changed under every attempt")


def erase_minor_after_hold(
    recipient: str,
    lift: Entry,
    minor_days: int,
    catalogue: Catalogue,
    epochs: Epochs,
    purges: Purges,
) -> Begun | None:
    """End a hold under which a minor was reported: the minor's epoch begins; None: there is none.

    A lift that is not later than the hold does not lift it.

    Raises:
        Unavailable, UnreadableRecord: it is not known to be done; the same again completes it.
    """
    record, due = epochs.read(recipient)
    for _ in range(_ATTEMPTS):
        minor = record.get(MINOR)
        if minor is None or not is_held(record) or lift.at <= record.at(HOLD):
            return None
        purge = standing_purge(record, Cause.MINOR) or secrets.token_hex(16)
        purges.order(_order(purge, Cause.MINOR, minor.at, recipient, record), lift.at)
        epoch = of_hold_lift(lift, record, purge, due, _signals(catalogue), minor_days)
        lost_to = epochs.begin(recipient, epoch, record, lift.at)
        if lost_to is None:
            return Begun(epoch.record, purge)
        record, due = lost_to
    raise Contended("the record changed under every attempt")


def _order(purge: str, cause: Cause, at: int, recipient: str, record: Record) -> Purge:
    """An order; of no recipient, it names no subject."""
    return Purge(
        id=purge,
        cause=cause,
        state=State.DUE,
        requested_at=at,
        subject=subject_of(record.salt, recipient) if recipient and record.salt else "",
    )


def _signals(catalogue: Catalogue) -> tuple[ScopeNumber, ...]:
    """The numbers of the topics that a stop of all does not stop."""
    return tuple(topic.number for topic in catalogue.signals())
