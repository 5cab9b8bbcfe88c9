"""The decision: may this topic be sent to this recipient now? The rules, in order of precedence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.reasons import ADDRESS_SUPPRESSIONS, AcceptedRequests, Reason
from heed.domain.preferences.record import BEFORE_ALL_TIME, Record
from heed.domain.preferences.register import (
    ALL_SCOPES,
    COMPLAINT,
    DAY_MS,
    LIFT_UNDELIVERABLE,
    Entry,
    ScopeNumber,
    Source,
    confirmed_register,
    opt_in_register,
)
from heed.domain.rfc3339 import END_OF_TIME

FOREVER = Millis(1 << 62)  # milliseconds; later than the end of any pause
SOFT_BOUNCE_WINDOW = 30  # days
SOFT_BOUNCE_LIMIT = 5  # days with a soft bounce within the window

_HOLD = ADDRESS_SUPPRESSIONS[Reason.HOLD]
_REFUSING_OPT_INS = [
    suppression
    for suppression in ADDRESS_SUPPRESSIONS.values()
    if suppression.accepts is not AcceptedRequests.ALL
]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to "may I send?".

    Attributes:
        sendable: whether the topic may be sent. No other value permits sending.
        reason: the strongest reason; OK if sendable.
        since: the start of that reason, milliseconds; None if only the topic's default decides.
        source: the way in which the deciding entry arrived, or None.
        until: the end of the reason by time alone, milliseconds, or None.
    """

    sendable: bool
    reason: Reason
    since: Millis | None = None
    source: Source | None = None
    until: Millis | None = None


def decide(record: Record, topic: Topic, now: Millis) -> Decision:
    """Decides whether a topic may be sent to a recipient at an instant (milliseconds)."""
    suppression = address_suppression(record, now)
    if suppression is None and topic.kind is not TopicKind.SERVICE:
        suppression = _suppression_by_choice(record, topic, now)
    return suppression or _sendable(record, topic)


def decide_each(record: Record, catalogue: Catalogue, now: Millis) -> dict[str, Decision]:
    """Returns the decision about each topic in use, by the topic's name."""
    topics = (topic for topic in catalogue.topics.values() if not topic.retired)
    return {catalogue.scope_name(topic.number): decide(record, topic, now) for topic in topics}


def sendable_by_topic(record: Record, catalogue: Catalogue, now: Millis) -> dict[str, bool]:
    """Returns, for each topic in use, whether it may be sent, by the topic's name."""
    decisions = decide_each(record, catalogue, now)
    return {name: decision.sendable for name, decision in decisions.items()}


def is_any_sendable(record: Record, scopes: Iterable[ScopeNumber], catalogue: Catalogue, now: Millis) -> bool:
    """Whether at least one of the topics that these scopes govern may be sent."""
    governed = (topic for scope in scopes for topic in catalogue.governed_topics(scope))
    return any(decide(record, topic, now).sendable for topic in governed)


def is_all_marketing_off(record: Record, catalogue: Catalogue) -> bool:
    """Whether the person's choices stop all marketing. Pauses and suppressions of the address are ignored."""
    topics = catalogue.marketing_topics(ALL_SCOPES)
    return not any(decide_by_choice(record, topic).sendable for topic in topics)


def address_suppression(record: Record, now: Millis) -> Decision | None:
    """Returns the suppression of all mail to the address, including service mail, or None."""
    for reason, suppression in ADDRESS_SUPPRESSIONS.items():
        if entry := suppression.active_entry(record):
            return Decision(False, reason, entry.at, entry.source)
        if reason is Reason.UNDELIVERABLE and (until := undeliverable_until(record, now)):
            since = Millis(until - SOFT_BOUNCE_WINDOW * DAY_MS)
            return Decision(False, reason, since, Source.BOUNCE, until)
    return None


def decide_by_choice(record: Record, topic: Topic, now: Millis = FOREVER) -> Decision:
    """Decides by the person's choices alone. Suppressions of the address are ignored.

    Pauses count at an instant (milliseconds). Without one they are ignored too.
    """
    return _suppression_by_choice(record, topic, now) or _sendable(record, topic)


def active_opt_out(record: Record, topic: Topic, scope: ScopeNumber) -> Entry | None:
    """Returns the opt-out at a scope if it stops the topic, otherwise None.

    It stops the topic unless an opt-in there or below is newer. At the same instant the opt-out wins. If
    several opt-outs stop the topic, the earliest is returned, because the topic is stopped since then.
    """
    active = [e for e in record.opt_outs(scope) if not is_overridden(record, topic, scope, e)]
    return min(active, key=lambda entry: entry.rank, default=None)


def is_overridden(record: Record, topic: Topic, scope: ScopeNumber, entry: Entry) -> bool:
    """Whether a newer opt-in overrides an entry: at the scope of the entry, or below on the topic's path."""
    return entry.at < _latest_override(record, _overriding_scopes(topic, scope))


def active_complaint(record: Record, topic: Topic) -> Entry | None:
    """Returns the earliest complaint than which no confirmed opt-in on the topic's path is newer, or None."""
    complaints = record.stops(COMPLAINT)
    if not complaints:
        return None
    confirmed_at = max(record.time_of(confirmed_register(scope)) for scope in topic.path)
    active = (entry for entry in complaints if entry.at >= confirmed_at)
    return min(active, key=lambda entry: entry.rank, default=None)


def withdraws_consent(record: Record, topic: Topic, opt_out: Entry) -> bool:
    """Whether an opt-out withdraws a consent to a topic.

    The topic needs consent. The person consented before the opt-out, and has not consented again since.
    """
    consent_at = max(
        record.time_of(opt_in_register(topic.number)), record.time_of(confirmed_register(topic.number))
    )
    return not topic.default_in and BEFORE_ALL_TIME < consent_at <= opt_out.at


def active_pause(record: Record, topic: Topic, scope: ScopeNumber, now: Millis) -> Entry | None:
    """Returns the pause at a scope of the topic's path if it still stops the topic, otherwise None.

    A topic inherits only the opt-outs of the topics that it follows. Somebody who paused the old topic did
    not leave it.
    """
    entry = record.pause(scope) if scope in topic.path else None
    if entry is None or entry.until is None or now >= entry.until:
        return None
    return None if is_overridden(record, topic, scope, entry) else entry


def undeliverable_until(record: Record, now: Millis) -> Millis | None:
    """Returns the end of the time in which soft bounces make the address undeliverable, or None.

    Soft bounces on 5 different days within 30 days make the address undeliverable for 30 days from the fifth.
    Days on or before the latest lift are ignored. The whole address is then undeliverable: the list of
    suppressions and the events report it for all brands.

    Returns:
        Milliseconds, or None if the address is not undeliverable now.
    """
    if len(record.soft_bounce_days) < SOFT_BOUNCE_LIMIT:
        return None
    lift = record.get(LIFT_UNDELIVERABLE)
    days = sorted(day for day in record.soft_bounce_days if lift is None or day > lift.day)
    ends = [
        day
        for index, day in enumerate(days)
        if index >= SOFT_BOUNCE_LIMIT - 1 and days[index - SOFT_BOUNCE_LIMIT + 1] > day - SOFT_BOUNCE_WINDOW
    ]
    until = Millis(min((ends[-1] + SOFT_BOUNCE_WINDOW) * DAY_MS, END_OF_TIME - 1) if ends else 0)
    return until if now < until else None


def is_on_hold(record: Record) -> bool:
    """Whether a hold is active. A hold preserves the record."""
    return _HOLD.active_entry(record) is not None


def is_awaiting_officer(record: Record) -> bool:
    """Whether the active hold exists because a report of a minor waits for an officer's decision.

    Such a hold stops mail as any hold does. No agent placed it, and it does not preserve the record from that
    report.
    """
    hold = _HOLD.active_entry(record)
    return hold is not None and hold.source is Source.AGE_REPORT


def refuses_opt_ins(record: Record) -> bool:
    """Whether an opt-in is refused, because the person is a minor or the address is held.

    An opt-out is still recorded while the address is held.
    """
    return any(suppression.active_entry(record) for suppression in _REFUSING_OPT_INS)


def is_request_void(record: Record, requested_at: Millis) -> bool:
    """Whether a request from this instant (milliseconds) must have no effects any more.

    This applies to minors and held addresses. An erasure also cancels all requests from before it.
    """
    return refuses_opt_ins(record) or (record.erased_at is not None and requested_at <= record.erased_at)


def _suppression_by_choice(record: Record, topic: Topic, now: Millis) -> Decision | None:
    """Returns the suppression that results from choices, complaints and missing consent, or None."""
    complaint = None if topic.kind is TopicKind.SIGNAL else active_complaint(record, topic)
    if complaint:
        return _suppression_since(Reason.COMPLAINED, [complaint])
    scopes = (*topic.path, *topic.followed)
    opt_outs = [(scope, active_opt_out(record, topic, scope)) for scope in scopes]
    wider_scopes, own_scopes = set(topic.path[:-1]), {topic.number, *topic.followed}
    return (
        _suppression_since(Reason.UNSUBSCRIBED, (entry for scope, entry in opt_outs if scope in wider_scopes))
        or _suppression_since(
            Reason.TOPIC_UNSUBSCRIBED, (entry for scope, entry in opt_outs if scope in own_scopes)
        )
        or _suppression_by_pause([active_pause(record, topic, scope, now) for scope in topic.path])
        or _suppression_by_missing_consent(record, topic, scopes)
    )


def _overriding_scopes(topic: Topic, scope: ScopeNumber) -> tuple[ScopeNumber, ...]:
    """Returns the scopes at which an opt-in overrides an opt-out at a scope: there and below on the path.

    For the opt-out of a followed topic, they are that topic, the topic itself and the topics between the two.
    """
    if scope in topic.path:
        return topic.path[topic.path.index(scope) :]
    return (topic.number, *topic.followed[: topic.followed.index(scope) + 1])


def _latest_override(record: Record, scopes: Iterable[ScopeNumber]) -> Millis:
    return max(max(record.time_of(opt_in_register(s)), record.time_of(confirmed_register(s))) for s in scopes)


def _suppression_since(reason: Reason, entries: Iterable[Entry | None]) -> Decision | None:
    """Returns the suppression with this reason since the earliest of the active entries, or None."""
    active = [entry for entry in entries if entry is not None]
    if not active:
        return None
    first = min(active, key=lambda entry: entry.rank)
    return Decision(False, reason, first.at, first.source)


def _suppression_by_pause(entries: Iterable[Entry | None]) -> Decision | None:
    """Returns the pause that ends last, or None."""
    active = [entry for entry in entries if entry is not None]
    if not active:
        return None
    last = max(active, key=lambda entry: (entry.until or 0, entry.rank))
    return Decision(False, Reason.PAUSED, last.at, last.source, last.until)


def _suppression_by_missing_consent(
    record: Record, topic: Topic, scopes: Iterable[ScopeNumber]
) -> Decision | None:
    """Returns a suppression if the topic needs consent and has none, otherwise None.

    A general opt-in does not renew a withdrawn consent. The topic's own opt-in must be the newest entry.
    """
    if topic.default_in:
        return None
    consent_at = max(
        record.time_of(opt_in_register(topic.number)), record.time_of(confirmed_register(topic.number))
    )
    opt_outs = (entry.at for scope in scopes for entry in record.opt_outs(scope))
    if consent_at != BEFORE_ALL_TIME and consent_at > max(opt_outs, default=BEFORE_ALL_TIME):
        return None
    return Decision(False, Reason.NO_CONSENT)


def _sendable(record: Record, topic: Topic) -> Decision:
    """Returns a positive decision, with the latest opt-in on the path or by the topic's default alone."""
    entries = [
        record.get(register(s)) for s in topic.path for register in (opt_in_register, confirmed_register)
    ]
    opt_ins = [entry for entry in entries if entry is not None]
    if not opt_ins or topic.kind is TopicKind.SERVICE:
        return Decision(True, Reason.OK)
    latest = max(opt_ins, key=lambda entry: entry.rank)
    return Decision(True, Reason.OK, latest.at, latest.source)
