from __future__ import annotations

from collections.abc import Sequence

import pytest

from heed.domain.errors import StoreUnavailable, UnreadableRecord
from heed.domain.preferences.preference_request import (
    PreferenceRequest,
    RequestedState,
    RequestOutcome,
)
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.record import EMPTY_RECORD, Record, merge_changes
from heed.domain.preferences.register import (
    DAY_MS,
    HOLD,
    MINOR,
    Change,
    Entry,
    Register,
    ScopeNumber,
    Source,
)
from heed.domain.recipients.recipient import recipient_from_bytes
from heed.use_cases.ports.preferences import WriteResult
from heed.use_cases.preferences.record_changes import ChangeResult, RequestedChange, record_changes
from tests.support.catalogues import CATALOGUE
from tests.support.fakes import MemoryPreferences
from tests.support.registers import out

NOW = 100 * DAY_MS
JANE, SAM, KIM = (recipient_from_bytes(bytes([n]) * 16) for n in range(3))


class Store(MemoryPreferences):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def read(self, recipient: str) -> Record:
        self.asked.append("read")
        return super().read(recipient)

    def apply(self, recipient: str, changes: Sequence[Change], now: int) -> WriteResult:
        self.asked.append("apply")
        tried = len(self.asked)
        try:
            return super().apply(recipient, changes, now)
        finally:
            del self.asked[tried:]  # its own read


def _wish(state: RequestedState = RequestedState.OUT, scope: int = 2, at: int = NOW) -> PreferenceRequest:
    until = NOW + DAY_MS if state is RequestedState.PAUSED else None
    return PreferenceRequest(ScopeNumber(scope), state, at, Source.PHONE, "{}", "", until)


def _record(store: MemoryPreferences, *voiced: tuple[str, PreferenceRequest]) -> list[ChangeResult]:
    return record_changes([RequestedChange(*one) for one in voiced], NOW, store, CATALOGUE)


def _held(register: Register) -> Change:
    return Change(register, Entry(5, Source.PHONE, "{}"))


def test_stops_are_written_without_a_read_and_those_of_one_person_at_once() -> None:
    store = Store()
    _record(store, (JANE, _wish()), (SAM, _wish()), (JANE, _wish(RequestedState.PAUSED)))
    assert store.asked == ["apply", "apply"]


def test_only_a_yes_is_read_for() -> None:
    store = Store()
    _record(
        store,
        (JANE, _wish(RequestedState.IN)),
        (JANE, _wish(RequestedState.OUT, 3)),
        (SAM, _wish()),
    )
    assert store.asked == ["read", "apply", "apply"]


def test_the_results_stand_in_the_order_of_the_wishes() -> None:
    wishes = [
        (JANE, _wish()),
        (SAM, _wish(RequestedState.IN, 3)),
        (JANE, _wish(RequestedState.OUT, 3)),
    ]
    jane, sam, again = _record(Store(), *wishes)
    assert (jane.sendable["news"], sam.sendable["news"]) == (False, True)
    assert jane.sendable == again.sendable


def test_every_topic_in_use_is_answered_for() -> None:
    (result,) = _record(Store(), (JANE, _wish()))
    used = {CATALOGUE.name(t.number) for t in CATALOGUE.topics.values() if not t.retired}
    assert set(result.sendable) == used


def test_a_refused_yes_leaves_the_other_wishes_of_that_person_alone() -> None:
    store = Store()
    store.records[JANE] = merge_changes(EMPTY_RECORD, [_held(HOLD)])
    yes, no = _record(store, (JANE, _wish(RequestedState.IN)), (JANE, _wish(RequestedState.OUT, 3)))
    assert (yes.outcome, yes.blocked_by) == (RequestOutcome.REFUSED, [Reason.HOLD])
    assert no.outcome is RequestOutcome.APPLIED
    assert set(store.read(JANE).registers) == {HOLD, out(3)}


def test_of_a_minor_everything_is_refused_and_nothing_written() -> None:
    store = Store()
    store.records[JANE] = merge_changes(EMPTY_RECORD, [_held(MINOR)])
    for state in RequestedState:
        (result,) = _record(store, (JANE, _wish(state)))
        assert (result.outcome, result.blocked_by) == (RequestOutcome.REFUSED, [Reason.MINOR])
        assert not any(result.sendable.values())
    assert store.records[JANE] == merge_changes(EMPTY_RECORD, [_held(MINOR)])


def test_the_same_wishes_again_leave_the_same_record() -> None:
    store, wishes = Store(), [(JANE, _wish()), (JANE, _wish(RequestedState.IN, 3)), (SAM, _wish())]
    first = _record(store, *wishes)
    before = dict(store.records)
    again = _record(store, *wishes)
    assert store.records == before
    assert [one.outcome for one in again] == [one.outcome for one in first]
    assert [one.known for one in again] == [True, True, True]


def test_a_store_that_fails_ends_it_and_nothing_is_answered() -> None:
    store = Store()
    store.failure = StoreUnavailable("by the test")
    with pytest.raises(StoreUnavailable):
        _record(store, (JANE, _wish()), (SAM, _wish()))
    assert store.asked == ["apply"]


def test_a_record_that_cannot_be_read_keeps_no_other_from_being_written() -> None:
    store = Store()
    store.unreadable(SAM)
    with pytest.raises(UnreadableRecord):
        _record(store, (JANE, _wish()), (SAM, _wish()), (KIM, _wish()))
    assert out(2) in store.read(KIM).registers
