"""Servers on this machine: one answers as a test wants, one has the real handlers. And a client for each."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from heed.client import Heed, RetryRules
from heed.domain.api_key import KeyScope
from tests.cli.server import ApiServer, serve
from tests.support.deployment import World, deployed, parts, restart

KEY = "heed_" + "k" * 43
AS_OF = "2026-03-05T09:12:44.390Z"


@dataclass
class CannedAnswer:
    """An answer. A list as `content` is sent piece by piece, with a pause before each piece."""

    content: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    is_cut: bool = False


@dataclass
class CannedApi:
    """A running server.

    Attributes:
        url: Its base URL.
        answers: The next answers. A function makes one of the body of the request.
        requests: Method, path, headers and parsed body of each request.
    """

    url: str
    answers: list[Any] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)

    @property
    def bodies(self) -> list[Any]:
        """The parsed bodies of all requests."""
        return [body for *_, body in self.requests]

    def client(self, **rules: Any) -> Heed:
        """Returns a client with these rules."""
        return Heed(self.url, KEY, retries=RetryRules(**rules))


def check_answer(body: dict[str, Any]) -> dict[str, Any]:
    """Returns an answer to a check that permits a mail to everybody."""
    people = body.get("addresses") or body["recipients"]
    results = [
        {
            "address": person if "addresses" in body else None,
            "recipient": "a" * 26 if "addresses" in body else person,
            "sendable": True,
            "reason": "ok",
            "since": None,
            "source": None,
            "until": None,
        }
        for person in people
    ]
    return {"as_of": AS_OF, "results": results}


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, api: CannedApi, *arguments: Any) -> None:
        self._api = api
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", "0")))
        body = json.loads(raw) if raw else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._api.requests.append((self.command, self.path, headers, body))
        answers = self._api.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        answer = answer(body) if callable(answer) else answer
        with suppress(BrokenPipeError, ConnectionResetError):  # the client waits no longer
            self._send(answer if isinstance(answer, CannedAnswer) else CannedAnswer(answer))

    def _send(self, answer: CannedAnswer) -> None:
        pieces = answer.content if isinstance(answer.content, list) else [answer.content]
        data = [piece if isinstance(piece, bytes) else json.dumps(piece).encode() for piece in pieces]
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(sum(map(len, data)) + answer.is_cut))
        self.end_headers()
        for piece in data:
            if answer.pause:
                time.sleep(answer.pause)
            self.wfile.write(piece)
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def canned() -> Iterator[CannedApi]:
    """A server that answers each request with the next canned answer, the last one again and again."""
    api = CannedApi("")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, api)) as server:
        api.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts. The test does not wait for them."""
    recorded: list[float] = []
    monkeypatch.setattr("heed.client.transport.time.sleep", recorded.append)
    return recorded


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    """The real handlers behind a server on this machine."""
    with pytest.MonkeyPatch.context() as patch, deployed(patch) as world, serve(world) as server:
        yield server


@pytest.fixture
def world(server: ApiServer) -> World:
    """A deployed Heed with empty tables."""
    world = server.world
    world.clear_table(world.table, "id")
    world.clear_table(world.control, "pk")
    restart()
    server.requests.clear()
    return world


@pytest.fixture
def heed(world: World, server: ApiServer) -> Heed:
    """A client with a key that has all scopes."""
    return Heed(server.url, parts().api_keys.create("all", "tests", list(KeyScope))[1])
