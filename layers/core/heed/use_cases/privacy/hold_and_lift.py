"""Places holds, and lifts holds, bounces, complaints and reports of minors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, assert_never

from heed.domain.errors import OnHold
from heed.domain.milliseconds import Millis
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
    confirmed_register,
)
from heed.domain.privacy.erasure import hold_with_waiting_report, restored_report_hold
from heed.domain.privacy.lift import Signature, evidence_of_two_signatures
from heed.use_cases.ports.preferences import Preferences
from heed.use_cases.ports.privacy import Erasures, LiftRequests, PurgedPerson, Purges
from heed.use_cases.privacy.erase import erase_minor_after_hold, lift_minor_report


class SuppressionResult(NamedTuple):
    """The result of a hold or a lift.

    Attributes:
        outcome: applied, superseded or refused.
        blocked_by: the reason of a refusal; otherwise the reasons that still suppress all mail.
        sendable: whether mail may be sent now, by the name of each topic in use.
        purge_id: id of the purge that the lift of a hold ordered, or "".
    """

    outcome: RequestOutcome
    blocked_by: list[Reason]
    sendable: dict[str, bool]
    purge_id: str = ""


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Places a hold on an address."""

    preferences: Preferences
    catalogue: Catalogue

    def __call__(self, recipient: str, entry: Entry, now: Millis) -> SuppressionResult:
        """Suppresses all mail, and preserves the record. For a minor all mail is suppressed already.

        If a report of a minor waits for a decision, the hold keeps it. It waits again after the hold.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the hold was stored.
        """

        def changes(before: Record) -> list[Change]:
            return [Change(HOLD, hold_with_waiting_report(entry, before))]

        after = self.preferences.update(recipient, changes, now).after
        (change,) = changes(after)  # the stored change, unless it is superseded
        return _result_of_change(change, after, self.catalogue, now)


@dataclass(frozen=True, slots=True)
class LiftMinor:
    """Lifts the report of a minor after API keys of two owners, or two people at the desk, requested it."""

    preferences: Preferences
    catalogue: Catalogue
    erasures: Erasures
    lift_requests: LiftRequests

    def __call__(self, recipient: str, signature: Signature, policy: str) -> SuppressionResult | None:
        """Lifts the report, or stores the first of two signatures.

        Returns:
            The result; None if another owner must request the lift too.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the lift was done.
        """
        record, at = self.preferences.read(recipient), signature.at
        if MINOR not in record.registers:
            # The report was lifted before, or there never was one.
            return _make_result(RequestOutcome.SUPERSEDED, [], record, self.catalogue, at)
        if is_on_hold(record):
            return _make_result(RequestOutcome.REFUSED, [Reason.HOLD], record, self.catalogue, at)
        first = self.lift_requests.sign(recipient, signature)
        if first is None:
            return None
        evidence = evidence_of_two_signatures(first, signature)
        try:
            after = lift_minor_report(recipient, at, evidence, policy, self.catalogue, self.erasures)
        except OnHold:
            record = self.preferences.read(recipient)
            return _make_result(RequestOutcome.REFUSED, [Reason.HOLD], record, self.catalogue, at)
        self.lift_requests.clear(PurgedPerson(recipient, ""))
        if after is None:
            record = self.preferences.read(recipient)
            return _make_result(RequestOutcome.SUPERSEDED, [], record, self.catalogue, at)
        return _make_result(RequestOutcome.APPLIED, [], after, self.catalogue, at)


@dataclass(frozen=True, slots=True)
class LiftHold:
    """Lifts a hold.

    Attributes:
        preferences: the records.
        catalogue: the brands and topics.
        minor_retention_days: for how many days the record of a minor is kept.
        erasures: erases records.
        purges: the records of purges.
    """

    preferences: Preferences
    catalogue: Catalogue
    minor_retention_days: int
    erasures: Erasures
    purges: Purges

    def __call__(self, recipient: str, entry: Entry) -> SuppressionResult:
        """Lifts the hold. A report from the time of the hold takes effect now.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the lift was done.
        """

        def changes(before: Record) -> list[Change]:
            waiting_report = restored_report_hold(entry, before)
            return [Change(LIFT_HOLD, entry), *([Change(HOLD, waiting_report)] if waiting_report else [])]

        lift, catalogue = Change(LIFT_HOLD, entry), self.catalogue
        after = self.preferences.update(recipient, changes, entry.at).after
        if MINOR not in after.registers or not is_on_hold(after):
            return _result_of_change(lift, after, catalogue, entry.at)
        erased = erase_minor_after_hold(
            recipient, entry, self.minor_retention_days, catalogue, self.erasures, self.purges
        )
        if erased is None:  # somebody else lifted the hold meanwhile, or the hold is newer than the lift
            return _result_of_change(lift, self.preferences.read(recipient), catalogue, entry.at)
        result = _make_result(RequestOutcome.APPLIED, [Reason.MINOR], erased.record, catalogue, entry.at)
        return result._replace(purge_id=erased.purge_id)


@dataclass(frozen=True, slots=True)
class LiftSuppression:
    """Lifts a suppression that is not the person's own choice.

    Attributes:
        preferences: the records.
        catalogue: the brands and topics.
        lift_minor: lifts the report of a minor, which needs two signatures.
        lift_hold: lifts a hold, which may start an erasure.
    """

    preferences: Preferences
    catalogue: Catalogue
    lift_minor: LiftMinor
    lift_hold: LiftHold

    def __call__(
        self,
        recipient: str,
        liftable: Liftable,
        scope: ScopeNumber,
        signature: Signature,
        entry: Entry,
    ) -> SuppressionResult | None:
        """Lifts a suppression.

        While a hold is active, nobody can lift a complaint or the report of a minor. After the lift of a hold
        the record of a minor who was reported meanwhile is erased. A report that waited for a decision before
        the hold waits again.

        Args:
            recipient: recipient id.
            liftable: the kind of suppression.
            scope: number of the scope, for a complaint.
            signature: who lifts it, when and why.
            entry: the entry to write.

        Returns:
            The result; None if another owner must request the lift of a minor too.

        Raises:
            DependencyUnavailable, UnreadableRecord: It is unknown whether the lift was done.
        """
        match liftable:
            case Liftable.MINOR:
                return self.lift_minor(recipient, signature, entry.policy)
            case Liftable.HOLD:
                return self.lift_hold(recipient, entry)
            case Liftable.COMPLAINT:
                record = self.preferences.read(recipient)
                if is_on_hold(record):
                    return _make_result(
                        RequestOutcome.REFUSED, [Reason.HOLD], record, self.catalogue, signature.at
                    )
                change = Change(confirmed_register(scope), entry)
            case Liftable.UNDELIVERABLE:
                change = Change(LIFT_UNDELIVERABLE, entry)
            case _:
                assert_never(liftable)
        after = self.preferences.apply(recipient, [change], signature.at).after
        return _result_of_change(change, after, self.catalogue, signature.at)


def _result_of_change(change: Change, after: Record, catalogue: Catalogue, now: Millis) -> SuppressionResult:
    entry = after.get(change.register)
    if MINOR in after.registers:
        return _make_result(RequestOutcome.REFUSED, [Reason.MINOR], after, catalogue, now)
    is_applied = entry is not None and entry.rank == change.entry.rank
    reasons = [Reason.HOLD] if change.register == LIFT_HOLD and is_awaiting_officer(after) else []
    return _make_result(
        RequestOutcome.APPLIED if is_applied else RequestOutcome.SUPERSEDED,
        reasons,
        after,
        catalogue,
        now,
    )


def _make_result(
    outcome: RequestOutcome, reasons: list[Reason], record: Record, catalogue: Catalogue, now: Millis
) -> SuppressionResult:
    return SuppressionResult(outcome, reasons, sendable_by_topic(record, catalogue, now))
