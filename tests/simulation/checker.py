"""Checks whether a history kept the promises: a pure function, derived from the model's document alone.

It knows the facts that people stated, what was acknowledged, what checks answered, and what an observer saw
in the table. It uses none of the code under test. Decisions come from the oracle (tests/domain).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from heed.codec.record import decode_register
from heed.domain.milliseconds import Millis
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Entry, Source
from tests.domain.oracle import DAY, TOPICS, oracle
from tests.simulation import erasures, presses
from tests.simulation.history import (
    NOBODY,
    Ack,
    Anomaly,
    CheckAnswer,
    End,
    Fact,
    History,
    Observation,
    QueuedPromise,
    RegisterValue,
    Start,
    State,
)
from tests.simulation.invariants import cut_short, forbidden, taken_back

SERVICE = 6  # a topic that no choice stops
LONGEST_DRAIN = 3  # rounds that queues may need when nothing fails any more


@dataclass
class _Book:
    """What is known so far."""

    possible: list[Fact] = field(default_factory=list)
    owed: list[Fact] = field(default_factory=list)
    promised: list[Fact] = field(default_factory=list)
    floors: dict[int, int] = field(default_factory=dict)
    minors: set[int] = field(default_factory=set)
    seen: list[tuple[State, ...]] = field(default_factory=list)
    begun: dict[int, int] = field(default_factory=dict)
    checked: Counter[str] = field(default_factory=Counter)
    erasure_calls: list[tuple[int, Fact]] = field(default_factory=list)
    owed_at: dict[int, int] = field(default_factory=dict)
    facts_of: dict[int, tuple[Fact, ...]] = field(default_factory=dict)


def check_history(history: History) -> tuple[list[str], Counter[str]]:
    """Returns the promises that were broken, and how often each one was tested."""
    book, broken = _Book(), []
    for line in history.lines:
        broken += [f"step {getattr(line, 'step', 'end')}: {fault}" for fault in _line(line, book)]
    return broken, book.checked


def _line(line: object, book: _Book) -> Iterator[str]:
    match line:
        case Start(step, facts):
            book.possible += facts
            book.begun[step] = len(book.seen)
            book.owed_at[step] = len(book.owed)
            book.facts_of[step] = facts
        case Ack(step, facts):
            erasure_facts = [fact for fact in facts if fact.register.startswith("erasure:")]
            lifts = [fact for fact in facts if fact.register == "l:hold"]
            book.erasure_calls += [(step, fact) for fact in (*erasure_facts, *lifts)]
            stated = [fact for fact in facts if fact.is_promised and fact not in erasure_facts]
            kept = (fact for fact in stated if not _is_replaced(book, step, fact))
            book.owed += [cut_short(fact, book.possible) for fact in kept]
        case QueuedPromise(_, facts):
            book.promised += [fact for fact in facts if fact.is_promised]
        case Observation():
            yield from _seen(book, line)
        case CheckAnswer():
            yield from _check_answer_faults(book, line)
        case Anomaly(_, what):
            yield f"I4 I11 {what}"
        case End():
            yield from _end(book, line)


def _began(book: _Book, who: int, state: State) -> None:
    book.floors[who] = state.erased_at or 0
    if "x:minor" in state.registers:
        book.minors.add(who)
    book.owed = [fact for fact in book.owed if fact.who != who] + erasures.erasure_stops(who, state)


def _counts(book: _Book, fact: Fact) -> bool:
    """Whether a fact is newer than the last erasure, and about a person of whom anything is kept."""
    if fact.source == "erasure":
        return True
    return fact.who not in book.minors and fact.at > book.floors.get(fact.who, -1)


def _is_owed(book: _Book, fact: Fact) -> bool:
    """Whether an acknowledged fact must still be on record."""
    return _counts(book, fact) and not taken_back(fact, book.possible)


def _seen(book: _Book, seen: Observation) -> Iterator[str]:
    people = seen.people
    before = book.seen[-1] if book.seen else (NOBODY,) * len(people)
    for who, (old, new) in enumerate(zip(before, people, strict=True)):
        if erasures.erasure_happened(old, new):
            book.checked["I9"] += 1
            yield from erasures.erasure_faults(_erasure_requests(book, who), old, new)
            _began(book, who, new)
        else:
            yield from _moved(book, old, new, changes_nothing=seen.changes_nothing)
            if "x:minor" in new.registers:
                book.minors.add(who)  # beside what a hold preserves
            yield from _brought_back(book, seen, who, old)
        if old != new:
            yield from _invented(book, who, new)
    book.seen.append(people)
    for fact in book.owed:
        book.checked["I1"] += 1
        if _is_owed(book, fact) and not _holds(people[fact.who], fact):
            yield f"I1 acknowledged and not on record: {fact}"
    yield from _erasure_faults(book)


def _moved(book: _Book, old: State, new: State, *, changes_nothing: bool) -> Iterator[str]:
    """Registers only grow, and each write that changes something increases the revision once."""
    book.checked["I2"] += 1
    for name, entry in old.registers.items():
        newer = new.registers.get(name)
        if newer is None or (newer.at, newer.tie_breaker.encode()) < (entry.at, entry.tie_breaker.encode()):
            yield f"I2 I7 {name} went back"
    if not old.soft_bounce_days <= new.soft_bounce_days:
        yield "I2 a day of a soft bounce was lost"
    changed = (old.registers, old.soft_bounce_days) != (new.registers, new.soft_bounce_days)
    book.checked["I5"] += 1
    if changed != (new.revision > old.revision):
        yield f"I5 I6 the counter went from {old.revision} to {new.revision}, changed: {changed}"
    if changed and "x:minor" in old.registers:
        yield "I9 a write replaced the record of a minor"
    if changes_nothing and changed:
        yield "I5 something changed that may not"


def _brought_back(book: _Book, seen: Observation, who: int, old: State) -> Iterator[str]:
    """What a link, or a key without rights, makes sendable now, or earlier than it would be by itself.

    An Undo may restore what there would be without the press that it names, and nothing more. During a hold
    it may restore nothing, because the end of the hold would show it.
    """
    if seen.by_link is None:
        return
    book.checked["I15"] += 1
    new = seen.people[who]
    if old.registers == new.registers:
        return
    if _taken_back(new) != _taken_back(old) and _decided(old, SERVICE, Millis(seen.by_link))[1] == "hold":
        yield "I15 a press was taken back under a hold"
    undos = [f for f in book.facts_of[seen.step] if f.who == who and f.register.startswith("u:")]
    before = presses.without(old, undos)
    ends = [held.until - 1 for held in before.registers.values() if held.until is not None]
    for now in {seen.by_link, *(end for end in ends if end > seen.by_link)}:
        for topic in TOPICS:
            if _decided(new, topic, Millis(now))[0] and not _decided(before, topic, Millis(now))[0]:
                yield f"I15 topic {topic} may be sent at {now} that might not"
                return


def _taken_back(state: State) -> dict[str, RegisterValue]:
    return {name: held for name, held in state.registers.items() if name.startswith("u:")}


def _invented(book: _Book, who: int, state: State) -> Iterator[str]:
    book.checked["I6"] += 1
    facts = [f for f in book.possible if f.who == who]
    known = {(f.register, f.at, f.source, f.until) for f in facts}
    for fact in facts:
        if fact.press and fact.register.startswith("p:"):
            # If another pause stops a part, that pause may not end earlier.
            ends = {f.until for f in facts if f.until and fact.until and f.until > fact.until}
            known |= {(*fact[1:4], end) for end in ends}
    pressed = {(f.register, f.at, f.source) for f in facts if f.press}
    known |= {
        (f"c:{register[2:]}", at, by, until)
        for register, at, by, until in known
        if (register, at, by) in pressed
    }
    days = {f.at // DAY for f in book.possible if f.who == who and f.register == "soft"}
    for name, entry in state.registers.items():
        if entry.at == state.erased_at:
            continue  # of the erasure itself
        if not state.has_unknown_register and (name, *entry[:3]) not in known:
            yield f"I6 no request contained {name} {entry}"
        if state.erased_at is not None and entry.at < state.erased_at:
            yield f"I9 {name} is older than the erasure"
    if not state.soft_bounce_days <= days:
        yield "I6 a soft bounce that no event reported"


def _erasure_faults(book: _Book) -> Iterator[str]:
    """An erasure was in effect during its call; on an empty record a second one changes nothing."""
    for step, fact in book.erasure_calls:
        during = book.seen[max(book.begun[step] - 1, 0) :]
        if not any(erasures.holds(people[fact.who], fact) for people in during):
            yield f"I1 acknowledged and not on record: {fact}"
    book.erasure_calls.clear()


def _is_replaced(book: _Book, step: int, fact: Fact) -> bool:
    """Whether a fact was on record already when an erasure of its person began during its own call.

    The erasure then removed it, although a fast clock may have dated it after the erasure. The erasure's own
    opt-out replaces it.
    """
    during = [people[fact.who] for people in book.seen[max(book.begun[step] - 1, 0) :]]
    return any(erasures.erasure_happened(old, new) and _holds(old, fact) for old, new in pairwise(during))


def _erasure_requests(book: _Book, who: int) -> list[Fact]:
    wanted = ("erasure:", "l:hold")
    return [f for f in book.possible if f.who == who and f.register.startswith(wanted)]


def _holds(state: State, fact: Fact) -> bool:
    if fact.register == "soft":
        return fact.at // DAY in state.soft_bounce_days
    held = state.registers.get(fact.register)
    if held is None or held.at < fact.at:
        held = presses.active_press(state, int(fact.register[2:])) if fact.press else None
    return held is not None and held.at >= fact.at and (held.until is None) == (fact.until is None)


def _check_answer_faults(book: _Book, answer: CheckAnswer) -> Iterator[str]:
    book.checked["I3"] += 1
    if answer.sendable:
        book.checked["I8"] += 1
        owed = [f for f in book.owed[: book.owed_at[answer.step]] if f.who == answer.who]
        possible = [f for f in book.possible if f.who == answer.who]
        if answer.who in book.minors:
            yield "I3 I7 a minor may be sent to"
        reason = forbidden(
            [f for f in owed if _counts(book, f)],
            [f for f in possible if _counts(book, f)],
            answer.topic,
            answer.now,
        )
        if reason:
            yield f"I3 I8 may be sent in spite of {reason}"
    start = book.begun[answer.step]
    states = [people[answer.who] for people in book.seen[max(start - 1, 0) :]] or [NOBODY]
    answers = {_decided(state, answer.topic, answer.now) for state in states}
    book.checked["I4"] += 1
    if (answer.sendable, answer.reason) not in answers:
        yield f"I4 of topic {answer.topic}: {answer.sendable}, {answer.reason}; the model says {answers}"


def _decided(state: State, topic: int, now: Millis) -> tuple[bool, str]:
    if state.has_unknown_register:
        return False, "unreadable"
    registers = {decode_register(name): _entry(held) for name, held in state.registers.items()}
    answer = oracle(Record(registers, state.soft_bounce_days, state.erased_at, state.revision), topic, now)
    return answer.sendable, answer.reason


def _entry(held: RegisterValue) -> Entry:
    return Entry(held.at, Source(held.source), held.evidence, held.policy, held.until)


def _end(book: _Book, end: End) -> Iterator[str]:
    book.checked["I14"] += 1
    if end.left or end.rounds > LONGEST_DRAIN:
        yield f"I14 {end.left} messages left after {end.rounds} rounds without a fault"
    book.checked["I11"] += 1
    if end.dead_letters != end.unprocessable:
        counts = len(end.unprocessable), len(end.dead_letters)
        yield "I11 {} messages were unprocessable, {} became dead letters".format(*counts)
    for fact in (*book.owed, *book.promised):
        if _is_owed(book, fact) and not _holds(book.seen[-1][fact.who], fact):
            yield f"I1 promised and not stored: {fact}"


def topics() -> tuple[int, ...]:
    """The numbers of the topics that the model has to decide about."""
    return tuple(TOPICS)
