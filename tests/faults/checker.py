"""Whether a history kept the promises: a pure function, written from the model's page alone.

It knows what was said (facts), what was acknowledged, what checks answered, and what an observer saw
in the table. Of the code under test it uses nothing; the decision is the oracle's (tests/domain).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from heed.domain.record import Record
from heed.domain.register import Entry, Source
from tests.domain.oracle import DAY, TOPICS, oracle
from tests.faults import epochs
from tests.faults.history import (
    NOBODY,
    Ack,
    End,
    Fact,
    History,
    Odd,
    Promise,
    Said,
    Seen,
    Start,
    State,
)
from tests.faults.promises import forbidden

LONGEST_DRAIN = 3  # rounds that queues may need once nothing fails any more


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
    epochs: list[tuple[int, Fact]] = field(default_factory=list)
    owed_at: dict[int, int] = field(default_factory=dict)


def check(history: History) -> tuple[list[str], Counter[str]]:
    """The promises that were broken, and how often each was put to the test."""
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
        case Ack(step, facts):
            begun = [fact for fact in facts if fact.register.startswith("epoch:")]
            lifts = [fact for fact in facts if fact.register == "l:hold"]
            book.epochs += [(step, fact) for fact in (*begun, *lifts)]
            said = [fact for fact in facts if fact.must and fact not in begun]
            book.owed += [fact for fact in said if not _is_replaced(book, step, fact)]
        case Promise(_, facts):
            book.promised += [fact for fact in facts if fact.must]
        case Seen(_, people, quiet):
            yield from _seen(book, people, quiet=quiet)
        case Said():
            yield from _said(book, line)
        case Odd(_, what):
            yield f"I4 I11 {what}"
        case End():
            yield from _end(book, line)


def _began(book: _Book, who: int, state: State) -> None:
    book.floors[who] = state.floor or 0
    if "x:minor" in state.registers:
        book.minors.add(who)
    book.owed = [fact for fact in book.owed if fact.who != who] + epochs.stops(who, state)


def _counts(book: _Book, fact: Fact) -> bool:
    """Whether a fact is of the present epoch, and of somebody about whom anything is kept."""
    if fact.by == "epoch":
        return True
    return fact.who not in book.minors and fact.at > book.floors.get(fact.who, -1)


def _seen(book: _Book, people: tuple[State, ...], *, quiet: bool) -> Iterator[str]:
    before = book.seen[-1] if book.seen else (NOBODY,) * len(people)
    for who, (old, new) in enumerate(zip(before, people, strict=True)):
        if epochs.began(old, new):
            book.checked["I9"] += 1
            yield from epochs.faults(_asked(book, who), old, new)
            _began(book, who, new)
        else:
            yield from _moved(book, old, new, quiet=quiet)
            if "x:minor" in new.registers:
                book.minors.add(who)  # beside what a hold preserves
        if old != new:
            yield from _invented(book, who, new)
    book.seen.append(people)
    for fact in book.owed:
        book.checked["I1"] += 1
        if _counts(book, fact) and not _holds(people[fact.who], fact):
            yield f"I1 acknowledged and not on record: {fact}"
    yield from _epochs(book)


def _moved(book: _Book, old: State, new: State, *, quiet: bool) -> Iterator[str]:
    """Registers only grow, and each write that changes something counts once."""
    book.checked["I2"] += 1
    for name, entry in old.registers.items():
        there = new.registers.get(name)
        if there is None or (there[0], there[3].encode()) < (entry[0], entry[3].encode()):
            yield f"I2 I7 {name} went back"
    if not old.soft <= new.soft:
        yield "I2 a day of a soft bounce was lost"
    changed = (old.registers, old.soft) != (new.registers, new.soft)
    book.checked["I5"] += 1
    if changed != (new.n > old.n):
        yield f"I5 I6 the counter went from {old.n} to {new.n}, changed: {changed}"
    if changed and "x:minor" in old.registers:
        yield "I9 something was written over a minor"
    if quiet and changed:
        yield "I5 something changed that may not"


def _invented(book: _Book, who: int, state: State) -> Iterator[str]:
    book.checked["I6"] += 1
    known = {(f.register, f.at, f.by, f.until) for f in book.possible if f.who == who}
    days = {f.at // DAY for f in book.possible if f.who == who and f.register == "soft"}
    for name, entry in state.registers.items():
        if entry[0] == state.floor:
            continue  # of the epoch itself
        if not state.strange and (name, *entry[:3]) not in known:
            yield f"I6 nobody said {name} {entry}"
        if state.floor is not None and entry[0] < state.floor:
            yield f"I9 {name} is of an epoch that was ended"
    if not state.soft <= days:
        yield "I6 a soft bounce that never was"


def _epochs(book: _Book) -> Iterator[str]:
    """An epoch stood at some moment of its call: on a bare record a second one leaves nothing behind."""
    for step, fact in book.epochs:
        during = book.seen[max(book.begun[step] - 1, 0) :]
        if not any(epochs.holds(people[fact.who], fact) for people in during):
            yield f"I1 acknowledged and not on record: {fact}"
    book.epochs.clear()


def _is_replaced(book: _Book, step: int, fact: Fact) -> bool:
    """Whether a fact was on record already when, during its own call, an epoch of its person began.

    It then went the way of everything before, though by a clock that is ahead it may be newer than the
    floor; the stop of the epoch stands for it.
    """
    during = [people[fact.who] for people in book.seen[max(book.begun[step] - 1, 0) :]]
    return any(epochs.began(old, new) and _holds(old, fact) for old, new in pairwise(during))


def _asked(book: _Book, who: int) -> list[Fact]:
    wanted = ("epoch:", "l:hold")
    return [f for f in book.possible if f.who == who and f.register.startswith(wanted)]


def _holds(state: State, fact: Fact) -> bool:
    if fact.register == "soft":
        return fact.at // DAY in state.soft
    return fact.register in state.registers and state.registers[fact.register][0] >= fact.at


def _said(book: _Book, said: Said) -> Iterator[str]:
    book.checked["I3"] += 1
    if said.sendable:
        book.checked["I8"] += 1
        owed = [f for f in book.owed[: book.owed_at[said.step]] if f.who == said.who]
        possible = [f for f in book.possible if f.who == said.who]
        if said.who in book.minors:
            yield "I3 I7 a minor may be sent to"
        reason = forbidden(
            [f for f in owed if _counts(book, f)],
            [f for f in possible if _counts(book, f)],
            said.topic,
            said.now,
        )
        if reason:
            yield f"I3 I8 may be sent in spite of {reason}"
    start = book.begun[said.step]
    states = [people[said.who] for people in book.seen[max(start - 1, 0) :]] or [NOBODY]
    answers = {_answer(state, said) for state in states}
    book.checked["I4"] += 1
    if (said.sendable, said.reason) not in answers:
        yield f"I4 of topic {said.topic}: {said.sendable}, {said.reason}; the model says {answers}"


def _answer(state: State, said: Said) -> tuple[bool, str]:
    if state.strange:
        return False, "unreadable"
    registers = {
        name: Entry(at, Source(by), "{}", "", until)
        for name, (at, by, until, _) in state.registers.items()
    }
    answer = oracle(Record(registers, state.soft, state.floor, state.n), said.topic, said.now)
    return answer.sendable, answer.reason


def _end(book: _Book, end: End) -> Iterator[str]:
    book.checked["I14"] += 1
    if end.left or end.rounds > LONGEST_DRAIN:
        yield f"I14 {end.left} messages left after {end.rounds} rounds without a fault"
    book.checked["I11"] += 1
    if end.aside != end.hopeless:
        yield f"I11 {len(end.hopeless)} messages were hopeless, {len(end.aside)} put aside"
    for fact in (*book.owed, *book.promised):
        if _counts(book, fact) and not _holds(book.seen[-1][fact.who], fact):
            yield f"I1 promised and never written: {fact}"


def topics() -> tuple[int, ...]:
    """The numbers of the topics that the model is asked about."""
    return tuple(TOPICS)
