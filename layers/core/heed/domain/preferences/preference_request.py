"""A wish that a person voiced by phone, by letter, to an agent: what it changes, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.decision import (
    active_complaint,
    active_opt_out,
    active_pause,
    is_overridden,
    withdraws_consent,
)
from heed.domain.preferences.reasons import ADDRESS_STOPS, PRECEDENCE, AcceptedRequests, Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    Change,
    Entry,
    ScopeNumber,
    Source,
    opted_in,
    opted_out,
    paused,
)
from heed.domain.preferences.suppressions import blocking_reasons, topics_in_use


class RequestedState(StrEnum):
    """What a person may want of a scope."""

    OUT = "out"
    IN = "in"
    PAUSED = "paused"


class RequestOutcome(StrEnum):
    """What came of a wish."""

    APPLIED = "applied"
    SUPERSEDED = "superseded"  # on record, and something newer stands against it
    REFUSED = "refused"  # not written


_REGISTER = {
    RequestedState.OUT: opted_out,
    RequestedState.IN: opted_in,
    RequestedState.PAUSED: paused,
}


@dataclass(frozen=True, slots=True)
class PreferenceRequest:
    """What somebody wants, and how it is known.

    Attributes:
        scope: number of the scope.
        state: what is wanted of it.
        at: when it was voiced, milliseconds.
        source: by which way.
        evidence: canonical text (heed.domain.preferences.evidence).
        policy: version of the privacy policy at that time.
        until: of a pause, when it ends, milliseconds.
    """

    scope: ScopeNumber
    state: RequestedState
    at: int
    source: Source
    evidence: str
    policy: str
    until: int | None = None

    def to_change(self) -> Change:
        """The one register that it sets."""
        entry = Entry(self.at, self.source, self.evidence, self.policy, self.until)
        return Change(_REGISTER[self.state](self.scope), entry)


def refused_by(wish: PreferenceRequest, record: Record) -> Reason | None:
    """Why a wish is not written: nothing about a minor is; of a held address no *in*."""
    taken = (
        (AcceptedRequests.ALL,)
        if wish.state is RequestedState.IN
        else (AcceptedRequests.ALL, AcceptedRequests.STOPS)
    )
    for reason, stop in ADDRESS_STOPS.items():
        if stop.accepts not in taken and stop.active_entry(record):
            return reason
    return None


def is_superseded(wish: PreferenceRequest, record: Record, catalogue: Catalogue, now: int) -> bool:
    """Whether something newer stands against a wish, in the record after its write: it changes nothing.

    That is: the epoch began after it; its own register holds a greater entry; of an *out* or a pause, a
    newer yes lifts it for every topic of its scope (an *out* that withdrew a consent counts all the
    same); of an *in*, an *out*, a pause or a complaint that is newer, or of the same instant, stops every
    topic of its scope. Retired topics do not count beside those in use. A wish that counts for some
    topics is applied, whatever stands against it for others. What is older and stops a topic still is no
    case of this: `blocked_by` names it.
    """
    change = wish.to_change()
    held = record.get(change.register)
    if held is None or held.rank != change.entry.rank:
        return True
    topics = topics_in_use(catalogue.governed(wish.scope))

    def is_lost(topic: Topic) -> bool:
        if wish.state is RequestedState.OUT:
            is_gone = is_overridden(record, topic, wish.scope, change.entry)
            return is_gone and not withdraws_consent(record, topic, change.entry)
        if wish.state is RequestedState.PAUSED:
            return active_pause(record, topic, wish.scope, wish.at) is None
        return any(entry.at >= wish.at for entry in _against(record, topic, now))

    return bool(topics) and all(map(is_lost, topics))


def blocked_by(wish: PreferenceRequest, record: Record, catalogue: Catalogue, now: int) -> list[Reason]:
    """Of an *in*: the reasons that stop topics of its scope all the same, the strongest first."""
    if wish.state is not RequestedState.IN:
        return []
    topics = topics_in_use(catalogue.governed(wish.scope))
    reasons = {r for topic in topics for r in blocking_reasons(record, topic, catalogue, now)}
    return sorted(reasons, key=PRECEDENCE.index)


def _against(record: Record, topic: Topic, now: int) -> list[Entry]:
    """The acts of a person that stop a topic."""
    scopes = (*topic.path, *topic.followed)
    found = [active_opt_out(record, topic, scope) for scope in scopes]
    found += [active_pause(record, topic, scope, now) for scope in scopes]
    if topic.kind is TopicKind.MARKETING:
        found.append(active_complaint(record, topic))
    return [entry for entry in found if entry is not None]
