"""A system of the company that receives webhooks on this machine, and answers as a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

WEBHOOK_SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True)
class ReceivedWebhook:
    """A request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The id of the webhook."""
        return self.headers["webhook-id"]

    def verify(self, secret: str = WEBHOOK_SECRET) -> dict[str, Any]:
        """Returns the content, once the library of Standard Webhooks has verified it."""
        Webhook(f"whsec_{secret}").verify(self.body, self.headers)
        content: dict[str, Any] = json.loads(self.body)
        return content


@dataclass
class WebhookReceiver:
    """Receives webhooks.

    Attributes:
        url: The URL that receives them.
        answers: The statuses of the next answers. After them, each answer is 204.
        location: The header `Location` of each answer, or "".
        received: What arrived.
    """

    url: str
    answers: list[int] = field(default_factory=list)
    location: str = ""
    received: list[ReceivedWebhook] = field(default_factory=list)


@contextmanager
def receiving_webhooks() -> Iterator[WebhookReceiver]:
    """Receives webhooks while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(ReceivedWebhook(self.path, headers, body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = WebhookReceiver(f"http://127.0.0.1:{server.server_port}/hook?from=heed")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
