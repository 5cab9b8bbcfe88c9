from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local.routes import Route, match, routes

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


def test_the_routes_are_those_of_the_http_apis_body() -> None:
    assert routes(_template(_integration("UnsubscribeFunction"))) == (TOKEN,)


def test_a_route_to_anything_but_a_function_is_refused() -> None:
    operation = {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": "https://example.com"}}}

    with pytest.raises(ValueError, match="not a Lambda integration"):
        routes(_template(operation))


def test_a_parameter_is_one_whole_segment() -> None:
    assert match(KNOWN, "GET", "/u/abc") == (TOKEN, {"token": "abc"})


@pytest.mark.parametrize("path", ["/u/", "/u", "/u/a/b", "/u/a/", "/x/a", "/", ""])
def test_what_no_route_matches_is_not_found(path: str) -> None:
    assert match(KNOWN, "GET", path) is None


def test_a_method_answers_only_where_it_is_routed() -> None:
    assert match(KNOWN, "HEAD", "/u/abc") is None


def test_a_parameter_arrives_decoded() -> None:
    assert match(KNOWN, "GET", "/u/a%5Fb%20c") == (TOKEN, {"token": "a_b c"})


def test_a_path_is_decoded_before_it_is_split() -> None:
    assert match(KNOWN, "GET", "/u/a%2Fb") is None
    assert match(KNOWN, "GET", "/.well-known%2Fdnt/a%2Fb") == (DNT_REST, {"status": "a/b"})


def test_a_greedy_parameter_takes_the_rest() -> None:
    assert match(KNOWN, "GET", "/.well-known/dnt/a/b") == (DNT_REST, {"status": "a/b"})


def test_a_greedy_parameter_takes_a_bare_slash_too() -> None:
    assert match(KNOWN, "GET", "/.well-known/dnt/") == (DNT_REST, {"status": ""})


def test_a_greedy_parameter_comes_last() -> None:
    assert match(KNOWN, "GET", "/.well-known/dnt") == (DNT, {})


def test_the_key_of_a_route_is_api_gateways() -> None:
    assert TOKEN.key == "GET /u/{token}"


ANY = Route("ANY", "/v1/{path+}", "PlatformFunction")
CHECK = Route("POST", "/v1/check", "PlatformFunction")
DEFAULT = Route("ANY", "$default", "PreferencesFunction")
ALL = (DEFAULT, ANY, CHECK, *KNOWN)


@pytest.mark.parametrize(
    ("asked", "found"),
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
def test_the_default_takes_what_no_other_route_matches(asked: str, found: Route) -> None:
    matched = match(ALL, *asked.split(" "))
    assert matched is not None
    assert matched[0] == found


def test_the_default_and_any_method_are_known_by_the_names_that_sam_gives_them() -> None:
    method = {"x-amazon-apigateway-any-method": _integration("PreferencesFunction")}
    template: dict[str, dict[str, Any]] = _template({})
    template["Resources"]["HttpApi"]["Properties"]["Body"]["paths"] = {"/$default": method}
    assert routes(template) == (DEFAULT,)
    assert DEFAULT.key == "$default"


GLUED = Route("POST", "/u/{token}/{rest+}", "UnsubscribeFunction")
POSTED = Route("POST", "/u/{token}", "UnsubscribeFunction")


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/u/abc%2E", POSTED),
        ("/u/%61bc", POSTED),
        ("/u/abc/x/y", GLUED),
        ("/u/abc%2Fx", GLUED),
        ("/%75/abc", POSTED),
    ],
)
def test_a_link_that_something_was_glued_to_leads_to_its_own_function(path: str, route: Route) -> None:
    found = match((DEFAULT, POSTED, GLUED), "POST", path)

    assert found and found[0] == route and found[1]["token"].startswith("abc")
