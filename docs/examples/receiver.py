"""Receives webhooks, verifies them, and prints the changes of people. docs/clients.md shows the class.

As a program, it receives those of a stack on this machine, which was started in the same folder:
`make run WEBHOOK_URL=http://127.0.0.1:9999/hook`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from heed.client import InvalidWebhook, RecipientWebhook, verify_webhook


class WebhookHandler(BaseHTTPRequestHandler):
    """Receives webhooks, and prints the changes of people."""

    secrets: Iterable[str] = ()  # a second one during a change
    timeout = 10  # seconds, so that a slow request keeps nobody else waiting for longer

    def do_POST(self) -> None:
        """Answers 401 to everything that Heed did not send."""
        length = self.headers["Content-Length"] or ""
        body = self.rfile.read(int(length)) if length.isdecimal() and len(length) < 7 else b""
        try:
            event = verify_webhook(self.secrets, self.headers, body)
        except InvalidWebhook:
            self.send_error(401)
            return
        if isinstance(event, RecipientWebhook):
            print(event.type, event.recipient, event.scope, event.at, flush=True)
        self.send_response(204)
        self.end_headers()


def main() -> None:
    """Answers until Ctrl-C."""
    webhook = json.loads(Path(".local/stack.json").read_text())["webhook"]
    WebhookHandler.secrets = [webhook["secret"]]
    url = urlsplit(webhook["url"])
    HTTPServer((url.hostname, url.port), WebhookHandler).serve_forever()


if __name__ == "__main__":
    main()
