"""The routes of the API, tested with handlers of the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from heed.domain.api_key import ApiKey, KeyScope, api_key_id, hash_api_key
from heed.domain.errors import InvalidAddress, StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.entrypoints.http.api.authentication import Authenticator
from heed.entrypoints.http.api.routes import ApiRequest, ApiRoutes
from tests.support.catalogues import CATALOGUE
from tests.support.deployment import NOW, http_event

KEY = "heed_" + "k" * 43
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
JANE = "jane.doe@example.com"


class OneKey:
    def find(self, key_hash: str) -> ApiKey | None:
        scopes = frozenset({KeyScope.CHECK})
        known = ApiKey(api_key_id(hash_api_key(KEY)), hash_api_key(KEY), "n", "o", scopes, Millis(0))
        return known if key_hash == known.hash else None


PARTS = SimpleNamespace(authenticator=Authenticator(OneKey()), catalogue=CATALOGUE)


def routes_with(handler: Any, method: str = "POST") -> ApiRoutes:
    api = ApiRoutes(lambda: PARTS)
    api.route(method, "/v1/test", KeyScope.CHECK)(handler)
    return api


def post(api: ApiRoutes, **request: Any) -> dict[str, Any]:
    return api(http_event("POST", "/v1/test", **{"headers": AUTHORIZED, "body": "{}", **request}), None)


def test_a_handler_gets_the_key_and_the_time_of_the_request() -> None:
    def answer(call: ApiRequest) -> Mapping[str, object]:
        body = call.body()
        text = body.read_text("text")
        body.close()
        return {"text": text, "key": call.key.id, "at": call.at}

    response = post(routes_with(answer), body='{"text": "\u00e9"}')

    assert response["statusCode"] == 200
    assert json.loads(response["body"]) == {
        "text": "é",
        "key": api_key_id(hash_api_key(KEY)),
        "at": NOW,
    }
    assert response["headers"] == {"Content-Type": "application/json", "Cache-Control": "no-store"}


def test_a_body_may_be_base64_and_invalid_base64_is_not_json() -> None:
    api = routes_with(lambda call: {"read": call.body().has("a")})

    assert json.loads(post(api, body=b'{"a": 1}')["body"]) == {"read": True}
    broken = http_event("POST", "/v1/test", headers=AUTHORIZED, body="?") | {"isBase64Encoded": True}
    assert api(broken, None)["statusCode"] == 400


def test_an_event_in_payload_format_1_is_answered() -> None:
    event = {
        "version": "1.0",
        "path": "/v1/test",
        "httpMethod": "POST",
        "headers": {"AUTHORIZATION": f"Bearer {KEY}"},
        "requestContext": {"requestTimeEpoch": NOW, "stage": "$default"},
        "body": "{}",
    }

    assert routes_with(lambda call: {"at": call.at})(event, None)["statusCode"] == 200


def test_an_unavailable_dependency_is_503_with_retry_after(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_: ApiRequest) -> Mapping[str, object]:
        raise StoreUnavailable("ThrottlingException")

    response = post(routes_with(fail))

    assert response["statusCode"] == 503 and int(response["headers"]["Retry-After"]) > 0
    assert "Throttling" not in response["body"]


def test_a_failure_without_a_problem_is_a_bug_and_crashes() -> None:
    def fail(_: ApiRequest) -> Mapping[str, object]:
        raise InvalidAddress("not a failure of a request")

    with pytest.raises(InvalidAddress):
        post(routes_with(fail))


def test_an_answer_with_nan_is_a_bug_and_crashes() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        post(routes_with(lambda _: {"n": float("nan")}))


def test_the_developer_mode_of_powertools_prints_no_event_and_no_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_DEV", "true")

    def fail(_: ApiRequest) -> Mapping[str, object]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        post(routes_with(fail), body=json.dumps({"address": JANE}))
    printed = capsys.readouterr()
    assert JANE not in printed.out and KEY not in printed.out


def test_the_key_is_checked_before_the_handler_runs() -> None:
    def never(_: ApiRequest) -> Mapping[str, object]:
        raise AssertionError

    assert post(routes_with(never), headers={})["statusCode"] == 401
    api = ApiRoutes(lambda: PARTS)
    api.route("POST", "/v1/test", KeyScope.PRIVACY)(never)
    assert post(api)["statusCode"] == 403


def test_a_wrong_method_gets_all_methods_of_the_path() -> None:
    api = routes_with(lambda _: {}, "POST")
    api.route("GET", "/v1/test", KeyScope.CHECK)(lambda _: {})

    response = api(http_event("PUT", "/v1/test", headers=AUTHORIZED), None)

    assert (response["statusCode"], response["headers"]["Allow"]) == (405, "GET, POST")
