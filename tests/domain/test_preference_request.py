from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import decide
from heed.domain.preferences.preference_request import (
    PreferenceRequest,
    RequestedState,
    blocked_by,
    is_superseded,
    refused_by,
)
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    HOLD,
    LIFT_HOLD,
    MINOR,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    ScopeNumber,
    Source,
)
from heed.domain.preferences.suppressions import topics_in_use
from tests.support.catalogues import CATALOGUE
from tests.support.registers import confirmed, in_, out, pause
from tests.support.strategies import records

NOW = Millis(100 * DAY_MS)
SCOPES = (0, 1, 2, 3, 5, 7, 10, 11, 12, 13, 14, 15, 16)


def _request(state: RequestedState, scope: int = 2, at: Millis = Millis(50)) -> PreferenceRequest:
    until = Millis(NOW + 1) if state is RequestedState.PAUSED else None
    return PreferenceRequest(ScopeNumber(scope), state, at, Source.PHONE, "{}", "2026-01", until)


def _record(*set_at: tuple[Register, int]) -> Record:
    return merge_changes(
        EMPTY_RECORD,
        [
            Change(r, Entry(Millis(at), Source.PHONE, "a", until=Millis(NOW + 1) if r.may_end else None))
            for r, at in set_at
        ],
    )


def _superseded(request: PreferenceRequest, *set_at: tuple[Register, int]) -> bool:
    return is_superseded(request, merge_changes(_record(*set_at), [request.to_change()]), CATALOGUE, NOW)


def _blocked(request: PreferenceRequest, *set_at: tuple[Register, int]) -> list[Reason]:
    return blocked_by(request, merge_changes(_record(*set_at), [request.to_change()]), CATALOGUE, NOW)


def test_each_state_sets_the_one_register_of_its_scope() -> None:
    assert [_request(state).to_change().register for state in RequestedState] == [
        out(2),
        in_(2),
        pause(2),
    ]
    assert _request(RequestedState.PAUSED).to_change().entry.until == NOW + 1


def test_a_request_on_an_empty_record_is_applied() -> None:
    assert not any(_superseded(_request(state, scope)) for state in RequestedState for scope in (0, 1, 2, 7))


def test_an_opt_out_that_a_general_opt_in_lifts_still_withdraws_consent() -> None:
    """Hypothesis found this case. The opt-in to the brand renews no consent of a topic that needs its own."""
    consent = Change(in_(5), Entry(Millis(0), Source.API, "{}"))
    general = [Change(in_(brand), Entry(Millis(1), Source.API, "{}")) for brand in CATALOGUE.brands]
    request = _request(RequestedState.OUT, 0, Millis(0))
    after = merge_changes(EMPTY_RECORD, [consent, *general, request.to_change()])

    assert not decide(after, CATALOGUE.topics[5], NOW).sendable
    assert not is_superseded(request, after, CATALOGUE, NOW)


@given(records(), st.sampled_from(SCOPES), st.integers(0, 12))
def test_an_opt_out_is_superseded_only_where_it_stops_nothing(record: Record, scope: int, at: Millis) -> None:
    request = _request(RequestedState.OUT, scope, at)
    after = merge_changes(record, [request.to_change()])
    left = {name: entry for name, entry in after.registers.items() if name != out(scope)}
    without = replace(after, registers=left)
    topics = topics_in_use(CATALOGUE.governed_topics(ScopeNumber(scope)))
    stopped = [
        topic
        for topic in topics
        if decide(without, topic, NOW).sendable and not decide(after, topic, NOW).sendable
    ]
    if after.get(out(scope)) == request.to_change().entry and stopped:
        assert not is_superseded(request, after, CATALOGUE, NOW)
    if not is_superseded(request, after, CATALOGUE, NOW) and len(topics) == 1:
        assert not decide(after, topics[0], NOW).sendable


@given(records(), st.sampled_from(SCOPES), st.integers(0, 12))
def test_an_opt_in_without_blocking_reasons_makes_all_topics_of_its_scope_sendable(
    record: Record, scope: int, at: Millis
) -> None:
    request = _request(RequestedState.IN, scope, at)
    after = merge_changes(record, [request.to_change()])
    topics = topics_in_use(CATALOGUE.governed_topics(ScopeNumber(scope)))
    is_sendable = all(decide(after, topic, NOW).sendable for topic in topics)
    assert is_sendable is (blocked_by(request, after, CATALOGUE, NOW) == [])


def test_a_request_is_superseded_by_a_newer_one_of_the_same_kind() -> None:
    assert _superseded(_request(RequestedState.OUT), (out(2), 51))
    assert _superseded(_request(RequestedState.IN), (in_(2), 51))
    assert _superseded(_request(RequestedState.PAUSED), (pause(2), 51))


def test_a_duplicate_request_is_applied() -> None:
    request = _request(RequestedState.OUT)
    twice = merge_changes(EMPTY_RECORD, [request.to_change(), request.to_change()])
    assert not is_superseded(request, twice, CATALOGUE, NOW)


def test_a_newer_opt_in_supersedes_an_opt_out_and_a_pause() -> None:
    for state in (RequestedState.OUT, RequestedState.PAUSED):
        assert _superseded(_request(state), (in_(2), 51))
        assert _superseded(_request(state), (confirmed(2), 51))
        assert not _superseded(_request(state), (in_(2), 50))
        assert not _superseded(_request(state), (in_(0), 51))  # a general opt-in lifts no opt-out of a topic


def test_a_request_that_affects_some_topics_of_its_scope_is_applied() -> None:
    for state in (RequestedState.OUT, RequestedState.PAUSED):
        assert not _superseded(_request(state, 0), (in_(3), 51))
    assert not _superseded(_request(RequestedState.IN, 0), (out(3), 51))
    assert _blocked(_request(RequestedState.IN, 0), (out(3), 51)) == [
        Reason.TOPIC_UNSUBSCRIBED,
        Reason.NO_CONSENT,
    ]


def test_a_general_request_is_superseded_by_a_newer_general_choice() -> None:
    general = [(in_(0), 51)]
    for state in (RequestedState.OUT, RequestedState.PAUSED):
        assert _superseded(_request(state, 0), *general)
    assert _superseded(_request(RequestedState.IN, 0), (out(0), 51))


def test_an_opt_in_is_superseded_by_a_suppression_on_its_path_at_the_same_instant_or_later() -> None:
    for register in (out(0), out(1), out(2), pause(0), COMPLAINT):
        assert _superseded(_request(RequestedState.IN), (register, 51))
        assert _superseded(_request(RequestedState.IN), (register, 50))
        if register != COMPLAINT:
            assert not _superseded(_request(RequestedState.IN), (register, 49))
    assert _superseded(_request(RequestedState.IN, 12), (out(2), 51))  # the topic that it follows


def test_an_older_complaint_blocks_an_opt_in_that_is_still_applied() -> None:
    assert not _superseded(_request(RequestedState.IN), (COMPLAINT, 49))
    assert _blocked(_request(RequestedState.IN), (COMPLAINT, 49)) == [Reason.COMPLAINED]


def test_a_complaint_does_not_affect_an_opt_in_to_advertising() -> None:
    assert not _superseded(_request(RequestedState.IN, 7), (COMPLAINT, 51))
    assert _blocked(_request(RequestedState.IN, 7), (COMPLAINT, 51)) == []


def test_the_reasons_that_block_an_opt_in_are_sorted_by_strength() -> None:
    record = ((UNDELIVERABLE, 1), (COMPLAINT, 1), (out(3), 1), (pause(3), 1))
    assert _blocked(_request(RequestedState.IN, 0), *record) == [
        Reason.UNDELIVERABLE,
        Reason.COMPLAINED,
        Reason.TOPIC_UNSUBSCRIBED,
        Reason.PAUSED,
    ]


def test_a_general_opt_in_is_no_consent_for_a_topic_that_needs_its_own() -> None:
    assert _blocked(_request(RequestedState.IN, 0)) == [Reason.NO_CONSENT]
    assert _blocked(_request(RequestedState.IN, 5)) == []


def test_an_opt_out_has_no_blocking_reasons() -> None:
    assert _blocked(_request(RequestedState.OUT), (COMPLAINT, 1)) == []


def test_a_request_from_before_an_erasure_is_superseded() -> None:
    request = _request(RequestedState.OUT)
    after = merge_changes(Record(erased_at=Millis(50), revision=1), [request.to_change()])
    assert is_superseded(request, after, CATALOGUE, NOW)


def test_a_pause_that_is_expired_when_it_is_entered_is_applied() -> None:
    request = PreferenceRequest(
        ScopeNumber(2), RequestedState.PAUSED, Millis(50), Source.LETTER, "{}", "", until=Millis(60)
    )
    assert not is_superseded(request, merge_changes(EMPTY_RECORD, [request.to_change()]), CATALOGUE, NOW)


def test_every_request_about_a_minor_is_refused() -> None:
    for state in RequestedState:
        assert refused_by(_request(state), _record((MINOR, 1))) is Reason.MINOR


def test_only_an_opt_in_is_refused_for_a_held_address() -> None:
    on_hold = _record((HOLD, 1))
    assert [refused_by(_request(state), on_hold) for state in RequestedState] == [
        None,
        Reason.HOLD,
        None,
    ]
    assert refused_by(_request(RequestedState.IN), _record((HOLD, 1), (LIFT_HOLD, 2))) is None
