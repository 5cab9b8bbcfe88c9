"""An AWS endpoint that answers every call with the same bytes, so only Heed's own time is measured.

It is also an issuer at which people sign in to the desk.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.deployment import NOW

KEY = bytes(range(32))
"""The MAC that each GenerateMac returns."""

_ANSWERS: dict[str, dict[str, object]] = {
    "TrentService.GenerateMac": {
        "Mac": base64.b64encode(KEY).decode(),
        "KeyId": "k",
        "MacAlgorithm": "HMAC_SHA_256",
    },
    # Without ConsumedCapacity, Heed would treat the answer as cut off.
    "DynamoDB_20120810.UpdateItem": {"ConsumedCapacity": {"TableName": "t", "CapacityUnits": 1}},
    "DynamoDB_20120810.GetItem": {"ConsumedCapacity": {"TableName": "t", "CapacityUnits": 1}},
}


_SESSION = {
    "pk": {"S": f"desk#{'0' * 64}"},
    "key": {"S": "oidc:0123456789abcdef"},
    "agent": {"S": "Ada Agent"},
    "role": {"S": "agent"},
    **{name: {"N": str(NOW)} for name in ("started", "used", "signed_in")},
}


class _CannedHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        request = self.rfile.read(int(self.headers["Content-Length"]))
        answer = _ANSWERS[self.headers["X-Amz-Target"]]
        self._answer({**answer, "Item": _SESSION} if b'"desk#' in request else answer)

    def do_GET(self) -> None:
        issuer = f"http://{self.headers['Host']}"
        self._answer({"issuer": issuer, "authorization_endpoint": f"{issuer}/authorize"})

    def _answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


@contextmanager
def canned_aws() -> Iterator[str]:
    """Provides the endpoint while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _CannedHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
