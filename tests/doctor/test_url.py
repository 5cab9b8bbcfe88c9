"""The checks of an unsubscribe URL, each against a server that has the fault."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
import trustme

from heed import clock
from heed.doctor import web_client
from heed.doctor.findings import CheckName, CheckOutcome, DoctorFinding
from heed.doctor.unsubscribe_url import examine_url
from tests.doctor.messages import URL
from tests.support.doctor_servers import PAGE, Answer, WebServer, http_answer, web_server

OK, WARNING, FAULT = CheckOutcome
AUTHORITY = trustme.CA()
HSTS = {"Strict-Transport-Security": "max-age=31536000"}


@pytest.fixture(autouse=True)
def _trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the authority of the tests and no other."""
    AUTHORITY.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))


# The library of TLS has the real time, also if the tests run on another day.
PAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def in_days(days: int) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(days=days, hours=1)


def tls(
    host: str = "localhost", authority: trustme.CA = AUTHORITY, expires: dt.datetime | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    expires = expires or in_days(90)
    authority.issue_cert(host, not_after=expires).configure_cert(context)
    return context


def examine(url: str, *, presses: bool = False) -> dict[CheckName, DoctorFinding]:
    return {finding.name: finding for finding in examine_url(url, clock.now(), presses=presses)}


def faults(url: str, *, presses: bool = False) -> dict[str, CheckOutcome]:
    found = examine(url, presses=presses)
    return {name.value: finding.result for name, finding in found.items() if finding.result != OK}


def at_loopback(answers: Mapping[str, Answer], *, presses: bool = False) -> dict[str, CheckOutcome]:
    """Returns the faults of a server with these answers, without that of plain http."""
    with web_server(answers) as server:
        found = faults(server.url, presses=presses)
    assert found.pop("url") is WARNING
    return found


def _host_with(monkeypatch: pytest.MonkeyPatch, addresses: Iterable[str]) -> None:
    """Makes the DNS answer with these addresses for each host."""
    places = [(*[0] * 4, (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)


def _connected_to(server: WebServer) -> socket.socket:
    """Returns a connection to a server on this machine."""
    connection = socket.socket()
    connection.connect(("127.0.0.1", int(server.url.rpartition(":")[2].partition("/")[0])))
    return connection


def test_a_good_server_passes_every_check() -> None:
    with web_server(tls=tls()) as server:
        findings = examine(server.url, presses=True)

    assert {finding.result for finding in findings.values()} == {OK}
    assert [finding for finding in findings.values() if finding.mend or not finding.is_checked] == []
    assert server.methods == ["GET", "HEAD", "POST", "POST"]


def test_nothing_is_posted_without_a_press() -> None:
    with web_server() as server:
        findings = examine(server.url)

    assert server.methods == ["GET", "HEAD"]
    assert not {CheckName.PRESS_FORM, CheckName.PRESS_MULTIPART} & set(findings)


def test_a_press_has_each_form_of_rfc_8058_and_nothing_that_names_a_person() -> None:
    with web_server() as server:
        examine(server.url, presses=True)

    form, multipart = server.requests[2:]
    assert form.endswith(b"\r\n\r\nList-Unsubscribe=One-Click")
    assert b"Content-Type: application/x-www-form-urlencoded\r\n" in form
    assert b'name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--' in multipart
    for request in server.requests:
        head = request.partition(b"\r\n\r\n")[0].lower()
        assert not [name for name in (b"cookie", b"referer", b"authorization", b"origin") if name in head]


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https://exa mple.com/u",
        "https://ada:secret@example.com/u",
        "https://example.com:0/u",
        "https://example.com:x/u",
        "https://example.com/\r\nX: y",
        "https://ex\u00e4mple.com/u",
        "https://example.com/" + "a" * 5_000,
        "https://[::1/u",
        "https://.example.com/u",
        "https://a..example/u",
        "https://" + "a" * 64 + ".example/u",
    ],
)
def test_a_url_that_no_mail_client_can_use_is_found_and_not_requested(url: str) -> None:
    (finding,) = examine_url(url, clock.now(), presses=True)

    assert (finding.name, finding.result) == (CheckName.URL, FAULT)
    assert "secret" not in finding.seen


def test_plain_http_is_a_fault_and_on_this_machine_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    with web_server() as server:
        assert faults(server.url) == {"url": WARNING}
        _host_with(monkeypatch, ("192.0.2.1",))
        monkeypatch.setattr(socket, "create_connection", lambda *_: _connected_to(server))
        assert faults(URL.replace("https", "http")) == {"url": FAULT}


@pytest.mark.parametrize(
    ("context", "seen"),
    [
        (lambda: tls("other.example"), "Hostname mismatch"),
        (lambda: tls(authority=trustme.CA()), "unable to get local issuer certificate"),
        (lambda: tls(expires=PAST), "certificate has expired"),
    ],
    ids=["another host", "an unknown authority", "expired"],
)
def test_a_certificate_that_no_client_accepts_is_found(context: object, seen: str) -> None:
    assert callable(context)
    with web_server(tls=context()) as server:
        findings = examine(server.url, presses=True)

    assert findings[CheckName.TLS].result is FAULT
    assert seen in findings[CheckName.TLS].seen
    assert server.requests == [], "no client would go on"


def test_a_server_without_tls_behind_https_is_found() -> None:
    with web_server({"GET": b""}) as server:
        findings = examine(server.url.replace("http:", "https:"))

    assert list(findings) == [CheckName.URL, CheckName.TLS]
    assert findings[CheckName.TLS].result is FAULT


def test_a_server_that_answers_a_handshake_in_plain_text_does_not_speak_tls() -> None:
    def answer_at_once(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(http_answer("400 Bad Request"))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_at_once, args=(listener,))
        thread.start()
        finding = examine(f"https://127.0.0.1:{listener.getsockname()[1]}/u")[CheckName.TLS]
        thread.join()

    assert (finding.result, finding.seen) == (FAULT, "the server does not speak TLS")


def test_a_server_with_an_old_tls_alone_is_found() -> None:
    context = tls()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with web_server(tls=context) as server:
        assert examine(server.url)[CheckName.TLS].result is FAULT


def test_a_certificate_that_expires_soon_is_found() -> None:
    with web_server(tls=tls(expires=in_days(10))) as server:
        findings = examine(server.url)

    assert findings[CheckName.TLS].result is WARNING
    assert findings[CheckName.TLS].seen == "the certificate expires in 10 days"
    assert findings[CheckName.GET].result is OK


@pytest.mark.parametrize("headers", [{}, {"Strict-Transport-Security": "max-age=0"}])
def test_a_site_without_hsts_is_found(headers: dict[str, str]) -> None:
    with web_server({"GET": http_answer(headers=headers)}, tls=tls()) as server:
        assert faults(server.url) == {"hsts": WARNING}


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "404 Not Found", "500 Error"])
def test_a_page_that_is_refused_is_found(status: str) -> None:
    answer = http_answer(status)

    assert at_loopback({"GET": answer, "HEAD": answer}) == {"get": FAULT, "head": FAULT}


@pytest.mark.threat(
    "T54",
    "The page of a link redirects who examines it to a machine of their own network.",
    "The doctor shows the host of a redirect, and follows none.",
)
def test_a_redirect_is_shown_and_not_followed() -> None:
    with web_server() as target:
        answer = http_answer("302 Found", {"Location": target.url})
        with web_server({"GET": answer, "HEAD": answer, "POST": answer}) as server:
            findings = examine(server.url, presses=True)

    assert target.requests == []
    assert findings[CheckName.GET].seen == "302: a redirect to localhost, not followed"
    assert findings[CheckName.GET].result is findings[CheckName.HEAD].result is WARNING
    assert findings[CheckName.PRESS_FORM].result is findings[CheckName.PRESS_MULTIPART].result is FAULT
    assert "token" not in findings[CheckName.PRESS_FORM].seen


@pytest.mark.parametrize("status", ["405 Method Not Allowed", "501 Not Implemented"])
def test_a_server_that_refuses_head_is_found(status: str) -> None:
    assert at_loopback({"HEAD": http_answer(status)}) == {"head": WARNING}


def test_a_page_that_sets_a_cookie_is_found() -> None:
    assert at_loopback({"GET": http_answer(headers={"Set-Cookie": "a=b"})}) == {"cookie": WARNING}


@pytest.mark.parametrize(
    "body",
    [
        b"<p>You are unsubscribed.",
        b'<form action="/x"><button>Unsubscribe</button></form>',
        PAGE + b"<script>document.forms[0].submit()</script>",
        b'<body onload="document.forms[0].submit()">' + PAGE,
        b'<meta http-equiv="refresh" content="0; url=/done">' + PAGE,
        PAGE + b"<script>document.forms[0].requestSubmit()</script>",
    ],
)
def test_a_page_that_does_not_wait_for_a_press_is_found(body: bytes) -> None:
    assert at_loopback({"GET": http_answer(body=body)}) == {"get-changes-nothing": WARNING}


def test_a_page_whose_header_leads_elsewhere_by_itself_is_found() -> None:
    answer = http_answer(headers={"Refresh": "0; url=/done"})

    assert at_loopback({"GET": answer}) == {"get-changes-nothing": WARNING}


def test_an_answer_that_is_no_page_is_found() -> None:
    answer = http_answer(headers={"Content-Type": "text/plain"}, body=b"done")

    assert at_loopback({"GET": answer}) == {"get-changes-nothing": WARNING}


@pytest.mark.parametrize(
    "body",
    [
        b'<img src="https://pixel.example/i.gif">',
        b"<IMG SRC='//pixel.example/i.gif'>",
        b"<script src=https://pixel.example/a.js></script>",
        b'<link rel="stylesheet" href="https://pixel.example/a.css">',
        b'<iframe src="https://pixel.example/"></iframe>',
        b'<img src="/a.png" srcset="/b.png 1x, https://pixel.example/c.png 2x">',
        b'<video poster="https://pixel.example/p.png"></video>',
        b"<p style=\"background: URL( '//pixel.example/b.png' )\">",
        b"<style>@import 'https://pixel.example/a.css';</style>",
        b"<style>body{background:url(https://pixel.example/b.png)}</style>",
    ],
)
def test_a_page_that_loads_from_another_host_is_found(body: bytes) -> None:
    assert at_loopback({"GET": http_answer(body=PAGE + body)}) == {"get-loads-nothing": WARNING}


@pytest.mark.parametrize(
    "body",
    [
        b'<img src="/logo.png"><img src="data:image/gif;base64,R0">',
        b'<a href="https://shop.example/">Shop</a>',
        b'<link rel="canonical" href="https://shop.example/">',
        b'<!-- <img src="https://pixel.example/i.gif"> -->',
        b"<!-- <style>@import 'https://pixel.example/a.css';</style> -->",
        b"<style>body{background:url(/b.png)}</style>",
        b'<img srcset="/b.png 1x, /c.png 2x">',
    ],
)
def test_links_comments_and_what_is_at_the_same_host_load_nothing_elsewhere(body: bytes) -> None:
    assert at_loopback({"GET": http_answer(body=PAGE + body)}) == {}


@pytest.mark.parametrize(
    "status", ["401 Unauthorized", "403 Forbidden", "404 Not Found", "422 Error", "500 Error"]
)
def test_a_press_that_is_refused_is_found(status: str) -> None:
    found = at_loopback({"POST": http_answer(status)}, presses=True)

    assert found == {"press-form": FAULT, "press-multipart": FAULT}


def test_a_press_that_is_answered_with_a_cookie_is_found() -> None:
    answer = http_answer(headers={"Set-Cookie": "a=b"})

    assert at_loopback({"POST": answer}, presses=True) == {"press-form": WARNING, "press-multipart": WARNING}


def test_a_server_that_is_not_there_is_not_checked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    plain, secured = examine(f"http://127.0.0.1:{port}/u"), examine(f"https://127.0.0.1:{port}/u")

    assert [name for name, found in plain.items() if not found.is_checked] == [CheckName.GET, CheckName.HEAD]
    assert [name for name, found in secured.items() if not found.is_checked] == [CheckName.TLS]
    assert plain[CheckName.GET].result is WARNING
    assert plain[CheckName.GET].seen.startswith("not checked: the server cannot be reached")


def test_a_host_that_the_dns_does_not_know_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> list[object]:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert "the DNS does not know the host" in examine("https://nowhere.example/u")[CheckName.TLS].seen


def _drip(connection: socket.socket) -> None:
    """Sends a header that never ends, a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X")
        time.sleep(0.02)


def _drip_body(connection: socket.socket) -> None:
    """Sends a page whose end never comes, a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n")
    while True:
        connection.sendall(b"X")
        time.sleep(0.02)


def _go_on(connection: socket.socket) -> None:
    """Sends answers that say that the answer is yet to come."""
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.001)


def _pour(connection: socket.socket) -> None:
    """Sends a body that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE)
    while True:
        connection.sendall(b"<p>" * 20_000)


@pytest.mark.threat(
    "T54",
    "A server keeps the doctor waiting: a header, a body or a wait that never ends, a byte at a time.",
    "One deadline holds for a request with its answer, whatever arrives.",
)
@pytest.mark.parametrize("answer", [_drip, _drip_body, _go_on])
def test_an_answer_that_never_ends_does_not_hold_the_command_up(
    monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    monkeypatch.setattr(web_client, "_MAX_SECONDS", 0.3)
    with web_server({"GET": answer}) as server:
        finding = examine(server.url)[CheckName.GET]

    assert (finding.is_checked, "no answer within" in finding.seen) == (False, True)


def test_a_handshake_that_never_ends_does_not_hold_the_command_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_client, "_MAX_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        finding = examine(f"https://127.0.0.1:{silent.getsockname()[1]}/u")[CheckName.TLS]

    assert (finding.is_checked, "no answer within" in finding.seen) == (False, True)


@pytest.mark.threat(
    "T54",
    "The name of a link has many addresses that do not answer, and each costs the doctor its whole time.",
    "At most ten addresses are tried, and all of them share one deadline.",
)
def test_a_host_with_many_silent_addresses_costs_no_more_time_than_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[float] = []

    def wait(_: object, timeout: float) -> socket.socket:
        given.append(timeout)
        raise TimeoutError

    _host_with(monkeypatch, (f"192.0.2.{n}" for n in range(200)))
    monkeypatch.setattr(socket, "create_connection", wait)

    assert "no answer within" in examine("https://many.example/u")[CheckName.TLS].seen
    assert (len(given), given[0] <= 20 / 10) == (10, True)


def test_the_second_address_is_tried_where_the_first_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with web_server() as server:

        def connect_to_second(address: tuple[str, int], timeout: float) -> socket.socket:
            if address[0] == "192.0.2.1":
                raise TimeoutError
            return _connected_to(server)

        _host_with(monkeypatch, ("192.0.2.1", "192.0.2.2"))
        monkeypatch.setattr(socket, "create_connection", connect_to_second)
        assert examine(server.url)[CheckName.GET].result is OK


@pytest.mark.threat(
    "T54",
    "A page without an end fills the memory of who examines its link.",
    "An answer is read up to two MiB, and what came until then is examined.",
)
def test_a_body_that_never_ends_is_cut() -> None:
    with web_server({"GET": _pour}) as server:
        assert examine(server.url)[CheckName.GET_CHANGES_NOTHING].result is OK


@pytest.mark.parametrize(
    "answer",
    [b"", b"220 mail.example ESMTP\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200],
)
def test_an_answer_that_is_not_http_is_not_checked(answer: bytes) -> None:
    with web_server({"GET": answer}) as server:
        finding = examine(server.url)[CheckName.GET]

    assert (finding.is_checked, finding.result) == (False, WARNING)


def test_a_press_without_an_answer_says_that_it_was_sent() -> None:
    with web_server({"POST": b""}) as server:
        finding = examine(server.url, presses=True)[CheckName.PRESS_FORM]

    assert (finding.is_checked, finding.seen.startswith("not checked: sent;")) == (False, True)
    assert server.methods.count("POST") == 2
