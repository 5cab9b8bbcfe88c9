"""A preference request that reached the company by phone, letter or an agent: its changes and its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.decision import (
    active_complaint,
    active_opt_out,
    active_pause,
    is_overridden,
    withdraws_consent,
)
from heed.domain.preferences.reasons import ADDRESS_SUPPRESSIONS, PRECEDENCE, AcceptedRequests, Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    Change,
    Entry,
    ScopeNumber,
    Source,
    opt_in_register,
    opt_out_register,
    pause_register,
)
from heed.domain.preferences.suppressions import blocking_reasons, topics_in_use


class RequestedState(StrEnum):
    """The states that a person may request for a scope."""

    OUT = "out"
    IN = "in"
    PAUSED = "paused"


class RequestOutcome(StrEnum):
    """The outcome of a preference request."""

    APPLIED = "applied"
    SUPERSEDED = "superseded"  # stored, but something newer overrides it
    REFUSED = "refused"  # not stored


_REGISTER = {
    RequestedState.OUT: opt_out_register,
    RequestedState.IN: opt_in_register,
    RequestedState.PAUSED: pause_register,
}


@dataclass(frozen=True, slots=True)
class PreferenceRequest:
    """A person's request, and how the company received it.

    Attributes:
        scope: the number of the scope.
        state: the requested state of the scope.
        at: the time of the request, milliseconds.
        source: the way in which it arrived.
        evidence: canonical text (heed.domain.preferences.evidence).
        policy: the version of the privacy policy at that time.
        until: the end of a pause, milliseconds.
    """

    scope: ScopeNumber
    state: RequestedState
    at: Millis
    source: Source
    evidence: str
    policy: str
    until: Millis | None = None

    def to_change(self) -> Change:
        """Returns the change of the one register that the request sets."""
        entry = Entry(self.at, self.source, self.evidence, self.policy, self.until)
        return Change(_REGISTER[self.state](self.scope), entry)


def refused_by(request: PreferenceRequest, record: Record) -> Reason | None:
    """Returns the reason why a request is not stored, or None.

    No request about a minor is stored. For a held address, no opt-in is stored.
    """
    accepted = (
        (AcceptedRequests.ALL,)
        if request.state is RequestedState.IN
        else (AcceptedRequests.ALL, AcceptedRequests.NO_OPT_INS)
    )
    for reason, suppression in ADDRESS_SUPPRESSIONS.items():
        if suppression.accepts not in accepted and suppression.active_entry(record):
            return reason
    return None


def is_superseded(request: PreferenceRequest, record: Record, catalogue: Catalogue, now: Millis) -> bool:
    """Whether a request has no effect because of something newer, in the record after its write.

    A request is superseded in these cases:

    - An erasure happened after it.
    - Its register holds a greater entry.
    - It is an opt-out or a pause, and a newer opt-in lifts it for every topic of its scope. An opt-out that
      withdrew a consent still counts.
    - It is an opt-in, and an opt-out, a pause or a complaint stops every topic of its scope, at the same
      instant or later.

    Retired topics are ignored if the scope has topics in use. A request that has an effect for some topics is
    applied. Older suppressions that still apply do not supersede it; `blocked_by` returns them.
    """
    change = request.to_change()
    current = record.get(change.register)
    if current is None or current.rank != change.entry.rank:
        return True
    topics = topics_in_use(catalogue.governed_topics(request.scope))

    def is_ineffective(topic: Topic) -> bool:
        if request.state is RequestedState.OUT:
            is_lifted = is_overridden(record, topic, request.scope, change.entry)
            return is_lifted and not withdraws_consent(record, topic, change.entry)
        if request.state is RequestedState.PAUSED:
            return active_pause(record, topic, request.scope, request.at) is None
        return any(entry.at >= request.at for entry in _suppressing_entries(record, topic, now))

    return bool(topics) and all(map(is_ineffective, topics))


def blocked_by(request: PreferenceRequest, record: Record, catalogue: Catalogue, now: Millis) -> list[Reason]:
    """Returns the reasons that still stop topics in the scope of an opt-in, the strongest first."""
    if request.state is not RequestedState.IN:
        return []
    topics = topics_in_use(catalogue.governed_topics(request.scope))
    reasons = {r for topic in topics for r in blocking_reasons(record, topic, catalogue, now)}
    return sorted(reasons, key=PRECEDENCE.index)


def _suppressing_entries(record: Record, topic: Topic, now: Millis) -> list[Entry]:
    """Returns the person's opt-outs, pauses and complaint that stop a topic."""
    scopes = (*topic.path, *topic.followed)
    entries = [active_opt_out(record, topic, scope) for scope in scopes]
    entries += [active_pause(record, topic, scope, now) for scope in scopes]
    if topic.kind is TopicKind.MARKETING:
        entries.append(active_complaint(record, topic))
    return [entry for entry in entries if entry is not None]
