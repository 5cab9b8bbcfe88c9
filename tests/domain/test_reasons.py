"""The table of the suppressions of an address. All code that reads it must know the same suppressions."""

from __future__ import annotations

import pytest

from heed.domain.ledger.deadlines import delays_by_source
from heed.domain.ledger.transition import Transition, ledger_entries
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import address_suppression, decide
from heed.domain.preferences.kinds import (
    KINDS,
    ChoiceKind,
    ImportKind,
    LiftKind,
    OtherKind,
    SuppressionKind,
    TakenBackKind,
)
from heed.domain.preferences.preference_request import PreferenceRequest, RequestedState, refused_by
from heed.domain.preferences.reasons import (
    ADDRESS_SUPPRESSIONS,
    AcceptedRequests,
    AddressSuppression,
    Liftable,
    Reason,
)
from heed.domain.preferences.record import Record
from heed.domain.preferences.register import Entry, Register, ScopeNumber, Source
from heed.domain.preferences.suppressions import suppressions_of
from tests.support.catalogues import CATALOGUE

NOW = Millis(1_000)
ENTRY = Entry(Millis(5), Source.AGENT, "{}")
each_address_suppression = pytest.mark.parametrize("suppression", ADDRESS_SUPPRESSIONS.values(), ids=str)


def test_the_table_has_each_kind_of_suppression_and_lift_in_order_of_precedence() -> None:
    assert {suppression.register.kind for suppression in ADDRESS_SUPPRESSIONS.values()} == set(
        SuppressionKind
    )
    assert {
        suppression.lift.kind for suppression in ADDRESS_SUPPRESSIONS.values() if suppression.lift
    } == set(LiftKind)
    assert list(ADDRESS_SUPPRESSIONS) == [reason for reason in Reason if reason in ADDRESS_SUPPRESSIONS]


def test_an_agent_can_lift_each_suppression_that_has_a_lift_register() -> None:
    assert {kind.name for kind in LiftKind} <= {liftable.name for liftable in Liftable}


def test_each_kind_of_register_has_its_own_code_and_value() -> None:
    assert len({Register(kind).code for kind in KINDS}) == len(set(KINDS)) == len(KINDS)


def test_the_code_of_each_kind_of_register_never_changes() -> None:
    assert {kind: Register(kind).code for kind in KINDS} == {
        ChoiceKind.OUT: "o:0",
        ChoiceKind.IN: "i:0",
        ChoiceKind.PAUSE: "p:0",
        ChoiceKind.CONFIRMED: "k:0",
        ChoiceKind.UNDOABLE: "c:0",
        ChoiceKind.UNDONE: "u:0",
        SuppressionKind.MINOR: "x:minor",
        SuppressionKind.HOLD: "x:hold",
        SuppressionKind.UNDELIVERABLE: "x:undeliverable",
        LiftKind.HOLD: "l:hold",
        LiftKind.UNDELIVERABLE: "l:undeliverable",
        ImportKind.OUT: "m:0",
        ImportKind.COMPLAINT: "m:complaint",
        ImportKind.UNDELIVERABLE: "m:undeliverable",
        TakenBackKind.OUT: "v:0",
        TakenBackKind.COMPLAINT: "v:complaint",
        TakenBackKind.UNDELIVERABLE: "v:undeliverable",
        OtherKind.COMPLAINT: "x:complaint",
        OtherKind.ACKNOWLEDGED: "a:policy",
        OtherKind.SOFT_BOUNCE: "soft",
    }


@each_address_suppression
def test_each_suppression_of_an_address_stops_all_topics_until_it_is_lifted(
    suppression: AddressSuppression,
) -> None:
    record = Record({suppression.register: ENTRY}, revision=1)
    assert {decide(record, t, NOW).reason for t in CATALOGUE.topics.values()} == {suppression.reason}
    if suppression.lift is not None:
        lifted = Record(
            {suppression.register: ENTRY, suppression.lift: Entry(Millis(6), Source.AGENT, "{}")}, revision=2
        )
        assert address_suppression(lifted, NOW) is None
        assert [suppression.active for suppression in suppressions_of(lifted, CATALOGUE, NOW)] == [False]


@each_address_suppression
def test_each_suppression_of_an_address_is_listed_and_counted_as_a_suppression(
    suppression: AddressSuppression,
) -> None:
    record = Record({suppression.register: ENTRY}, revision=1, salt=b"s" * 16)
    (listed,) = suppressions_of(record, CATALOGUE, NOW)
    assert (listed.reason, listed.active) == (suppression.reason, True)
    assert all(listed.stops(topic) for topic in CATALOGUE.topics.values())
    entries = ledger_entries(Transition("1", "a" * 26, Record(), record, recorded_at=NOW))
    assert [source for source, _ in delays_by_source(entry for entry, _ in entries)] == ["agent"]


@each_address_suppression
@pytest.mark.parametrize("state", RequestedState)
def test_a_request_is_refused_as_the_table_defines(
    suppression: AddressSuppression, state: RequestedState
) -> None:
    request = PreferenceRequest(ScopeNumber(2), state, Millis(9), Source.PHONE, "{}", "", Millis(NOW + 1))
    is_accepted = suppression.accepts is AcceptedRequests.ALL or (
        suppression.accepts is AcceptedRequests.NO_OPT_INS and state is not RequestedState.IN
    )
    refused = refused_by(request, Record({suppression.register: ENTRY}, revision=1))
    assert refused is (None if is_accepted else suppression.reason)
