"""The HTTP front, with the emulator's Lambda API played by a few lines."""

from __future__ import annotations

import io
import json
from typing import Any

import anyio
import httpx
import pytest

from local.front import Gateway
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
