"""Hostile values in each field, header and path of each public route.

For each value, the page has the same elements as without it and does not show the value. Only an entered
address is shown, in its field. The page redirects nowhere else and has no new header. Nothing is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import cycle
from typing import Any
from urllib.parse import quote

import pytest

from functions.preferences import app as preferences
from functions.resubscribe import app as resubscribe
from functions.unsubscribe import app as unsubscribe
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent, mint_confirmation_token
from tests.support.deployment import NOW, World, http_event, parts

# Both are too long to appear in a random token by chance.
MARK = "zq7hostile"
PRODUCT = str(7919 * 7919)
READER = "reader@example.com"
VALUES = {
    "markup": f"<script>{MARK}()</script><img src=x onerror={MARK}>",
    "out of an attribute": f"\"'><{MARK} autofocus onfocus={MARK}()//",
    "entities": f"&lt;{MARK}&gt;&#x22;{MARK}",
    "heed's template language": f"{{brand}}{{{{common.{MARK}}}}}{{{{#if {MARK}}}}}{{{{> head}}}}",
    "other template languages": "{{7919*7919}}${7919*7919}<%= 7919*7919 %>#{7919*7919}{%raw%}" + MARK,
    "python's formats": f"%s%(x)s{{0.__class__.__init__.__globals__}}{MARK}",
    "another header": f"en\r\nSet-Cookie: {MARK}=1\r\nLocation: https://{MARK}.example",
    "another site": f"//{MARK}.example/\\/{MARK}.example",
    "a scheme": f"javascript:{MARK}()//https://{MARK}.example",
    "a style": f"</style><style>*{{background:url(//{MARK})}}</style>",
    "characters outside text": f"\x00\x1b\ufffe\u202e{MARK}\udc80".encode("utf-8", "replace").decode(),
    "long": MARK * 300,
    "a path": f"../../{MARK}/%2e%2e/etc/passwd",
}
QUERY = (
    "lang",
    "c",
    "intent",
    "saved",
    "unchanged",
    "confirm",
    "resume",
    "done",
    "next",
    "redirect",
    "url",
    "address",
    MARK,
)
HEADERS = (
    "accept-language",
    "authorization",
    "content-type",
    "cookie",
    "dnt",
    "host",
    "origin",
    "referer",
    "sec-gpc",
    "user-agent",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-http-method-override",
    MARK,
)
FIELDS = (
    "scope",
    "all",
    "was.all",
    "pause",
    "policy",
    "topic.offers",
    "was.topic.offers",
    "targeted-advertising",
    "checkboxes",
    "address",
    "topics",
    "resume",
    "preferences",
    "intent",
    "List-Unsubscribe",
    MARK,
)
ROUTES = [
    "GET /u",
    "POST /u",
    "GET /p",
    "POST /p",
    "GET /subscribe",
    "POST /subscribe",
    "GET /c",
    "POST /c",
]


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes, and each place that shows the mark."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, ...]] = []
        self.marked: list[str] = []
        self.typed = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, *(name for name, _ in attrs)))
        is_address = ("name", "address") in attrs
        for name, value in attrs:
            if is_address and name == "value":
                self.typed = value or ""
            elif MARK in f"{name}{value}":
                self.marked.append(f"{tag} {name}")

    def handle_data(self, data: str) -> None:
        if MARK in data:
            self.marked.append(data)


def handler(route: str) -> Callable[..., dict[str, Any]]:
    app: Any = {"u": unsubscribe, "p": preferences}.get(route[-1], resubscribe)
    function: Callable[..., dict[str, Any]] = app.handler
    return function


def path(world: World, route: str) -> str:
    if route.endswith("subscribe"):
        return "/subscribe"
    if route.endswith("/c"):
        token = ConfirmationToken(world.recipient(READER), Intent.OUT, (), Millis(NOW - 60_000))
        return f"/c/{mint_confirmation_token(token, parts().confirmation_keys.confirmation_key(1))}"
    purpose = TokenPurpose.UNSUBSCRIBE if route.endswith("/u") else TokenPurpose.PREFERENCES
    return f"/{route[-1]}/{world.token(READER, purpose=purpose)}"


def attacks(route: str) -> Iterator[dict[str, Any]]:
    """Yields requests: each value in all places at once, and in each single place one of the values."""
    values = cycle(VALUES.values())
    for _ in range(ROUTES.index(route)):
        next(values)
    for name in QUERY:
        yield {"query": {name: next(values)}}
    for name in HEADERS:
        yield {"headers": {name: next(values)}}
    for name in FIELDS:
        yield {"form": {"address": "reader at example", name: next(values)}}
    for value in VALUES.values():
        yield {"form": dict.fromkeys((*FIELDS, value), value)}
        yield {"query": dict.fromkeys(QUERY, value), "headers": dict.fromkeys(HEADERS, value)}
        yield {"headers": {"content-type": f"multipart/form-data; boundary={value}"}, "body": value}


def check_harmless(answer: dict[str, Any]) -> Elements:
    """Checks that the answer neither shows a value nor leads elsewhere; returns its elements."""
    assert answer["statusCode"] in {200, 202, 303, 404, 422}
    assert not answer.get("cookies")
    for name, value in answer["headers"].items():
        assert MARK not in f"{name}{value}" and not re.search(r"[\r\n\x00]", f"{name}{value}")
        assert name.lower() != "set-cookie"
    assert re.match(
        r"/p/[\w-]+\?lang=\w\w&saved=[\w-]+(&off=1)?$|/u/[\w-]+\?done=[\w-]+&lang=\w\w$|/c/[\w-]+\?done=1&lang=\w\w$|$",
        answer["headers"].get("Location", ""),
    )
    elements = Elements(answer["body"])
    assert elements.marked == [] and PRODUCT not in answer["body"]
    return elements


@pytest.mark.threat(
    "T7",
    "An attacker puts markup, styles, headers, templates or other sites into all fields and headers.",
    "A page has the same elements for each input, shows no part of it, and leads nowhere else.",
)
@pytest.mark.parametrize("route", ROUTES)
def test_hostile_values_in_fields_and_headers_have_no_effect(world: World, route: str) -> None:
    method, target = route.split()[0], path(world, route)

    def send(**request: Any) -> dict[str, Any]:
        return handler(route)(http_event(method, target, **request), world.context)

    normal_requests: list[dict[str, Any]] = [
        {"form": {"scope": "all"}, "query": {"intent": "out"}},
        {"form": {"address": "x"}, "query": {"saved": "1"}},
        {"form": {"address": "x", "intent": "out"}, "headers": {"dnt": "1"}},
        {"form": {"address": READER, "intent": "out"}},
    ]
    known = {element for request in normal_requests for element in check_harmless(send(**request)).found}
    for attack in attacks(route):
        response = send(**attack)
        elements = check_harmless(response)
        assert set(elements.found) <= known
        if response["statusCode"] == 422 and "form" in attack and target == "/subscribe":
            assert elements.typed == attack["form"]["address"]
    assert MARK not in str(world.items())
    assert all(MARK not in body for body in world.messages("CONFIRMATION_REQUESTS_QUEUE_URL"))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("letter", ["u", "p", "c"])
def test_hostile_values_in_the_path_have_no_effect(world: World, method: str, letter: str) -> None:
    app = handler(f"x/{letter}")
    expected = app(http_event(method, f"/{letter}/nonsense"), world.context)
    assert expected["statusCode"] == (405 if method == "PUT" else 404)
    for value in VALUES.values():
        for hostile in (value, quote(value, safe=""), f"{value}/more", f"A{quote(value)}"):
            assert app(http_event(method, f"/{letter}/{hostile}"), world.context) == expected
