"""The API of template.yaml: explicit routes, throttles, and an access log that names nobody."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.iam_policies import FUNCTIONS, RESOURCES

ROUTES = {
    "UnsubscribeFunction": {
        "GET /u/{token}",
        "HEAD /u/{token}",
        "POST /u/{token}",
        "GET /u/{token}/{rest+}",
        "HEAD /u/{token}/{rest+}",
        "POST /u/{token}/{rest+}",
    },
    "PreferencesFunction": {
        "GET /p/{token}",
        "HEAD /p/{token}",
        "POST /p/{token}",
        "GET /p/{token}/{rest+}",
        "HEAD /p/{token}/{rest+}",
        "POST /p/{token}/{rest+}",
        "GET /.well-known/gpc.json",
        "GET /.well-known/dnt",
        "GET /.well-known/dnt/{status+}",
        "GET /policy.json",
        "$default",
    },
    "ResubscribeFunction": {
        "GET /subscribe",
        "HEAD /subscribe",
        "POST /subscribe",
        "GET /c/{token}",
        "HEAD /c/{token}",
        "POST /c/{token}",
    },
    "PlatformFunction": {
        "GET /v1/topics",
        "POST /v1/check",
        "POST /v1/links",
        "GET /v1/suppressions",
        "ANY /v1",
        "ANY /v1/{path+}",
    },
    "AgentsFunction": {
        "POST /v1/changes",
        "POST /v1/recipients/lookup",
        "POST /v1/minors",
        "POST /v1/erasures",
        "GET /v1/purges/{id}",
        "POST /v1/holds",
        "POST /v1/lifts",
        "GET /v1/disclosures",
    },
}
_API: dict[str, Any] = RESOURCES["HttpApi"]["Properties"]


def _routes(function: str) -> set[str]:
    events = FUNCTIONS[function].get("Events", {}).values()
    return {
        f"{route['Method']} {route['Path']}" if "Path" in route else "$default"
        for route in (e["Properties"] for e in events if e["Type"] == "HttpApi")
    }


def test_every_route_is_written_out_and_leads_to_its_function() -> None:
    assert {name: found for name in FUNCTIONS if (found := _routes(name))} == ROUTES


ELSEWHERE = {"$default", "ANY /v1", "ANY /v1/{path+}"}
"""What no other route takes: answered with the page, or the problem, that says so."""


def test_no_route_ends_in_a_slash_and_what_there_is_says_its_method() -> None:
    for route in set().union(*ROUTES.values()) - ELSEWHERE:
        method, path = route.split(" ")
        assert method in ("GET", "HEAD", "POST")
        assert not path.endswith("/"), "API Gateway has no such routes, and SAM drops the slash"


def test_greedy_variables_are_for_a_standard_that_asks_for_a_slash_and_for_what_was_glued_to_a_link() -> None:
    greedy = {route for routes in ROUTES.values() for route in routes if "+}" in route}
    glued = {route for route in greedy - ELSEWHERE if route.endswith("/{token}/{rest+}")}
    assert greedy - ELSEWHERE - glued == {"GET /.well-known/dnt/{status+}"}


def test_beside_each_link_stands_a_route_for_what_was_glued_to_it_with_the_same_limits() -> None:
    special = _API["RouteSettings"]
    for routes in ROUTES.values():
        for route in routes:
            if re.search(r"/[up]/\{token\}$", route):
                glued = route + "/{rest+}"
                assert glued in routes
                assert special.get(glued) == special.get(route)


def test_every_route_is_throttled_and_the_one_click_post_the_least() -> None:
    default, special = _API["DefaultRouteSettings"], _API["RouteSettings"]
    assert special.keys() <= set().union(*ROUTES.values())
    rates = {route: settings["ThrottlingRateLimit"] for route, settings in special.items()}
    assert default["ThrottlingRateLimit"] > 0
    assert max(rates, key=lambda route: rates[route]) == "POST /u/{token}"
    for settings in (default, *special.values()):
        assert settings["ThrottlingBurstLimit"] >= settings["ThrottlingRateLimit"]


@pytest.mark.threat(
    "T18",
    "Every route is flooded at once, so that no execution of a function is left for an honest opt-out.",
    "Each route has a throttle; together they let in less than 60 % of what the account's executions serve.",
)
def test_a_flood_of_every_route_at_once_leaves_executions_for_opt_outs() -> None:
    """A refused request takes 0.2 ms of CPU, and where it has an API key's form one read of the store."""
    executions, seconds = 1_000, 0.05
    default, special = _API["DefaultRouteSettings"], _API["RouteSettings"]
    rates = [
        special.get(route, default)["ThrottlingRateLimit"] for routes in ROUTES.values() for route in routes
    ]

    assert sum(rates) * seconds < executions * 0.6


def test_the_access_log_is_json_and_names_nobody() -> None:
    written = _API["AccessLogSettings"]["Format"]
    assert json.loads(written)
    assert set(re.findall(r"\$context\.([A-Za-z.]+)", written)) == {
        "requestId",
        "requestTime",
        "routeKey",
        "status",
        "responseLength",
        "responseLatency",
        "integrationLatency",
        "integrationErrorMessage",
    }


def test_links_on_the_apis_own_host_go_on_working_beside_a_domain() -> None:
    assert "DisableExecuteApiEndpoint" not in _API
