"""HTTP requests to the issuer. Answers are bounded in size and time, and redirects are not followed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from heed.domain.errors import IssuerUnavailable
from heed.override import override

_MAX_ANSWER = 512 * 1024
_SECONDS = 5.0
_CHUNK = 16 * 1024


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """An answer: its status, and its content, which is a JSON object. It is empty if there is no object."""

    status: int
    content: Mapping[str, Any]


class _NoRedirects(HTTPRedirectHandler):
    @override
    def redirect_request(self, *_: object) -> None:
        return None


_opener = build_opener(ProxyHandler({}), _NoRedirects)


def get_json(url: str) -> Mapping[str, Any]:
    """Returns the JSON object at a URL.

    Raises:
        IssuerUnavailable: There was no answer in time, or it is not 200 with a JSON object.
    """
    answer = _send(Request(url, headers={"Accept": "application/json"}))  # noqa: S310 - is_permitted_url
    if answer.status != 200 or not answer.content:
        raise IssuerUnavailable(f"status {answer.status}")
    return answer.content


def post_form(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> JsonAnswer:
    """Sends a form and returns the answer with any status.

    Raises:
        IssuerUnavailable: There was no answer in time.
    """
    body = urlencode(form).encode()
    return _send(Request(url, body, {"Accept": "application/json", **headers}))  # noqa: S310 - is_permitted_url


def _send(request: Request) -> JsonAnswer:
    end = time.monotonic() + _SECONDS
    try:
        with _opener.open(request, timeout=_SECONDS) as response:
            return JsonAnswer(response.status, _read_object(response, end))
    except HTTPError as error:
        with error:
            return JsonAnswer(error.code, _read_object(error, end))
    except (OSError, HTTPException, ValueError) as error:
        raise IssuerUnavailable(type(error).__name__) from None


def _read_object(response: IO[bytes], end: float) -> Mapping[str, Any]:
    body = b""
    try:
        while chunk := response.read1(_CHUNK):  # type: ignore[attr-defined]
            body += chunk
            if len(body) > _MAX_ANSWER:
                raise IssuerUnavailable("the answer is too long")
            if time.monotonic() > end:
                raise IssuerUnavailable("the answer is too slow")
        content = json.loads(body)
    except (OSError, HTTPException) as error:
        raise IssuerUnavailable(type(error).__name__) from None
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
