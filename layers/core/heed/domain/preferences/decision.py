"""May this be sent to this recipient now? The reading rules, in order of precedence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.reasons import ADDRESS_STOPS, AcceptedRequests, Reason
from heed.domain.preferences.record import BEFORE_ALL_TIME, Record
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    LIFT_UNDELIVERABLE,
    Entry,
    ScopeNumber,
    Source,
    confirmed,
    opted_in,
)
from heed.domain.rfc3339 import END_OF_TIME

FOREVER = 1 << 62  # milliseconds; after every pause
SOFT_BOUNCE_WINDOW = 30  # days
SOFT_BOUNCE_LIMIT = 5  # days with a soft bounce within the window

_HOLD = ADDRESS_STOPS[Reason.HOLD]
_CLOSING = [stop for stop in ADDRESS_STOPS.values() if stop.accepts is not AcceptedRequests.ALL]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to "may I send?".

    Attributes:
        sendable: the only yes there is.
        reason: the strongest reason; OK if sendable.
        since: when that reason arose, milliseconds; None where only the topic's default speaks.
        source: by which way it arrived, or None.
        until: when it ends by itself, milliseconds, or None.
    """

    sendable: bool
    reason: Reason
    since: int | None = None
    source: Source | None = None
    until: int | None = None


def decide(record: Record, topic: Topic, now: int) -> Decision:
    """Whether a topic may be sent to a recipient at an instant."""
    stopped = address_stop(record, now)
    if stopped is None and topic.kind is not TopicKind.SERVICE:
        stopped = _by_choice(record, topic, now)
    return stopped or _ok(record, topic)


def decide_each(record: Record, catalogue: Catalogue, now: int) -> dict[str, Decision]:
    """The decision about every topic that is still sent, by its name."""
    topics = (topic for topic in catalogue.topics.values() if not topic.retired)
    return {catalogue.name(topic.number): decide(record, topic, now) for topic in topics}


def sendable_by_topic(record: Record, catalogue: Catalogue, now: int) -> dict[str, bool]:
    """Whether every topic that is still sent may be sent, by its name."""
    decisions = decide_each(record, catalogue, now)
    return {name: decision.sendable for name, decision in decisions.items()}


def is_any_sendable(record: Record, scopes: Iterable[ScopeNumber], catalogue: Catalogue, now: int) -> bool:
    """Whether anything may be sent that a stop at one of these scopes is to stop."""
    governed = (topic for scope in scopes for topic in catalogue.governed(scope))
    return any(decide(record, topic, now).sendable for topic in governed)


def address_stop(record: Record, now: int) -> Decision | None:
    """What stops every mail to the address, service mail included."""
    for reason, stop in ADDRESS_STOPS.items():
        if entry := stop.active_entry(record):
            return Decision(False, reason, entry.at, entry.source)
        if reason is Reason.UNDELIVERABLE and (until := undeliverable_until(record, now)):
            since = until - SOFT_BOUNCE_WINDOW * DAY_MS
            return Decision(False, reason, since, Source.BOUNCE, until)
    return None


def decide_by_choice(record: Record, topic: Topic) -> Decision:
    """What the person's choices alone say of a topic: pauses and dead mailboxes aside."""
    return _by_choice(record, topic, FOREVER) or _ok(record, topic)


def active_opt_out(record: Record, topic: Topic, scope: ScopeNumber) -> Entry | None:
    """The *out* at a scope, if it stops the topic: no yes there or below is newer (a tie stops).

    Of several the earliest: since then the topic is stopped.
    """
    standing = [e for e in record.outs(scope) if not is_overridden(record, topic, scope, e)]
    return min(standing, key=lambda entry: entry.rank, default=None)


def is_overridden(record: Record, topic: Topic, scope: ScopeNumber, stop: Entry) -> bool:
    """Whether a newer yes lifts a stop at a scope for a topic: a yes there, or below on its path."""
    return stop.at < _latest_lift(record, _lifting_scopes(topic, scope))


def active_complaint(record: Record, topic: Topic) -> Entry | None:
    """The complaint, if no confirmed yes on the topic's path is newer."""
    entry = record.get(COMPLAINT)
    if entry is None or entry.at < max(record.at(confirmed(scope)) for scope in topic.path):
        return None
    return entry


def withdraws_consent(record: Record, topic: Topic, stop: Entry) -> bool:
    """Whether a consent that the topic needs was given, and not again since this stop."""
    own = max(record.at(opted_in(topic.number)), record.at(confirmed(topic.number)))
    return not topic.default_in and BEFORE_ALL_TIME < own <= stop.at


def active_pause(record: Record, topic: Topic, scope: ScopeNumber, now: int) -> Entry | None:
    """The pause at a scope of the topic's path, if it still holds the topic back.

    Only an *out* is inherited from a followed topic: who paused the old one did not leave it.
    """
    entry = record.pause(scope) if scope in topic.path else None
    if entry is None or entry.until is None or now >= entry.until:
        return None
    return None if is_overridden(record, topic, scope, entry) else entry


def undeliverable_until(record: Record, now: int) -> int | None:
    """When soft bounces cease to make the address undeliverable; None if they do not now.

    They do if some day, after the day of the latest lift, ends 30 days in which at least 5 had a soft
    bounce, and that day is less than 30 days ago. The whole address is then undeliverable: the list of
    suppressions and the events say so of every brand.
    """
    if len(record.soft_bounce_days) < SOFT_BOUNCE_LIMIT:
        return None
    lift = record.get(LIFT_UNDELIVERABLE)
    days = sorted(day for day in record.soft_bounce_days if lift is None or day > lift.day)
    ends = [
        day
        for place, day in enumerate(days)
        if place >= SOFT_BOUNCE_LIMIT - 1 and days[place - SOFT_BOUNCE_LIMIT + 1] > day - SOFT_BOUNCE_WINDOW
    ]
    until = min((ends[-1] + SOFT_BOUNCE_WINDOW) * DAY_MS, END_OF_TIME - 1) if ends else 0
    return until if now < until else None


def is_on_hold(record: Record) -> bool:
    """Whether a hold stands, which preserves what is on record."""
    return _HOLD.active_entry(record) is not None


def is_awaiting_officer(record: Record) -> bool:
    """Whether the hold that stands is one under which the report of a minor waits for a decision.

    It stops as any hold does, but was put there by no agent, and preserves nothing from that report.
    """
    hold = _HOLD.active_entry(record)
    return hold is not None and hold.source is Source.AGE_REPORT


def is_closed(record: Record) -> bool:
    """Whether nothing is sent whatever the person chooses: a minor, or a held address."""
    return any(stop.active_entry(record) for stop in _CLOSING)


def is_silent(record: Record, asked: int) -> bool:
    """Whether nothing follows any more from what was asked for at an instant.

    Of a minor and of a held address nothing does; an erasure since forgets what was asked for too.
    """
    return is_closed(record) or (record.erased_at is not None and asked <= record.erased_at)


def _by_choice(record: Record, topic: Topic, now: int) -> Decision | None:
    """What stops what a person may choose."""
    complaint = None if topic.kind is TopicKind.SIGNAL else active_complaint(record, topic)
    if complaint:
        return _stop(Reason.COMPLAINED, [complaint])
    scopes = (*topic.path, *topic.followed)
    outs = [(scope, active_opt_out(record, topic, scope)) for scope in scopes]
    wide, own = set(topic.path[:-1]), {topic.number, *topic.followed}
    return (
        _stop(Reason.UNSUBSCRIBED, (entry for scope, entry in outs if scope in wide))
        or _stop(Reason.TOPIC_UNSUBSCRIBED, (entry for scope, entry in outs if scope in own))
        or _paused([active_pause(record, topic, scope, now) for scope in topic.path])
        or _without_consent(record, topic, scopes)
    )


def _lifting_scopes(topic: Topic, scope: ScopeNumber) -> tuple[ScopeNumber, ...]:
    """Where a yes lifts a stop at a scope: there and below on the path.

    Of a followed topic's stop: at that topic, at the topic itself, and at what lies between.
    """
    if scope in topic.path:
        return topic.path[topic.path.index(scope) :]
    return (topic.number, *topic.followed[: topic.followed.index(scope) + 1])


def _latest_lift(record: Record, scopes: Iterable[ScopeNumber]) -> int:
    return max(max(record.at(opted_in(s)), record.at(confirmed(s))) for s in scopes)


def _stop(reason: Reason, entries: Iterable[Entry | None]) -> Decision | None:
    """The stop of a reason since the earliest entry that stands, if any does."""
    standing = [entry for entry in entries if entry is not None]
    if not standing:
        return None
    first = min(standing, key=lambda entry: entry.rank)
    return Decision(False, reason, first.at, first.source)


def _paused(entries: Iterable[Entry | None]) -> Decision | None:
    standing = [entry for entry in entries if entry is not None]
    if not standing:
        return None
    last = max(standing, key=lambda entry: (entry.until or 0, entry.rank))
    return Decision(False, Reason.PAUSED, last.at, last.source, last.until)


def _without_consent(record: Record, topic: Topic, scopes: Iterable[ScopeNumber]) -> Decision | None:
    """Consent withdrawn is not revived by a general yes: the topic's own must be the newest."""
    if topic.default_in:
        return None
    own = max(record.at(opted_in(topic.number)), record.at(confirmed(topic.number)))
    outs = (entry.at for scope in scopes for entry in record.outs(scope))
    if own != BEFORE_ALL_TIME and own > max(outs, default=BEFORE_ALL_TIME):
        return None
    return Decision(False, Reason.NO_CONSENT)


def _ok(record: Record, topic: Topic) -> Decision:
    """Sendable: by the latest yes on the path, or by the topic's default alone."""
    entries = [record.get(register(s)) for s in topic.path for register in (opted_in, confirmed)]
    given = [entry for entry in entries if entry is not None]
    if not given or topic.kind is TopicKind.SERVICE:
        return Decision(True, Reason.OK)
    latest = max(given, key=lambda entry: entry.rank)
    return Decision(True, Reason.OK, latest.at, latest.source)
