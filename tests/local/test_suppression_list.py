"""SES's suppression list, which the emulator lacks: found by the exact spelling, read page by page."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from local import suppression_list
from local.suppression_list import Answer, answering

ADDRESSES = "/v2/email/suppression/addresses"


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression_list, "_held", {})


async def _others(method: str, path: str, *_: object) -> Answer:
    return 418, {}, f"{method} {path}".encode()


def ask(method: str, path: str, said: object = None, **query: str) -> tuple[int, Any]:
    """The status, and what was said."""
    body = json.dumps(said).encode()

    async def answer() -> Answer:
        return await answering(_others)(method, path, {}, body, dict(query))

    status, _, text = asyncio.run(answer())
    return status, json.loads(text) if text[:1] == b"{" else text


def put(address: str) -> None:
    assert ask("PUT", ADDRESSES, {"EmailAddress": address, "Reason": "BOUNCE"})[0] == 200


def test_an_address_comes_off_in_its_exact_spelling_alone() -> None:
    put("Joan@example.com")
    assert ask("DELETE", f"{ADDRESSES}/joan%40example.com")[0] == 404
    found = ask("GET", f"{ADDRESSES}/Joan%40example.com")[1]["SuppressedDestination"]
    assert found == {"EmailAddress": "Joan@example.com", "Reason": "BOUNCE", "LastUpdateTime": 0}
    assert ask("DELETE", f"{ADDRESSES}/Joan%40example.com")[0] == 200
    assert ask("GET", f"{ADDRESSES}/Joan%40example.com")[0] == 404


def test_it_is_read_page_by_page() -> None:
    for name in "cabde":
        put(f"{name}@example.com")
    seen: list[str] = []
    query = {"PageSize": "2"}
    while True:
        _, page = ask("GET", ADDRESSES, **query)
        seen += [one["EmailAddress"] for one in page["SuppressedDestinationSummaries"]]
        if "NextToken" not in page:
            break
        query["NextToken"] = page["NextToken"]
    assert seen == [f"{name}@example.com" for name in "abcde"]


def test_all_else_is_the_emulators_own() -> None:
    assert ask("POST", "/v2/email/outbound-emails") == (418, b"POST /v2/email/outbound-emails")
