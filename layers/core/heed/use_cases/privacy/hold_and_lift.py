"""A hold is put on an address, or what stands against it is lifted by a person."""

from __future__ import annotations

from typing import NamedTuple, assert_never

from heed.domain.errors import Held
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.decision import is_held, is_waiting, sendable_by_topic
from heed.domain.preferences.preference_request import Outcome
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
    yes,
)
from heed.domain.privacy.erasure import over_a_report, waits_again
from heed.domain.privacy.lift import Signature, evidence_of_both
from heed.use_cases.ports.preferences import Preferences
from heed.use_cases.ports.privacy import LiftRequests, Person
from heed.use_cases.privacy.erase import BeginEpoch


class Done(NamedTuple):
    """What came of it, as of a wish.

    Attributes:
        outcome: applied, superseded or refused.
        blocked_by: why it was refused, or what stops everything all the same.
        sendable: what may be sent now, by the name of each topic in use.
        purge: id of the purge that the lift of a hold has ordered, or "".
    """

    outcome: Outcome
    blocked_by: list[Reason]
    sendable: dict[str, bool]
    purge: str = ""


class StopAndLift:
    """Does it."""

    def __init__(
        self,
        preferences: Preferences,
        catalogue: Catalogue,
        epochs: BeginEpoch,
        requests: LiftRequests,
    ) -> None:
        self._preferences = preferences
        self._catalogue = catalogue
        self._epochs = epochs
        self._requests = requests

    def hold(self, recipient: str, entry: Entry, now: int) -> Done:
        """Stop everything, and preserve what is on record. Of a minor, everything is stopped already.

        The report of a minor that waits for a decision is kept: it waits again when this hold is lifted.

        Raises:
            Unavailable, UnreadableRecord: it is not known to be done.
        """

        def over(before: Record) -> list[Change]:
            return [Change(HOLD, over_a_report(entry, before))]

        after = self._preferences.update(recipient, over, now).after
        (change,) = over(after)  # as it was written, if it counts
        return self._came_of(change, after, now)

    def lift(
        self,
        recipient: str,
        what: Liftable,
        scope: ScopeNumber,
        by: Signature,
        entry: Entry,
    ) -> Done | None:
        """Lift something; None: it is a minor, and a key of another owner must ask for it too.

        While a hold stands, no yes passes a complaint, and no minor is lifted. With a hold under which a
        minor was reported, the minor's epoch begins; a report that waited under it waits again.

        Raises:
            Unavailable, UnreadableRecord: it is not known to be done.
        """
        match what:
            case Liftable.MINOR:
                return self._lift_minor(recipient, by, entry.policy)
            case Liftable.HOLD:
                return self._lift_hold(recipient, entry)
            case Liftable.COMPLAINT:
                record = self._preferences.read(recipient)
                if is_held(record):
                    return self._done(Outcome.REFUSED, [Reason.HOLD], record, by.at)
                return self._write(recipient, Change(yes(scope), entry), by.at)
            case Liftable.UNDELIVERABLE:
                return self._write(recipient, Change(LIFT_UNDELIVERABLE, entry), by.at)
            case _:
                assert_never(what)

    def _lift_minor(self, recipient: str, signature: Signature, policy: str) -> Done | None:
        record = self._preferences.read(recipient)
        if MINOR not in record.registers:
            # Done before, by these two or others; or there never was one.
            return self._done(Outcome.SUPERSEDED, [], record, signature.at)
        if is_held(record):
            return self._done(Outcome.REFUSED, [Reason.HOLD], record, signature.at)
        first = self._requests.sign(recipient, signature)
        if first is None:
            return None
        said = evidence_of_both(first, signature)
        try:
            after = self._epochs.lift_minor(recipient, signature.at, said, policy)
        except Held:
            record = self._preferences.read(recipient)
            return self._done(Outcome.REFUSED, [Reason.HOLD], record, signature.at)
        self._requests.clear(Person(recipient, ""))
        if after is None:
            record = self._preferences.read(recipient)
            return self._done(Outcome.SUPERSEDED, [], record, signature.at)
        return self._done(Outcome.APPLIED, [], after, signature.at)

    def _lift_hold(self, recipient: str, entry: Entry) -> Done:
        def lifted(before: Record) -> list[Change]:
            waits = waits_again(entry, before)
            return [Change(LIFT_HOLD, entry), *([Change(HOLD, waits)] if waits else [])]

        after = self._preferences.update(recipient, lifted, entry.at).after
        if MINOR not in after.registers or not is_held(after):
            return self._came_of(Change(LIFT_HOLD, entry), after, entry.at)
        begun = self._epochs.lift_hold(recipient, entry)
        if begun is None:  # lifted by somebody else meanwhile, or put on later than it is lifted
            return self._came_of(
                Change(LIFT_HOLD, entry), self._preferences.read(recipient), entry.at
            )
        done = self._done(Outcome.APPLIED, [Reason.MINOR], begun.record, entry.at)
        return done._replace(purge=begun.purge)

    def _write(self, recipient: str, change: Change, now: int) -> Done:
        after = self._preferences.apply(recipient, [change], now).after
        return self._came_of(change, after, now)

    def _came_of(self, change: Change, after: Record, now: int) -> Done:
        held = after.get(change.register)
        if MINOR in after.registers:
            return self._done(Outcome.REFUSED, [Reason.MINOR], after, now)
        counts = held is not None and held.rank == change.entry.rank
        stops = [Reason.HOLD] if change.register == LIFT_HOLD and is_waiting(after) else []
        return self._done(Outcome.APPLIED if counts else Outcome.SUPERSEDED, stops, after, now)

    def _done(self, outcome: Outcome, reasons: list[Reason], record: Record, now: int) -> Done:
        return Done(outcome, reasons, sendable_by_topic(record, self._catalogue, now))
