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
    """Logical id → what people call it: the folder, with the entry point unless it is `handler`.

    `functions/unsubscribe` with `app.handler` is `unsubscribe`, with `app.later`
    `unsubscribe-later`.
    """
    names = {}
    for logical_id, code in translated.code.items():
        if not code.is_function:
            continue
        handler = translated.template["Resources"][logical_id]["Properties"]["Handler"]
        entry = handler.rpartition(".")[2]
        names[logical_id] = (
            code.folder.name if entry == "handler" else f"{code.folder.name}-{entry}"
        )
    return names


def invoke(clients: Clients, name: str, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Call a function by its physical name and return its answer; FunctionFailed if it raised."""
    answer = clients.lambda_.invoke(FunctionName=name, Payload=json.dumps(event))
    payload = json.loads(answer["Payload"].read() or b"null")
    if fault := answer.get("FunctionError"):
        kind = payload.get("errorType", "") if isinstance(payload, dict) else ""
        raise FunctionFailed(f"{name}: {fault} {kind}".rstrip())
    return payload
