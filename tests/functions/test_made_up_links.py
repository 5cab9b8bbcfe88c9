"""Requests that no link of ours is behind: whatever they hold, they cost next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from functions.platform import app as platform
from functions.preferences import app as preferences
from functions.resubscribe import app as resubscribe
from functions.unsubscribe import app as unsubscribe
from tests.forms import URLENCODED
from tests.growth import LINEAR, growth
from tests.world import World, http

Make = Callable[[str, str, int], dict[str, Any]]
PARTS: dict[str, Make] = {
    "path": lambda method, path, n: http(method, path + "A" * n),
    "path of other signs": lambda method, path, n: http(method, path + "/'\"" * (n // 3)),
    "query": lambda method, path, n: http(method, path, query={"lang": "a-" * n, "c": "a" * n}),
    "languages": lambda method, path, n: http(
        method, path, headers={"accept-language": "de;q=0.1," * n}
    ),
    "signals": lambda method, path, n: http(method, path, headers={"sec-gpc": "1 ," * n}),
    "content type": lambda method, path, n: http(
        method, path, body="x", headers={"content-type": 'multipart/form-data;"' + ";" * n}
    ),
}


@pytest.mark.system
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("handler", "method", "path"),
    [
        (unsubscribe.handler, "GET", "/u/A"),
        (unsubscribe.handler, "POST", "/u/A"),
        (preferences.handler, "POST", "/p/A"),
        (preferences.handler, "GET", "/elsewhere"),
        (resubscribe.handler, "POST", "/c/A"),
        (platform.handler, "GET", "/v1/A"),
    ],
)
def test_no_part_of_a_request_costs_more_than_its_length(
    world: World, handler: Any, method: str, path: str, part: str
) -> None:
    def make(n: int) -> dict[str, Any]:
        return PARTS[part](method, path, n)

    assert growth(make, lambda event: handler(event, world.context), 100) <= LINEAR


@pytest.mark.threat(
    "B3",
    "Bodies of the greatest length are sent to made-up links, to use the account's executions up.",
    "A request to a made-up link costs the same whatever the length of its body.",
)
@pytest.mark.parametrize(
    ("handler", "path"),
    [(unsubscribe.handler, "/u/A"), (preferences.handler, "/p/A"), (resubscribe.handler, "/c/A")],
)
def test_what_a_made_up_link_costs_does_not_grow_with_the_body(
    world: World, handler: Any, path: str
) -> None:
    def make(n: int) -> dict[str, Any]:
        return http("POST", path, body=b"%" * n, headers={"content-type": URLENCODED})

    assert growth(make, lambda event: handler(event, world.context), 500) < 2


@pytest.mark.system
def test_no_api_key_costs_more_than_its_length(world: World) -> None:
    def make(n: int) -> dict[str, Any]:
        return http("GET", "/v1/topics", headers={"authorization": f"Bearer {' heed_' * n}"})

    assert growth(make, lambda event: platform.handler(event, world.context), 100) <= LINEAR
