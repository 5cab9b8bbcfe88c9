"""Checks whether a history kept the promises: a pure function, derived from the model's document alone.

It knows the facts that people stated, what was acknowledged, what checks answered, and what an observer saw
in the table. It uses only the data types and the name decoder of the code under test, none of its
decisions. Decisions come from the oracle (tests/domain).

Each message begins with the number of the broken promise, I1 to I17. PROMISES in soak.py describes each
number, and docs/evidence.md shows the same table.
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
from tests.simulation import erasures, imports, presses
from tests.simulation.history import (
    NO_RECORD,
    Acknowledgement,
    Anomaly,
    CheckAnswer,
    End,
    Fact,
    History,
    InvocationStart,
    Observation,
    PersonState,
    QueuedPromise,
    RegisterValue,
    SnapshotAnswer,
    TakenBack,
)
from tests.simulation.invariants import is_undone, limit_to_later_pause, why_forbidden

SERVICE = 6  # a topic that no choice stops
LONGEST_DRAIN = 3  # rounds that queues may need when nothing fails any more


@dataclass
class _KnownFacts:
    """The facts, observations and counts that the checker has collected so far."""

    possible: list[Fact] = field(default_factory=list)
    acknowledged: list[Fact] = field(default_factory=list)
    promised: list[Fact] = field(default_factory=list)
    erasure_times: dict[int, int] = field(default_factory=dict)
    minors: set[int] = field(default_factory=set)
    observations: list[tuple[PersonState, ...]] = field(default_factory=list)
    right_times: list[Millis] = field(default_factory=list)
    observations_at_start: dict[int, int] = field(default_factory=dict)
    check_counts: Counter[str] = field(default_factory=Counter)
    erasure_calls: list[tuple[int, Fact]] = field(default_factory=list)
    acknowledged_at_start: dict[int, int] = field(default_factory=dict)
    facts_by_step: dict[int, tuple[Fact, ...]] = field(default_factory=dict)


def check_history(history: History) -> tuple[list[str], Counter[str]]:
    """Returns the promises that were broken, and how often each one was tested."""
    known_facts, broken = _KnownFacts(), []
    for line in history.lines:
        broken += [
            f"step {getattr(line, 'step', 'end')}: {fault}" for fault in _check_line(line, known_facts)
        ]
    return broken, known_facts.check_counts


def _check_line(line: object, known_facts: _KnownFacts) -> Iterator[str]:
    match line:
        case InvocationStart(step, facts):
            known_facts.possible += facts
            known_facts.observations_at_start[step] = len(known_facts.observations)
            known_facts.acknowledged_at_start[step] = len(known_facts.acknowledged)
            known_facts.facts_by_step[step] = facts
            # What the same file with the same meaning says is no second statement.
            claims = {fact.claim for fact in facts if fact.register.startswith("v:")}
            if claims:
                known_facts.acknowledged = [f for f in known_facts.acknowledged if f.claim not in claims]
        case Acknowledgement(step, facts):
            erasure_facts = [fact for fact in facts if fact.register.startswith("erasure:")]
            lifts = [fact for fact in facts if fact.register == "l:hold"]
            known_facts.erasure_calls += [(step, fact) for fact in (*erasure_facts, *lifts)]
            stated = [fact for fact in facts if fact.is_promised and fact not in erasure_facts]
            kept = (
                fact
                for fact in stated
                if not _is_replaced_by_erasure(known_facts, step, fact)
                and not (fact.job and _was_unreadable(known_facts, step, fact.who))
            )
            known_facts.acknowledged += [limit_to_later_pause(fact, known_facts.possible) for fact in kept]
        case QueuedPromise(_, facts):
            known_facts.promised += [fact for fact in facts if fact.is_promised]
        case Observation():
            yield from _check_observation(known_facts, line)
        case CheckAnswer() | SnapshotAnswer() | TakenBack():
            yield from _check_result(known_facts, line)
        case Anomaly(_, description):
            yield f"I4, I11: {description}"
        case End():
            yield from _check_end(known_facts, line)


def _check_result(known_facts: _KnownFacts, line: CheckAnswer | SnapshotAnswer | TakenBack) -> Iterator[str]:
    match line:
        case CheckAnswer():
            yield from _check_answer(known_facts, line)
        case SnapshotAnswer():
            yield from _check_snapshot(known_facts, line)
        case TakenBack():
            yield from _check_taking_back(known_facts, line)


def _note_erasure(known_facts: _KnownFacts, who: int, state: PersonState) -> None:
    known_facts.erasure_times[who] = state.erased_at or 0
    if "x:minor" in state.registers:
        known_facts.minors.add(who)
    known_facts.acknowledged = [
        fact for fact in known_facts.acknowledged if fact.who != who
    ] + erasures.kept_opt_outs(who, state)


def _is_newer_than_erasure(known_facts: _KnownFacts, fact: Fact) -> bool:
    """Whether a fact is newer than the last erasure, and about a person of whom anything is kept."""
    if fact.source == "erasure":
        return True
    return fact.who not in known_facts.minors and fact.at > known_facts.erasure_times.get(fact.who, -1)


def _must_be_on_record(known_facts: _KnownFacts, fact: Fact) -> bool:
    """Whether an acknowledged fact must still be on record."""
    return _is_newer_than_erasure(known_facts, fact) and not is_undone(fact, known_facts.possible)


def _check_observation(known_facts: _KnownFacts, observation: Observation) -> Iterator[str]:
    people = observation.people
    previous = known_facts.observations[-1] if known_facts.observations else (NO_RECORD,) * len(people)
    for who, (old, new) in enumerate(zip(previous, people, strict=True)):
        if erasures.is_erasure(old, new):
            known_facts.check_counts["I9"] += 1
            yield from erasures.find_erasure_faults(_erasure_requests(known_facts, who), old, new)
            _note_erasure(known_facts, who, new)
        else:
            yield from _check_transition(known_facts, old, new, changes_nothing=observation.changes_nothing)
            if "x:minor" in new.registers:
                known_facts.minors.add(who)  # beside what a hold preserves
            yield from _find_topics_made_sendable(known_facts, observation, who, old)
            yield from imports.find_repetitions(old, new)
        if old != new:
            yield from _find_entries_without_request(known_facts, who, new)
    known_facts.observations.append(people)
    known_facts.right_times.append(observation.right_time)
    for fact in known_facts.acknowledged:
        known_facts.check_counts["I1"] += 1
        if _must_be_on_record(known_facts, fact) and not _has_fact(people[fact.who], fact):
            yield f"I1: acknowledged and not on record: {fact}"
    yield from _check_erasure_calls(known_facts)


def _check_transition(
    known_facts: _KnownFacts, old: PersonState, new: PersonState, *, changes_nothing: bool
) -> Iterator[str]:
    """Checks that registers only grow, and that each change increases the revision once."""
    known_facts.check_counts["I2"] += 1
    for name, entry in old.registers.items():
        newer = new.registers.get(name)
        if newer is None or (newer.at, newer.tie_breaker.encode()) < (entry.at, entry.tie_breaker.encode()):
            yield f"I2, I7: {name} returned to an older entry"
    if not old.soft_bounce_days <= new.soft_bounce_days:
        yield "I2: a day of a soft bounce was lost"
    changed = (old.registers, old.soft_bounce_days) != (new.registers, new.soft_bounce_days)
    known_facts.check_counts["I5"] += 1
    if changed != (new.revision > old.revision):
        yield f"I5, I6: the counter went from {old.revision} to {new.revision}, changed: {changed}"
    if changed and "x:minor" in old.registers:
        yield "I9: a write replaced the record of a minor"
    if changes_nothing and changed:
        yield "I5: a step that must change nothing changed the record"


def _find_topics_made_sendable(
    known_facts: _KnownFacts, observation: Observation, who: int, old: PersonState
) -> Iterator[str]:
    """Finds topics that a link, or a key without rights, makes sendable now or earlier than before.

    An Undo may restore what there would be without the press that it names, and nothing more. During a hold
    it may restore nothing, because the end of the hold would show it. The taking back of an import may
    restore what there would be without this import. Other work on jobs makes nothing sendable.
    """
    if observation.link_used_at is None:
        return
    new = observation.people[who]
    if old.registers == new.registers:
        return
    if (
        _undo_registers(new) != _undo_registers(old)
        and _decide_by_model(old, SERVICE, Millis(observation.link_used_at))[1] == "hold"
    ):
        yield "I15: a press was taken back under a hold"
    facts = known_facts.facts_by_step[observation.step]
    undos = [f for f in facts if f.who == who and f.register.startswith("u:")]
    taken_back = {f.job for f in facts if f.register.startswith("v:")}
    promise = "I16" if any(f.job for f in facts) else "I15"
    known_facts.check_counts[promise] += 1
    previous = imports.remove_imports(presses.remove_undone_presses(old, undos), taken_back)
    ends = [value.until - 1 for value in previous.registers.values() if value.until is not None]
    for now in {observation.link_used_at, *(end for end in ends if end > observation.link_used_at)}:
        for topic in TOPICS:
            if (
                _decide_by_model(new, topic, Millis(now))[0]
                and not _decide_by_model(previous, topic, Millis(now))[0]
            ):
                yield f"{promise}: a link, a key or a job made topic {topic} sendable at {now}"
                return


def _undo_registers(state: PersonState) -> dict[str, RegisterValue]:
    return {name: value for name, value in state.registers.items() if name.startswith("u:")}


def _find_entries_without_request(known_facts: _KnownFacts, who: int, state: PersonState) -> Iterator[str]:
    known_facts.check_counts["I6"] += 1
    facts = [f for f in known_facts.possible if f.who == who]
    known = {(f.register, f.at, f.source, f.until) for f in facts}
    for fact in facts:
        if fact.press_id and fact.register.startswith("p:"):
            # If another pause stops a part, that pause may not end earlier.
            ends = {f.until for f in facts if f.until and fact.until and f.until > fact.until}
            known |= {(*fact[1:4], end) for end in ends}
    pressed = {(f.register, f.at, f.source) for f in facts if f.press_id}
    known |= {
        (f"c:{register[2:]}", at, source, until)
        for register, at, source, until in known
        if (register, at, source) in pressed
    }
    known |= {(f"m:{f.register[2:]}", f.at, f.source, None) for f in facts if f.source == "import"}
    days = {f.at // DAY for f in known_facts.possible if f.who == who and f.register == "soft"}
    for name, entry in state.registers.items():
        if entry.at == state.erased_at and not name.startswith("m:"):
            continue  # the erasure made this entry
        if not state.has_unknown_register and (name, *entry[:3]) not in known:
            yield f"I6: no request contained {name} {entry}"
        if state.erased_at is not None and entry.at <= state.erased_at:
            yield f"I9: {name} is older than the erasure"
    if not state.soft_bounce_days <= days:
        yield "I6: the record has a soft bounce that no event reported"


def _check_erasure_calls(known_facts: _KnownFacts) -> Iterator[str]:
    """Checks that each erasure was in effect during its call, or had nothing to change."""
    for step, fact in known_facts.erasure_calls:
        during = known_facts.observations[max(known_facts.observations_at_start[step] - 1, 0) :]
        if not any(erasures.is_in_effect(people[fact.who], fact) for people in during):
            yield f"I1: acknowledged and not on record: {fact}"
    known_facts.erasure_calls.clear()


def _is_replaced_by_erasure(known_facts: _KnownFacts, step: int, fact: Fact) -> bool:
    """Whether a fact was on record already when an erasure of its person began during its own call.

    The erasure then removed it, although a fast clock may have dated it after the erasure. The erasure's own
    opt-out replaces it.
    """
    during = [
        people[fact.who]
        for people in known_facts.observations[max(known_facts.observations_at_start[step] - 1, 0) :]
    ]
    return any(erasures.is_erasure(old, new) and _has_fact(old, fact) for old, new in pairwise(during))


def _erasure_requests(known_facts: _KnownFacts, who: int) -> list[Fact]:
    registers = ("erasure:", "l:hold")
    return [f for f in known_facts.possible if f.who == who and f.register.startswith(registers)]


def _has_fact(state: PersonState, fact: Fact) -> bool:
    if fact.register == "soft":
        return fact.at // DAY in state.soft_bounce_days
    if fact.job:
        return imports.is_on_record(state, fact)
    value = state.registers.get(fact.register)
    if value is None or value.at < fact.at:
        value = presses.active_press(state, int(fact.register[2:])) if fact.press_id else None
    return value is not None and value.at >= fact.at and (value.until is None) == (fact.until is None)


def _was_unreadable(known_facts: _KnownFacts, step: int, who: int) -> bool:
    """Whether a record was unreadable at any time since a step began. A job does not change it then."""
    start = known_facts.observations_at_start[step]
    return any(people[who].has_unknown_register for people in known_facts.observations[max(start - 1, 0) :])


def _check_taking_back(known_facts: _KnownFacts, taken_back: TakenBack) -> Iterator[str]:
    """Checks that nothing of the import counts any more. A minor's record stays as it is."""
    known_facts.check_counts["I16"] += 1
    for who, state in enumerate(known_facts.observations[-1]):
        if "x:minor" not in state.registers and not _was_unreadable(known_facts, taken_back.step, who):
            for name in imports.find_remaining_stops(state, taken_back.job):
                yield f"I16: an import was taken back, and {name} still counts"


def _check_snapshot(known_facts: _KnownFacts, answer: SnapshotAnswer) -> Iterator[str]:
    """Checks that a topic was not stopped at `as_of`, or after it, if a snapshot does not stop it."""
    known_facts.check_counts["I17"] += 1
    before = [place for place, at in enumerate(known_facts.right_times) if at < answer.as_of]
    states = [people[answer.who] for people in known_facts.observations[before[-1] if before else 0 :]]
    if not before:
        states.append(NO_RECORD)
    if not answer.is_stopped and not any(
        _decide_by_model(state, answer.topic, answer.as_of)[0] for state in states
    ):
        yield f"I17: a snapshot does not stop topic {answer.topic}, which was stopped before"


def _check_answer(known_facts: _KnownFacts, answer: CheckAnswer) -> Iterator[str]:
    known_facts.check_counts["I3"] += 1
    if answer.sendable:
        known_facts.check_counts["I8"] += 1
        owed = [
            f
            for f in known_facts.acknowledged[: known_facts.acknowledged_at_start[answer.step]]
            if f.who == answer.who
        ]
        possible = [f for f in known_facts.possible if f.who == answer.who]
        if answer.who in known_facts.minors:
            yield "I3, I7: mail to a minor is permitted"
        reason = why_forbidden(
            [f for f in owed if _is_newer_than_erasure(known_facts, f)],
            [f for f in possible if _is_newer_than_erasure(known_facts, f)],
            answer.topic,
            answer.now,
        )
        if reason:
            yield f"I3, I8: the topic is sendable in spite of {reason}"
    start = known_facts.observations_at_start[answer.step]
    states = [people[answer.who] for people in known_facts.observations[max(start - 1, 0) :]] or [NO_RECORD]
    answers = {_decide_by_model(state, answer.topic, answer.now) for state in states}
    known_facts.check_counts["I4"] += 1
    if (answer.sendable, answer.reason) not in answers:
        yield f"I4: topic {answer.topic}: {answer.sendable}, {answer.reason}; the model says {answers}"


def _decide_by_model(state: PersonState, topic: int, now: Millis) -> tuple[bool, str]:
    if state.has_unknown_register:
        return False, "unreadable"
    registers = {decode_register(name): _to_entry(value) for name, value in state.registers.items()}
    answer = oracle(Record(registers, state.soft_bounce_days, state.erased_at, state.revision), topic, now)
    return answer.sendable, answer.reason


def _to_entry(value: RegisterValue) -> Entry:
    return Entry(value.at, Source(value.source), value.evidence, value.policy, value.until)


def _check_end(known_facts: _KnownFacts, end: End) -> Iterator[str]:
    known_facts.check_counts["I14"] += 1
    if end.messages_left or end.rounds > LONGEST_DRAIN:
        yield f"I14: {end.messages_left} messages left after {end.rounds} rounds without a fault"
    known_facts.check_counts["I11"] += 1
    if end.dead_letters != end.unprocessable:
        counts = len(end.unprocessable), len(end.dead_letters)
        yield "I11: {} messages were unprocessable, {} became dead letters".format(*counts)
    for fact in (*known_facts.acknowledged, *known_facts.promised):
        if _must_be_on_record(known_facts, fact) and not _has_fact(
            known_facts.observations[-1][fact.who], fact
        ):
            yield f"I1: promised and not stored: {fact}"


def topics() -> tuple[int, ...]:
    """Returns the numbers of the topics of the model."""
    return tuple(TOPICS)
