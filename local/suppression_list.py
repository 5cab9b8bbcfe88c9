"""The suppression list of SES, which the emulator does not have: the part that Heed and its users need.

The emulator's own Python runs this, so it cannot import Heed. As in SES, an address is found by its exact
spelling. The list is lost when the emulator ends. No tenant has a list.
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
_TENANTS = "/v2/email/tenants/list"
_reasons: dict[str, str] = {}  # by address


def with_suppression_list(others: Handle) -> Handle:
    """Returns a handler that answers requests to the list and passes other requests to `others`."""

    async def handle(method: str, path: str, headers: object, body: bytes, query: dict[str, Any]) -> Answer:
        if path == _TENANTS:
            return _answer(200, {"Tenants": []})
        if not path.startswith(_PATH):
            return await others(method, path, headers, body, query)
        if method == "PUT":
            request = json.loads(body)
            _reasons[request["EmailAddress"]] = request["Reason"]
            return _answer(200, {})
        address = unquote(path.removeprefix(_PATH).removeprefix("/"))
        return _answer_for_address(method, address) if address else _answer_page(query)

    return handle


def _answer_for_address(method: str, address: str) -> Answer:
    if address not in _reasons:
        message = "the address is not on the list"
        return _answer(404, {"message": message}, "NotFoundException")
    if method == "DELETE":
        del _reasons[address]
        return _answer(200, {})
    return _answer(200, {"SuppressedDestination": _to_entry(address)})


def _answer_page(query: dict[str, Any]) -> Answer:
    parameters = {name: value[0] if isinstance(value, list) else value for name, value in query.items()}
    last_address = base64.urlsafe_b64decode(parameters.get("NextToken", "")).decode()
    addresses = sorted(address for address in _reasons if address > last_address)
    size = int(parameters.get("PageSize", 1_000))
    page: dict[str, Any] = {
        "SuppressedDestinationSummaries": [_to_entry(address) for address in addresses[:size]]
    }
    if len(addresses) > size:
        page["NextToken"] = base64.urlsafe_b64encode(addresses[size - 1].encode()).decode()
    return _answer(200, page)


def _to_entry(address: str) -> dict[str, Any]:
    return {"EmailAddress": address, "Reason": _reasons[address], "LastUpdateTime": 0}


def _answer(status: int, content: dict[str, Any], error: str = "") -> Answer:
    headers = {"Content-Type": "application/json"} | ({"x-amzn-errortype": error} if error else {})
    return status, headers, json.dumps(content).encode()
