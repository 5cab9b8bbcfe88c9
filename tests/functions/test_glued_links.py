"""A link survives what mail programs and people do to it: the tag decides, not the form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.preferences import app as preferences
from functions.resubscribe import app as resubscribe
from functions.unsubscribe import app as unsubscribe
from heed.domain.links.link_token import URL_LENGTH, TokenPurpose
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent, mint_confirmation_token
from heed.domain.preferences.decision import decide
from heed.entrypoints.http.request import without_token_suffix
from tests.support.deployment import NOW, World, http, parts
from tests.support.registers import scope_numbers

EVENTS = Path(__file__).parents[2] / "events"
READER = "reader@example.com"
GLUED = [
    *(".", ")", "),", ",", ">", ">.", '"', "\u201d", "'", "/", "//", "\\", "]", "*", "!"),
    *(" ", "%20", "\t", "\r\n", "\n> more", "\xa0", "\xad", "\u200b", "\u200d", "\u2060", "\ufeff"),
    *("A", "Unsubscribe", "-click here", "/index.html", "/a/b/", "&utm_source=mail&amp;c=x"),
    *("?x", "#top", ";jsessionid=1", "=", "%", "%zz", "%E2%80", "\u00e9", "\U0001f600", "\ufffd"),
]


def encoded(text: str) -> str:
    """Every character percent-encoded, those too that need it least (RFC 3986 §2.3 calls both the same)."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def routed(path: str, token: str) -> dict[str, Any]:
    """A one-click as an HTTP API hands it over: the parameter decoded, whatever became of the path."""
    event = http("POST", path, form={"List-Unsubscribe": "One-Click"})
    return event | {"pathParameters": {"token": token}}


def rest(name: str, path: str, token: str) -> dict[str, Any]:
    """A one-click of payload format 1.0; a REST API leaves the path as it was sent."""
    event: dict[str, Any] = json.loads((EVENTS / name).read_text())
    return event | {"path": path, "pathParameters": {"token": token}}


def stopped(world: World) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    topics = (catalogue.topic(name) for name in ("offers", "news"))
    return {topic.name for topic in topics if not decide(record, topic, NOW + 1).sendable}


ONE_CLICKS = [
    "unsubscribe-rest-v1-oneclick-post-urlencoded.json",
    "unsubscribe-http-payload-1.0-oneclick-post.json",
]


@pytest.mark.parametrize("glued", GLUED)
@pytest.mark.parametrize(
    ("handler", "purpose", "kind"),
    [
        (unsubscribe.handler, TokenPurpose.UNSUBSCRIBE, "u"),
        (preferences.handler, TokenPurpose.PREFERENCES, "p"),
        (preferences.handler, TokenPurpose.UNSUBSCRIBE, "u"),  # what no route takes comes here
    ],
)
def test_what_is_glued_to_a_link_is_ignored(
    world: World, handler: Any, purpose: TokenPurpose, kind: str, glued: str
) -> None:
    path = f"/{kind}/{world.token(READER, purpose=purpose)}{glued}"

    assert handler(http("GET", path), world.context)["statusCode"] == 200
    assert handler(http("HEAD", path), world.context)["statusCode"] == 200
    assert world.items() == []
    pressed = handler(http("POST", path, form={"List-Unsubscribe": "One-Click"}), world.context)
    assert pressed["statusCode"] == 200 and stopped(world) == {"offers"}


def test_the_page_behind_a_press_on_a_glued_link_has_the_bare_link(world: World) -> None:
    token = world.token(READER)
    sent = http("POST", f"/u/{token}>.", form={"scope": "this"})

    answer = unsubscribe.handler(sent, world.context)

    assert answer["statusCode"] == 303
    assert answer["headers"]["Location"].startswith(f"/u/{token}?done=")


@pytest.mark.parametrize("again", [encoded, lambda text: encoded(encoded(text)), quote])
def test_a_percent_encoded_link_is_the_same_link(world: World, again: Any) -> None:
    token = world.token(READER)
    raw = f"/u/{again(token)}"
    decoded = f"/u/{token}"
    for event in (
        http("POST", raw),
        routed(raw, token),
        routed(decoded, again(token)),
        routed(decoded, token),
        *(rest(name, raw, token) for name in ONE_CLICKS),
        *(rest(name, raw, again(token)) for name in ONE_CLICKS),
    ):
        assert unsubscribe.handler(event, world.context)["statusCode"] == 200
    assert stopped(world) == {"offers"}


def test_a_percent_encoded_link_to_the_preference_centre_is_the_same_link(world: World) -> None:
    token = world.token(READER, purpose=TokenPurpose.PREFERENCES)

    page = preferences.handler(http("GET", f"/p/{encoded(token)}."), world.context)

    assert page["statusCode"] == 200


def test_a_percent_encoded_link_of_a_confirmation_is_the_same_link(world: World) -> None:
    said = ConfirmationToken(world.recipient(READER), Intent.IN, scope_numbers(2), NOW - 1, b"sealed")
    token = mint_confirmation_token(said, parts().confirmation_keys.confirmation_key(1))
    for event in (
        http("GET", f"/c/{encoded(token)}"),
        http("GET", f"/c/{encoded(token)}") | {"pathParameters": {"token": token}},
    ):
        assert resubscribe.handler(event, world.context)["statusCode"] == 200


def test_the_token_comes_from_the_parameter_where_there_is_one(world: World) -> None:
    sent = routed("/u/whatever%20a%20front%20made%20of%20it", world.token(READER) + ")")

    assert unsubscribe.handler(sent, world.context)["statusCode"] == 200
    assert stopped(world) == {"offers"}


@pytest.mark.parametrize("glued", GLUED)
def test_a_wrong_tag_is_the_same_404_whatever_is_glued_to_it(world: World, glued: str) -> None:
    good = world.token(READER)
    forged = good[:-1] + chr(ord(good[-1]) ^ 1)
    plain = unsubscribe.handler(http("POST", "/u/none"), world.context)
    for handler in (unsubscribe.handler, preferences.handler):
        for path in (
            f"/u/{forged}{glued}",
            f"/u/{encoded(forged)}{glued}",
            f"/u/{good[:-1]}!{glued}",
        ):
            answer = handler(http("POST", path), world.context)
            assert (answer["statusCode"], answer["body"]) == (404, plain["body"])
    assert world.items() == []


@given(st.text(max_size=200), st.sampled_from(["u", "p"]))
def test_of_whatever_follows_a_token_nothing_is_left(tail: str, kind: str) -> None:
    token = "A" * URL_LENGTH

    for event in (
        http("GET", f"/{kind}/{token}{tail}"),
        http("GET", "/elsewhere") | {"rawPath": f"/{kind}/{quote(token + tail, errors='replace')}"},
    ):
        assert without_token_suffix(event)["rawPath"] == f"/{kind}/{token}"


@given(st.text(max_size=60))
def test_a_path_that_is_no_link_stays_as_it_is(path: str) -> None:
    event = http("GET", f"/v1/{path}")

    assert without_token_suffix(event) is event
