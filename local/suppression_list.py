"""SES's suppression list for the emulator, which has none: as far as Heed, and who tries it out, asks for it.

Runs on the emulator's own Python, so it imports nothing of Heed. An address is found by its exact spelling,
as in SES; the list lives and dies with the emulator.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

Answer = tuple[int, dict[str, str], bytes]
Handle = Callable[[str, str, object, bytes, dict[str, Any]], Awaitable[Answer]]

_PATH = "/v2/email/suppression/addresses"
_held: dict[str, str] = {}  # address -> reason


def answering(others: Handle) -> Handle:
    """What answers requests of the list, and hands all others on."""

    async def handle(method: str, path: str, headers: object, body: bytes, query: dict[str, Any]) -> Answer:
        if not path.startswith(_PATH):
            return await others(method, path, headers, body, query)
        if method == "PUT":
            said = json.loads(body)
            _held[said["EmailAddress"]] = said["Reason"]
            return _answer(200, {})
        address = unquote(path.removeprefix(_PATH).removeprefix("/"))
        return _one(method, address) if address else _page(query)

    return handle


def _one(method: str, address: str) -> Answer:
    if address not in _held:
        message = "the address is not on the list"
        return _answer(404, {"message": message}, "NotFoundException")
    if method == "DELETE":
        del _held[address]
        return _answer(200, {})
    return _answer(200, {"SuppressedDestination": _entry(address)})


def _page(query: dict[str, Any]) -> Answer:
    asked = {name: value[0] if isinstance(value, list) else value for name, value in query.items()}
    behind = base64.urlsafe_b64decode(asked.get("NextToken", "")).decode()
    there = sorted(one for one in _held if one > behind)
    size = int(asked.get("PageSize", 1_000))
    found: dict[str, Any] = {"SuppressedDestinationSummaries": [_entry(one) for one in there[:size]]}
    if len(there) > size:
        found["NextToken"] = base64.urlsafe_b64encode(there[size - 1].encode()).decode()
    return _answer(200, found)


def _entry(address: str) -> dict[str, Any]:
    return {"EmailAddress": address, "Reason": _held[address], "LastUpdateTime": 0}


def _answer(status: int, said: dict[str, Any], error: str = "") -> Answer:
    headers = {"Content-Type": "application/json"} | ({"x-amzn-errortype": error} if error else {})
    return status, headers, json.dumps(said).encode()
