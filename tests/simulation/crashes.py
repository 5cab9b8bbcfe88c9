"""Kills a function after one of its requests that change AWS: the request is done, and nothing after it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.simulation.nemesis import Killed
from tests.support.clients import calling
from tests.support.crash import is_read
from tests.support.deployment import parts

SERVICES = ("cloudwatch", "dynamodb", "kms", "sqs", "s3", "events", "sesv2", "stepfunctions")


class ProcessKiller:
    """Counts the answers of all services, without those to reads, and kills the function at one of them.

    Attributes:
        answer_count: the number of these answers so far.
        read_count: the number of reads so far.
    """

    def __init__(self, place: int | None) -> None:
        self.answer_count = self.read_count = 0
        self._place = place
        self._lock = threading.Lock()

    def count_answer(self, model: Any, **_: object) -> None:
        with self._lock:
            if is_read(model.name):
                self.read_count += 1
                return
            number, self.answer_count = self.answer_count, self.answer_count + 1
        if number == self._place:
            raise Killed


@contextmanager
def kill_at_answer(place: int | None) -> Iterator[ProcessKiller]:
    """While the block runs, kills the process that gets this answer (from 0); None kills none."""
    killer = ProcessKiller(place)
    clients: list[Any] = [
        *map(parts().client, SERVICES),
        *(parts().client(name, once=True) for name in ("dynamodb", "sesv2")),
    ]
    with calling(killer.count_answer, clients, "after-call"):
        yield killer
