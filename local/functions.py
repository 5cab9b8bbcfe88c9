"""Calls the deployed functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.aws import Clients


class FunctionFailed(Exception):
    """A function raised an error, timed out or did not start. The emulator's log has the traceback."""


def invoke(clients: Clients, name: str, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Calls a function by its physical name and returns its answer.

    Raises:
        FunctionFailed: The function raised an error.
    """
    answer = clients.lambda_.invoke(FunctionName=name, Payload=json.dumps(event))
    payload = json.loads(answer["Payload"].read() or b"null")
    if fault := answer.get("FunctionError"):
        kind = payload.get("errorType", "") if isinstance(payload, dict) else ""
        raise FunctionFailed(f"{name}: {fault} {kind}".rstrip())
    return payload
