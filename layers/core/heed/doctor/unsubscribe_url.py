"""Whether an unsubscribe URL of anybody does what RFC 8058 and mail clients expect: `heed doctor https://…`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult

from heed.doctor.dns_records import parse_tags
from heed.doctor.findings import (
    CheckName,
    CheckOutcome,
    DoctorFinding,
    failed,
    not_checked,
    passed,
    quote_foreign,
    warned,
)
from heed.doctor.page_checks import check_page
from heed.doctor.unsubscribe_header import ONE_CLICK, host_of, is_on_loopback
from heed.doctor.web_client import WebAnswer, parse_web_url, read_tls_state, send_request
from heed.domain.errors import DependencyUnavailable
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS

_BOUNDARY = "heed-doctor-limit"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}, ONE_CLICK.encode()
_MULTIPART = (
    {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"},
    (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n'
        f"--{_BOUNDARY}--\r\n"
    ).encode(),
)
_MIN_DAYS = 14  # of a certificate
_REACH = "check the host and the network, and try again"
_NO_SIGN_IN = "answer without a sign-in: a mail client has no account (RFC 8058 §3.2)"

Press = tuple[Mapping[str, str], bytes]


def examine_url(url: str, now: Millis, *, presses: bool) -> Iterator[DoctorFinding]:
    """Makes all checks of an unsubscribe URL, in their order. No redirect is followed.

    Args:
        url: the URL.
        now: milliseconds.
        presses: whether to send the POST of one-click, which unsubscribes the person of the link.
    """
    parts = parse_web_url(url)
    if parts is None or parts.username is not None:
        mend = "a link is https://host/path, in ASCII, without spaces, and without a name or a password"
        yield failed(CheckName.URL, "the URL cannot be used by mail clients", mend)
        return
    yield _check_scheme(url, parts)
    if parts.scheme == "https":
        finding = _check_tls(parts, now)
        yield finding
        if finding.result is CheckOutcome.FAULT or not finding.is_checked:
            return  # no client would go on
    yield from _check_get(parts)
    yield _check_head(parts)
    if presses:
        yield _check_press(CheckName.PRESS_FORM, parts, _FORM)
        yield _check_press(CheckName.PRESS_MULTIPART, parts, _MULTIPART)


def _check_scheme(url: str, parts: SplitResult) -> DoctorFinding:
    name, host = CheckName.URL, quote_foreign(host_of(url))
    if parts.scheme == "https":
        return passed(name, f"an https link at {host}")
    found = warned if is_on_loopback(url) else failed
    return found(name, f"a plain http link at {host}", "serve the link by https (RFC 8058 §3.1)")


def _check_tls(parts: SplitResult, now: Millis) -> DoctorFinding:
    name = CheckName.TLS
    try:
        state = read_tls_state(parts)
    except DependencyUnavailable as error:
        return not_checked(name, str(error), _REACH)
    if state.fault:
        mend = "install a certificate for this host with its chain, and TLS 1.2 or newer"
        return failed(name, quote_foreign(state.fault), mend)
    days = (state.expires - now) // DAY_MS
    if days < _MIN_DAYS:
        return warned(
            name, f"the certificate expires in {days} days", "renew it, and see why nothing renewed it"
        )
    return passed(name, f"{state.version}, a certificate for {days} days")


def _check_get(parts: SplitResult) -> Iterator[DoctorFinding]:
    name = CheckName.GET
    try:
        answer = send_request("GET", parts)
    except DependencyUnavailable as error:
        yield not_checked(name, str(error), _REACH)
        return
    yield _judge_visit(name, answer)
    if answer.status == 200:
        yield from check_page(answer, host_of(parts.geturl()))
    yield _check_cookie(answer)
    if parts.scheme == "https":
        yield _check_hsts(answer)


def _judge_visit(name: CheckName, answer: WebAnswer) -> DoctorFinding:
    """Returns the finding of an answer to a GET or a HEAD."""
    if answer.status == 200:
        return passed(name, "200")
    if answer.is_redirect:
        return warned(name, _describe_redirect(answer), "answer with the page itself")
    if answer.demands_sign_in:
        return failed(name, f"{answer.status}: the page demands a sign-in", _NO_SIGN_IN)
    return failed(
        name, f"{answer.status}", "answer each link that was ever sent with a page, also an old one"
    )


def _describe_redirect(answer: WebAnswer) -> str:
    target = quote_foreign(host_of(answer.headers.get("Location", "")))
    return f"{answer.status}: a redirect to {target or 'the same host'}, not followed"


def _check_cookie(answer: WebAnswer) -> DoctorFinding:
    name = CheckName.COOKIE
    if "Set-Cookie" not in answer.headers:
        return passed(name, "none")
    mend = "set none: a mail client keeps no cookies, and a link in a mail is no consent to them"
    return warned(name, "the page sets a cookie", mend)


def _check_hsts(answer: WebAnswer) -> DoctorFinding:
    name, value = CheckName.HSTS, answer.headers.get("Strict-Transport-Security", "")
    age = parse_tags(value).get("max-age", "").strip('"')
    if age.isdecimal() and int(age[:12]) > 0:
        return passed(name, f"max-age={age[:12]}")
    mend = "send Strict-Transport-Security: max-age=31536000"
    return warned(name, "no Strict-Transport-Security", mend)


def _check_head(parts: SplitResult) -> DoctorFinding:
    name = CheckName.HEAD
    try:
        answer = send_request("HEAD", parts)
    except DependencyUnavailable as error:
        return not_checked(name, str(error), _REACH)
    if answer.status in (405, 501):
        return warned(
            name, f"{answer.status}: HEAD is refused", "answer HEAD as GET, without a body: scanners send it"
        )
    return _judge_visit(name, answer)


def _check_press(name: CheckName, parts: SplitResult, press: Press) -> DoctorFinding:
    headers, body = press
    try:
        answer = send_request("POST", parts, headers, body)
    except DependencyUnavailable as error:
        return not_checked(name, f"sent; {error}", "see whether it had an effect, and try again")
    if answer.is_redirect:
        mend = "answer the POST itself: a redirect is forbidden (RFC 8058 §3.1)"
        return failed(name, _describe_redirect(answer), mend)
    if answer.demands_sign_in:
        return failed(name, f"{answer.status}: the press demands a sign-in or a token", _NO_SIGN_IN)
    if not 200 <= answer.status < 300:
        return failed(name, f"{answer.status}", f"accept a POST of {ONE_CLICK} without anything else")
    if "Set-Cookie" in answer.headers:
        return warned(name, f"{answer.status}, with a cookie", "set no cookie: a mail client keeps none")
    return passed(name, f"{answer.status}, without a redirect, a cookie or a sign-in")
