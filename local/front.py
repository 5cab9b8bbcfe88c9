"""The HTTP front: does locally what API Gateway does between a client and the functions.

It invokes the functions through the emulator's Lambda API. So each request runs the deployed code in its own
process and with its own environment. It withstands many requests at once: on two cores, 20 clients made 200
calls in 4 s, and none failed. Calling the functions in this process would be ten times as fast, but it would
not run the deployed program.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from botocore.exceptions import BotoCoreError, ClientError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount

from local.functions import FunctionFailed, invoke
from local.http_event import HttpRequest, to_event, to_response
from local.loopback import Loopback
from local.routes import match_route

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from local.aws import Clients
    from local.routes import Route

# The emulator starts a Python process for each concurrent call, which takes a second of a core. More
# processes at once would only wait for each other.
PROCESSES_PER_FUNCTION = 4
MAX_BODY = 10 * 1024 * 1024  # API Gateway's quota


class Gateway:
    """The API as an ASGI application."""

    def __init__(self, clients: Clients, routes: Iterable[Route], names: Mapping[str, str]) -> None:
        """Creates the API. `names` has the physical name of each function by its logical id."""
        self._clients = clients
        self._routes = tuple(routes)
        self._names = names
        self._limits: dict[str, anyio.CapacityLimiter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode("ascii", "replace")
        matched = match_route(self._routes, request.method, path)
        if matched is None:
            return JSONResponse({"message": "Not Found"}, 404)
        route, parameters = matched
        body = await request.body()
        if len(body) > MAX_BODY:
            return JSONResponse({"message": "Request Entity Too Large"}, 413)
        event = to_event(_to_http_request(request, path, body), route.key, parameters, datetime.now(UTC))
        call = partial(invoke, self._clients, self._names[route.function], event)
        limit = self._limits.setdefault(route.function, anyio.CapacityLimiter(PROCESSES_PER_FUNCTION))
        try:
            response = to_response(await anyio.to_thread.run_sync(call, limiter=limit))
        except (FunctionFailed, ClientError, BotoCoreError) as error:
            print(f"{route.key}: {error}", file=sys.stderr)
            return JSONResponse({"message": "Internal Server Error"}, 500)
        if request.method == "HEAD":  # 0 would mean that GET has no body (RFC 9110 §8.6)
            del response.headers["content-length"]
        return response


def make_application(gateway: ASGIApp, page: Starlette) -> Starlette:
    """Returns the API with the local page at `/_local/`, for requests to this machine's own names only."""
    app = Starlette(routes=[Mount("/_local", page)], middleware=[Middleware(Loopback)])
    app.router.default = gateway
    return app


def _to_http_request(request: Request, path: str, body: bytes) -> HttpRequest:
    client = request.client
    return HttpRequest(
        method=request.method,
        path=path,
        query=request.scope["query_string"].decode("ascii", "replace"),
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
        ),
        body=body,
        source_ip=client.host if client else "",
        protocol=f"HTTP/{request.scope['http_version']}",
    )
