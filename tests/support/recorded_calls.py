"""Records the calls that really go to AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.deployment import parts


@contextmanager
def record_calls(service: str) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Records the calls that really go to AWS, by name and parameters."""
    calls: list[tuple[str, dict[str, Any]]] = []

    def record(params: dict[str, Any], model: Any, **_: Any) -> None:
        calls.append((model.name, json.loads(params["body"])))

    events = parts().client(service).meta.events
    events.register("before-call", record)
    yield calls
    events.unregister("before-call", record)
