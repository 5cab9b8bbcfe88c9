"""Sends requests to the API under /v1, as JSON, and repeats them. A URL never contains an address."""

from __future__ import annotations

import io
import json
import random
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import (
    BaseHandler,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

from heed.client.failures import InvalidSetting, NoAnswer, NotUnderstood, Refused
from heed.domain.api_key import is_api_key
from heed.domain.urls import is_loopback, is_private_connection
from heed.override import override

if TYPE_CHECKING:
    import socket

_REPEATED_STATUSES = (429, 503)  # it is safe to repeat the same request
_LONGEST_ATTEMPT = 35.0  # seconds; API Gateway gives up after 30
_LONGEST_ANSWER = 8 << 20  # bytes; Lambda answers with 6 MB at most
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 20.0  # seconds


@dataclass(frozen=True, slots=True)
class RetryRules:
    """How long the client tries. It repeats a request after 429, 503, and, if it may, after no answer.

    Attributes:
        attempts: the most attempts of one request.
        seconds: the longest time of one request with all its attempts and pauses.
        repeats_unanswered: whether a request that nobody answered is sent again.

    Raises:
        InvalidSetting: the rules permit no attempt.
    """

    attempts: int = 5
    seconds: float = 120.0
    repeats_unanswered: bool = True

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise InvalidSetting("the rules permit no attempt")


DEFAULT_RETRIES = RetryRules()


class Transport:
    """Sends requests with an API key. It follows no redirect, which would send the key elsewhere.

    Args:
        url: the base URL of the API: https, or on this machine.
        key: the API key.
        rules: how long it tries.

    Raises:
        InvalidSetting: the URL or the key cannot be used.
    """

    def __init__(self, url: str, key: str, rules: RetryRules = DEFAULT_RETRIES) -> None:
        self.url = _check_base_url(url)
        if not is_api_key(key):
            raise InvalidSetting("the API key is not heed_ with 43 characters behind it")
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "User-Agent": "heed",
        }
        self._rules = rules
        is_https = self.url.startswith("https:")
        self._opener = make_opener(self.url, _BoundedHttps() if is_https else _BoundedHttp())

    def get(self, path: str) -> Any:  # noqa: ANN401 - any JSON
        """Returns the answer to a GET. Exceptions are those of `post`."""
        return self._send_with_retries(path, None)

    def post(self, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - any JSON
        """Returns the answer to a POST.

        Raises:
            Refused: the API answered with an error.
            NoAnswer: the API did not answer in time.
            NotUnderstood: the answer is not JSON, or it is longer than any answer of Heed.
        """
        return self._send_with_retries(path, json.dumps(body).encode())

    def _send_with_retries(self, path: str, body: bytes | None) -> Any:  # noqa: ANN401 - any JSON
        request = Request(self.url + path, body, self._headers)  # noqa: S310 - _check_base_url
        end = time.monotonic() + self._rules.seconds
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._send(request, end)
            except Refused as error:
                pause = _choose_pause(attempt, error.retry_after)
                if error.status not in _REPEATED_STATUSES or not self._may_repeat(attempt, pause, end):
                    raise
            except NoAnswer:
                pause = _choose_pause(attempt, None)
                if not self._rules.repeats_unanswered or not self._may_repeat(attempt, pause, end):
                    raise
            time.sleep(pause)

    def _may_repeat(self, attempt: int, pause: float, end: float) -> bool:
        return attempt < self._rules.attempts and time.monotonic() + pause < end

    def _send(self, request: Request, end: float) -> Any:  # noqa: ANN401 - any JSON
        timeout = min(_LONGEST_ATTEMPT, max(end - time.monotonic(), 1.0))
        try:
            try:
                with self._opener.open(request, timeout=timeout) as response:
                    text = response.read()
            except HTTPError as error:
                with error:
                    raise _make_refusal(error) from None
        except (OSError, HTTPException) as error:
            raise NoAnswer(f"the API does not answer ({_name_cause(error)})") from error
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise NotUnderstood("the answer of the API is not JSON") from None


def make_opener(url: str, *handlers: BaseHandler) -> OpenerDirector:
    """Returns an opener for a URL. It follows no redirect, and uses no proxy for this machine."""

    class NoRedirect(HTTPRedirectHandler):
        @override
        def redirect_request(self, *_: object, **__: object) -> None:
            return None

    proxies = (ProxyHandler({}),) if is_loopback(url) else ()
    return build_opener(NoRedirect(), *proxies, *handlers)


def _check_base_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_usable = bool(
            is_private_connection(url) and parts.hostname and parts.username is None and parts.port != 0
        )
    except ValueError:
        is_usable = False
    is_plain = url.isascii() and url.isprintable() and not set(url) & set(" ?#")
    if not (is_usable and is_plain):
        raise InvalidSetting("the URL of the API is not https, and not on this machine")
    return url.rstrip("/")


def _choose_pause(attempt: int, retry_after: int | None) -> float:
    """Returns the seconds before the next attempt. They differ, so that clients do not return together."""
    if retry_after is not None:
        return retry_after + random.uniform(0, 1)  # noqa: S311 - no secret
    longest = min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE)
    return random.uniform(longest / 2, longest)  # noqa: S311 - no secret


def _make_refusal(error: HTTPError) -> Refused:
    problem: object = None
    with suppress(ValueError, RecursionError):
        problem = json.loads(error.read())
    wait = error.headers.get("Retry-After", "")
    seconds = int(wait) if wait.isascii() and wait.isdecimal() and len(wait) <= 9 else None
    return Refused(error.code, problem if isinstance(problem, dict) else {}, seconds)


def _name_cause(error: Exception) -> str:
    """Returns the class of a failure. Its text may contain a part of the request."""
    cause = getattr(error, "reason", None)
    return type(cause if isinstance(cause, Exception) else error).__name__


class _BoundedResponse(HTTPResponse):
    """An answer that arrives within one time-out (one of Python is for each read), and is not too long."""

    def __init__(self, sock: socket.socket, *arguments: Any, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(sock, *arguments, **settings)
        self.fp = io.BufferedReader(_BoundedFile(self.fp.detach(), sock))


class _BoundedFile(io.RawIOBase):
    def __init__(self, file: io.RawIOBase, sock: socket.socket) -> None:
        self._file = file
        self._sock = sock
        self._end = time.monotonic() + (sock.gettimeout() or _LONGEST_ATTEMPT)
        self._size = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        size = self._file.readinto(buffer)
        self._size += size or 0
        if self._size > _LONGEST_ANSWER:
            raise NotUnderstood("the answer of the API is too long")
        return size

    @override
    def close(self) -> None:
        self._file.close()
        super().close()


class _HttpConnection(HTTPConnection):
    response_class = _BoundedResponse


class _HttpsConnection(HTTPSConnection):
    response_class = _BoundedResponse


class _BoundedHttp(HTTPHandler):
    @override
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_HttpConnection, req)


class _BoundedHttps(HTTPSHandler):
    def __init__(self) -> None:
        # Made once, because it reads the certificates of all authorities.
        self._trusted = ssl.create_default_context()
        self._trusted.set_alpn_protocols(["http/1.1"])
        super().__init__(context=self._trusted)

    @override
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_HttpsConnection, req, context=self._trusted)
