"""The real handlers behind a real HTTP server on this machine, with what the command needs of AWS."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from functions.desk import app as desk
from functions.feedback import app as feedback
from functions.platform import app as platform
from functions.purge import app as purge
from local.http_event import Call, to_event, to_reply
from tests.support.deployment import World, parts

FUNCTIONS = {
    "desk": desk.handler,
    "feedback": feedback.handler,
    "platform": platform.handler,
    "purge": purge.handler,
}
_INVOKE = "/2015-03-31/functions/"


@dataclass
class Served:
    """A server that runs.

    Attributes:
        url: its base.
        asked: method, path and headers of every request, in order.
        instead: answers to give before any handler is asked: status, headers, body.
    """

    world: World
    url: str = ""
    asked: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    instead: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        self.asked.append((method, path, headers))
        if self.instead:
            return self.instead.pop(0)
        if path.startswith(_INVOKE):
            return self._invoked(path.removeprefix(_INVOKE).partition("/")[0], body)
        if headers.get("x-amz-target") == "TrentService.GenerateMac":
            return _mac(json.loads(body))
        path, _, query = path.partition("?")
        for app in (platform, desk):
            if found := _route(app.api.scopes, method, path):
                call = Call(method, path, query, tuple(headers.items()), body, "127.0.0.1")
                event = to_event(call, f"{method} {found}", {}, datetime.now(UTC))
                reply = to_reply(self._called(app.handler, event))
                return reply.status, dict(reply.headers), reply.body
        return 404, {}, b'{"message": "Not Found"}'

    def _invoked(self, name: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Lambda's own Invoke, as its documentation has it."""
        try:
            answer = self._called(FUNCTIONS[name], json.loads(body))
        except Exception as error:  # noqa: BLE001 - whatever a function raises
            fault = {"errorType": type(error).__name__, "errorMessage": "", "stackTrace": []}
            return 200, {"X-Amz-Function-Error": "Unhandled"}, json.dumps(fault).encode()
        return 200, {}, json.dumps(answer).encode()

    def _called(self, handler: Callable[..., Any], event: dict[str, Any]) -> Any:
        with contextlib.redirect_stdout(io.StringIO()):  # its metrics, not the command's
            return handler(event, self.world.context)


def _route(routes: Iterable[tuple[str, str]], method: str, path: str) -> str | None:
    """The route that a path belongs to, with its parameters as they are written."""
    for way, written in routes:
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(written))
        if way == method and re.fullmatch(pattern, path):
            return written
    return None


def _mac(asked: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    answer = (
        parts()
        .client("kms")
        .generate_mac(
            KeyId=asked["KeyId"],
            MacAlgorithm="HMAC_SHA_256",
            Message=base64.b64decode(asked["Message"]),
        )
    )
    said = {
        "KeyId": asked["KeyId"],
        "MacAlgorithm": "HMAC_SHA_256",
        "Mac": base64.b64encode(answer["Mac"]).decode(),
    }
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(said).encode()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, served: Served, *args: Any) -> None:
        self._served = served
        super().__init__(*args)

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        status, said, answer = self._served.answer(method, self.path, headers, body)
        self.send_response(status)
        for name, value in said.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(world: World) -> Iterator[Served]:
    """A server on a free port, while the block runs."""
    made = Served(world)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, made)) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield made
        server.shutdown()
        thread.join()
