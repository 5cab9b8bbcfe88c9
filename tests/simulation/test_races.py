"""Two writers at the same time, request by request, in every possible order."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

from heed.domain.milliseconds import Millis
from heed.domain.preferences.kinds import ChoiceKind
from heed.domain.preferences.register import LIFT_UNDELIVERABLE, Change, Entry, Register, Source
from tests.simulation.deployment import SimulatedDeployment, simulated_deployment
from tests.simulation.history import PersonState
from tests.support.deployment import NOW, parts
from tests.support.registers import confirmed, in_, out

REQUEST_COUNT = 8  # requests of one writer whose order is tried one by one


def change(register: Register, at: Millis) -> Change:
    source = Source.CONFIRMATION if register.kind is ChoiceKind.CONFIRMED else Source.ONE_CLICK
    return Change(register, Entry(at, source, "{}"))


class Turns:
    """Lets one thread at a time send one request, in a given order of threads."""

    def __init__(self, order: tuple[int, ...]) -> None:
        self._order = list(order)
        self._done: set[int] = set()
        self._changed = threading.Condition()

    def wait(self, thread: int) -> None:
        """Waits for the thread's turn; turns of finished threads are skipped."""
        with self._changed:
            while True:
                while self._order and self._order[0] in self._done:
                    self._order.pop(0)
                if not self._order or self._order[0] == thread:
                    break
                self._changed.wait()
            if self._order:
                self._order.pop(0)
            self._changed.notify_all()

    def end(self, thread: int) -> None:
        with self._changed:
            self._done.add(thread)
            self._changed.notify_all()


def race(deployment: SimulatedDeployment, order: tuple[int, ...], writers: list[list[Change]]) -> PersonState:
    """What is on record after the writers ran in a given order of their requests."""
    deployment.reset()
    turns = Turns(order)
    preferences = parts().preferences
    client: Any = parts().client("dynamodb")
    send = type(client)._send
    numbers = {f"writer {place}": place for place in range(len(writers))}

    def send_in_turn(self: object, work: Callable[[], object], **more: object) -> object:
        turns.wait(numbers[threading.current_thread().name])
        return send(self, work, **more)

    def write(place: int) -> None:
        try:
            preferences.apply(deployment.recipients[0], writers[place], NOW)
        finally:
            turns.end(place)

    client._send = send_in_turn.__get__(client)
    try:
        threads = [
            threading.Thread(target=write, args=(place,), name=f"writer {place}")
            for place in range(len(writers))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        del client._send
    return deployment.observe()[0]


PAIRS = [
    # the same message, twice at once
    [[change(out(2), NOW)], [change(out(2), NOW)]],
    [[change(out(2), NOW), change(out(3), NOW)]] * 2,
    # a confirmation and a press: earlier, later, and at the same instant
    *(
        [
            [change(confirmed(2), NOW), change(LIFT_UNDELIVERABLE, NOW)],
            [change(out(2), Millis(NOW + late))],
        ]
        for late in (-1, 0, 1)
    ),
    # two forms
    [[change(out(2), NOW), change(in_(3), NOW)], [change(out(3), Millis(NOW + 1)), change(in_(2), NOW)]],
]


def test_two_writers_lose_nothing_in_any_order_of_their_requests() -> None:
    orders = set(itertools.permutations([0] * (REQUEST_COUNT // 2) + [1] * (REQUEST_COUNT // 2)))
    with simulated_deployment("pure") as deployment:
        for writers in PAIRS:
            states = {_compared_state(race(deployment, order, writers)) for order in orders}
            expected = {c.register.code: c.entry.at for changes in writers for c in changes}
            ((registers, _),) = {(state[0], state[1] > 0) for state in states}
            assert {name for name, _ in registers} == set(expected)
            for name, entry in registers:
                ats = [
                    c.entry.at
                    for writer_changes in writers
                    for c in writer_changes
                    if c.register.code == name
                ]
                assert entry[0] == max(ats)


def _compared_state(state: PersonState) -> tuple[frozenset[tuple[str, tuple[object, ...]]], int]:
    return frozenset(state.registers.items()), state.revision
