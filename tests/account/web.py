"""Real HTTP, as a mail client or a browser sends it: nothing is followed, no path is tidied up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from heed.entrypoints.cli.stack import is_loopback

_PATIENCE = 35  # seconds; API Gateway gives up after 30
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """Status, headers (of any case) and body."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: it is none.
        """
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.status} {self.headers.get_content_type()}"


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def ask(method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Answer:
    """Send one request; every status is an answer.

    Raises:
        OSError: nothing answers.
    """
    request = Request(url, body, dict(headers or {}), method=method)  # noqa: S310 - of a stack's output
    opener = build_opener(_Stay(), *((ProxyHandler({}),) if is_loopback(url) else ()))
    try:
        with opener.open(request, timeout=_PATIENCE) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except HTTPError as refused:
        with refused:
            return Answer(refused.code, refused.headers, refused.read())
