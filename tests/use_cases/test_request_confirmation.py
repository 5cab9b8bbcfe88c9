"""Confirmation requests of API keys leave room for those of the form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.adapters.dynamodb.key_caps import KeyCapsTable
from heed.adapters.dynamodb.network_caps import NetworkCapsTable
from heed.domain.errors import WaitingQueueFull
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.opt_in.mail_caps import CAP_WINDOW, keys_part, max_waiting
from heed.override import override
from heed.use_cases.opt_in.request_confirmation import QueueConfirmationRequest
from heed.use_cases.ports.opt_in import ReceivedMessage, WaitingQueue
from tests.simulation.aws_in_memory import Dynamo
from tests.simulation.nemesis import Nemesis
from tests.support.fakes import MemoryQueue

DAY = CAP_WINDOW
NOW = Millis(20_000 * DAY)
REQUEST = ConfirmationRequest(
    "r", "reader@example.com", Intent.OUT, (), "en", NOW, "https://prefs.example.com", "192.0.2.0/24"
)


class MemoryWaitingQueue(MemoryQueue, WaitingQueue):
    """Implements the port WaitingQueue. It hides no message."""

    @override
    def count(self) -> int:
        return len(self.bodies)

    @override
    def receive(self, has_time: Callable[[], bool]) -> list[ReceivedMessage]:
        return [ReceivedMessage(body, body) for body in self.bodies]

    @override
    def delete(self, receipt: str) -> None:
        self.bodies.remove(receipt)


class Queues:
    """The use case for keys and for the form, with the caps of a day. Each mail is sent when it is due."""

    def __init__(self, per_day: int, per_key: int) -> None:
        caps: Any = Dynamo(Nemesis())
        waiting = MemoryWaitingQueue()
        self.accepted, self.waiting = MemoryQueue(), waiting
        self.sent: Counter[int] = Counter()
        self.by_key = QueueConfirmationRequest(
            KeyCapsTable(caps, "Control", per_key, keys_part(per_day)),
            waiting,
            keys_part(max_waiting(per_day)),
            self.accepted,
        )
        self.by_form = QueueConfirmationRequest(
            NetworkCapsTable(caps, "Control", 20), waiting, max_waiting(per_day), self.accepted
        )

    def work(self, now: Millis) -> None:
        """Sends the mails that are due, and lets the others wait."""
        everything = [*self.accepted.bodies, *self.waiting.bodies]
        later = [body for body in everything if ConfirmationRequest.from_message(body).due > now]
        self.sent[now // DAY] += len(everything) - len(later)
        self.waiting.bodies[:] = later
        self.accepted.bodies.clear()


@given(
    per_day=st.integers(2, 12),
    per_key=st.integers(1, 20),
    requests=st.lists(
        st.tuples(st.integers(0, DAY // 8), st.sampled_from("abc"), st.sampled_from(Intent)), max_size=150
    ),
)
def test_after_any_requests_of_keys_an_opt_out_of_the_form_is_accepted_and_due_at_once(
    per_day: int, per_key: int, requests: list[tuple[int, str, Intent]]
) -> None:
    queues, now = Queues(per_day, per_key), NOW
    for number, (gap, key, intent) in enumerate(requests):
        now = Millis(now + gap)
        request = replace(REQUEST, id=f"r{number}", at=now, intent=intent)
        try:
            queues.by_key(request, key)
        except WaitingQueueFull:
            assert not queues.accepted.bodies, "what is rejected is not queued"
        queues.work(now)
    assert max(queues.sent.values(), default=0) < per_day, "every day has room for a person"

    queues.by_form(replace(REQUEST, at=now), "n1")
    (body,) = queues.accepted.bodies
    assert ConfirmationRequest.from_message(body).due == now


def test_a_key_is_rejected_when_half_of_the_waiting_queue_is_used_and_the_form_is_not() -> None:
    queues = Queues(per_day=4, per_key=4)
    queues.waiting.bodies[:] = [replace(REQUEST, id=f"w{number}").to_message() for number in range(4)]
    with pytest.raises(WaitingQueueFull):
        queues.by_key(REQUEST, "a")
    queues.by_form(REQUEST, "n1")
    assert len(queues.accepted.bodies) == 1
