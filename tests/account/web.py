"""Sends HTTP requests like a mail client or browser. It follows no redirects and does not change paths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from heed.domain.urls import is_loopback

_TIMEOUT = 35  # seconds; API Gateway gives up after 30
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. Header names are case-insensitive."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        """Returns the body as JSON.

        Raises:
            ValueError: The body is not JSON.
        """
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.status} {self.headers.get_content_type()}"


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def send(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """Sends a request and returns the answer. An error status is an answer too.

    Raises:
        OSError: There is no answer.
    """
    request = Request(url, body, dict(headers or {}), method=method)  # noqa: S310 - an output of the stack
    opener = build_opener(_NoRedirect(), *((ProxyHandler({}),) if is_loopback(url) else ()))
    try:
        with opener.open(request, timeout=_TIMEOUT) as response:
            return Answer(response.status, response.headers, response.read())
    except HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())
