"""Sends HTTP requests as mail clients and link scanners do: without cookies, proxies and credentials.

It follows no redirect. An answer is bounded as a whole, in size and in time. Python's own time limit is for
each read, so a server that sends a byte now and then would never end.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import cast
from urllib.parse import SplitResult

from heed.adapters.deadline_socket import DeadlineSocket, connect_to_first, seconds_until
from heed.adapters.http_urls import split_url
from heed.domain.errors import DependencyUnavailable
from heed.domain.milliseconds import Millis

_MAX_SECONDS = 20.0  # for one request with its answer
_MAX_ANSWER = 2 * 1_048_576  # bytes
_MAX_URL = 4_096
_MAX_ADDRESSES = 10  # of a host
_ANSWERS_IN_PLAIN = ("HTTP_REQUEST", "RECORD_LAYER_FAILURE", "WRONG_VERSION_NUMBER")
"""What OpenSSL finds where a server answers a handshake in plain text; its versions differ."""
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """An answer. The names of its headers are case-insensitive. A long body is cut."""

    status: int
    headers: Message
    body: bytes

    @property
    def is_redirect(self) -> bool:
        """Whether it sends the client elsewhere."""
        return 300 <= self.status < 400

    @property
    def demands_sign_in(self) -> bool:
        """Whether it demands authentication, or refuses a client that has none."""
        return self.status in (401, 403, 407)


@dataclass(frozen=True, slots=True)
class TlsState:
    """How a server presents itself.

    Attributes:
        fault: why a client refuses it, or "".
        version: the version of TLS.
        expires: when its certificate expires, milliseconds since the Unix epoch.
    """

    fault: str
    version: str = ""
    expires: Millis = Millis(0)


def parse_web_url(url: str) -> SplitResult | None:
    """Returns the parts of a URL that can be requested, or None."""
    parts = split_url(url) if len(url) <= _MAX_URL else None
    return parts if parts is not None and parts.scheme in _PORTS else None


def read_tls_state(url: SplitResult) -> TlsState:
    """Returns how the server of an https URL presents itself.

    Raises:
        DependencyUnavailable: The server cannot be reached.
    """
    try:
        with _connected(url, time.monotonic() + _MAX_SECONDS) as connection:
            secured = cast("ssl.SSLSocket", connection)
            certificate = secured.getpeercert() or {}
            expires = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
            return TlsState("", secured.version() or "", Millis(expires * 1_000))
    except ssl.SSLCertVerificationError as error:
        return TlsState(error.verify_message or "the certificate is not valid")
    except ssl.SSLError as error:
        reason = error.reason or "no TLS"
        is_plain = reason in _ANSWERS_IN_PLAIN
        return TlsState("the server does not speak TLS" if is_plain else reason.replace("_", " ").lower())
    except OSError as error:
        raise _unreachable(error) from error


def send_request(
    method: str, url: SplitResult, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> WebAnswer:
    """Sends a request and returns the answer, of any status.

    Raises:
        DependencyUnavailable: There is no answer in time, or it is not HTTP.
    """
    end = time.monotonic() + _MAX_SECONDS
    try:
        with _connected(url, end) as connection:
            connection.sendall(_format_request(method, url, headers or {}, body))
            bounded = DeadlineSocket(connection, end, _MAX_ANSWER)
            response = HTTPResponse(cast("socket.socket", bounded), method=method)
            response.begin()
            try:
                content = response.read()
            except IncompleteRead as error:
                content = error.partial
            return WebAnswer(response.status, response.headers, content)
    except HTTPException as error:
        raise DependencyUnavailable(f"the answer is not HTTP ({type(error).__name__})") from error
    except OSError as error:
        raise _unreachable(error) from error


def _unreachable(error: OSError) -> DependencyUnavailable:
    if isinstance(error, TimeoutError):
        return DependencyUnavailable(f"no answer within {_MAX_SECONDS:.0f} seconds")
    if isinstance(error, socket.gaierror):
        return DependencyUnavailable("the DNS does not know the host")
    return DependencyUnavailable(f"the server cannot be reached ({type(error).__name__})")


@contextmanager
def _connected(url: SplitResult, end: float) -> Iterator[socket.socket]:
    host, port = url.hostname or "", url.port or _PORTS[url.scheme]
    places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in places))[:_MAX_ADDRESSES]
    with connect_to_first(addresses, port, end) as plain:
        plain.settimeout(seconds_until(end))
        if url.scheme == "http":
            yield plain
            return
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured:
            yield secured


def _format_request(method: str, url: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    fields = {
        "Host": url.netloc,
        "User-Agent": "heed-doctor",
        "Accept": "*/*",
        "Connection": "close",
        **headers,
    }
    if body:
        fields["Content-Length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
