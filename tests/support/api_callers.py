"""Callers of the API (agents and the platform) with the keys of several owners."""

from __future__ import annotations

import json
from typing import Any

from functions.agents import app as agents
from functions.platform import app as platform
from heed.domain.api_key import KeyScope
from heed.domain.preferences.register import DAY_MS
from tests.support import openapi
from tests.support.deployment import NOW, World, http_event, parts

JANE = "jane.doe@example.com"
ON_FILE = {"source": "phone", "reference": "call 17"}
LIFT_REASON = {"reason": "a mistake", "reference": "call 18"}


class _Keys(dict[str, str]):
    """Each owner's key, created when it is first used."""

    def __missing__(self, owner: str) -> str:
        may_write_alone = owner in ("ann", "bob")
        name, scopes = ("shop", [KeyScope.WRITE]) if may_write_alone else ("officers", list(KeyScope))
        self[owner] = parts().api_keys.create(name, owner, scopes)[1]
        return self[owner]


class ApiCallers:
    """Calls the API with one of several keys.

    The keys of two owners have every scope. Some owners have other spellings of the same name. The keys of
    two clerks may only write.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys = _Keys()

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        at: int = NOW,
        by: str = "officer 1",
        route: str = "",
        query: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        text = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.keys[by]}"}
        event = http_event(method, path, body=text, headers=headers, at=at, query=query)
        function = platform if path in ("/v1/check", "/v1/suppressions") else agents
        response = function.handler(event, self.world.context)
        return response["statusCode"], openapi.check_response(method, route or path, response)

    def report_minor(self, at: int = NOW, address: str = JANE, by: str = "officer 1") -> Any:
        report = {"address": address, **ON_FILE}
        status, body = self.call("POST", "/v1/minors", report, at=at, by=by)
        assert status == 202, body
        return body

    def place_hold(self, at: int = NOW, address: str = JANE) -> Any:
        status, body = self.call("POST", "/v1/holds", {"address": address, **ON_FILE, **LIFT_REASON}, at=at)
        assert status == 200, body
        return body

    def certificate(self, purge: str) -> Any:
        return self.call("GET", f"/v1/purges/{purge}", route="/v1/purges/{id}")[1]

    def lift_suppression(self, register: str, at: int, by: str = "officer 1", **more: str) -> tuple[int, Any]:
        body = {"address": JANE, "register": register, **LIFT_REASON, **more}
        return self.call("POST", "/v1/lifts", body, at=at, by=by)

    def blocking_reason(self, topic: str = "offers", at: int = NOW + DAY_MS) -> str:
        body = {"topic": topic, "addresses": [JANE]}
        _, response = self.call("POST", "/v1/check", body, at=at)
        return str(response["results"][0]["reason"])
