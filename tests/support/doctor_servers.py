"""Servers on this machine for the doctor: a web server with or without TLS, and a DNS server."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

PAGE = b'<!doctype html><form method="post"><button>Unsubscribe</button></form>'
Answer = bytes | Callable[[socket.socket], None]
"""The bytes of an answer, or a function that sends them."""


def http_answer(
    status: str = "200 OK", headers: Mapping[str, str] | None = None, body: bytes = PAGE
) -> bytes:
    """Returns an answer of a web server; by default the page of a good one."""
    fields = {"Content-Type": "text/html", "Content-Length": str(len(body)), **(headers or {})}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def json_answer(value: object, status: str = "200 OK", error: str = "") -> bytes:
    """Returns an answer of an API of JSON; with the name of an error, as AWS does."""
    headers = {"Content-Type": "application/json"} | ({"x-amzn-ErrorType": error} if error else {})
    return http_answer(status, headers, json.dumps(value).encode())


@dataclass
class WebServer:
    """A web server that gives the same answer to each request of a method, or of a method and a path.

    Attributes:
        url: a URL at the server.
        answers: the answer by method (`GET`), or by method and path (`GET /u/token`).
        requests: the requests with their bodies, in order.
    """

    url: str
    answers: dict[str, Answer]
    requests: list[bytes] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        """The methods of the requests."""
        return [request.split(b" ")[0].decode() for request in self.requests]


@contextmanager
def web_server(
    answers: Mapping[str, Answer] | None = None, *, tls: ssl.SSLContext | None = None
) -> Iterator[WebServer]:
    """Runs a web server while the block runs. Without answers it is a good one."""
    good = http_answer(headers={"Strict-Transport-Security": "max-age=31536000"} if tls else {})
    all_answers: dict[str, Answer] = {
        "GET": good,
        "HEAD": good,
        "POST": http_answer(body=b""),
        **(answers or {}),
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        scheme = "https" if tls else "http"
        server = WebServer(f"{scheme}://localhost:{listener.getsockname()[1]}/u/token", all_answers)
        thread = threading.Thread(target=_serve, args=(listener, server, tls))
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, server: WebServer, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # the end of the block
        connection.settimeout(1)
        with connection:
            try:
                if tls is None:
                    _answer(connection, server)
                else:
                    with tls.wrap_socket(connection, server_side=True) as secured:
                        _answer(secured, server)
            except OSError:
                continue  # the client has refused the certificate, or closed the connection


def _answer(connection: socket.socket, server: WebServer) -> None:
    request = b""
    while b"\r\n\r\n" not in request:
        if not (received := connection.recv(65_536)):
            return
        request += received
    head, _, body = request.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65_536)
    server.requests.append(head + b"\r\n\r\n" + body)
    method, target = head.decode().split(" ")[:2]
    answer = server.answers.get(f"{method} {target.partition('?')[0]}", server.answers[method])
    if callable(answer):
        answer(connection)
    else:
        connection.sendall(
            answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if head.startswith(b"HEAD") else answer
        )


@contextmanager
def dns_server(
    records: Mapping[str, Sequence[str]], *, rcode: dns.rcode.Rcode | None = None
) -> Iterator[tuple[str, int]]:
    """Runs a DNS server with TXT records while the block runs. Returns its address.

    Args:
        records: the TXT records by name. Another name does not exist.
        rcode: the answer to each question, in place of the records.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.05)
        stop = threading.Event()
        thread = threading.Thread(target=_serve_dns, args=(server, records, rcode, stop))
        thread.start()
        try:
            yield server.getsockname()
        finally:
            stop.set()
            thread.join()


def _serve_dns(
    server: socket.socket,
    records: Mapping[str, Sequence[str]],
    rcode: dns.rcode.Rcode | None,
    stop: threading.Event,
) -> None:
    while not stop.is_set():
        try:
            question, client = server.recvfrom(4_096)
        except TimeoutError:
            continue
        response = dns.message.make_response(dns.message.from_wire(question))
        name = response.question[0].name
        texts = records.get(name.to_text(omit_final_dot=True))
        if rcode is not None:
            response.set_rcode(rcode)
        elif texts is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif texts:
            quoted = [
                " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255)) for text in texts
            ]
            response.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", quoted))
        server.sendto(response.to_wire(), client)
