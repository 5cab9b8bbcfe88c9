"""What both functions under /v1 share, on routes of the test's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from heed.domain.api_key import ApiKey, KeyScope, api_key_id, hash_api_key
from heed.domain.errors import InvalidAddress, StoreUnavailable
from heed.entrypoints.http.api.authentication import Authenticator
from heed.entrypoints.http.api.routes import ApiRequest, ApiRoutes
from tests.support.deployment import NOW, http

KEY = "heed_" + "k" * 43
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
JANE = "jane.doe@example.com"


class OneKey:
    def find(self, key_hash: str) -> ApiKey | None:
        scopes = frozenset({KeyScope.CHECK})
        known = ApiKey(api_key_id(hash_api_key(KEY)), hash_api_key(KEY), "n", "o", scopes, 0)
        return known if key_hash == known.hash else None


GATE = Authenticator(OneKey())


def serving(answer: Any, method: str = "POST") -> ApiRoutes:
    api = ApiRoutes(lambda: GATE)
    api.route(method, "/v1/test", KeyScope.CHECK)(answer)
    return api


def post(api: ApiRoutes, **request: Any) -> dict[str, Any]:
    return api(http("POST", "/v1/test", **{"headers": AUTHORIZED, "body": "{}", **request}), None)


def test_a_call_knows_whose_it_is_and_when_it_came() -> None:
    def answer(call: ApiRequest) -> Mapping[str, object]:
        body = call.body()
        said = body.text("said")
        body.close()
        return {"said": said, "key": call.key.id, "at": call.at}

    answered = post(serving(answer), body='{"said": "\u00e9"}')

    assert answered["statusCode"] == 200
    assert json.loads(answered["body"]) == {
        "said": "é",
        "key": api_key_id(hash_api_key(KEY)),
        "at": NOW,
    }
    assert answered["headers"] == {"Content-Type": "application/json", "Cache-Control": "no-store"}


def test_a_body_may_come_in_base64_and_one_that_is_broken_is_not_json() -> None:
    api = serving(lambda call: {"read": call.body().has("a")})

    assert json.loads(post(api, body=b'{"a": 1}')["body"]) == {"read": True}
    broken = http("POST", "/v1/test", headers=AUTHORIZED, body="?") | {"isBase64Encoded": True}
    assert api(broken, None)["statusCode"] == 400


def test_an_event_of_the_older_format_is_answered_too() -> None:
    event = {
        "version": "1.0",
        "path": "/v1/test",
        "httpMethod": "POST",
        "headers": {"AUTHORIZATION": f"Bearer {KEY}"},
        "requestContext": {"requestTimeEpoch": NOW, "stage": "$default"},
        "body": "{}",
    }

    assert serving(lambda call: {"at": call.at})(event, None)["statusCode"] == 200


def test_what_stands_on_something_that_does_not_answer_says_when_to_try_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_: ApiRequest) -> Mapping[str, object]:
        raise StoreUnavailable("ThrottlingException")

    answered = post(serving(fail))

    assert answered["statusCode"] == 503 and int(answered["headers"]["Retry-After"]) > 0
    assert "Throttling" not in answered["body"]


def test_a_failure_that_is_none_of_https_is_a_bug_and_crashes() -> None:
    def fail(_: ApiRequest) -> Mapping[str, object]:
        raise InvalidAddress("came from nowhere that a caller could help")

    with pytest.raises(InvalidAddress):
        post(serving(fail))


def test_a_number_that_is_none_is_a_bug_and_no_answer() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        post(serving(lambda _: {"n": float("nan")}))


def test_a_developers_switch_in_the_environment_shows_no_event_and_no_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_DEV", "true")

    def fail(_: ApiRequest) -> Mapping[str, object]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        post(serving(fail), body=json.dumps({"address": JANE}))
    printed = capsys.readouterr()
    assert JANE not in printed.out and KEY not in printed.out


def test_the_key_is_asked_for_before_the_handler_is() -> None:
    def never(_: ApiRequest) -> Mapping[str, object]:
        raise AssertionError

    assert post(serving(never), headers={})["statusCode"] == 401
    api = ApiRoutes(lambda: GATE)
    api.route("POST", "/v1/test", KeyScope.PRIVACY)(never)
    assert post(api)["statusCode"] == 403


def test_methods_of_one_path_are_all_told_to_who_took_another() -> None:
    api = serving(lambda _: {}, "POST")
    api.route("GET", "/v1/test", KeyScope.CHECK)(lambda _: {})

    answered = api(http("PUT", "/v1/test", headers=AUTHORIZED), None)

    assert (answered["statusCode"], answered["headers"]["Allow"]) == (405, "GET, POST")
