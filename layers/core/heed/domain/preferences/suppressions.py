"""The suppressions of a record, each with the topics that it does not stop.

`heed.domain.preferences.decision` answers for one topic. This module lists all suppressions of a recipient,
so that a sending platform can keep a list of its own. Both follow from the same rules, and the tests compare
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.decision import (
    SOFT_BOUNCE_WINDOW,
    active_complaint,
    active_opt_out,
    active_pause,
    decide,
    undeliverable_until,
)
from heed.domain.preferences.reasons import ADDRESS_SUPPRESSIONS, PRECEDENCE, Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    ALL_SCOPES,
    COMPLAINT,
    DAY_MS,
    LIFT_UNDELIVERABLE,
    Entry,
    Register,
    ScopeNumber,
    Source,
    confirmed_register,
    opt_in_register,
    opt_out_register,
    undoable_register,
)


@dataclass(frozen=True, slots=True)
class Suppression:
    """A suppression in a record.

    Attributes:
        reason: the reason of the suppression.
        scope: the number of the scope that it stops; 0 also for a suppression of the whole address.
        since: the start of the suppression, milliseconds, also if it was lifted.
        source: the way in which it arrived.
        until: the end by time alone, milliseconds, or None.
        excepted: numbers of the marketing topics in its scope that it does not stop.
        active: whether it still stops any mail. If not, it was lifted.
    """

    reason: Reason
    scope: ScopeNumber
    since: Millis
    source: Source
    until: Millis | None = None
    excepted: tuple[ScopeNumber, ...] = ()
    active: bool = True

    @property
    def sort_key(self) -> tuple[int, int]:
        """Identifies the suppression within its record, and gives the order: reason, then scope."""
        return PRECEDENCE.index(self.reason), self.scope

    def stops(self, topic: Topic) -> bool:
        """Whether it stops a topic."""
        if not self.active:
            return False
        if self.reason in ADDRESS_SUPPRESSIONS:
            return True
        return (
            topic.kind is not TopicKind.SERVICE
            and self.scope in topic.path
            and topic.number not in self.excepted
        )


def suppressions_of(record: Record, catalogue: Catalogue, now: Millis) -> list[Suppression]:
    """Returns all suppressions of a record, active or lifted, sorted by reason, then scope.

    There is at most one for each pair of reason and scope. Expired suppressions and unknown scopes are left
    out, because they stop no mail. A suppression at a topic is listed again for each topic that follows it.
    """
    by_key: dict[tuple[int, int], list[Suppression]] = {}
    current = (*_address_suppressions(record, now), *_scope_suppressions(record, catalogue, now))
    for suppression in current:
        by_key.setdefault(suppression.sort_key, []).append(suppression)
    for suppression in _lifted_by_erasure(record, catalogue):
        by_key.setdefault(suppression.sort_key, [suppression])
    return [min(by_key[key], key=_priority) for key in sorted(by_key)]


def blocking_reasons(record: Record, topic: Topic, catalogue: Catalogue, now: Millis) -> set[Reason]:
    """Returns all reasons that stop a topic. The decision returns only the strongest one.

    Missing consent is included only if there is no other reason.
    """
    decision = decide(record, topic, now)
    if decision.sendable:  # the suppressions list no exceptions for retired topics
        return set()
    suppressions = suppressions_of(record, catalogue, now)
    reasons = {suppression.reason for suppression in suppressions if suppression.stops(topic)}
    return reasons | {decision.reason}


def topics_in_use(topics: list[Topic]) -> list[Topic]:
    """Returns the topics that are not retired; all topics if every one is retired."""
    return [topic for topic in topics if not topic.retired] or topics


def _priority(suppression: Suppression) -> tuple[bool, bool, int, int]:
    """Orders suppressions of one reason and scope: active first, then the last to end, then the oldest."""
    has_end = suppression.until is not None
    return not suppression.active, has_end, -(suppression.until or 0), suppression.since


def _address_suppressions(record: Record, now: Millis) -> Iterator[Suppression]:
    for reason, kind in ADDRESS_SUPPRESSIONS.items():
        if entries := record.stops(kind.register) or _last_import(record, kind.register):
            first = kind.active_entry(record)
            yield _suppression(reason, ALL_SCOPES, _earliest([first], entries), active=first is not None)
    without_lift = {r: entry for r, entry in record.registers.items() if r != LIFT_UNDELIVERABLE}
    active_until = undeliverable_until(record, now)
    until = active_until or undeliverable_until(replace(record, registers=without_lift), now)
    if until:
        since, active = until - SOFT_BOUNCE_WINDOW * DAY_MS, active_until is not None
        yield Suppression(
            Reason.UNDELIVERABLE, ALL_SCOPES, Millis(since), Source.BOUNCE, until, active=active
        )


def _lifted_by_erasure(record: Record, catalogue: Catalogue) -> Iterator[Suppression]:
    """Returns lifted suppressions in place of those that an erasure deleted.

    After an erasure it is not known which suppressions existed before it. All possible ones are reported as
    lifted. Otherwise a platform with its own list would keep the suppression of a child for ever, even after
    the lift. A suppression of a topic is reported only if the person has chosen the topic since. Until then
    the opt-out of all marketing stops it.
    """
    if record.erased_at is None or (opt_out := record.get(opt_out_register(ALL_SCOPES))) is None:
        return
    chosen = [t.number for t in catalogue.topics.values() if _is_chosen(record, t.number)]
    for reason, scope in (
        *((reason, ALL_SCOPES) for reason in (*ADDRESS_SUPPRESSIONS, Reason.COMPLAINED)),
        *((Reason.TOPIC_UNSUBSCRIBED, number) for number in chosen),
    ):
        yield Suppression(reason, scope, record.erased_at, opt_out.source, active=False)


def _is_chosen(record: Record, scope: ScopeNumber) -> bool:
    return record.get(opt_in_register(scope)) is not None or record.get(confirmed_register(scope)) is not None


def _scope_suppressions(record: Record, catalogue: Catalogue, now: Millis) -> Iterator[Suppression]:
    if complaints := record.stops(COMPLAINT) or _last_import(record, COMPLAINT):
        topics = topics_in_use(catalogue.marketing_topics(ALL_SCOPES))
        stopped = [topic for topic in topics if active_complaint(record, topic)]
        complaint = _earliest((active_complaint(record, topic) for topic in topics), complaints)
        yield _suppression_of_topics(Reason.COMPLAINED, ALL_SCOPES, complaint, topics, stopped)
    for scope in sorted({r.scope for r in record.registers if r.is_choice and r.may_suppress}):
        taken_back = _taken_back(record, scope)
        opt_outs = record.opt_outs(scope) or [entry for entry in taken_back if entry.until is None]
        if opt_outs:
            yield from _suppressions_at(record, catalogue, now, scope, opt_outs)
        pauses = [e for e in (record.pause(scope), *taken_back) if e is not None]
        pauses = [e for e in pauses if e.until is not None and e.until > now]
        if pauses:
            yield from _suppressions_at(record, catalogue, now, scope, pauses[:1])


def _taken_back(record: Record, scope: ScopeNumber) -> list[Entry]:
    """Returns the press and the import at a scope that were taken back. They are reported as lifted."""
    press = record.get(undoable_register(scope))
    presses = [] if press is None or record.undoable_press(scope) is not None else [press]
    return [*presses, *_last_import(record, opt_out_register(scope))]


def _last_import(record: Record, stop: Register) -> list[Entry]:
    """Returns the import of a stop, to report it as lifted where no stop is valid."""
    return [entry for entry in (record.last_import(stop),) if entry is not None]


def _suppressions_at(
    record: Record, catalogue: Catalogue, now: Millis, scope: ScopeNumber, entries: Sequence[Entry]
) -> Iterator[Suppression]:
    """Returns the suppression by the opt-outs, or by the pause, at a scope.

    For opt-outs at a topic, it also returns one suppression for each topic that follows it.
    """
    is_pause = entries[0].until is not None

    def active_entry(topic: Topic) -> Entry | None:
        if is_pause:
            return active_pause(record, topic, scope, now)
        return active_opt_out(record, topic, scope)

    if scope == ALL_SCOPES or scope in catalogue.brands:
        topics = topics_in_use(catalogue.marketing_topics(scope))
        reason = Reason.PAUSED if is_pause else Reason.UNSUBSCRIBED
        if topics:
            entry = _earliest(map(active_entry, topics), entries)
            yield _suppression_of_topics(reason, scope, entry, topics, [t for t in topics if active_entry(t)])
        return
    reason = Reason.PAUSED if is_pause else Reason.TOPIC_UNSUBSCRIBED
    for topic in catalogue.topics.values():
        inherited = () if is_pause else topic.followed
        if topic.kind is not TopicKind.SERVICE and scope in (topic.number, *inherited):
            active = active_entry(topic)
            entry = _earliest([active], entries)
            yield _suppression(reason, topic.number, entry, active=active is not None)


def _earliest(active: Iterable[Entry | None], entries: Sequence[Entry]) -> Entry:
    """Returns the earliest active entry or, if none is active, the earliest of the entries."""
    return min((e for e in active if e), key=_rank, default=min(entries, key=_rank))


def _rank(entry: Entry) -> tuple[int, bytes]:
    return entry.rank


def _suppression(reason: Reason, scope: ScopeNumber, entry: Entry, *, active: bool = True) -> Suppression:
    return Suppression(reason, scope, entry.at, entry.source, entry.until, active=active)


def _suppression_of_topics(
    reason: Reason, scope: ScopeNumber, entry: Entry, topics: list[Topic], stopped: list[Topic]
) -> Suppression:
    """Returns a suppression of many topics.

    If no topic is left that it stops, it was lifted and has no exceptions.
    """
    excepted = tuple(topic.number for topic in topics if topic not in stopped) if stopped else ()
    return replace(_suppression(reason, scope, entry, active=bool(stopped)), excepted=excepted)
