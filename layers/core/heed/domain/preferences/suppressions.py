"""Which stops a record holds, each with what may go in spite of it: the decision, seen from the other side.

`heed.domain.preferences.decision` answers for one topic; this names every stop once, so that a platform can
keep a list of its own. Both follow from the same rules, and the tests hold one to the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from heed.domain.preferences.catalogue import Catalogue, Topic, TopicKind
from heed.domain.preferences.decision import (
    SOFT_BOUNCE_WINDOW,
    active_complaint,
    active_opt_out,
    active_pause,
    decide,
    undeliverable_until,
)
from heed.domain.preferences.reasons import ADDRESS_STOPS, PRECEDENCE, Reason
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import (
    ALL_SCOPES,
    COMPLAINT,
    DAY_MS,
    LIFT_UNDELIVERABLE,
    Entry,
    ScopeNumber,
    Source,
    confirmed,
    opted_in,
    opted_out,
    undoable,
)


@dataclass(frozen=True, slots=True)
class Suppression:
    """A stop on record.

    Attributes:
        reason: why.
        scope: number of the scope that it stops; 0 also for what stops the address.
        since: when it arose, milliseconds, also of one that was lifted.
        source: by which way it arrived.
        until: when it ends by itself, milliseconds, or None.
        excepted: numbers of the marketing topics of its scope that it does not stop.
        standing: whether it still stops anything; otherwise it was lifted.
    """

    reason: Reason
    scope: ScopeNumber
    since: int
    source: Source
    until: int | None = None
    excepted: tuple[ScopeNumber, ...] = ()
    active: bool = True

    @property
    def sort_key(self) -> tuple[int, int]:
        """What tells it from the other stops of its record, and their order: reason, then scope."""
        return PRECEDENCE.index(self.reason), self.scope

    def stops(self, topic: Topic) -> bool:
        """Whether it stops a topic."""
        if not self.active:
            return False
        if self.reason in ADDRESS_STOPS:
            return True
        return (
            topic.kind is not TopicKind.SERVICE
            and self.scope in topic.path
            and topic.number not in self.excepted
        )


def suppressions_of(record: Record, catalogue: Catalogue, now: int) -> list[Suppression]:
    """The stops that a record holds, standing or lifted, one a reason and scope, in order of place.

    What ended by time is left out, and so is a scope that the catalogue does not know: neither stops
    anything. A stop at a topic that others follow is one for each of them too.
    """
    by_place: dict[tuple[int, int], list[Suppression]] = {}
    for stop in (*_of_address(record, now), *_of_scopes(record, catalogue, now)):
        by_place.setdefault(stop.sort_key, []).append(stop)
    for stop in _forgotten(record, catalogue):
        by_place.setdefault(stop.sort_key, [stop])
    return [min(by_place[place], key=_weight) for place in sorted(by_place)]


def blocking_reasons(record: Record, topic: Topic, catalogue: Catalogue, now: int) -> set[Reason]:
    """Every reason that stops a topic, where the decision gives the strongest alone.

    That consent is lacking is said only where nothing else stops it.
    """
    decision = decide(record, topic, now)
    if decision.sendable:  # of a retired topic, which no stop excepts
        return set()
    reasons = {stop.reason for stop in suppressions_of(record, catalogue, now) if stop.stops(topic)}
    return reasons | {decision.reason}


def topics_in_use(topics: list[Topic]) -> list[Topic]:
    """Those that are still sent; all of them, if none is."""
    return [topic for topic in topics if not topic.retired] or topics


def _weight(stop: Suppression) -> tuple[bool, bool, int, int]:
    """Of several for the same place: the standing, the last to end, the first that arose."""
    return not stop.active, stop.until is not None, -(stop.until or 0), stop.since


def _of_address(record: Record, now: int) -> Iterator[Suppression]:
    for reason, stop in ADDRESS_STOPS.items():
        if entry := record.get(stop.register):
            yield _stop(reason, ALL_SCOPES, entry, standing=stop.active_entry(record) is not None)
    kept = {r: entry for r, entry in record.registers.items() if r != LIFT_UNDELIVERABLE}
    until = undeliverable_until(record, now)
    ends = until or undeliverable_until(replace(record, registers=kept), now)
    if ends:
        since = ends - SOFT_BOUNCE_WINDOW * DAY_MS
        reason, lifted = Reason.UNDELIVERABLE, until is None
        yield Suppression(reason, ALL_SCOPES, since, Source.BOUNCE, ends, active=not lifted)


def _forgotten(record: Record, catalogue: Catalogue) -> Iterator[Suppression]:
    """What may have stood before the epoch: nobody knows any more, and so all of it is told as lifted.

    A platform that keeps a list would otherwise hold a child's stop for ever once it is lifted. Of a
    topic only where it was chosen since: until then the *out* of everything stands for it.
    """
    if record.erased_at is None or (began := record.get(opted_out(ALL_SCOPES))) is None:
        return
    chosen = [t.number for t in catalogue.topics.values() if _is_chosen(record, t.number)]
    for reason, scope in (
        *((reason, ALL_SCOPES) for reason in (*ADDRESS_STOPS, Reason.COMPLAINED)),
        *((Reason.TOPIC_UNSUBSCRIBED, number) for number in chosen),
    ):
        yield Suppression(reason, scope, record.erased_at, began.source, active=False)


def _is_chosen(record: Record, scope: ScopeNumber) -> bool:
    return record.get(opted_in(scope)) is not None or record.get(confirmed(scope)) is not None


def _of_scopes(record: Record, catalogue: Catalogue, now: int) -> Iterator[Suppression]:
    if complaint := record.get(COMPLAINT):
        topics = topics_in_use(catalogue.marketing(ALL_SCOPES))
        stopped = [topic for topic in topics if active_complaint(record, topic)]
        yield _partial(Reason.COMPLAINED, ALL_SCOPES, complaint, topics, stopped)
    for scope in sorted({r.scope for r in record.registers if r.is_choice and r.may_stop}):
        taken_back = _taken_back(record, scope)
        outs = record.outs(scope) or [entry for entry in taken_back if entry.until is None]
        if outs:
            yield from _of_scope(record, catalogue, now, scope, outs)
        pauses = [e for e in (record.pause(scope), *taken_back) if e is not None]
        pauses = [e for e in pauses if e.until is not None and e.until > now]
        if pauses:
            yield from _of_scope(record, catalogue, now, scope, pauses[:1])


def _taken_back(record: Record, scope: ScopeNumber) -> list[Entry]:
    """The press at a scope that an Undo took back, which is told as lifted."""
    pressed = record.get(undoable(scope))
    return [] if pressed is None or record.pressed(scope) is not None else [pressed]


def _of_scope(
    record: Record, catalogue: Catalogue, now: int, scope: ScopeNumber, entries: Sequence[Entry]
) -> Iterator[Suppression]:
    """One stop of the *outs* or the pause at a scope; of *outs* at a topic one for each that follows it."""
    paused = entries[0].until is not None

    def standing(topic: Topic) -> Entry | None:
        if paused:
            return active_pause(record, topic, scope, now)
        return active_opt_out(record, topic, scope)

    def earliest(found: Iterable[Entry | None]) -> Entry:
        return min((e for e in found if e), key=_rank, default=min(entries, key=_rank))

    if scope == ALL_SCOPES or scope in catalogue.brands:
        topics = topics_in_use(catalogue.marketing(scope))
        reason = Reason.PAUSED if paused else Reason.UNSUBSCRIBED
        if topics:
            entry = earliest(map(standing, topics))
            yield _partial(reason, scope, entry, topics, [t for t in topics if standing(t)])
        return
    reason = Reason.PAUSED if paused else Reason.TOPIC_UNSUBSCRIBED
    for topic in catalogue.topics.values():
        inherited = () if paused else topic.followed
        if topic.kind is not TopicKind.SERVICE and scope in (topic.number, *inherited):
            stop = standing(topic)
            yield _stop(reason, topic.number, earliest([stop]), standing=stop is not None)


def _rank(entry: Entry) -> tuple[int, bytes]:
    return entry.rank


def _stop(reason: Reason, scope: ScopeNumber, entry: Entry, *, standing: bool = True) -> Suppression:
    return Suppression(reason, scope, entry.at, entry.source, entry.until, active=standing)


def _partial(
    reason: Reason, scope: ScopeNumber, entry: Entry, topics: list[Topic], stopped: list[Topic]
) -> Suppression:
    """A stop of many topics; once nothing is left that it stops, it was lifted, and excepts nothing."""
    excepted = tuple(topic.number for topic in topics if topic not in stopped) if stopped else ()
    return replace(_stop(reason, scope, entry, standing=bool(stopped)), excepted=excepted)
