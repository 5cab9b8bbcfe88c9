"""Sends requests to the API under /v1, as JSON. A URL never contains an address."""

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

_TIMEOUT = 35  # seconds; API Gateway gives up after 30
_MAX_ATTEMPTS = 3
_RETRIED_STATUSES = (429, 503)  # it is safe to repeat the same request
_DEFAULT_WAIT, _MAX_WAIT = 2, 30  # seconds


def post_to_api(stack: Stack, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - any JSON
    """Returns the answer to a POST, and retries a request that the API answers with 429 or 503.

    Raises:
        ApiRefused: The API answered with an error.
        CommandFailure: The API did not answer, or not with JSON.
    """
    return _send_with_retries(stack, path, json.dumps(body).encode())


def get_from_api(stack: Stack, path: str) -> Any:  # noqa: ANN401 - any JSON
    """Returns the answer to a GET. Retries and exceptions are those of `post_to_api`."""
    return _send_with_retries(stack, path, None)


def _send_with_retries(stack: Stack, path: str, body: bytes | None) -> Any:  # noqa: ANN401 - any JSON
    from urllib.error import HTTPError
    from urllib.request import Request

    request = Request(  # noqa: S310 - Stack.api is HTTPS or this machine
        stack.api + path,
        body,
        {
            "Authorization": f"Bearer {stack.api_key}",
            "Content-Type": "application/json",
            "User-Agent": "heed",
        },
    )
    opener = make_opener(stack.api)
    attempts_left = _MAX_ATTEMPTS
    while True:
        attempts_left -= 1
        try:
            return _send(opener, request)
        except HTTPError as error:
            with error:
                problem = _parse_problem(error.read())
            if error.code not in _RETRIED_STATUSES or not attempts_left:
                raise ApiRefused(error.code, problem) from error
            time.sleep(_parse_wait(error.headers.get("Retry-After", "")))


def _send(opener: OpenerDirector, request: Request) -> Any:  # noqa: ANN401 - any JSON
    from urllib.error import HTTPError

    try:
        with opener.open(request, timeout=_TIMEOUT) as response:
            return json.load(response)
    except HTTPError:
        raise
    except (OSError, HTTPException) as error:
        raise CommandFailure(
            "the API does not answer", "check that the stack is running (`make run`), or check the network"
        ) from error
    except ValueError as error:
        raise CommandFailure(
            "the API's answer is not JSON", "check the output ApiUrl of the stack"
        ) from error


def make_opener(url: str) -> OpenerDirector:
    """Returns an opener for a URL. It follows no redirect, which would send the key or a file elsewhere.

    It uses no proxy for this machine.
    """
    from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

    class NoRedirect(HTTPRedirectHandler):
        def redirect_request(self, *_: object, **__: object) -> None:
            return None

    return build_opener(NoRedirect(), *((ProxyHandler({}),) if is_loopback(url) else ()))


def _parse_problem(raw: bytes) -> Mapping[str, object]:
    try:
        problem = json.loads(raw)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _parse_wait(retry_after: str) -> int:
    return min(int(retry_after), _MAX_WAIT) if retry_after.isdecimal() else _DEFAULT_WAIT
