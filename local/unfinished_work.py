"""Counts what the emulator has not finished: running functions, changes in streams, messages in queues.

The emulator's own Python runs this, so it cannot import Heed. `make demo` asks before it moves the clock: a
function would lose the rest of its time, and a stream its records of the day before.
"""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
Handle = Callable[[str, str, object, bytes, dict[str, Any]], Awaitable[Answer]]

PATH = "/v2/email/local-unfinished-work"


def with_unfinished_work(others: Handle) -> Handle:
    """Returns a handler that passes requests to `others`, and answers requests for the number."""
    functions = importlib.import_module("ministack.services.lambda_svc")
    runtime = importlib.import_module("ministack.core.lambda_runtime")
    tables = importlib.import_module("ministack.services.dynamodb")
    queues = importlib.import_module("ministack.services.sqs")

    def count() -> int:
        mappings = [mapping for _, _, mapping in functions._iter_all_esms()]  # noqa: SLF001
        sources = {mapping["EventSourceArn"] for mapping in mappings}
        changes = sum(
            tables.stream_end_position(mapping["EventSourceArn"].split("/")[1])
            - functions._dynamodb_stream_positions[mapping["UUID"]]  # noqa: SLF001
            for mapping in mappings
            if ":dynamodb:" in mapping["EventSourceArn"]
        )
        messages = sum(
            message["visible_at"] <= time.time()  # a message with a delay is no work before its time
            for queue in queues._queues.values()  # noqa: SLF001
            if queue["attributes"]["QueueArn"] in sources
            for message in queue["messages"]
        )
        batches = sum(functions._esm_inflight.values())  # noqa: SLF001
        return int(runtime.workers_in_use() + changes + messages + batches)

    async def handle(method: str, path: str, headers: object, body: bytes, query: dict[str, Any]) -> Answer:
        if path != PATH:
            return await others(method, path, headers, body, query)
        return 200, {"Content-Type": "application/json"}, json.dumps({"unfinished": count()}).encode()

    return handle
