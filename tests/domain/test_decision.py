"""Tests `decide` on generated records: against an independent oracle, and for general rules.

The examples of each rule, also those of the soft-bounce rule, are in test_model_examples.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import TopicKind
from heed.domain.preferences.decision import decide
from heed.domain.preferences.kinds import ChoiceKind
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    LIFT_UNDELIVERABLE,
    MINOR,
    UNDELIVERABLE,
    Change,
    Entry,
    ScopeNumber,
    Source,
)
from tests.domain.oracle import oracle
from tests.support.catalogues import CATALOGUE
from tests.support.registers import in_, out
from tests.support.strategies import REGISTERS, changes, instants, records

TOPICS = tuple(CATALOGUE.topics.values())


def _assert_agreement(record: Record, now: Millis) -> None:
    for topic in TOPICS:
        decision, expected = decide(record, topic, now), oracle(record, topic.number, now)
        decided = (decision.sendable, decision.reason, decision.until)
        assert decided == (expected.sendable, expected.reason, expected.until), (topic, record, now)
        assert decision.since in expected.sinces


@given(records(), instants)
def test_the_decision_agrees_with_an_independent_oracle(record: Record, now: Millis) -> None:
    _assert_agreement(record, now)


@pytest.mark.system
def test_decision_and_oracle_agree_on_thirty_thousand_decisions() -> None:
    seen: Counter[Reason] = Counter()
    random = Random(20_261_122)  # noqa: S311 - the same records each time
    for _ in range(30_000 // len(TOPICS)):
        record, now = (
            _random_record(random),
            random.choice((random.randrange(14), 40 * DAY_MS, 90 * DAY_MS)),
        )
        _assert_agreement(record, Millis(now))
        seen.update(decide(record, topic, Millis(now)).reason for topic in TOPICS)
    assert min(seen[reason] for reason in Reason) > 100, seen  # each reason occurred often enough


def _random_record(random: Random) -> Record:
    """Returns a record with few instants, so that ties are common."""
    registers = {
        name: Entry(
            Millis(at),
            Source.API,
            "{}",
            "",
            Millis(at + random.choice((1, 9))) if name.kind is ChoiceKind.PAUSE else None,
        )
        for name in random.sample(REGISTERS, random.choice((0, 1, 2, 4, 8, 16)))
        for at in [random.randrange(8)]
    }
    if random.random() < 0.02:
        registers[MINOR] = Entry(Millis(3), Source.AGE_REPORT, "{}")
    if random.random() < 0.1 and LIFT_UNDELIVERABLE in registers:
        registers[LIFT_UNDELIVERABLE] = Entry(Millis(20 * DAY_MS), Source.AGENT, "{}")
    days = random.sample(range(random.choice((8, 40, 80))), random.choice((0, 0, 0, 4, 5, 7)))
    return Record(registers, frozenset(days))


@given(records(), instants)
def test_a_reason_with_an_end_applies_until_that_end(record: Record, now: Millis) -> None:
    for topic in TOPICS:
        decision = decide(record, topic, now)
        if decision.until is not None:
            assert decide(record, topic, Millis(decision.until - 1)).reason is decision.reason
            assert decide(record, topic, decision.until).reason is not decision.reason


@given(records(), instants)
def test_only_the_reason_ok_is_sendable_and_it_has_no_end(record: Record, now: Millis) -> None:
    for topic in TOPICS:
        decision = decide(record, topic, now)
        assert decision.sendable == (decision.reason is Reason.OK)
        assert decision.until is None or not decision.sendable


@given(records(), instants, st.sampled_from((0, 1, 10, *(t.number for t in TOPICS))))
def test_a_new_opt_out_stops_all_topics_of_its_scope(record: Record, now: int, scope: int) -> None:
    latest = max((entry.at for entry in record.registers.values()), default=0)
    at = Millis(max(now, latest))
    after = merge_changes(record, [Change(out(scope), Entry(at, Source.ONE_CLICK, "{}"))])
    for topic in CATALOGUE.governed_topics(ScopeNumber(scope)):
        assert not decide(after, topic, at).sendable
        assert not decide(after, topic, Millis(at + 1000 * DAY_MS)).sendable


@given(records(), instants, st.lists(changes(), max_size=4))
def test_no_choice_stops_service_mail(record: Record, now: Millis, more: list[Change]) -> None:
    choices = [change for change in more if change.register.is_choice]
    for topic in TOPICS:
        if topic.kind is TopicKind.SERVICE:
            assert decide(record, topic, now) == decide(merge_changes(record, choices), topic, now)


@given(records(), instants)
def test_choices_about_mail_and_advertising_do_not_affect_each_other(record: Record, now: Millis) -> None:
    signal = CATALOGUE.topic_by_name("targeted-advertising")
    mail = {r: e for r, e in record.registers.items() if r.scope != signal.number}
    wide = {r: e for r, e in record.registers.items() if not r.is_choice}
    advertising = wide | {r: e for r, e in record.registers.items() if r.scope == signal.number}
    for topic in TOPICS:
        seen = advertising if topic is signal else mail
        alone = replace(record, registers=seen)
        assert decide(record, topic, now) == decide(alone, topic, now)


@given(records(), instants, st.integers(0, 12))
def test_an_added_opt_out_never_makes_a_topic_sendable(record: Record, now: Millis, at: Millis) -> None:
    stops = [Change(out(scope), Entry(at, Source.LINK, "{}")) for scope in (0, 1, 2, 5, 7)]
    for topic in TOPICS:
        if not decide(record, topic, now).sendable:
            assert not decide(merge_changes(record, stops), topic, now).sendable


@given(records(), instants)
def test_an_unknown_scope_does_not_affect_known_topics(record: Record, now: Millis) -> None:
    registers = {**record.registers, out(999): Entry(Millis(1), Source.LINK, "{}")}
    for topic in TOPICS:
        assert decide(record, topic, now) == decide(replace(record, registers=registers), topic, now)


def test_the_default_decides_for_an_unknown_recipient() -> None:
    for topic in TOPICS:
        decision = decide(EMPTY_RECORD, topic, Millis(0))
        assert decision.sendable == topic.default_in
        assert (decision.since, decision.source, decision.until) == (None, None, None)


@pytest.mark.parametrize("at", [-1, -2, -DAY_MS, -(10**13)])
def test_a_suppression_dated_before_1970_is_active(at: Millis) -> None:
    for topic in TOPICS:
        if topic.kind is TopicKind.SERVICE:
            continue
        stopped = merge_changes(EMPTY_RECORD, [Change(out(topic.number), Entry(at, Source.LETTER, "{}"))])
        assert decide(stopped, topic, Millis(0)).reason is Reason.TOPIC_UNSUBSCRIBED
        tied = merge_changes(stopped, [Change(in_(topic.number), Entry(at, Source.LETTER, "{}"))])
        assert not decide(tied, topic, Millis(0)).sendable
    for name in (COMPLAINT, HOLD, UNDELIVERABLE):
        stopped = merge_changes(EMPTY_RECORD, [Change(name, Entry(at, Source.AGENT, "{}"))])
        assert not decide(stopped, TOPICS[0], Millis(0)).sendable
