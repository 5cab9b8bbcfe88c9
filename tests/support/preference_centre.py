"""Visits to the preference centre of one person, as a browser makes them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from functions.preferences import app
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import decide
from tests.support.deployment import NOW, World, http_event, parts

READER = "reader@example.com"
DAY = 86_400_000
EVERYTHING = {"offers", "news", "events", "service", "targeted-advertising"}
BROWSER = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


def path(world: World, scope: int = 2, issued: Millis = Millis(NOW - DAY)) -> str:
    """Returns the path of a link to the preference centre."""
    return f"/p/{world.token(READER, scope, issued, TokenPurpose.PREFERENCES)}"


def save(world: World, form: dict[str, str] | list[tuple[str, str]], **more: Any) -> dict[str, Any]:
    """Sends a form to the preference centre and returns the answer."""
    url = more.pop("path", None) or path(world)
    answer: dict[str, Any] = app.handler(http_event("POST", url, form=form, **more), world.context)
    return answer


def show(world: World, **more: Any) -> str:
    """Returns the page of the preference centre."""
    response = app.handler(http_event("GET", path(world), **more), world.context)
    assert response["statusCode"] == 200
    return str(response["body"])


def sendable(world: World, at: Millis = Millis(NOW + 1)) -> set[str]:
    """Returns the names of the topics that may be sent."""
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    return {topic.name for topic in catalogue.topics.values() if decide(record, topic, at).sendable}


def boxes(page: str, **ticks: bool) -> list[tuple[str, str]]:
    """Returns the fields that a browser sends for a page, after some of its checkboxes were changed."""
    fields = []
    for tag in re.findall(r'<input type="(?:hidden|checkbox)"[^>]*>', page):
        name, value = re.findall('(?:name|value)="([^"]*)"', tag)
        topic = name.removeprefix("topic.")
        if "hidden" in tag or ticks.get(topic, " checked" in tag):
            fields.append((name, value))
    return fields


def follow(world: World, answer: dict[str, Any], at: int = NOW + 1, **more: Any) -> str:
    """Returns the page to which an answer redirects."""
    assert answer["statusCode"] == 303
    target, _, query = answer["headers"]["Location"].partition("?")
    event = http_event("GET", target, query=dict(parse_qsl(query)), at=at, **more)
    return str(app.handler(event, world.context)["body"])


def title(page: str) -> str:
    """Returns the title of a page, without the brand."""
    return page.partition("<title>")[2].partition(" – Meridian Watches</title>")[0]
