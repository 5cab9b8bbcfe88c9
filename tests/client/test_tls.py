"""The client over TLS: it sends its key to nobody but the owner of the name."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path

import pytest
import trustme

from heed.client import Heed, NoAnswer, RetryRules
from tests.client.conftest import KEY, check_answer
from tests.support.doctor_servers import Answer, WebServer, json_answer, web_server

AUTHORITY = trustme.CA()
READER = "reader@example.com"
YES = json_answer(check_answer({"addresses": [READER]}))


@pytest.fixture(autouse=True)
def _trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the authority of the tests and no other."""
    AUTHORITY.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))


def tls(host: str = "localhost", authority: trustme.CA = AUTHORITY) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


def check(server: WebServer) -> list[bool]:
    heed = Heed(server.url.removesuffix("/u/token"), KEY, retries=RetryRules(attempts=1))
    return [answer.sendable for answer in heed.check("offers", [READER])]


def test_a_request_goes_to_the_owner_of_the_name() -> None:
    with web_server({"POST": YES}, tls=tls()) as server:
        assert check(server) == [True]


@pytest.mark.parametrize("context", [lambda: tls("other.example"), lambda: tls(authority=trustme.CA())])
@pytest.mark.threat(
    "T56",
    "Somebody on the way to the API pretends to be it, and wants the key and the addresses of a sender.",
    "The clients verify the certificate and follow no redirect, and without https they send nothing.",
)
def test_nobody_else_gets_the_key_or_an_address(context: object) -> None:
    assert callable(context)
    with web_server({"POST": YES}, tls=context()) as server:
        with pytest.raises(NoAnswer, match="SSLCertVerificationError"):
            check(server)
        assert server.requests == []


def drip(connection: socket.socket) -> None:
    """Sends a byte of a header before each time-out of one read."""
    for _ in range(40):
        connection.sendall(b"H")
        time.sleep(0.05)


@pytest.mark.parametrize("is_secured", [False, True])
def test_a_header_that_never_ends_is_no_answer(monkeypatch: pytest.MonkeyPatch, *, is_secured: bool) -> None:
    monkeypatch.setattr("heed.client.transport._LONGEST_ATTEMPT", 0.3)
    answers: dict[str, Answer] = {"POST": drip}
    started = time.monotonic()

    with web_server(answers, tls=tls() if is_secured else None) as server:
        with pytest.raises(NoAnswer, match="TimeoutError"):
            check(server)
        assert time.monotonic() - started < 2
