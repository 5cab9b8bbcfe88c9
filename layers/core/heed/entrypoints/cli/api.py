"""Requests of the API under /v1: JSON there and back. No address ever stands in a URL."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from heed.entrypoints.cli.failure import ApiRefused, CommandFailure
from heed.entrypoints.cli.stack import Stack, is_loopback

if TYPE_CHECKING:
    from urllib.request import OpenerDirector, Request

_PATIENCE = 35  # seconds; API Gateway gives up after 30
_ATTEMPTS = 3
_LATER = (429, 503)  # the same request is safe to repeat
_WAIT, _LONGEST_WAIT = 2, 30  # seconds


def api_post(stack: Stack, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - any JSON
    """The answer to a request; one that is held back or not possible now is tried again.

    Raises:
        Refused: the API answered, and not with success.
        Failure: it did not answer as the API does.
    """
    return _ask(stack, path, json.dumps(body).encode())


def api_get(stack: Stack, path: str) -> Any:  # noqa: ANN401 - any JSON
    """The same of what is only read."""
    return _ask(stack, path, None)


def _ask(stack: Stack, path: str, body: bytes | None) -> Any:  # noqa: ANN401 - any JSON
    from urllib.error import HTTPError
    from urllib.request import Request

    request = Request(  # noqa: S310 - HTTPS or this machine, by Stack.api
        stack.api + path,
        body,
        {
            "Authorization": f"Bearer {stack.api_key}",
            "Content-Type": "application/json",
            "User-Agent": "heed",
        },
    )
    opener = _opener(stack)
    left = _ATTEMPTS
    while True:
        left -= 1
        try:
            return _answered(opener, request)
        except HTTPError as error:
            with error:
                problem = _problem(error.read())
            if error.code not in _LATER or not left:
                raise ApiRefused(error.code, problem) from error
            time.sleep(_wait(error.headers.get("Retry-After", "")))


def _answered(opener: OpenerDirector, request: Request) -> Any:  # noqa: ANN401 - any JSON
    from urllib.error import HTTPError

    try:
        with opener.open(request, timeout=_PATIENCE) as answer:
            return json.load(answer)
    except HTTPError:
        raise
    except (OSError, HTTPException) as error:
        raise CommandFailure(
            "the API does not answer", "see that the stack runs (make run), or the network"
        ) from error
    except ValueError as error:
        raise CommandFailure("the API's answer is not JSON", "see the stack's output ApiUrl") from error


def _opener(stack: Stack) -> OpenerDirector:
    """Follows no redirect, which would take the key along; no proxy to this machine."""
    from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_: object, **__: object) -> None:
            return None

    return build_opener(Stay(), *((ProxyHandler({}),) if is_loopback(stack.api) else ()))


def _problem(raw: bytes) -> Mapping[str, object]:
    try:
        problem = json.loads(raw)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _wait(retry_after: str) -> int:
    return min(int(retry_after), _LONGEST_WAIT) if retry_after.isdecimal() else _WAIT
