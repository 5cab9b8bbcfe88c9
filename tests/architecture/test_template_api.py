"""The API of template.yaml: explicit routes, throttles, and an access log without personal data."""

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
        "GET /.well-known/heed-keys.json",
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
        "POST /v1/subscriptions",
        "GET /v1/suppressions",
        "GET /v1/numbers",
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
    "DeskFunction": {"GET /desk", "GET /desk/{rest+}", "POST /desk/{rest+}"},
    "CasesFunction": {"GET /v1/cases", "GET /v1/cases/{id}", "POST /v1/cases/{id}"},
    "JobsFunction": {
        "POST /v1/imports",
        "POST /v1/scrubs",
        "POST /v1/snapshots",
        "GET /v1/jobs",
        "GET /v1/jobs/{id}",
        "POST /v1/jobs/{id}",
    },
}
_API: dict[str, Any] = RESOURCES["HttpApi"]["Properties"]


def _routes(function: str) -> set[str]:
    events = FUNCTIONS[function].get("Events", {}).values()
    return {
        f"{route['Method']} {route['Path']}" if "Path" in route else "$default"
        for route in (e["Properties"] for e in events if e["Type"] == "HttpApi")
    }


def test_each_route_is_explicit_and_has_its_function() -> None:
    assert {name: routes for name in FUNCTIONS if (routes := _routes(name))} == ROUTES


ELSEWHERE = {"$default", "ANY /v1", "ANY /v1/{path+}"}
"""Routes for requests without a route of their own. The answer is a page or a problem."""


def test_each_route_has_a_method_and_no_trailing_slash() -> None:
    for route in set().union(*ROUTES.values()) - ELSEWHERE:
        method, path = route.split(" ")
        assert method in ("GET", "HEAD", "POST")
        assert not path.endswith("/"), (
            "API Gateway has no routes with a slash at the end, and SAM removes the slash"
        )


def test_greedy_variables_are_only_for_dnt_for_the_desk_and_for_links_with_appended_text() -> None:
    greedy = {route for routes in ROUTES.values() for route in routes if "+}" in route}
    glued = {route for route in greedy - ELSEWHERE if route.endswith("/{token}/{rest+}")}
    assert greedy - ELSEWHERE - glued == {
        "GET /.well-known/dnt/{status+}",
        "GET /desk/{rest+}",
        "POST /desk/{rest+}",
    }


def test_each_link_has_a_route_for_appended_text_with_the_same_throttle() -> None:
    special = _API["RouteSettings"]
    for routes in ROUTES.values():
        for route in routes:
            if re.search(r"/[up]/\{token\}$", route):
                glued = route + "/{rest+}"
                assert glued in routes
                assert special.get(glued) == special.get(route)


def test_each_route_has_a_throttle_and_one_click_has_the_highest_rate() -> None:
    default, special = _API["DefaultRouteSettings"], _API["RouteSettings"]
    assert special.keys() <= set().union(*ROUTES.values())
    rates = {route: settings["ThrottlingRateLimit"] for route, settings in special.items()}
    assert default["ThrottlingRateLimit"] > 0
    assert max(rates, key=lambda route: rates[route]) == "POST /u/{token}"
    for settings in (default, *special.values()):
        assert settings["ThrottlingBurstLimit"] >= settings["ThrottlingRateLimit"]


@pytest.mark.threat(
    "T18",
    "A flood of all routes at once leaves no execution of a function for an honest opt-out.",
    "Each route has a throttle. Together they permit less than 60 % of the capacity of the account.",
)
def test_a_flood_of_every_route_at_once_leaves_executions_for_opt_outs() -> None:
    """A refused request takes 0.2 ms of CPU. A key of valid form also takes one read of the store."""
    executions, seconds = 1_000, 0.05
    default, special = _API["DefaultRouteSettings"], _API["RouteSettings"]
    rates = [
        special.get(route, default)["ThrottlingRateLimit"] for routes in ROUTES.values() for route in routes
    ]

    assert sum(rates) * seconds < executions * 0.6


def test_the_access_log_is_json_without_personal_data() -> None:
    log_format = _API["AccessLogSettings"]["Format"]
    assert json.loads(log_format)
    assert set(re.findall(r"\$context\.([A-Za-z.]+)", log_format)) == {
        "requestId",
        "requestTime",
        "routeKey",
        "status",
        "responseLength",
        "responseLatency",
        "integrationLatency",
        "integrationErrorMessage",
    }


def test_links_with_the_host_of_the_api_work_after_a_domain_is_added() -> None:
    assert "DisableExecuteApiEndpoint" not in _API
