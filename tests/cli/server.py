"""A real HTTP server on this machine: the real handlers, S3, and the AWS calls that commands need."""

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
from urllib.parse import parse_qs

from functions.agents import app as agents
from functions.cases import app as cases
from functions.feedback import app as feedback
from functions.jobs import app as jobs
from functions.platform import app as platform
from functions.preferences import app as preferences
from functions.purge import app as purge
from local.http_event import HttpRequest, to_event, to_response
from tests.support.deployment import ROOT, World, client, parts
from tests.support.job_machine import run_executions

FUNCTIONS = {
    "agents": agents.handler,
    "feedback": feedback.handler,
    "platform": platform.handler,
    "purge": purge.handler,
}
_INVOKE = "/2015-03-31/functions/"
_S3 = re.compile(
    r"https://bulk\.s3\.[a-z0-9.-]*amazonaws\.com"
)  # the host of signed URLs of the bucket `bulk`


@dataclass
class ApiServer:
    """A running server.

    Attributes:
        url: Its base URL.
        requests: Method, path and headers of all requests, in order.
        canned_answers: Answers (status, headers, body) that it gives before it calls any handler.
        works_on_jobs: Whether the state machine runs. Otherwise a job never ends.
        publishes_keys: Whether it answers with the public keys of snapshots.
    """

    world: World
    url: str = ""
    requests: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    canned_answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    works_on_jobs: bool = True
    publishes_keys: bool = True

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        self.requests.append((method, path, headers))
        if self.canned_answers:
            return self.canned_answers.pop(0)
        if path.startswith(_INVOKE):
            return self._invoke(path.removeprefix(_INVOKE).partition("/")[0], body)
        if headers.get("x-amz-target") == "TrentService.GenerateMac":
            return _generate_mac(json.loads(body))
        if path.startswith("/s3/"):
            return self._answer_as_s3(method, path, headers, body)
        if path == "/.well-known/heed-keys.json" and self.publishes_keys:
            request = HttpRequest(method, path, "", tuple(headers.items()), body, "127.0.0.1")
            answer = self._call(
                preferences.handler, to_event(request, f"{method} {path}", {}, datetime.now(UTC))
            )
            return 200, {"Content-Type": "application/json"}, answer["body"].encode()
        path, _, query = path.partition("?")
        for app in (platform, agents, cases, jobs):
            if route := _find_route(app.api.scopes, method, path):
                request = HttpRequest(method, path, query, tuple(headers.items()), body, "127.0.0.1")
                event = to_event(request, f"{method} {route}", {}, datetime.now(UTC))
                response = to_response(self._call(app.handler, event))
                del response.headers["content-length"]  # the server adds it to each answer
                content = _S3.sub(f"{self.url}/s3", bytes(response.body).decode()).encode()
                return response.status_code, dict(response.headers), content
        return 404, {}, b'{"message": "Not Found"}'

    def _answer_as_s3(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Answers a request by a signed URL, and reports an upload to Heed as S3 does."""
        path, _, query = url.partition("?")
        key = path.removeprefix("/s3/")
        (signed,) = parse_qs(query)["X-Amz-SignedHeaders"]
        if not set(signed.split(";")) <= set(headers):
            return 403, {}, b"<Code>SignatureDoesNotMatch</Code>"
        if method == "GET":
            return 200, {}, client("s3").get_object(Bucket="bulk", Key=key)["Body"].read()
        client("s3").put_object(Bucket="bulk", Key=key, Body=body, IfNoneMatch=headers["if-none-match"])
        event = json.loads((ROOT / "events" / "jobs-eventbridge-object-created.json").read_text())
        event["detail"]["object"]["key"] = key
        self._call(jobs.handler, event)
        return 200, {}, b""

    def _invoke(self, name: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Answers Lambda's Invoke as its documentation says."""
        try:
            answer = self._call(FUNCTIONS[name], json.loads(body))
        except Exception as error:  # noqa: BLE001 - a function may raise anything
            fault = {"errorType": type(error).__name__, "errorMessage": "", "stackTrace": []}
            return 200, {"X-Amz-Function-Error": "Unhandled"}, json.dumps(fault).encode()
        return 200, {}, json.dumps(answer).encode()

    def _call(self, handler: Callable[..., Any], event: dict[str, Any]) -> Any:
        with contextlib.redirect_stdout(io.StringIO()):  # prints metrics, which are not output of the command
            answer = handler(event, self.world.context)
        if handler is jobs.handler and self.works_on_jobs:
            self.work()
        return answer

    def work(self) -> None:
        """Runs the state machine until each job has ended or waits for its commit."""
        with contextlib.redirect_stdout(io.StringIO()):
            run_executions()


def _find_route(routes: Iterable[tuple[str, str]], method: str, path: str) -> str | None:
    """Returns the route of a path with its placeholders, such as `/v1/purges/{id}`."""
    for route_method, route in routes:
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route))
        if route_method == method and re.fullmatch(pattern, path):
            return route
    return None


def _generate_mac(body: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    answer = (
        parts()
        .client("kms")
        .generate_mac(
            KeyId=body["KeyId"],
            MacAlgorithm="HMAC_SHA_256",
            Message=base64.b64decode(body["Message"]),
        )
    )
    response = {
        "KeyId": body["KeyId"],
        "MacAlgorithm": "HMAC_SHA_256",
        "Mac": base64.b64encode(answer["Mac"]).decode(),
    }
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(response).encode()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, api_server: ApiServer, *args: Any) -> None:
        self._api_server = api_server
        super().__init__(*args)

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        status, answer_headers, answer = self._api_server.answer(method, self.path, headers, body)
        self.send_response(status)
        for name, value in answer_headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serve(world: World) -> Iterator[ApiServer]:
    """Runs a server on a free port while the block runs."""
    api_server = ApiServer(world)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, api_server)) as server:
        api_server.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield api_server
        server.shutdown()
        thread.join()
