"""The order in which waiting requests get their mails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import CAP_WINDOW
from heed.domain.opt_in.waiting_queue import WaitingRequest, in_send_order
from tests.support.growth import LINEAR, measure_growth

NOW = Millis(1_772_701_964_390)


def waiting_request(
    name: str, network: str, intent: Intent = Intent.IN, ago: int = 60_000, due: Millis = Millis(0)
) -> WaitingRequest:
    request = ConfirmationRequest(
        name, f"{name}@example.com", intent, (), "en", Millis(NOW - ago), "https://x", network, due=due
    )
    return WaitingRequest(request, name)


def names(waiting: list[WaitingRequest]) -> list[str]:
    return [item.request.id for item in waiting]


@pytest.mark.threat(
    "A1",
    "A flood from one network fills the queue of confirmation mails and delays all others.",
    "The networks take turns: the first request of each network goes before the second of any.",
)
def test_networks_take_turns_even_if_one_has_many_requests() -> None:
    flood = [waiting_request(f"f{n:02}", "flood", ago=9_000 - n) for n in range(50)]
    others = [
        waiting_request("a", "one", ago=100),
        waiting_request("b", "two", ago=90),
        waiting_request("b2", "two", ago=80),
    ]
    assert names(in_send_order([*flood, *others], NOW))[:6] == ["f00", "a", "b", "f01", "b2", "f02"]


def test_opt_outs_go_before_opt_ins() -> None:
    waiting = [
        waiting_request("in", "one", ago=5_000),
        waiting_request("out", "two", Intent.OUT, ago=10),
        waiting_request("out2", "two", Intent.OUT, ago=5),
    ]
    assert names(in_send_order(waiting, NOW)) == ["out", "out2", "in"]


def test_requests_that_waited_for_a_day_go_first_the_oldest_first() -> None:
    waiting = [
        waiting_request("out", "two", Intent.OUT),
        waiting_request("old", "one", ago=CAP_WINDOW),
        waiting_request("older", "one", ago=CAP_WINDOW + 5),
        waiting_request("nearly", "one", ago=CAP_WINDOW - 1),
    ]
    assert names(in_send_order(waiting, NOW)) == ["older", "old", "out", "nearly"]


def test_a_request_waits_until_its_network_has_room() -> None:
    waiting = [waiting_request("later", "one", due=Millis(NOW + 1)), waiting_request("now", "one", due=NOW)]
    assert names(in_send_order(waiting, NOW)) == ["now"]
    assert names(in_send_order(waiting, Millis(NOW + 1))) == ["later", "now"]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(Intent), st.integers(0, 2 * CAP_WINDOW)),
        max_size=30,
    )
)
def test_each_due_request_is_in_the_order_exactly_once(
    requests: list[tuple[str, Intent, int]],
) -> None:
    waiting = [waiting_request(str(n), net, intent, ago) for n, (net, intent, ago) in enumerate(requests)]
    served = in_send_order(waiting, NOW)
    assert sorted(names(served)) == sorted(names(waiting))
    assert names(in_send_order(reversed(waiting), NOW)) == names(served) or len(
        {item.request.at for item in waiting}
    ) < len(waiting), "the order in which the queue delivers does not matter"


@pytest.mark.threat(
    "A1",
    "Ten thousand requests wait, and sorting them takes so long that none gets its mail.",
    "The cost of sorting the queue grows linearly with its length.",
)
def test_the_cost_of_ordering_the_queue_grows_linearly_with_its_length() -> None:
    def make(n: int) -> list[WaitingRequest]:
        return [waiting_request(str(i), f"net {i % 100}", ago=i) for i in range(n)]

    assert measure_growth(make, lambda waiting: in_send_order(waiting, NOW), 2_000) <= LINEAR
