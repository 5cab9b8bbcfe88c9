"""Requests that no link of ours is behind: whatever they hold, they cost next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from functions.platform import app as platform
from functions.preferences import app as preferences
from functions.resubscribe import app as resubscribe
from functions.unsubscribe import app as unsubscribe
from heed.domain.links.link_token import TokenPurpose
from tests.support.deployment import World, http, parts, restart
from tests.support.forms import URLENCODED
from tests.support.growth import LINEAR, growth

READER = "reader@example.com"
Make = Callable[[str, str, int], dict[str, Any]]
PARTS: dict[str, Make] = {
    "path": lambda method, path, n: http(method, path + "A" * n),
    "path of other signs": lambda method, path, n: http(method, path + "/'\"" * (n // 3)),
    "query": lambda method, path, n: http(method, path, query={"lang": "a-" * n, "c": "a" * n}),
    "languages": lambda method, path, n: http(method, path, headers={"accept-language": "de;q=0.1," * n}),
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
def test_what_a_made_up_link_costs_does_not_grow_with_the_body(world: World, handler: Any, path: str) -> None:
    def make(n: int) -> dict[str, Any]:
        return http("POST", path, body=b"%" * n, headers={"content-type": URLENCODED})

    assert growth(make, lambda event: handler(event, world.context), 500, limit=1.9) < 2


def fail(service: str, operation: str) -> None:
    """Every call of an operation ends without an answer."""

    def end(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://aws.invalid")

    parts().client(service).meta.events.register_first(f"before-send.{service}.{operation}", end)


class Body(dict[str, Any]):
    """A request that notes whether anything looks at its body."""

    looks = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.looks += key == "body"
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.looks += key == "body"
        return super().__getitem__(key)


@pytest.mark.threat(
    "B3",
    "Long bodies are sent to made-up links while no key can be had, when no link can be told from another.",
    "Nothing of a body is read before the token of its link is known, also for the page that says 503.",
)
@pytest.mark.parametrize(
    ("handler", "path"),
    [(unsubscribe.handler, "/u/"), (preferences.handler, "/p/")],
)
def test_while_no_key_can_be_had_no_body_is_read(world: World, handler: Any, path: str) -> None:
    purpose = TokenPurpose.PREFERENCES if path == "/p/" else TokenPurpose.UNSUBSCRIBE
    text = world.token(READER, purpose=purpose)
    handler(http("POST", path + text, form={"scope": "this"}), world.context)  # somebody's before
    restart()
    fail("kms", "GenerateMac")
    event = Body(http("POST", path + text, form={"scope": "all"}))

    answer = handler(event, world.context)

    assert answer["statusCode"] == 503 and event.looks == 0
    assert 'name="scope"' not in answer["body"]


@pytest.mark.parametrize("scope", ["this", "all"])
def test_a_form_that_was_read_is_offered_again(world: World, scope: str) -> None:
    fail("dynamodb", "UpdateItem")
    pressed = http("POST", f"/u/{world.token(READER)}", form={"scope": scope})

    answer = unsubscribe.handler(pressed, world.context)

    assert answer["statusCode"] == 503
    assert f'name="scope" value="{scope}"' in answer["body"]


@pytest.mark.system
def test_no_api_key_costs_more_than_its_length(world: World) -> None:
    def make(n: int) -> dict[str, Any]:
        return http("GET", "/v1/topics", headers={"authorization": f"Bearer {' heed_' * n}"})

    assert growth(make, lambda event: platform.handler(event, world.context), 100) <= LINEAR
