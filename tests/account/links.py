"""Checks of links by real HTTP, in each form in which mail clients, scanners and browsers request them."""

from __future__ import annotations

from tests.account import web
from tests.account.checking import Check, Unexpected, check
from tests.account.target import Target
from tests.account.web import FORM, Answer

ONE_CLICK = b"List-Unsubscribe=One-Click"
_STOPPED = "200 without a redirect or a cookie, and then the check answers no"


def _observe_stop(target: Target, address: str, answer: Answer) -> str:
    reason = target.reason(address)
    observed = f"{answer}, then {reason}"
    if answer.status != 200 or "Set-Cookie" in answer.headers or reason != "topic_unsubscribed":
        raise Unexpected(observed)
    return observed


@check("200 and the page, and then the check still answers yes")
def opening_a_link_changes_nothing(target: Target) -> str:
    """Link scanners open every link of a campaign."""
    address = target.person("opened")
    answer = web.send("GET", target.link(address)["unsubscribe_url"])
    reason = target.reason(address)
    observed = f"{answer}, then {reason}"
    if (answer.status, answer.headers.get_content_type(), reason) != (200, "text/html", "ok"):
        raise Unexpected(observed)
    return observed


@check("200, no body")
def a_HEAD_of_a_link_is_answered(target: Target) -> str:  # noqa: N802 - the name of the HTTP method
    """HEAD has its own route."""
    answer = web.send("HEAD", target.link(target.person("head"))["unsubscribe_url"])
    observed = f"{answer.status}, {len(answer.body)} bytes"
    if answer.status != 200 or answer.body:
        raise Unexpected(observed)
    return observed


@check(_STOPPED)
def one_click_stops(target: Target) -> str:
    """Gmail and Yahoo send it in this form (RFC 8058)."""
    address = target.person("one-click")
    url = target.link(address)["unsubscribe_url"]
    return _observe_stop(target, address, web.send("POST", url, {"Content-Type": FORM}, ONE_CLICK))


@check(_STOPPED)
def one_click_as_multipart_stops(target: Target) -> str:
    """RFC 8058 also allows this form. API Gateway passes it in base64."""
    address = target.person("multipart")
    url = target.link(address)["unsubscribe_url"]
    body = (
        b"--limit\r\nContent-Disposition: form-data; name=List-Unsubscribe\r\n\r\nOne-Click\r\n--limit--\r\n"
    )
    kind = {"Content-Type": "multipart/form-data; boundary=limit"}
    return _observe_stop(target, address, web.send("POST", url, kind, body))


@check(_STOPPED)
def one_click_of_an_encoded_link_stops(target: Target) -> str:
    """Some programs encode too much: here the first character of the token, and the hyphens of the body."""
    address = target.person("encoded")
    base, _, token = target.link(address)["unsubscribe_url"].rpartition("/")
    url = f"{base}/%{ord(token[0]):02X}{token[1:]}"
    body = ONE_CLICK.replace(b"-", b"%2D")
    return _observe_stop(target, address, web.send("POST", url, {"Content-Type": FORM}, body))


@check("200 and the person's choices")
def a_preference_link_opens(target: Target) -> str:
    """Another function answers it than an unsubscribe link."""
    answer = web.send("GET", target.link(target.person("choices"))["preferences_url"])
    if (answer.status, answer.headers.get_content_type()) != (200, "text/html"):
        raise Unexpected(str(answer))
    return str(answer)


@check('200 and {"tracking": "N"}, also with nothing after the last slash')
def the_tracking_status_is_published(target: Target) -> str:
    """`/.well-known/dnt/` ends in a slash, but a route of API Gateway cannot."""
    answer = web.send("GET", f"{target.api}/.well-known/dnt/")
    if answer.status != 200 or answer.json() != {"tracking": "N"}:
        raise Unexpected(str(answer))
    return f"{answer} {answer.body.decode()}"


@check("404 and a page")
def an_unknown_path_is_answered_with_a_page(target: Target) -> str:
    """The route `$default` answers it."""
    answer = web.send("GET", f"{target.api}/nothing/here")
    if (answer.status, answer.headers.get_content_type()) != (404, "text/html"):
        raise Unexpected(str(answer))
    return str(answer)


CHECKS: tuple[Check, ...] = (
    opening_a_link_changes_nothing,
    a_HEAD_of_a_link_is_answered,
    one_click_stops,
    one_click_as_multipart_stops,
    one_click_of_an_encoded_link_stops,
    a_preference_link_opens,
    the_tracking_status_is_published,
    an_unknown_path_is_answered_with_a_page,
)
