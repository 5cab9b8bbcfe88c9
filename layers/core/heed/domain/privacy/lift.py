"""A lift ends a suppression of an address, so that the mistake of an agent can be corrected.

A lift deletes nothing. It has a register of its own, and the later of suppression and lift counts. Only the
lift of a minor is an erasure, and it needs two keys of different owners, or two people at the desk. One
person may have both an API key and an account at the desk, so one of each is not enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.desk.session import DESK_KEY_PREFIX
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.evidence import make_evidence
from heed.domain.preferences.reasons import Liftable, Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import DAY_MS, Entry, Source
from heed.domain.preferences.suppressions import suppressions_of

SECOND_SIGNATURE_WITHIN = DAY_MS  # milliseconds
_LIFTABLES = {
    Reason.MINOR: Liftable.MINOR,
    Reason.HOLD: Liftable.HOLD,
    Reason.UNDELIVERABLE: Liftable.UNDELIVERABLE,
    Reason.COMPLAINED: Liftable.COMPLAINT,
}


@dataclass(frozen=True, slots=True)
class Signature:
    """One of the two requests for the lift of a minor.

    Attributes:
        key: the id of the API key, or the key of the person at the desk.
        owner: the owner of the API key; at the desk it is the key again. The two owners must differ.
        at: the time of the request, milliseconds.
        reason: the reason for the lift.
        reference: the place of the proof of age.
        agent: the name of the person at the desk; "" for an API key.
    """

    key: str
    owner: str
    at: Millis
    reason: str
    reference: str
    agent: str = ""

    @property
    def is_from_desk(self) -> bool:
        """Whether a person at the desk signed. Another person at the desk confirms it, and no API key."""
        return self.key.startswith(DESK_KEY_PREFIX)

    @property
    def ends_at(self) -> Millis:
        """The time until which the second person has to sign, milliseconds."""
        return Millis(self.at + SECOND_SIGNATURE_WITHIN)

    def is_waiting_at(self, now: Millis) -> bool:
        """Whether a second person can still sign. `now` is in milliseconds."""
        return now < self.ends_at


def liftable_now(record: Record, catalogue: Catalogue, now: Millis) -> dict[Liftable, Millis]:
    """Returns the suppressions that can be lifted now, each with the time since which it is active.

    A hold comes first: until it is lifted, nobody can lift a complaint or the report of a minor. The record
    of a minor has nothing else to lift.

    Args:
        record: the record.
        catalogue: the brands and topics.
        now: milliseconds.
    """
    active: dict[Liftable, Millis] = {}
    for suppression in suppressions_of(record, catalogue, now):
        liftable = _LIFTABLES.get(suppression.reason)
        if liftable is not None and suppression.active:
            active[liftable] = min(suppression.since, active.get(liftable, suppression.since))
    if Liftable.MINOR in active:
        only = {Liftable.HOLD} if Liftable.HOLD in active else {Liftable.MINOR}
    else:
        only = {Liftable.HOLD, Liftable.UNDELIVERABLE}
        if Liftable.HOLD not in active:
            only.add(Liftable.COMPLAINT)
    return {liftable: since for liftable, since in active.items() if liftable in only}


def entry_of_lift(signature: Signature, policy: str) -> Entry:
    """Returns the entry that records a lift.

    Args:
        signature: who lifts it, when and why.
        policy: the version of the privacy policy at that time.
    """
    evidence = make_evidence(
        agent=signature.agent or None,
        key=signature.key,
        reason=signature.reason,
        reference=signature.reference,
    )
    return Entry(signature.at, Source.AGENT, evidence, policy)


def evidence_of_two_signatures(first: Signature, second: Signature) -> str:
    """Returns the evidence of the lift of a minor."""
    return make_evidence(
        lifted="minor",
        agent=first.agent or None,
        key=first.key,
        reason=first.reason,
        reference=first.reference,
        second_agent=second.agent or None,
        second_key=second.key,
        second_reason=second.reason,
        second_reference=second.reference,
    )
