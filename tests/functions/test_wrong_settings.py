"""A setting that is wrong or missing never makes a "may send"."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from functions.platform import app
from heed.domain.api_key import KeyScope
from heed.domain.errors import HeedError
from tests.support.deployment import World, http, parts, restart

WRONG = [
    *((name, None) for name in ("PREFERENCES_TABLE", "CONTROL_TABLE", "IDENTITY_KEY", "BRAND_DIR")),
    *((name, value) for name in ("IDENTITY_KEY", "BRAND_DIR") for value in ("", "nowhere")),
]


@pytest.mark.threat(
    "T27",
    "A setting is wrong or missing after a deployment, and everybody may be written to.",
    "There is no switch that opens anything; what cannot be read is an error, and an error is no.",
)
@pytest.mark.parametrize(("name", "value"), WRONG)
def test_no_wrong_setting_says_that_anybody_may_be_written_to(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    _, key = parts().api_keys.create("test", "test", [KeyScope.CHECK])
    restart(**{name: value})
    asked = {"topic": "offers", "addresses": ["reader@example.com"]}
    event = http(
        "POST",
        "/v1/check",
        body=json.dumps(asked),
        headers={"Authorization": f"Bearer {key}"},
    )
    with suppress(HeedError, KeyError, OSError, ValueError):  # a crash is a 5xx to whoever asked
        answer = app.handler(event, world.context)
        assert answer["statusCode"] >= 500 and "sendable" not in answer["body"]
