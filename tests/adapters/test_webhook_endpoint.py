"""Requests to the endpoint of webhooks: to public addresses only, bounded in time, without redirects."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from heed.adapters import deadline_socket, webhook_endpoint
from heed.adapters.webhook_endpoint import WebhookHttpEndpoint, is_public_address
from heed.domain.webhooks.webhook_errors import WebhookNotDelivered
from tests.adapters.test_oidc_http import answering, send

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PUBLIC = "93.184.215.14"


def post(url: str) -> None:
    WebhookHttpEndpoint(url).post(b"{}", {"webhook-id": "a1"})


def refusal(url: str) -> str:
    with pytest.raises(WebhookNotDelivered) as refused:
        post(url)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None, "it would name the URL"
    return str(refused.value)


@contextmanager
def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str, port: int = 0) -> Iterator[list[Any]]:
    """Makes each name resolve to these addresses, and leads connections to a port of this machine."""
    connected: list[Any] = []

    def resolve(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    def create(place: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(place)
        if not port:
            raise ConnectionRefusedError
        leading = socket.socket()
        leading.settimeout(timeout)
        leading.connect(("127.0.0.1", port))
        return leading

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolve)
        patch.setattr(socket, "create_connection", create)
        yield connected


def test_a_request_has_the_body_and_the_headers() -> None:
    requests: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        connection.sendall(OK)

    with answering(answer, requests.append) as url:
        post(f"{url}a/b?c=d#e")
    head, _, _ = requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /a/b?c=d HTTP/1.1"
    assert {*lines[1:]} == {
        f"Host: {urlsplit(url).netloc}",
        "Accept-Encoding: identity",
        "Content-Length: 2",
        "Content-Type: application/json",
        "User-Agent: Heed-Webhook",
        "Connection: close",
        "webhook-id: a1",
    }


@pytest.mark.parametrize("path", ["", "/", "?a=b"])
def test_a_url_without_a_path_is_requested(path: str) -> None:
    with answering(send(OK)) as url:
        post(url.removesuffix("/") + path)


@pytest.mark.parametrize(
    "data",
    [
        OK,
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000,
    ],
    ids=range(6),
)
def test_each_2xx_is_delivered_with_any_body(data: bytes) -> None:
    with answering(send(data)) as url:
        post(url)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 20",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
        b"HTTP/1.1 410 Gone\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
    ids=range(7),
)
def test_anything_else_is_not_delivered(data: bytes) -> None:
    with answering(send(data)) as url:
        assert "127.0.0.1" not in refusal(url)


def test_a_refused_connection_is_not_delivered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert refusal(f"http://127.0.0.1:{port}/") == "ConnectionRefusedError"


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX: "])
def test_an_answer_that_drips_ends_in_time(monkeypatch: pytest.MonkeyPatch, start: bytes) -> None:
    """Each byte arrives within the time-out of the socket."""
    monkeypatch.setattr(webhook_endpoint, "_SECONDS", 0.3)

    def drip(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(start)
            for _ in range(1_000):
                connection.sendall(b"H")
                time.sleep(0.02)

    began = time.monotonic()
    with answering(drip) as url:
        assert refusal(url) == "TimeoutError"
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://crm.example.com/",
        "ftp://127.0.0.1/",
        "https://user:password@crm.example.com/",
        "https://crm.example.com/\r\nX: y",
        "https://crm.exämple.com/",
        "https://",
    ],
)
def test_a_url_that_is_not_permitted_is_not_requested(url: str) -> None:
    assert refusal(url) == "the URL is neither https nor on this machine"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PUBLIC, True),
        ("2606:4700::1111", True),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::5db8:d70e", True),
        ("127.0.0.1", False),
        ("127.255.255.254", False),
        ("0.0.0.0", False),  # noqa: S104 - it is refused
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00:ec2::254", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::7f00:1", False),
        ("2620:4f:8000::1", True),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("::127.0.0.1", False),
        ("::a9fe:a9fe", False),
        ("::2", False),
        ("::ffff:0:127.0.0.1", False),
        ("fec0::1", False),
        ("5f00::1", False),
        ("3fff::1", False),
        ("3fff:fff:ffff::1", False),
        ("4000::1", False),
        ("2001:db8::1", False),
        ("2001:4860::5efe:7f00:1", False),
        ("2600::200:5efe:a00:1", False),
    ],
)
def test_only_addresses_of_the_internet_are_public(text: str, expected: bool) -> None:
    assert is_public_address(text) is expected


@pytest.mark.threat(
    "T52",
    "The name of the endpoint of webhooks leads to the function itself, or to a network of the company.",
    "The function resolves the name, and connects to the address that it checked. It follows no redirect.",
)
@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_a_name_that_leads_inside_is_not_requested(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    with resolving(monkeypatch, address) as connected:
        assert refusal("https://crm.example.com/") == "the host has no public address"
    assert connected == []


def test_the_endpoint_of_this_machine_is_no_other_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with resolving(monkeypatch, PUBLIC) as connected:
        assert refusal("http://localhost:9999/") == "the host has no public address"
    assert connected == []


def test_each_public_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with resolving(monkeypatch, "2606:4700::1111", "10.0.0.1", PUBLIC) as connected:
        assert refusal("https://crm.example.com:8443/") == "ConnectionRefusedError"
    assert connected == [("2606:4700::1111", 8443), (PUBLIC, 8443)]


def test_an_address_that_does_not_answer_leaves_time_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    now, given = 100.0, list[tuple[str, float]]()

    def create(place: tuple[str, int], timeout: float) -> socket.socket:
        nonlocal now
        given.append((place[0], round(timeout, 6)))
        now += timeout
        raise TimeoutError

    addresses = ("2606:4700::1111", "93.184.215.15", PUBLIC)
    with resolving(monkeypatch, *addresses), monkeypatch.context() as patch:
        patch.setattr(socket, "create_connection", create)
        for module in (webhook_endpoint, deadline_socket):
            patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now))
        patch.setattr(webhook_endpoint, "_SECONDS", 9.0)
        assert refusal("https://crm.example.com/") == "TimeoutError"
    assert given == [("2606:4700::1111", 3.0), ("93.184.215.15", 3.0), (PUBLIC, 3.0)]


def test_a_name_that_does_not_exist_is_not_delivered() -> None:
    assert refusal("https://crm.invalid/") == "gaierror"


def _certificate(name: str, folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2000, 1, 1, tzinfo=dt.UTC))  # valid on each day of a run
        .not_valid_after(dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private


@contextmanager
def _tls_server(certificate: Path, key: Path) -> Iterator[tuple[int, list[str | None]]]:
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _, name, __: names.append(name)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                request = b""
                while not request.endswith(b"{}"):
                    request += secure.recv(65_536)
                secure.sendall(OK)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], names
        thread.join()


@pytest.mark.parametrize(
    ("name", "trusted", "reason"),
    [
        ("crm.example.com", True, ""),
        ("crm.example.com", False, "SSLCertVerificationError"),
        ("other.example.com", True, "SSLCertVerificationError"),
    ],
)
def test_the_certificate_is_checked_for_the_name_of_the_host(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, trusted: bool, reason: str
) -> None:
    certificate, key = _certificate(name, tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with _tls_server(certificate, key) as (port, names), resolving(monkeypatch, PUBLIC, port=port):
        if reason:
            assert refusal("https://crm.example.com/") == reason
        else:
            post("https://crm.example.com/")
        assert names == ["crm.example.com"]
