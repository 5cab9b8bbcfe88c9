from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local.routes import Route, match_route, read_routes

TOKEN = Route("GET", "/u/{token}", "UnsubscribeFunction")
DNT = Route("GET", "/.well-known/dnt", "PreferencesFunction")
DNT_REST = Route("GET", "/.well-known/dnt/{status+}", "PreferencesFunction")
KNOWN = (DNT_REST, TOKEN, DNT)


def _integration(function: str) -> dict[str, object]:
    uri = f"arn:${{AWS::Partition}}:…:lambda:path/2015-03-31/functions/${{{function}.Arn}}/invocations"
    return {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": uri}}}


def _template(operation: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    return {
        "Resources": {
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
            "HttpApi": {
                "Type": "AWS::ApiGatewayV2::Api",
                "Properties": {"Body": {"paths": {"/u/{token}": {"get": operation}}}},
            },
        }
    }


def test_routes_are_read_from_the_body_of_the_http_api() -> None:
    assert read_routes(_template(_integration("UnsubscribeFunction"))) == (TOKEN,)


def test_a_route_must_lead_to_a_function() -> None:
    operation = {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": "https://example.com"}}}

    with pytest.raises(ValueError, match="not a Lambda integration"):
        read_routes(_template(operation))


def test_a_parameter_is_one_segment() -> None:
    assert match_route(KNOWN, "GET", "/u/abc") == (TOKEN, {"token": "abc"})


@pytest.mark.parametrize("path", ["/u/", "/u", "/u/a/b", "/u/a/", "/x/a", "/", ""])
def test_an_unknown_path_has_no_route(path: str) -> None:
    assert match_route(KNOWN, "GET", path) is None


def test_a_method_needs_a_route() -> None:
    assert match_route(KNOWN, "HEAD", "/u/abc") is None


def test_a_parameter_is_decoded() -> None:
    assert match_route(KNOWN, "GET", "/u/a%5Fb%20c") == (TOKEN, {"token": "a_b c"})


def test_a_path_is_decoded_before_it_is_split() -> None:
    assert match_route(KNOWN, "GET", "/u/a%2Fb") is None
    assert match_route(KNOWN, "GET", "/.well-known%2Fdnt/a%2Fb") == (DNT_REST, {"status": "a/b"})


def test_a_greedy_parameter_is_the_rest_of_the_path() -> None:
    assert match_route(KNOWN, "GET", "/.well-known/dnt/a/b") == (DNT_REST, {"status": "a/b"})


def test_a_greedy_parameter_may_be_empty_after_a_slash() -> None:
    assert match_route(KNOWN, "GET", "/.well-known/dnt/") == (DNT_REST, {"status": ""})


def test_an_exact_path_precedes_a_greedy_one() -> None:
    assert match_route(KNOWN, "GET", "/.well-known/dnt") == (DNT, {})


def test_the_key_of_a_route() -> None:
    assert TOKEN.key == "GET /u/{token}"


ANY = Route("ANY", "/v1/{path+}", "PlatformFunction")
CHECK = Route("POST", "/v1/check", "PlatformFunction")
DEFAULT = Route("ANY", "$default", "PreferencesFunction")
ALL = (DEFAULT, ANY, CHECK, *KNOWN)


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        ("POST /v1/check", CHECK),
        ("GET /v1/check", ANY),
        ("GET /v1/no/such", ANY),
        ("GET /.well-known/dnt/a", DNT_REST),
        ("PUT /u/abc", DEFAULT),
        ("GET /", DEFAULT),
        ("GET /v1", DEFAULT),
    ],
)
def test_the_default_route_gets_all_other_requests(request_line: str, expected: Route) -> None:
    matched = match_route(ALL, *request_line.split(" "))
    assert matched is not None
    assert matched[0] == expected


def test_the_default_route_and_any_method_have_names_of_sam() -> None:
    method = {"x-amazon-apigateway-any-method": _integration("PreferencesFunction")}
    template: dict[str, dict[str, Any]] = _template({})
    template["Resources"]["HttpApi"]["Properties"]["Body"]["paths"] = {"/$default": method}
    assert read_routes(template) == (DEFAULT,)
    assert DEFAULT.key == "$default"


WITH_REST = Route("POST", "/u/{token}/{rest+}", "UnsubscribeFunction")
POSTED = Route("POST", "/u/{token}", "UnsubscribeFunction")


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/u/abc%2E", POSTED),
        ("/u/%61bc", POSTED),
        ("/u/abc/x/y", WITH_REST),
        ("/u/abc%2Fx", WITH_REST),
        ("/%75/abc", POSTED),
    ],
)
def test_a_link_with_text_after_it_leads_to_its_function(path: str, route: Route) -> None:
    matched = match_route((DEFAULT, POSTED, WITH_REST), "POST", path)

    assert matched and matched[0] == route and matched[1]["token"].startswith("abc")
