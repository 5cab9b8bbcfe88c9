"""A hold is put on an address, or what stands against it is lifted by a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, assert_never

from heed.domain.errors import OnHold
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import is_awaiting_officer, is_on_hold, sendable_by_topic
from heed.domain.preferences.preference_request import RequestOutcome
from heed.domain.preferences.reasons import Liftable, Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    HOLD,
    LIFT_HOLD,
    LIFT_UNDELIVERABLE,
    MINOR,
    Change,
    Entry,
    ScopeNumber,
    confirmed,
)
from heed.domain.privacy.erasure import hold_after_lift, hold_over_report
from heed.domain.privacy.lift import Signature, evidence_of_both
from heed.use_cases.ports.preferences import Preferences
from heed.use_cases.ports.privacy import Erasures, LiftRequests, Purges, PurgeSubject
from heed.use_cases.privacy.erase import erase_minor_after_hold, lift_minor_report


class LiftResult(NamedTuple):
    """What came of it, as of a wish.

    Attributes:
        outcome: applied, superseded or refused.
        blocked_by: why it was refused, or what stops everything all the same.
        sendable: what may be sent now, by the name of each topic in use.
        purge: id of the purge that the lift of a hold has ordered, or "".
    """

    outcome: RequestOutcome
    blocked_by: list[Reason]
    sendable: dict[str, bool]
    purge: str = ""


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Puts a hold on an address."""

    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, recipient: str, entry: Entry, now: int) -> LiftResult:
        """Stop everything, and preserve what is on record. Of a minor, everything is stopped already.

        The report of a minor that waits for a decision is kept: it waits again when this hold is lifted.

        Raises:
            Unavailable, UnreadableRecord: it is not known to be done.
        """

        def over(before: Record) -> list[Change]:
            return [Change(HOLD, hold_over_report(entry, before))]

        after = self.preferences.update(recipient, over, now).after
        (change,) = over(after)  # as it was written, if it counts
        return _came_of(change, after, self.catalogue, now)


@dataclass(frozen=True, slots=True)
class LiftMinor:
    """Lifts the report of a minor, once keys of two owners have asked for it."""

    preferences: Preferences
    catalogue: Catalogue
    epochs: Erasures
    requests: LiftRequests

    def __call__(self, recipient: str, signature: Signature, policy: str) -> LiftResult | None:
        """Lift it; None: a key of another owner must ask for it too.

        Raises:
            Unavailable, UnreadableRecord: it is not known to be done.
        """
        record, at = self.preferences.read(recipient), signature.at
        if MINOR not in record.registers:
            # Done before, by these two or others; or there never was one.
            return _done(RequestOutcome.SUPERSEDED, [], record, self.catalogue, at)
        if is_on_hold(record):
            return _done(RequestOutcome.REFUSED, [Reason.HOLD], record, self.catalogue, at)
        first = self.requests.sign(recipient, signature)
        if first is None:
            return None
        said = evidence_of_both(first, signature)
        try:
            after = lift_minor_report(recipient, at, said, policy, self.catalogue, self.epochs)
        except OnHold:
            record = self.preferences.read(recipient)
            return _done(RequestOutcome.REFUSED, [Reason.HOLD], record, self.catalogue, at)
        self.requests.clear(PurgeSubject(recipient, ""))
        if after is None:
            record = self.preferences.read(recipient)
            return _done(RequestOutcome.SUPERSEDED, [], record, self.catalogue, at)
        return _done(RequestOutcome.APPLIED, [], after, self.catalogue, at)


@dataclass(frozen=True, slots=True)
class LiftHold:
    """Lifts a hold.

    Attributes:
        minor_days: how many days the record of a minor is kept who was reported under the hold.
    """

    preferences: Preferences
    catalogue: Catalogue
    minor_days: int
    epochs: Erasures
    purges: Purges

    def __call__(self, recipient: str, entry: Entry) -> LiftResult:
        """Lift it. What was reported under it counts from now on.

        Raises:
            Unavailable, UnreadableRecord: it is not known to be done.
        """

        def lifted(before: Record) -> list[Change]:
            waits = hold_after_lift(entry, before)
            return [Change(LIFT_HOLD, entry), *([Change(HOLD, waits)] if waits else [])]

        lift, catalogue = Change(LIFT_HOLD, entry), self.catalogue
        after = self.preferences.update(recipient, lifted, entry.at).after
        if MINOR not in after.registers or not is_on_hold(after):
            return _came_of(lift, after, catalogue, entry.at)
        begun = erase_minor_after_hold(recipient, entry, self.minor_days, catalogue, self.epochs, self.purges)
        if begun is None:  # lifted by somebody else meanwhile, or put on later than it is lifted
            return _came_of(lift, self.preferences.read(recipient), catalogue, entry.at)
        done = _done(RequestOutcome.APPLIED, [Reason.MINOR], begun.record, catalogue, entry.at)
        return done._replace(purge=begun.purge)


@dataclass(frozen=True, slots=True)
class LiftStop:
    """Lifts what stands against an address.

    Attributes:
        preferences, catalogue: the ports.
        lift_minor, lift_hold: what is done where that alone is not enough.
    """

    preferences: Preferences
    catalogue: Catalogue
    lift_minor: LiftMinor
    lift_hold: LiftHold

    def __call__(
        self,
        recipient: str,
        what: Liftable,
        scope: ScopeNumber,
        by: Signature,
        entry: Entry,
    ) -> LiftResult | None:
        """Lift something; None: it is a minor, and a key of another owner must ask for it too.

        While a hold stands, no yes passes a complaint, and no minor is lifted. With a hold under which a
        minor was reported, the minor's epoch begins; a report that waited under it waits again.

        Raises:
            Unavailable, UnreadableRecord: it is not known to be done.
        """
        match what:
            case Liftable.MINOR:
                return self.lift_minor(recipient, by, entry.policy)
            case Liftable.HOLD:
                return self.lift_hold(recipient, entry)
            case Liftable.COMPLAINT:
                record = self.preferences.read(recipient)
                if is_on_hold(record):
                    return _done(RequestOutcome.REFUSED, [Reason.HOLD], record, self.catalogue, by.at)
                change = Change(confirmed(scope), entry)
            case Liftable.UNDELIVERABLE:
                change = Change(LIFT_UNDELIVERABLE, entry)
            case _:
                assert_never(what)
        after = self.preferences.apply(recipient, [change], by.at).after
        return _came_of(change, after, self.catalogue, by.at)


def _came_of(change: Change, after: Record, catalogue: Catalogue, now: int) -> LiftResult:
    held = after.get(change.register)
    if MINOR in after.registers:
        return _done(RequestOutcome.REFUSED, [Reason.MINOR], after, catalogue, now)
    counts = held is not None and held.rank == change.entry.rank
    stops = [Reason.HOLD] if change.register == LIFT_HOLD and is_awaiting_officer(after) else []
    return _done(
        RequestOutcome.APPLIED if counts else RequestOutcome.SUPERSEDED,
        stops,
        after,
        catalogue,
        now,
    )


def _done(
    outcome: RequestOutcome, reasons: list[Reason], record: Record, catalogue: Catalogue, now: int
) -> LiftResult:
    return LiftResult(outcome, reasons, sendable_by_topic(record, catalogue, now))
