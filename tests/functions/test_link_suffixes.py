"""A link works even if a mail program or a person adds text to it or encodes it."""

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
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import ConfirmationToken, Intent, mint_confirmation_token
from heed.domain.preferences.decision import decide
from heed.entrypoints.http.request import strip_token_suffix
from tests.support.deployment import NOW, World, http_event, parts
from tests.support.registers import scope_numbers

EVENTS = Path(__file__).parents[2] / "events"
READER = "reader@example.com"
SUFFIXES = [
    *(".", ")", "),", ",", ">", ">.", '"', "\u201d", "'", "/", "//", "\\", "]", "*", "!"),
    *(" ", "%20", "\t", "\r\n", "\n> more", "\xa0", "\xad", "\u200b", "\u200d", "\u2060", "\ufeff"),
    *("A", "Unsubscribe", "-click here", "/index.html", "/a/b/", "&utm_source=mail&amp;c=x"),
    *("?x", "#top", ";jsessionid=1", "=", "%", "%zz", "%E2%80", "\u00e9", "\U0001f600", "\ufffd"),
]


def percent_encode(text: str) -> str:
    """Percent-encodes each character, also unreserved ones (RFC 3986 §2.3 calls both forms equivalent)."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def one_click_event(path: str, token: str) -> dict[str, Any]:
    """Returns a one-click as an HTTP API sends it: the path parameter is decoded."""
    event = http_event("POST", path, form={"List-Unsubscribe": "One-Click"})
    return event | {"pathParameters": {"token": token}}


def rest_event(name: str, path: str, token: str) -> dict[str, Any]:
    """Returns a one-click in payload format 1.0; a REST API does not decode the path."""
    event: dict[str, Any] = json.loads((EVENTS / name).read_text())
    return event | {"path": path, "pathParameters": {"token": token}}


def stopped_topics(world: World) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    topics = (catalogue.topic_by_name(name) for name in ("offers", "news"))
    return {topic.name for topic in topics if not decide(record, topic, Millis(NOW + 1)).sendable}


ONE_CLICKS = [
    "unsubscribe-rest-v1-oneclick-post-urlencoded.json",
    "unsubscribe-http-payload-1.0-oneclick-post.json",
]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("handler", "purpose", "kind"),
    [
        (unsubscribe.handler, TokenPurpose.UNSUBSCRIBE, "u"),
        (preferences.handler, TokenPurpose.PREFERENCES, "p"),
        (preferences.handler, TokenPurpose.UNSUBSCRIBE, "u"),  # receives all paths without a route
    ],
)
def test_a_suffix_of_a_link_is_ignored(
    world: World, handler: Any, purpose: TokenPurpose, kind: str, suffix: str
) -> None:
    path = f"/{kind}/{world.token(READER, purpose=purpose)}{suffix}"

    assert handler(http_event("GET", path), world.context)["statusCode"] == 200
    assert handler(http_event("HEAD", path), world.context)["statusCode"] == 200
    assert world.items() == []
    answer = handler(http_event("POST", path, form={"List-Unsubscribe": "One-Click"}), world.context)
    assert answer["statusCode"] == 200 and stopped_topics(world) == {"offers"}


def test_the_page_after_a_press_has_the_link_without_the_suffix(world: World) -> None:
    token = world.token(READER)
    event = http_event("POST", f"/u/{token}>.", form={"scope": "this"})

    answer = unsubscribe.handler(event, world.context)

    assert answer["statusCode"] == 303
    assert answer["headers"]["Location"].startswith(f"/u/{token}?done=")


@pytest.mark.parametrize("encode", [percent_encode, lambda text: percent_encode(percent_encode(text)), quote])
def test_a_percent_encoded_link_is_the_same_link(world: World, encode: Any) -> None:
    token = world.token(READER)
    raw = f"/u/{encode(token)}"
    decoded = f"/u/{token}"
    for event in (
        http_event("POST", raw),
        one_click_event(raw, token),
        one_click_event(decoded, encode(token)),
        one_click_event(decoded, token),
        *(rest_event(name, raw, token) for name in ONE_CLICKS),
        *(rest_event(name, raw, encode(token)) for name in ONE_CLICKS),
    ):
        assert unsubscribe.handler(event, world.context)["statusCode"] == 200
    assert stopped_topics(world) == {"offers"}


def test_a_percent_encoded_link_to_the_preference_centre_is_the_same_link(world: World) -> None:
    token = world.token(READER, purpose=TokenPurpose.PREFERENCES)

    page = preferences.handler(http_event("GET", f"/p/{percent_encode(token)}."), world.context)

    assert page["statusCode"] == 200


def test_a_percent_encoded_link_of_a_confirmation_is_the_same_link(world: World) -> None:
    confirmation = ConfirmationToken(
        world.recipient(READER), Intent.IN, scope_numbers(2), Millis(NOW - 1), b"sealed"
    )
    token = mint_confirmation_token(confirmation, parts().confirmation_keys.confirmation_key(1))
    for event in (
        http_event("GET", f"/c/{percent_encode(token)}"),
        http_event("GET", f"/c/{percent_encode(token)}") | {"pathParameters": {"token": token}},
    ):
        assert resubscribe.handler(event, world.context)["statusCode"] == 200


def test_the_token_is_taken_from_the_path_parameter_if_there_is_one(world: World) -> None:
    event = one_click_event("/u/any%20text%20before%20the%20token", world.token(READER) + ")")

    assert unsubscribe.handler(event, world.context)["statusCode"] == 200
    assert stopped_topics(world) == {"offers"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_invalid_tag_is_answered_with_the_same_404_for_each_suffix(world: World, suffix: str) -> None:
    valid = world.token(READER)
    forged = valid[:-1] + chr(ord(valid[-1]) ^ 1)
    not_found = unsubscribe.handler(http_event("POST", "/u/none"), world.context)
    for handler in (unsubscribe.handler, preferences.handler):
        for path in (
            f"/u/{forged}{suffix}",
            f"/u/{percent_encode(forged)}{suffix}",
            f"/u/{valid[:-1]}!{suffix}",
        ):
            answer = handler(http_event("POST", path), world.context)
            assert (answer["statusCode"], answer["body"]) == (404, not_found["body"])
    assert world.items() == []


@given(st.text(max_size=200), st.sampled_from(["u", "p"]))
def test_each_text_after_a_token_is_removed(text: str, kind: str) -> None:
    token = "A" * URL_LENGTH

    for event in (
        http_event("GET", f"/{kind}/{token}{text}"),
        http_event("GET", "/elsewhere") | {"rawPath": f"/{kind}/{quote(token + text, errors='replace')}"},
    ):
        assert strip_token_suffix(event)["rawPath"] == f"/{kind}/{token}"


@given(st.text(max_size=60))
def test_a_path_that_is_not_a_link_stays_unchanged(path: str) -> None:
    event = http_event("GET", f"/v1/{path}")

    assert strip_token_suffix(event) is event
