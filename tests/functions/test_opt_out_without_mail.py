"""Opt-out without an old mail: the request from the form, its mail, and the press."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.resubscribe import app
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent, mint_confirmation_token
from heed.domain.preferences.decision import decide
from heed.entrypoints.http.pages.mail_views import ConfirmationMailView
from tests.support.deployment import NOW, World, follow_redirect, http_event, parts
from tests.support.registers import scope_numbers

READER = "reader@example.com"
EVERYTHING = {"offers", "news", "events", "service", "targeted-advertising"}


def queued_request(world: World, *fields: tuple[str, str]) -> dict[str, Any]:
    form = [("address", READER), *fields]
    assert app.handler(http_event("POST", "/subscribe", form=form), world.context)["statusCode"] == 202
    (body,) = world.messages("CONFIRMATION_REQUESTS_QUEUE_URL")
    request: dict[str, Any] = json.loads(body)
    return request


def path(world: World, *scopes: int) -> str:
    token = ConfirmationToken(
        world.recipient(READER), Intent.OUT, scope_numbers(*scopes), Millis(NOW - 60_000)
    )
    return f"/c/{mint_confirmation_token(token, parts().confirmation_keys.confirmation_key(1))}"


def sendable(world: World) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    topics = catalogue.topics.values()
    return {topic.name for topic in topics if decide(record, topic, Millis(NOW + 1)).sendable}


@pytest.mark.parametrize(
    ("topics", "scopes"),
    [
        ([], []),
        (["offers"], [2]),
        (["meridian/offers", "events"], [2, 4]),
        (["targeted-advertising"], [7]),
        (["offers", "nonsense"], []),
        (["service"], []),
        (["meridian"], []),
        (["*"], []),
    ],
)
def test_an_opt_out_request_is_for_its_topics_or_for_everything(
    world: World, topics: list[str], scopes: list[int]
) -> None:
    request = queued_request(world, ("intent", "out"), *(("topics", name) for name in topics))

    assert (request["intent"], request["scopes"]) == ("out", scopes)


@pytest.mark.parametrize("intent", ["zzz", "OUT", "o ut", "no", "stop", "<in>"])
def test_an_unreadable_intent_is_an_opt_out(world: World, intent: str) -> None:
    assert queued_request(world, ("intent", intent))["intent"] == "out"


def test_the_press_stops_only_the_topics_of_the_request(world: World) -> None:
    before = app.handler(http_event("GET", path(world, 2, 4)), world.context)["body"]
    pressed = app.handler(http_event("POST", path(world, 2, 4)), world.context)
    after = follow_redirect(app.handler, pressed, world)

    assert after["statusCode"] == 200
    assert sendable(world) == EVERYTHING - {"offers", "events"}
    for page in (before, after["body"]):
        assert "<li>Offers</li><li>Events</li>" in page and "marketing emails anymore" not in page


def test_an_opt_out_of_advertising_stops_no_mail(world: World) -> None:
    app.handler(http_event("POST", path(world, 7)), world.context)

    assert sendable(world) == EVERYTHING - {"targeted-advertising"}


def test_the_mail_names_the_topics_of_the_opt_out(world: World) -> None:
    view = ConfirmationMailView(
        language="en",
        brand="Meridian Watches",
        intent=Intent.OUT,
        topics=("Offers",),
        confirm_url="https://c",
        unsubscribe_url="https://u",
    )
    text, html = parts().pages.mail("mail.txt", view), parts().pages.mail("mail.html", view)

    assert "\n- Offers\n" in text and "<li>Offers</li>" in html
    assert text.count("all marketing") == html.count("all marketing") == 1  # the permanent opt-out link
