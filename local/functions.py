"""Calling the deployed functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.aws import Clients


class FunctionFailed(Exception):
    """A function raised, ran out of time or could not start; the emulator's log has the traceback."""


def invoke(clients: Clients, name: str, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Call a function by its physical name and return its answer; FunctionFailed if it raised."""
    answer = clients.lambda_.invoke(FunctionName=name, Payload=json.dumps(event))
    payload = json.loads(answer["Payload"].read() or b"null")
    if fault := answer.get("FunctionError"):
        kind = payload.get("errorType", "") if isinstance(payload, dict) else ""
        raise FunctionFailed(f"{name}: {fault} {kind}".rstrip())
    return payload
