"""A batch of SQS messages: what is retried, what is dead-lettered, and what crashes the function."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from heed.domain.errors import MalformedMessage, QueueUnavailable, StoreUnavailable
from heed.entrypoints.queue import handle_each
from tests.support.deployment import Context
from tests.support.fakes import MemoryQueue

ADDRESS = "reader@example.com"


def handle_bodies(handle: Callable[[str], object], dead_letters: MemoryQueue, *bodies: str) -> list[str]:
    """Returns the ids of the messages to retry. The id of a message is its position."""
    records: list[Any] = [{"messageId": str(at), "body": body} for at, body in enumerate(bodies)]
    answer = handle_each({"Records": records}, Context(), handle, lambda: dead_letters)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def fail(body: str) -> None:
    if error := {"malformed": MalformedMessage("no JSON"), "unavailable": StoreUnavailable("busy")}.get(body):
        raise error


def test_a_batch_of_which_every_message_fails_is_reported_message_by_message() -> None:
    assert handle_bodies(fail, MemoryQueue(), "unavailable", "unavailable") == ["0", "1"]


def test_a_message_counts_as_handled_only_when_the_dead_letter_queue_has_it() -> None:
    dead_letters = MemoryQueue()
    assert handle_bodies(fail, dead_letters, "good", "malformed") == []
    assert dead_letters.bodies == ["malformed"]

    dead_letters.failure = QueueUnavailable("throttled")
    assert handle_bodies(fail, dead_letters, "malformed", "good") == ["0"]
    assert dead_letters.bodies == ["malformed"]


def test_a_bug_crashes_the_function_so_that_its_alarm_fires() -> None:
    def stumble(body: str) -> None:
        raise LookupError(body)

    with pytest.raises(LookupError):
        handle_bodies(stumble, MemoryQueue(), "good")


def test_the_log_says_what_happens_to_a_message_without_its_body(log: io.StringIO) -> None:
    def refuse(_: str) -> None:
        raise MalformedMessage("no JSON")

    def postpone(_: str) -> None:
        raise StoreUnavailable("busy")

    handle_bodies(refuse, MemoryQueue(), ADDRESS)
    handle_bodies(postpone, MemoryQueue(), ADDRESS)
    lines = [json.loads(line)["message"] for line in log.getvalue().splitlines()]
    assert lines == ["message sent to the dead-letter queue", "message will be retried"]
    assert ADDRESS not in log.getvalue()
