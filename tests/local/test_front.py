"""The HTTP front, with the emulator's Lambda API played by a few lines."""

from __future__ import annotations

import io
import json
from typing import Any

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route as PageRoute

from local.front import Gateway, application
from local.routes import Route

ROUTES = [Route(method, "/u/{token}", "Unsubscribe") for method in ("GET", "HEAD")]


class Clients:
    """Answers as the function does: HEAD without the page."""

    def __init__(self) -> None:
        self.lambda_ = self

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - boto3's own
        assert FunctionName == "heed-unsubscribe"
        method = json.loads(Payload)["requestContext"]["http"]["method"]
        page = "" if method == "HEAD" else "<h1>"
        answer = {"statusCode": 200, "headers": {"Tk": "N"}, "body": page}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


def ask(method: str, path: str) -> httpx.Response:
    gateway = Gateway(Clients(), ROUTES, {"Unsubscribe": "heed-unsubscribe"})  # type: ignore[arg-type]

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(gateway)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path)

    return anyio.run(run)


def test_head_does_not_say_that_the_page_is_empty() -> None:
    get, head = ask("GET", "/u/x"), ask("HEAD", "/u/x")

    assert get.headers["content-length"] == "4" and "content-length" not in head.headers
    assert head.status_code == 200 and head.content == b"" and head.headers["tk"] == "N"


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("PUT", "/u/x"), ("GET", "/u/x/y")])
def test_what_no_route_takes_is_api_gateways_own_404(method: str, path: str) -> None:
    assert ask(method, path).json() == {"message": "Not Found"}


REBINDING = [
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "",
]
REBINDING += [
    "127.0.0.2",
    "[::1",
    "127.0.0.1:8000@evil.example",
    "localhost:x",
    "[::ffff:127.0.0.1]",
]


def ask_as(hosts: list[str], path: str) -> httpx.Response:
    """What the whole front answers to a request that names these hosts."""
    gateway = Gateway(Clients(), ROUTES, {"Unsubscribe": "heed-unsubscribe"})  # type: ignore[arg-type]
    page = Starlette(routes=[PageRoute("/", lambda _: PlainTextResponse("inbox"))])
    front = application(gateway, page)

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(front)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            headers = [("Host", host) for host in hosts]
            return await client.request("GET", path, headers=headers)

    return anyio.run(run)


@pytest.mark.threat(
    "W20",
    "A web page has its own name resolved to this machine, and reads the local stack's mails.",
    "The local front answers nobody who asks for another name than this machine's own.",
)
@pytest.mark.parametrize("path", ["/_local/", "/u/x", "/nothing"])
@pytest.mark.parametrize("host", REBINDING)
def test_who_asks_for_another_name_than_this_machines_is_told_nothing(host: str, path: str) -> None:
    answer = ask_as([host], path)
    assert answer.status_code == 421
    assert "inbox" not in answer.text
    assert "<" not in answer.text


def test_two_names_are_as_bad_as_a_wrong_one() -> None:
    assert ask_as(["127.0.0.1", "evil.example"], "/_local/").status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:8000", "[::1]:80", "[::1]"])
def test_this_machine_is_answered_by_each_of_its_names_at_any_port(host: str) -> None:
    assert ask_as([host], "/_local/").text == "inbox"
    assert ask_as([host], "/u/x").status_code == 200
