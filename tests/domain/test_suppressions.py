from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Topic, TopicKind
from heed.domain.preferences.decision import decide
from heed.domain.preferences.kinds import ChoiceKind
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import (
    ALL_SCOPES,
    COMPLAINT,
    DAY_MS,
    HOLD,
    LIFT_HOLD,
    LIFT_UNDELIVERABLE,
    MINOR,
    SOFT_BOUNCE,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    Source,
)
from heed.domain.preferences.suppressions import Suppression, blocking_reasons, suppressions_of
from tests.support.catalogues import CATALOGUE
from tests.support.full import examples
from tests.support.registers import confirmed, in_, out, pause, scope_numbers
from tests.support.strategies import instants, records

NOW = Millis(100 * DAY_MS)
IN_USE = [topic for topic in CATALOGUE.topics.values() if not topic.retired]


def _record(*set_at: tuple[Register, int], until: Millis | None = None) -> Record:
    changes = [
        Change(
            name,
            Entry(Millis(at), Source.PHONE, "{}", until=until if name.kind is ChoiceKind.PAUSE else None),
        )
        for name, at in set_at
    ]
    return merge_changes(EMPTY_RECORD, changes)


def _only(record: Record) -> Suppression:
    (suppression,) = suppressions_of(record, CATALOGUE, NOW)
    return suppression


@examples(500)
@given(records(), st.sampled_from(IN_USE), instants)
def test_suppressions_and_decision_agree_on_every_topic_in_use(
    record: Record, topic: Topic, now: Millis
) -> None:
    decision = decide(record, topic, now)
    reasons = [
        suppression.reason
        for suppression in suppressions_of(record, CATALOGUE, now)
        if suppression.stops(topic)
    ]
    if decision.reason in (Reason.OK, Reason.NO_CONSENT):
        assert reasons == []
    else:
        assert reasons[0] == decision.reason


@given(records(), instants)
def test_there_is_one_suppression_for_each_reason_and_scope_in_order_of_precedence(
    record: Record, now: Millis
) -> None:
    keys = [suppression.sort_key for suppression in suppressions_of(record, CATALOGUE, now)]
    assert keys == sorted(set(keys))


@given(records(), instants)
def test_only_marketing_topics_in_use_within_the_scope_are_excepted(record: Record, now: Millis) -> None:
    for suppression in suppressions_of(record, CATALOGUE, now):
        for number in suppression.excepted:
            topic = CATALOGUE.topics[number]
            assert topic.kind is TopicKind.MARKETING
            assert not topic.retired
            assert suppression.scope in topic.path
        assert suppression.active or not suppression.excepted


@given(records(), instants)
def test_expired_suppressions_are_not_listed(record: Record, now: Millis) -> None:
    assert all(
        suppression.until is None or suppression.until > now
        for suppression in suppressions_of(record, CATALOGUE, now)
    )


def test_an_empty_record_has_no_suppressions() -> None:
    assert suppressions_of(EMPTY_RECORD, CATALOGUE, NOW) == []


def test_an_opt_in_to_one_topic_is_an_exception_from_a_general_opt_out() -> None:
    suppression = _only(_record((out(0), 5), (in_(3), 6)))
    assert suppression == Suppression(
        Reason.UNSUBSCRIBED, ALL_SCOPES, Millis(5), Source.PHONE, excepted=scope_numbers(3)
    )


def test_a_suppression_is_lifted_when_it_stops_no_topic_in_use() -> None:
    assert not _only(_record((out(0), 5), (in_(0), 6))).active
    assert not _only(_record((out(1), 5), *((in_(n), 6) for n in (2, 3, 4, 5, 12, 13, 15, 16)))).active


def test_an_opt_in_at_the_same_instant_lifts_no_suppression() -> None:
    assert _only(_record((out(3), 5), (in_(3), 5))).active


def test_a_suppression_of_a_topic_is_listed_for_each_topic_that_follows_it() -> None:
    suppressions = suppressions_of(_record((out(2), 5), (in_(12), 6)), CATALOGUE, NOW)
    assert [(suppression.scope, suppression.active) for suppression in suppressions] == [
        (2, True),
        (12, False),
        (13, False),
    ]


def test_an_active_suppression_replaces_a_lifted_one_of_the_same_topic() -> None:
    lifted_and_own = suppressions_of(_record((out(2), 5), (in_(2), 6), (out(12), 7)), CATALOGUE, NOW)
    assert [(s.scope, s.active, s.since) for s in lifted_and_own] == [
        (2, False, 5),
        (12, True, 7),
        (13, True, 7),
    ]


def test_only_a_later_confirmed_opt_in_is_an_exception_from_a_complaint() -> None:
    assert _only(_record((COMPLAINT, 5), (confirmed(3), 6), (in_(2), 6))).excepted == (3,)
    assert not _only(_record((COMPLAINT, 5), (confirmed(0), 6))).active


def test_a_suppression_of_the_address_is_lifted_only_by_its_own_lift() -> None:
    for suppression, lift in ((HOLD, LIFT_HOLD), (UNDELIVERABLE, LIFT_UNDELIVERABLE)):
        assert _only(_record((suppression, 5), (in_(0), 6), (lift, 5))).active
        assert not _only(_record((suppression, 5), (lift, 6))).active


def test_five_soft_bounce_days_are_a_suppression_with_an_end() -> None:
    days = [Change(SOFT_BOUNCE, Entry(Millis(day * DAY_MS), Source.BOUNCE, "{}")) for day in range(90, 95)]
    record = merge_changes(EMPTY_RECORD, days)
    until = Millis((94 + 30) * DAY_MS)
    assert _only(record) == Suppression(
        Reason.UNDELIVERABLE, ALL_SCOPES, Millis(94 * DAY_MS), Source.BOUNCE, until=until
    )
    lifted = merge_changes(record, [Change(LIFT_UNDELIVERABLE, Entry(NOW, Source.AGENT, "{}"))])
    assert not _only(lifted).active


def test_a_hard_bounce_takes_precedence_over_soft_bounces() -> None:
    days = [Change(SOFT_BOUNCE, Entry(Millis(day * DAY_MS), Source.BOUNCE, "{}")) for day in range(90, 95)]
    assert _only(merge_changes(_record((UNDELIVERABLE, 5)), days)).until is None


def test_a_pause_has_its_end_and_is_not_listed_after_it() -> None:
    paused = _record((pause(0), 5), until=Millis(NOW + 1))
    assert _only(paused).until == NOW + 1
    assert suppressions_of(paused, CATALOGUE, Millis(NOW + 1)) == []
    assert not _only(_record((pause(0), 5), (in_(0), 6), until=Millis(NOW + 1))).active


def test_a_suppression_of_an_unknown_scope_is_not_listed() -> None:
    assert suppressions_of(_record((out(99), 5), (out(6), 5)), CATALOGUE, NOW) == []


def test_all_reasons_that_block_a_topic_are_returned() -> None:
    record = _record((out(0), 5), (COMPLAINT, 4), (UNDELIVERABLE, 3), (out(2), 2))
    assert blocking_reasons(record, CATALOGUE.topics[2], CATALOGUE, NOW) == {
        Reason.UNDELIVERABLE,
        Reason.COMPLAINED,
        Reason.UNSUBSCRIBED,
        Reason.TOPIC_UNSUBSCRIBED,
    }
    assert blocking_reasons(EMPTY_RECORD, CATALOGUE.topics[5], CATALOGUE, NOW) == {Reason.NO_CONSENT}
    assert blocking_reasons(record, CATALOGUE.topics[7], CATALOGUE, NOW) == {Reason.UNDELIVERABLE}


def test_suppressions_that_an_erasure_deleted_are_listed_as_lifted() -> None:
    erased = replace(_record((out(0), 9), (in_(3), 10)), erased_at=Millis(9))
    listed = {
        (suppression.reason, suppression.scope): suppression
        for suppression in suppressions_of(erased, CATALOGUE, NOW)
    }

    assert listed.keys() == {
        (Reason.MINOR, 0),
        (Reason.HOLD, 0),
        (Reason.UNDELIVERABLE, 0),
        (Reason.COMPLAINED, 0),
        (Reason.UNSUBSCRIBED, 0),
        (Reason.TOPIC_UNSUBSCRIBED, 3),
    }
    assert [suppression.reason for suppression in listed.values() if suppression.active] == [
        Reason.UNSUBSCRIBED
    ]
    assert {suppression.since for suppression in listed.values()} == {9}


def test_suppressions_that_are_active_after_an_erasure_are_not_listed_as_lifted() -> None:
    minor = replace(_record((out(0), 9), (MINOR, 9)), erased_at=Millis(9))
    active = {
        suppression.reason for suppression in suppressions_of(minor, CATALOGUE, NOW) if suppression.active
    }

    assert active == {Reason.MINOR, Reason.UNSUBSCRIBED}
