"""Links by real HTTP, in each form in which mail clients, scanners and browsers send them."""

from __future__ import annotations

from tests.account import web
from tests.account.checking import Check, Unexpected, check
from tests.account.target import Target
from tests.account.web import FORM, Answer

ONE_CLICK = b"List-Unsubscribe=One-Click"
_STOPPED = "200 without a redirect or a cookie, and then the check says no"


def _stopped(target: Target, address: str, answer: Answer) -> str:
    reason = target.reason(address)
    seen = f"{answer}, then {reason}"
    if answer.status != 200 or "Set-Cookie" in answer.headers or reason != "topic_unsubscribed":
        raise Unexpected(seen)
    return seen


@check("200 and the page, and then the check still says yes")
def a_link_that_is_opened_changes_nothing(target: Target) -> str:
    """As link scanners do with every link of a campaign."""
    address = target.person("opened")
    answer = web.ask("GET", target.link(address)["unsubscribe_url"])
    reason = target.reason(address)
    seen = f"{answer}, then {reason}"
    if (answer.status, answer.headers.get_content_type(), reason) != (200, "text/html", "ok"):
        raise Unexpected(seen)
    return seen


@check("200, no body")
def a_HEAD_of_a_link_is_answered(target: Target) -> str:  # noqa: N802 - the method's name
    """It has a route of its own."""
    answer = web.ask("HEAD", target.link(target.person("head"))["unsubscribe_url"])
    seen = f"{answer.status}, {len(answer.body)} bytes"
    if answer.status != 200 or answer.body:
        raise Unexpected(seen)
    return seen


@check(_STOPPED)
def one_click_stops(target: Target) -> str:
    """RFC 8058, as Gmail and Yahoo send it."""
    address = target.person("one-click")
    url = target.link(address)["unsubscribe_url"]
    return _stopped(target, address, web.ask("POST", url, {"Content-Type": FORM}, ONE_CLICK))


@check(_STOPPED)
def one_click_as_multipart_stops(target: Target) -> str:
    """The other form that RFC 8058 allows; API Gateway hands it over in base64."""
    address = target.person("multipart")
    url = target.link(address)["unsubscribe_url"]
    body = (
        b"--limit\r\nContent-Disposition: form-data; name=List-Unsubscribe\r\n\r\nOne-Click\r\n--limit--\r\n"
    )
    kind = {"Content-Type": "multipart/form-data; boundary=limit"}
    return _stopped(target, address, web.ask("POST", url, kind, body))


@check(_STOPPED)
def one_click_of_an_encoded_link_stops(target: Target) -> str:
    """Some programs encode more than they must: of the link its first sign, of the body the dashes."""
    address = target.person("encoded")
    base, _, token = target.link(address)["unsubscribe_url"].rpartition("/")
    url = f"{base}/%{ord(token[0]):02X}{token[1:]}"
    body = ONE_CLICK.replace(b"-", b"%2D")
    return _stopped(target, address, web.ask("POST", url, {"Content-Type": FORM}, body))


@check("200 and the person's choices")
def a_preference_link_opens(target: Target) -> str:
    """Another function than that behind an unsubscribe link."""
    answer = web.ask("GET", target.link(target.person("choices"))["preferences_url"])
    if (answer.status, answer.headers.get_content_type()) != (200, "text/html"):
        raise Unexpected(str(answer))
    return str(answer)


@check('200 and {"tracking": "N"}, also where nothing follows the last slash')
def the_tracking_status_is_told(target: Target) -> str:
    """`/.well-known/dnt/` ends in a slash, which no route of API Gateway can."""
    answer = web.ask("GET", f"{target.api}/.well-known/dnt/")
    if answer.status != 200 or answer.json() != {"tracking": "N"}:
        raise Unexpected(str(answer))
    return f"{answer} {answer.body.decode()}"


@check("404 and a page that says so")
def a_path_that_is_not_there_is_answered_by_a_page(target: Target) -> str:
    """The route `$default`."""
    answer = web.ask("GET", f"{target.api}/nothing/here")
    if (answer.status, answer.headers.get_content_type()) != (404, "text/html"):
        raise Unexpected(str(answer))
    return str(answer)


CHECKS: tuple[Check, ...] = (
    a_link_that_is_opened_changes_nothing,
    a_HEAD_of_a_link_is_answered,
    one_click_stops,
    one_click_as_multipart_stops,
    one_click_of_an_encoded_link_stops,
    a_preference_link_opens,
    the_tracking_status_is_told,
    a_path_that_is_not_there_is_answered_by_a_page,
)
