"""The deployed functions: their names in `outputs.functions`, and calling them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.aws import Clients
    from local.translate import Translated


class FunctionFailed(Exception):
    """A function raised, ran out of time or could not start; the emulator's log has the traceback."""


def short_names(translated: Translated) -> dict[str, str]:
    """Logical id → what people call it: the folder, so `unsubscribe_later` is `unsubscribe-later`."""
    return {
        logical_id: code.folder.name.replace("_", "-")
        for logical_id, code in translated.code.items()
        if code.is_function
    }


def invoke(clients: Clients, name: str, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Call a function by its physical name and return its answer; FunctionFailed if it raised."""
    answer = clients.lambda_.invoke(FunctionName=name, Payload=json.dumps(event))
    payload = json.loads(answer["Payload"].read() or b"null")
    if fault := answer.get("FunctionError"):
        kind = payload.get("errorType", "") if isinstance(payload, dict) else ""
        raise FunctionFailed(f"{name}: {fault} {kind}".rstrip())
    return payload
