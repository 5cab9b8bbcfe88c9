"""The suppression list of SES for the emulator: lookup by exact spelling, and pages."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from local import suppression_list
from local.suppression_list import Answer, with_suppression_list

ADDRESSES = "/v2/email/suppression/addresses"


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression_list, "_reasons", {})


async def _others(method: str, path: str, *_: object) -> Answer:
    return 418, {}, f"{method} {path}".encode()


def send(method: str, path: str, content: object = None, **query: str) -> tuple[int, Any]:
    """Returns the status and the content of the answer."""
    body = json.dumps(content).encode()

    async def answer() -> Answer:
        return await with_suppression_list(_others)(method, path, {}, body, dict(query))

    status, _, text = asyncio.run(answer())
    return status, json.loads(text) if text[:1] == b"{" else text


def put(address: str) -> None:
    assert send("PUT", ADDRESSES, {"EmailAddress": address, "Reason": "BOUNCE"})[0] == 200


def test_an_address_is_found_and_deleted_by_its_exact_spelling_only() -> None:
    put("Joan@example.com")
    assert send("DELETE", f"{ADDRESSES}/joan%40example.com")[0] == 404
    entry = send("GET", f"{ADDRESSES}/Joan%40example.com")[1]["SuppressedDestination"]
    assert entry == {"EmailAddress": "Joan@example.com", "Reason": "BOUNCE", "LastUpdateTime": 0}
    assert send("DELETE", f"{ADDRESSES}/Joan%40example.com")[0] == 200
    assert send("GET", f"{ADDRESSES}/Joan%40example.com")[0] == 404


def test_the_list_has_pages() -> None:
    for name in "cabde":
        put(f"{name}@example.com")
    addresses: list[str] = []
    query = {"PageSize": "2"}
    while True:
        _, page = send("GET", ADDRESSES, **query)
        addresses += [entry["EmailAddress"] for entry in page["SuppressedDestinationSummaries"]]
        if "NextToken" not in page:
            break
        query["NextToken"] = page["NextToken"]
    assert addresses == [f"{name}@example.com" for name in "abcde"]


def test_other_requests_reach_the_emulator() -> None:
    assert send("POST", "/v2/email/outbound-emails") == (418, b"POST /v2/email/outbound-emails")


def test_there_is_no_tenant() -> None:
    assert send("POST", "/v2/email/tenants/list", {}) == (200, {"Tenants": []})
