"""What the emulator has not finished, with a fake of its modules."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest

from local.unfinished_work import PATH, Answer, with_unfinished_work

TABLE_STREAM = "arn:aws:dynamodb:us-east-1:000000000000:table/Preferences/stream/2026"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:Feedback"
DEAD_LETTERS = "arn:aws:sqs:us-east-1:000000000000:DeadLetters"
PAST, FUTURE = 0, 10**12  # seconds


class Emulator:
    """Has the members of the emulator's modules that the number depends on. Nothing is unfinished."""

    def __init__(self) -> None:
        self.running, self.end, self.position = 0, 7, 7
        self.batches: dict[str, int] = {}
        self.messages: dict[str, list[dict[str, int]]] = defaultdict(list)

    def modules(self) -> dict[str, Any]:
        mappings = [{"UUID": "m1", "EventSourceArn": TABLE_STREAM}, {"UUID": "m2", "EventSourceArn": QUEUE}]
        queues = {
            arn: {"attributes": {"QueueArn": arn}, "messages": self.messages[arn]}
            for arn in (QUEUE, DEAD_LETTERS)
        }
        return {
            "ministack.services.lambda_svc": SimpleNamespace(
                _iter_all_esms=lambda: [("", "", mapping) for mapping in mappings],
                _dynamodb_stream_positions={"m1": self.position},
                _esm_inflight=self.batches,
            ),
            "ministack.core.lambda_runtime": SimpleNamespace(workers_in_use=lambda: self.running),
            "ministack.services.dynamodb": SimpleNamespace(
                stream_end_position=lambda table: {"Preferences": self.end}[table]
            ),
            "ministack.services.sqs": SimpleNamespace(_queues=queues),
        }


def request(emulator: Emulator, path: str) -> Answer:
    async def others(*_: object) -> Answer:
        return 418, {}, b""

    with pytest.MonkeyPatch.context() as patch:
        for name, module in emulator.modules().items():
            patch.setitem(sys.modules, name, module)
        handle = with_unfinished_work(others)

        async def answer() -> Answer:
            return await handle("GET", path, {}, b"", {})

        return asyncio.run(answer())


def count(emulator: Emulator) -> int:
    number: int = json.loads(request(emulator, PATH)[2])["unfinished"]
    return number


def test_an_idle_emulator_has_finished_everything() -> None:
    assert count(Emulator()) == 0


def test_running_functions_and_batches_of_queues_are_unfinished() -> None:
    emulator = Emulator()
    emulator.running, emulator.batches = 2, {"m2": 1}
    assert count(emulator) == 3


def test_changes_that_no_function_has_read_are_unfinished() -> None:
    emulator = Emulator()
    emulator.end = 10
    assert count(emulator) == 3


def test_a_message_for_a_function_is_unfinished_when_its_time_is_there() -> None:
    emulator = Emulator()
    emulator.messages[QUEUE] = [{"visible_at": PAST}, {"visible_at": FUTURE}]
    assert count(emulator) == 1


def test_a_message_that_waits_for_a_person_is_not_unfinished() -> None:
    emulator = Emulator()
    emulator.messages[DEAD_LETTERS] = [{"visible_at": PAST}]
    assert count(emulator) == 0


def test_other_requests_go_to_the_emulator() -> None:
    assert request(Emulator(), "/v2/email/identities")[0] == 418
