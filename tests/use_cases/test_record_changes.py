"""Recording preference requests: the writes, the order of the results, refusals and failures."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from heed.domain.errors import StoreUnavailable, UnreadableRecord
from heed.domain.milliseconds import Millis
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

NOW = Millis(100 * DAY_MS)
JANE, SAM, KIM = (recipient_from_bytes(bytes([n]) * 16) for n in range(3))


class Store(MemoryPreferences):
    """Records the calls that it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def read(self, recipient: str) -> Record:
        self.calls.append("read")
        return super().read(recipient)

    def apply(self, recipient: str, changes: Sequence[Change], now: int) -> WriteResult:
        self.calls.append("apply")
        count = len(self.calls)
        try:
            return super().apply(recipient, changes, now)
        finally:
            del self.calls[count:]  # the read within the write does not count


def _request(
    state: RequestedState = RequestedState.OUT, scope: int = 2, at: Millis = NOW
) -> PreferenceRequest:
    until = Millis(NOW + DAY_MS) if state is RequestedState.PAUSED else None
    return PreferenceRequest(ScopeNumber(scope), state, at, Source.PHONE, "{}", "", until)


def _record(store: MemoryPreferences, *requests: tuple[str, PreferenceRequest]) -> list[ChangeResult]:
    return record_changes([RequestedChange(*request) for request in requests], NOW, store, CATALOGUE)


def _change_of(register: Register) -> Change:
    return Change(register, Entry(Millis(5), Source.PHONE, "{}"))


def test_opt_outs_need_no_read_and_those_of_one_person_need_one_write() -> None:
    store = Store()
    _record(store, (JANE, _request()), (SAM, _request()), (JANE, _request(RequestedState.PAUSED)))
    assert store.calls == ["apply", "apply"]


def test_only_an_opt_in_needs_a_read() -> None:
    store = Store()
    _record(
        store,
        (JANE, _request(RequestedState.IN)),
        (JANE, _request(RequestedState.OUT, 3)),
        (SAM, _request()),
    )
    assert store.calls == ["read", "apply", "apply"]


def test_the_results_have_the_order_of_the_requests() -> None:
    requests = [
        (JANE, _request()),
        (SAM, _request(RequestedState.IN, 3)),
        (JANE, _request(RequestedState.OUT, 3)),
    ]
    jane, sam, again = _record(Store(), *requests)
    assert (jane.sendable["news"], sam.sendable["news"]) == (False, True)
    assert jane.sendable == again.sendable


def test_the_result_covers_each_topic_in_use() -> None:
    (result,) = _record(Store(), (JANE, _request()))
    used = {CATALOGUE.scope_name(t.number) for t in CATALOGUE.topics.values() if not t.retired}
    assert set(result.sendable) == used


def test_a_refused_opt_in_does_not_affect_the_other_requests_of_that_person() -> None:
    store = Store()
    store.records[JANE] = merge_changes(EMPTY_RECORD, [_change_of(HOLD)])
    opt_in, opt_out = _record(
        store, (JANE, _request(RequestedState.IN)), (JANE, _request(RequestedState.OUT, 3))
    )
    assert (opt_in.outcome, opt_in.blocked_by) == (RequestOutcome.REFUSED, [Reason.HOLD])
    assert opt_out.outcome is RequestOutcome.APPLIED
    assert set(store.read(JANE).registers) == {HOLD, out(3)}


def test_each_request_about_a_minor_is_refused_and_nothing_is_stored() -> None:
    store = Store()
    store.records[JANE] = merge_changes(EMPTY_RECORD, [_change_of(MINOR)])
    for state in RequestedState:
        (result,) = _record(store, (JANE, _request(state)))
        assert (result.outcome, result.blocked_by) == (RequestOutcome.REFUSED, [Reason.MINOR])
        assert not any(result.sendable.values())
    assert store.records[JANE] == merge_changes(EMPTY_RECORD, [_change_of(MINOR)])


def test_a_retry_of_the_same_requests_changes_nothing() -> None:
    store, requests = Store(), [(JANE, _request()), (JANE, _request(RequestedState.IN, 3)), (SAM, _request())]
    first = _record(store, *requests)
    before = dict(store.records)
    again = _record(store, *requests)
    assert store.records == before
    assert [result.outcome for result in again] == [result.outcome for result in first]
    assert [result.known for result in again] == [True, True, True]


def test_a_failing_store_ends_the_call_without_a_result() -> None:
    store = Store()
    store.failure = StoreUnavailable("by the test")
    with pytest.raises(StoreUnavailable):
        _record(store, (JANE, _request()), (SAM, _request()))
    assert store.calls == ["apply"]


def test_an_unreadable_record_does_not_prevent_the_writes_of_others() -> None:
    store = Store()
    store.make_unreadable(SAM)
    with pytest.raises(UnreadableRecord):
        _record(store, (JANE, _request()), (SAM, _request()), (KIM, _request()))
    assert out(2) in store.read(KIM).registers
