"""A wrong or missing setting never makes a topic sendable."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from functions.platform import app
from heed.domain.api_key import KeyScope
from heed.domain.errors import HeedError
from tests.support.deployment import World, http_event, parts, restart

WRONG = [
    *((name, None) for name in ("PREFERENCES_TABLE", "CONTROL_TABLE", "IDENTITY_KEY", "BRAND_DIR")),
    *((name, value) for name in ("IDENTITY_KEY", "BRAND_DIR") for value in ("", "nowhere")),
]


@pytest.mark.threat(
    "T27",
    "A setting is wrong or missing after a deployment, and all people become sendable.",
    "No setting switches a check off. An unreadable setting is an error, and an error is never sendable.",
)
@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_never_makes_a_topic_sendable(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    _, key = parts().api_keys.create("test", "test", [KeyScope.CHECK])
    restart(**{name: value})
    body = {"topic": "offers", "addresses": ["reader@example.com"]}
    event = http_event(
        "POST",
        "/v1/check",
        body=json.dumps(body),
        headers={"Authorization": f"Bearer {key}"},
    )
    with suppress(HeedError, KeyError, OSError, ValueError):  # the client gets a 5xx for a crash
        answer = app.handler(event, world.context)
        assert answer["statusCode"] >= 500 and "sendable" not in answer["body"]
