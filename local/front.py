"""The HTTP front: what API Gateway does between a client and the functions.

The functions are invoked through the emulator's own Lambda API: what answers is what was deployed,
with its own environment and in its own process, and it stands floods (measured on two cores: 20
clients at once make 200 calls in 4 s, none fails). In process would be ten times as fast, and
another program than the deployed one.
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
from local.http_event import Call, to_event, to_reply
from local.loopback import Loopback
from local.routes import match

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import Receive, Scope, Send

    from local.aws import Clients
    from local.routes import Route

# Each call at a time is a Python process of its own on the emulator, a second of a core to start:
# more at once than this only wait for each other.
PROCESSES_A_FUNCTION = 4
LARGEST_BODY = 10 * 1024 * 1024  # API Gateway's quota


class Gateway:
    """The API as an ASGI application: `names` maps a function's logical id to its physical name."""

    def __init__(self, clients: Clients, routes: Iterable[Route], names: Mapping[str, str]) -> None:
        self._clients = clients
        self._routes = tuple(routes)
        self._names = names
        self._limits: dict[str, anyio.CapacityLimiter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode("ascii", "replace")
        found = match(self._routes, request.method, path)
        if found is None:
            return JSONResponse({"message": "Not Found"}, 404)
        route, parameters = found
        body = await request.body()
        if len(body) > LARGEST_BODY:
            return JSONResponse({"message": "Request Entity Too Large"}, 413)
        event = to_event(_call(request, path, body), route.key, parameters, datetime.now(UTC))
        work = partial(invoke, self._clients, self._names[route.function], event)
        limit = self._limits.setdefault(route.function, anyio.CapacityLimiter(PROCESSES_A_FUNCTION))
        try:
            reply = to_reply(await anyio.to_thread.run_sync(work, limiter=limit))
        except (FunctionFailed, ClientError, BotoCoreError) as error:
            print(f"{route.key}: {error}", file=sys.stderr)
            return JSONResponse({"message": "Internal Server Error"}, 500)
        response = Response(reply.body, reply.status)
        if request.method == "HEAD":  # 0 would say that GET has nothing (RFC 9110 §8.6)
            del response.headers["content-length"]
        for name, value in reply.headers:
            response.headers.append(name, value)
        return response


def application(gateway: Gateway, page: Starlette) -> Starlette:
    """The API, with the local page beside it at `/_local/`, for who asks for this machine."""
    app = Starlette(routes=[Mount("/_local", page)], middleware=[Middleware(Loopback)])
    app.router.default = gateway
    return app


def _call(request: Request, path: str, body: bytes) -> Call:
    client = request.client
    return Call(
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
