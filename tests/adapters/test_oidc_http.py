"""Requests to the issuer: bounded in size and time, without redirects."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from heed.adapters.oidc import http
from heed.adapters.oidc.http import get_json, post_form
from heed.domain.errors import IssuerUnavailable

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


@contextmanager
def answering(
    answer: Callable[[socket.socket], object], hear: Callable[[bytes], object] = len
) -> Iterator[str]:
    """Provides the URL of a server that hears one request, and answers it with bytes of a test."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                hear(connection.recv(65_536))
                answer(connection)
                with suppress(
                    OSError
                ):  # closing with a part of the request unread would reset the connection
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65_536):
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


def send(data: bytes) -> Callable[[socket.socket], object]:
    def answer(connection: socket.socket) -> None:
        with suppress(OSError):  # the client has closed the connection, as it should
            connection.sendall(data)

    return answer


def test_an_object_is_read() -> None:
    with answering(send(HEAD + b'\r\n{"a": 1}')) as url:
        assert get_json(url) == {"a": 1}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        HEAD + b"Content-Length: 10\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"\r\n",
        HEAD + b"\r\n[]",
        HEAD + b"\r\n{}",
        HEAD + b"\r\n\xff\xfe",
        HEAD + b"\r\n" + b"[" * 200_000,
        HEAD + b'\r\n{"a": "' + b"x" * 600_000 + b'"}',
        HEAD + b"X: " + b"y" * 100_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n{}",
    ],
    ids=range(13),
)
def test_anything_else_is_an_issuer_that_does_not_answer(data: bytes) -> None:
    with answering(send(data)) as url, pytest.raises(IssuerUnavailable) as failure:
        get_json(url)
    assert "127.0.0.1" not in str(failure.value)


def test_a_refused_connection_is_an_issuer_that_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(IssuerUnavailable):
        post_form(f"http://127.0.0.1:{port}/", {"a": "b"}, {})


def test_an_answer_that_drips_is_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part arrives within the time-out of the socket."""
    monkeypatch.setattr(http, "_SECONDS", 0.2)

    def drip(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(HEAD + b"\r\n")
            for _ in range(100):
                connection.sendall(b" ")
                time.sleep(0.02)

    with answering(drip) as url, pytest.raises(IssuerUnavailable, match="too slow"):
        get_json(url)


def test_a_refusal_is_an_answer_of_a_form() -> None:
    data = b'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n{"error": "invalid_grant"}'
    with answering(send(data)) as url:
        answer = post_form(url, {"a": "b c"}, {"Authorization": "Basic x"})
    assert (answer.status, answer.content) == (400, {"error": "invalid_grant"})
