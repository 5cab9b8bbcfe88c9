from __future__ import annotations

from collections.abc import Mapping

import pytest

from local.routes import Route, match, routes

TOKEN = Route("GET", "/u/{token}", "UnsubscribeFunction")
DNT = Route("GET", "/.well-known/dnt", "PreferencesFunction")
DNT_REST = Route("GET", "/.well-known/dnt/{status+}", "PreferencesFunction")
KNOWN = (DNT_REST, TOKEN, DNT)


def _integration(function: str) -> dict[str, object]:
    uri = f"arn:${{AWS::Partition}}:…:lambda:path/2015-03-31/functions/${{{function}.Arn}}/invocations"
    return {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": uri}}}


def _template(operation: Mapping[str, object]) -> dict[str, object]:
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
    assert match(KNOWN, "GET", "/u/a%2Fb%20c") == (TOKEN, {"token": "a/b c"})


def test_a_greedy_parameter_takes_the_rest() -> None:
    assert match(KNOWN, "GET", "/.well-known/dnt/a/b") == (DNT_REST, {"status": "a/b"})


def test_a_greedy_parameter_takes_a_bare_slash_too() -> None:
    assert match(KNOWN, "GET", "/.well-known/dnt/") == (DNT_REST, {"status": ""})


def test_a_greedy_parameter_comes_last() -> None:
    assert match(KNOWN, "GET", "/.well-known/dnt") == (DNT, {})


def test_the_key_of_a_route_is_api_gateways() -> None:
    assert TOKEN.key == "GET /u/{token}"
