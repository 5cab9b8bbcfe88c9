"""The HTTP front, with a fake Lambda API."""

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

from local.front import Gateway, make_application
from local.routes import Route

ROUTES = [Route(method, "/u/{token}", "Unsubscribe") for method in ("GET", "HEAD")]


class Clients:
    """A fake Lambda API. Like the function, it answers HEAD without the page."""

    def __init__(self) -> None:
        self.lambda_ = self

    def invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert FunctionName == "heed-unsubscribe"
        method = json.loads(Payload)["requestContext"]["http"]["method"]
        page = "" if method == "HEAD" else "<h1>"
        answer = {"statusCode": 200, "headers": {"Tk": "N"}, "body": page}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


def send(method: str, path: str) -> httpx.Response:
    gateway = Gateway(Clients(), ROUTES, {"Unsubscribe": "heed-unsubscribe"})  # type: ignore[arg-type]

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(gateway)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path)

    return anyio.run(run)


def test_head_has_no_content_length() -> None:
    get, head = send("GET", "/u/x"), send("HEAD", "/u/x")

    assert get.headers["content-length"] == "4" and "content-length" not in head.headers
    assert head.status_code == 200 and head.content == b"" and head.headers["tk"] == "N"


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("PUT", "/u/x"), ("GET", "/u/x/y")])
def test_an_unknown_route_is_answered_like_by_api_gateway(method: str, path: str) -> None:
    assert send(method, path).json() == {"message": "Not Found"}


FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "",
]
FOREIGN_HOSTS += [
    "127.0.0.2",
    "[::1",
    "127.0.0.1:8000@evil.example",
    "localhost:x",
    "[::ffff:127.0.0.1]",
]


def send_with_hosts(hosts: list[str], path: str) -> httpx.Response:
    """Returns the front's answer to a request with these `Host` headers."""
    gateway = Gateway(Clients(), ROUTES, {"Unsubscribe": "heed-unsubscribe"})  # type: ignore[arg-type]
    page = Starlette(routes=[PageRoute("/", lambda _: PlainTextResponse("inbox"))])
    front = make_application(gateway, page)

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(front)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            headers = [("Host", host) for host in hosts]
            return await client.request("GET", path, headers=headers)

    return anyio.run(run)


@pytest.mark.threat(
    "W20",
    "A web page has its host name resolved to this machine, and reads the mails of the local stack.",
    "The local front refuses requests for any name that is not a name of this machine.",
)
@pytest.mark.parametrize("path", ["/_local/", "/u/x", "/nothing"])
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_request_for_a_foreign_host_is_refused(host: str, path: str) -> None:
    answer = send_with_hosts([host], path)
    assert answer.status_code == 421
    assert "inbox" not in answer.text
    assert "<" not in answer.text


def test_a_request_with_two_hosts_is_refused() -> None:
    assert send_with_hosts(["127.0.0.1", "evil.example"], "/_local/").status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:8000", "[::1]:80", "[::1]"])
def test_requests_for_each_name_of_this_machine_are_answered(host: str) -> None:
    assert send_with_hosts([host], "/_local/").text == "inbox"
    assert send_with_hosts([host], "/u/x").status_code == 200
