"""Requests with invalid links cost little, for each input."""

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
from tests.support.deployment import World, http_event, parts, restart
from tests.support.forms import URLENCODED
from tests.support.growth import LINEAR, measure_growth

READER = "reader@example.com"
Make = Callable[[str, str, int], dict[str, Any]]
PARTS: dict[str, Make] = {
    "path": lambda method, path, length: http_event(method, path + "A" * length),
    "path of other characters": lambda method, path, length: http_event(
        method, path + "/'\"" * (length // 3)
    ),
    "query": lambda method, path, length: http_event(
        method, path, query={"lang": "a-" * length, "c": "a" * length}
    ),
    "languages": lambda method, path, length: http_event(
        method, path, headers={"accept-language": "de;q=0.1," * length}
    ),
    "signals": lambda method, path, length: http_event(method, path, headers={"sec-gpc": "1 ," * length}),
    "content type": lambda method, path, length: http_event(
        method, path, body="x", headers={"content-type": 'multipart/form-data;"' + ";" * length}
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
def test_the_cost_of_each_part_of_a_request_is_linear(
    world: World, handler: Any, method: str, path: str, part: str
) -> None:
    def make(length: int) -> dict[str, Any]:
        return PARTS[part](method, path, length)

    assert measure_growth(make, lambda event: handler(event, world.context), 100) <= LINEAR


@pytest.mark.threat(
    "B3",
    "An attacker sends the longest permitted bodies to invalid links, to use up the account's executions.",
    "The cost of a request to an invalid link does not depend on the length of its body.",
)
@pytest.mark.parametrize(
    ("handler", "path"),
    [(unsubscribe.handler, "/u/A"), (preferences.handler, "/p/A"), (resubscribe.handler, "/c/A")],
)
def test_the_cost_of_an_invalid_link_does_not_depend_on_the_body(
    world: World, handler: Any, path: str
) -> None:
    def make(length: int) -> dict[str, Any]:
        return http_event("POST", path, body=b"%" * length, headers={"content-type": URLENCODED})

    assert measure_growth(make, lambda event: handler(event, world.context), 500, limit=1.9) < 2


def fail(service: str, operation: str) -> None:
    """Makes all calls of one operation end without an answer."""

    def time_out(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://aws.invalid")

    parts().client(service).meta.events.register_first(f"before-send.{service}.{operation}", time_out)


class CountingRequest(dict[str, Any]):
    """A request that counts reads of its body."""

    body_reads = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.body_reads += key == "body"
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.body_reads += key == "body"
        return super().__getitem__(key)


@pytest.mark.threat(
    "B3",
    "An attacker sends long bodies to invalid links while KMS fails, so that no link can be verified.",
    "The body is read only after the token of the link is verified. This includes the page of the 503.",
)
@pytest.mark.parametrize(
    ("handler", "path"),
    [(unsubscribe.handler, "/u/"), (preferences.handler, "/p/")],
)
def test_the_body_is_not_read_while_the_key_service_fails(world: World, handler: Any, path: str) -> None:
    purpose = TokenPurpose.PREFERENCES if path == "/p/" else TokenPurpose.UNSUBSCRIBE
    text = world.token(READER, purpose=purpose)
    handler(
        http_event("POST", path + text, form={"scope": "this"}), world.context
    )  # an earlier request of a person
    restart()
    fail("kms", "GenerateMac")
    event = CountingRequest(http_event("POST", path + text, form={"scope": "all"}))

    answer = handler(event, world.context)

    assert answer["statusCode"] == 503 and event.body_reads == 0
    assert 'name="scope"' not in answer["body"]


@pytest.mark.parametrize("scope", ["this", "all"])
def test_a_form_with_a_failed_write_is_offered_again(world: World, scope: str) -> None:
    fail("dynamodb", "UpdateItem")
    event = http_event("POST", f"/u/{world.token(READER)}", form={"scope": scope})

    answer = unsubscribe.handler(event, world.context)

    assert answer["statusCode"] == 503
    assert f'name="scope" value="{scope}"' in answer["body"]


@pytest.mark.system
def test_the_cost_of_an_invalid_api_key_is_linear(world: World) -> None:
    def make(length: int) -> dict[str, Any]:
        return http_event("GET", "/v1/topics", headers={"authorization": f"Bearer {' heed_' * length}"})

    assert measure_growth(make, lambda event: platform.handler(event, world.context), 100) <= LINEAR
