"""A minor is reported, an adult is to be erased, a minor is lifted: one write, and the person is stopped.

The order of the calls is what makes it safe to stop after any of them: the purge is ordered, with the
subject under which the ledger knows the person, before the write that takes the salt away. An order
whose write never came is forgotten by time; it names nobody.
"""

from __future__ import annotations

import secrets

from heed.actions.ports_privacy import Epochs, Purges
from heed.domain.decision import is_held
from heed.domain.epoch import (
    SHORTEST_MINOR_RECORD,
    Cause,
    Report,
    of_lift,
    of_report,
    standing_purge,
)
from heed.domain.errors import Contended, Held
from heed.domain.ledger_entry import subject_of
from heed.domain.purge import Purge, State
from heed.domain.record import Record
from heed.domain.register import MINOR

_ATTEMPTS = 8
SES = "ses-suppression-list"
"""In a certificate: whether the address was handed on, to be taken off the mail service's own list."""


class BeginEpoch:
    """Begins epochs.

    Args:
        epochs, purges: the ports.
        signals: numbers of the topics that `*` does not stop.
        minor_days: how long the tombstone of a minor is kept.
    """

    def __init__(
        self, epochs: Epochs, purges: Purges, signals: tuple[int, ...], minor_days: int
    ) -> None:
        self._epochs = epochs
        self._purges = purges
        self._signals = signals
        self._minor_days = max(minor_days, SHORTEST_MINOR_RECORD)

    def report(self, recipient: str, report: Report, *, address_given: bool) -> str:
        """Stop a person and forget the rest; the id of the purge that clears the other stores.

        When this returns, nothing may be sent any more. A second report changes nothing.

        Raises:
            Held: a hold stands, which an erasure waits for.
            Unavailable, UnreadableRecord: it is not known to be done; the same again completes it.
        """
        record, due = self._epochs.read(recipient)
        purge = ""
        for _ in range(_ATTEMPTS):
            if standing := standing_purge(record, report.cause):
                if purge and purge != standing:
                    self._purges.drop(purge)  # another report was faster
                return standing
            if report.cause is Cause.ERASURE and is_held(record):
                raise Held("a hold stands")
            purge = purge or secrets.token_hex(16)  # says nothing
            stores = {SES: 1} if address_given else {}
            self._purges.order(_order(purge, report, recipient, record, stores))
            epoch = of_report(report, record, purge, due, self._signals, self._minor_days)
            lost_to = self._epochs.begin(recipient, epoch, record, report.at)
            if lost_to is None:
                return purge
            record, due = lost_to
        raise Contended("the record changed under every attempt")

    def lift_minor(self, recipient: str, at: int, said: str, policy: str) -> Record | None:
        """End the epoch of a minor; the record that follows, or None: no minor is on record.

        Raises:
            Unavailable, UnreadableRecord: it is not known to be done; the same again completes it.
        """
        record, due = self._epochs.read(recipient)
        for _ in range(_ATTEMPTS):
            if MINOR not in record.registers:
                return None
            epoch = of_lift(at, said, policy, record, due, self._signals)
            lost_to = self._epochs.begin(recipient, epoch, record, at)
            if lost_to is None:
                return epoch.record
            record, due = lost_to
        raise Contended("the record changed under every attempt")


def _order(
    purge: str, report: Report, recipient: str, record: Record, stores: dict[str, int]
) -> Purge:
    return Purge(
        id=purge,
        cause=report.cause,
        state=State.DUE,
        requested_at=report.at,
        stores=stores,
        subject=subject_of(record.salt, recipient) if record.salt else "",
    )
