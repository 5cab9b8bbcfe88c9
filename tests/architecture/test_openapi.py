"""openapi.yaml and the code have the same routes, scopes, statuses and bodies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from functions.agents import app as agents
from functions.cases import app as cases
from functions.jobs import app as jobs
from functions.platform import app as platform
from heed.domain.api_key import KeyScope
from heed.domain.errors import KeysUnavailable
from heed.domain.imports.recognition import ANY_FORMAT, FORMATS
from heed.domain.jobs import job_limits
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import TopicKind
from heed.domain.preferences.kinds import KINDS, ChoiceKind, ImportKind, LiftKind, OtherKind
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.register import Source
from tests.architecture.test_template_api import ELSEWHERE, ROUTES
from tests.support.deployment import NOW, World, deployed, http_event, parts, restart, run_on
from tests.support.openapi import check_response, document, operations, scopes

FUNCTIONS = {
    "PlatformFunction": platform,
    "AgentsFunction": agents,
    "CasesFunction": cases,
    "JobsFunction": jobs,
}
SERVED: dict[tuple[str, str], Any] = {
    route: function for function in FUNCTIONS.values() for route in function.api.scopes
}
OPERATIONS = sorted(operations())
POSTS = [route for route in OPERATIONS if route[0] == "POST"]
ID = "0123456789abcdef" * 2  # an id that does not exist
# The statuses of routes that differ from the other routes.
OTHER = {
    "/v1/subscriptions": {"202", "404"},
    "/v1/minors": {"202"},
    "/v1/erasures": {"202", "409"},
    "/v1/purges/{id}": {"200", "404"},
    "/v1/lifts": {"200", "202"},
    "/v1/cases/{id}": {"200", "404"},
    "/v1/imports": {"202"},
    "/v1/scrubs": {"202"},
    "/v1/snapshots": {"202"},
    "/v1/jobs/{id}": {"200", "404"},
}
OF_STATE = {("POST", "/v1/cases/{id}"), ("POST", "/v1/jobs/{id}")}
"""The routes whose answer depends on the state of a case or a job."""
LIMITED = sorted(("POST", f"/v1/{name}") for name in ("imports", "scrubs", "snapshots"))
"""The routes with a limit for each owner."""
WITHOUT_IDENTITY = OF_STATE | {
    ("POST", f"/v1/{name}") for name in ("imports", "scrubs", "snapshots", "subscriptions")
}
"""The routes that compute no recipient id from the example."""
GARBAGE = "{not json, and no reason to look at it"


def _enumerations(node: Any) -> Iterator[set[str]]:
    if isinstance(node, dict):
        if "enum" in node:
            yield set(node["enum"])
        for value in node.values():
            yield from _enumerations(value)
    elif isinstance(node, list):
        for value in node:
            yield from _enumerations(value)


def test_each_list_of_registers_has_all_kinds() -> None:
    """An undoable press has no kind of its own in the API, and the days of soft bounces are no register."""
    kinds = {kind.value for kind in KINDS} - {ChoiceKind.UNDOABLE, OtherKind.SOFT_BOUNCE, *ImportKind}
    lists = [values for values in _enumerations(document()) if LiftKind.HOLD.value in values]
    assert len(lists) == 2
    assert all(kinds <= values for values in lists)


def test_the_formats_of_imports_are_those_that_heed_knows() -> None:
    form = document()["components"]["schemas"]["ImportRequest"]["properties"]["format"]
    assert form["enum"] == [ANY_FORMAT, *sorted(FORMATS)]


def test_a_header_that_api_gateway_may_rename_is_optional() -> None:
    answers = document()["components"]["responses"].values()
    renamed = [answer["headers"].get("WWW-Authenticate") for answer in answers if "headers" in answer]
    assert [header["required"] for header in renamed if header] == [False]


def _name(route: object) -> str:
    return " ".join(route) if isinstance(route, tuple) else str(route)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One deployment for all tests, because almost no test here depends on a record."""
    with pytest.MonkeyPatch.context() as patch, deployed(patch) as made:
        yield made


Key = Callable[..., str]


@pytest.fixture(scope="module")
def key(world: World) -> Key:
    """Returns a function that creates keys with these scopes."""

    def create(*scopes: KeyScope, expires: Millis | None = None) -> str:
        return parts().api_keys.create("key", "tests", scopes, expires)[1]

    return create


@pytest.fixture(scope="module")
def good(key: Key) -> str:
    return key(*KeyScope)


def send(world: World, route: tuple[str, str], key: str | None, body: str | None = GARBAGE) -> dict[str, Any]:
    method, path = route
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    path = path.replace("{id}", ID)
    event = http_event(method, path, body=body if method == "POST" else None, headers=headers)
    answer: dict[str, Any] = SERVED[route].handler(event, world.context)
    return answer


def example(route: tuple[str, str]) -> str | None:
    request = operations()[route].get("requestBody")
    return json.dumps(request["content"]["application/json"]["example"]) if request else None


def test_the_document_is_valid() -> None:
    validate(document())
    assert document()["openapi"].startswith("3.1")


def test_the_routes_of_document_template_and_code_are_the_same() -> None:
    for name, function in FUNCTIONS.items():
        assert {_name(route) for route in function.api.scopes} == ROUTES[name] - ELSEWHERE
    assert set(OPERATIONS) == set(SERVED)


@pytest.mark.parametrize("route", OPERATIONS, ids=_name)
def test_a_route_requires_the_documented_scopes(route: tuple[str, str]) -> None:
    assert scopes(operations()[route]) == SERVED[route].api.scopes[route]


def test_enumerations_have_all_values() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["Source"]["enum"] == list(Source)
    assert schemas["Reason"]["enum"] == list(Reason)
    assert schemas["SuppressionReason"]["enum"] == [
        reason for reason in Reason if reason not in (Reason.OK, Reason.NO_CONSENT)
    ]
    kinds = schemas["Topics"]["properties"]["topics"]["items"]["properties"]["kind"]
    assert kinds["enum"] == list(TopicKind)


@pytest.mark.parametrize("route", OPERATIONS, ids=_name)
@pytest.mark.parametrize("of", ["none", "malformed", "wrong", "revoked", "expired"])
def test_without_a_valid_key_the_body_is_not_read(
    world: World, key: Key, route: tuple[str, str], of: str
) -> None:
    key_id, revoked = parts().api_keys.create("revoked", "tests", list(KeyScope))
    parts().api_keys.revoke(key_id)
    keys = {
        "none": None,
        "malformed": "heed_short",
        "wrong": "heed_" + "w" * 43,
        "revoked": revoked,
        "expired": key(*KeyScope, expires=NOW),
    }

    answers = [send(world, route, keys[of]), send(world, route, None)]

    assert [answer["statusCode"] for answer in answers] == [401, 401]
    assert answers[0] == answers[1], "the same answer for each cause"
    check_response(*route, answers[0])


@pytest.mark.parametrize("route", OPERATIONS, ids=_name)
@pytest.mark.parametrize("scope", list(KeyScope))
def test_each_scope_permits_only_its_own_routes(
    world: World, key: Key, route: tuple[str, str], scope: KeyScope
) -> None:
    answer = send(world, route, key(scope))

    if scope in scopes(operations()[route]):
        status = 404 if "{id}" in route[1] else 200
        assert answer["statusCode"] == (400 if route[0] == "POST" else status)
    else:
        assert answer["statusCode"] == 403
    check_response(*route, answer)


@pytest.mark.parametrize("route", POSTS, ids=_name)
@pytest.mark.parametrize("body", [None, "", "{", '{"a": NaN}', "[" * 100_000])
def test_a_body_that_is_not_json_is_400(
    world: World, good: str, route: tuple[str, str], body: str | None
) -> None:
    answer = send(world, route, good, body)

    assert answer["statusCode"] == 400
    check_response(*route, answer)


@pytest.mark.parametrize("route", POSTS, ids=_name)
@pytest.mark.parametrize("body", ["[]", "null", "1", "{}", '{"unheard-of": 1}', '{"a":1,"a":2}'])
def test_an_invalid_request_is_422_with_pointers(
    world: World, good: str, route: tuple[str, str], body: str
) -> None:
    answer = send(world, route, good, body)

    needs_nothing = (body, route[1]) == ("{}", "/v1/snapshots")
    assert answer["statusCode"] == (202 if needs_nothing else 422)
    check_response(*route, answer)


def test_an_unknown_parameter_is_422(world: World, good: str) -> None:
    for method, path in OPERATIONS:
        if _has_query(operations()[method, path]):
            headers = {"Authorization": f"Bearer {good}"}
            event = http_event(method, path, headers=headers, query={"unheard-of": "1"})
            answer = SERVED[method, path].handler(event, world.context)
            assert answer["statusCode"] == 422
            check_response(method, path, answer)


@pytest.mark.parametrize("route", OPERATIONS, ids=_name)
def test_the_answer_to_the_example_conforms_to_the_document(
    world: World, good: str, route: tuple[str, str]
) -> None:
    world.clear_table(world.table, "id")  # a hold of another example would refuse an erasure

    answer = send(world, route, good, example(route))

    first = min({"200"} if route[1] not in OTHER else OTHER[route[1]] - {"409"})
    assert answer["statusCode"] == (404 if "{id}" in route[1] else int(first))
    check_response(*route, answer)


@pytest.mark.parametrize("route", OPERATIONS, ids=_name)
def test_an_unavailable_store_is_503_with_retry_after(
    world: World, good: str, route: tuple[str, str]
) -> None:
    before = parts()
    restart(CONTROL_TABLE="absent")
    answer = send(world, route, good, example(route))
    run_on(before)

    assert answer["statusCode"] == 503
    check_response(*route, answer)


@pytest.mark.parametrize("route", sorted({*POSTS} - WITHOUT_IDENTITY), ids=_name)
def test_an_unavailable_key_service_is_503(world: World, good: str, route: tuple[str, str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts().identity_key, "identity_key", _no_key)
        answer = send(world, route, good, example(route))

    assert answer["statusCode"] == 503
    check_response(*route, answer)


def _no_key() -> bytes:
    raise KeysUnavailable("unavailable in this test")


@pytest.mark.parametrize("route", LIMITED, ids=_name)
def test_a_request_beyond_a_limit_is_429_with_retry_after(
    world: World, good: str, route: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_limits, "MAX_OPEN_JOBS", 1)
    send(world, route, good, example(route))
    answer = send(world, route, good, example(route))

    assert answer["statusCode"] == 429
    check_response(*route, answer)


def _has_query(operation: dict[str, Any]) -> bool:
    return any(parameter["in"] == "query" for parameter in operation.get("parameters", ()))


def test_each_documented_status_is_tested_here() -> None:
    for (method, path), operation in operations().items():
        inputs = {"422"} if _has_query(operation) else set()
        inputs |= {"400", "422"} if method == "POST" else set()
        answers = OTHER.get(path, {"200"}) | ({"409"} if (method, path) in OF_STATE else set())
        answers |= {"429"} if (method, path) in LIMITED else set()
        assert set(operation["responses"]) == {"401", "403", "503"} | answers | inputs


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_an_unknown_path_is_404_and_a_wrong_method_405(world: World, function: Any) -> None:
    unknown = function.handler(http_event("GET", "/v1/unheard-of"), world.context)
    assert unknown["statusCode"] == 404
    for _, path in function.api.scopes:
        wrong = function.handler(http_event("DELETE", path), world.context)
        allowed = ", ".join(sorted(each for each, of_path in function.api.scopes if of_path == path))
        assert (wrong["statusCode"], wrong["headers"]["Allow"]) == (405, allowed)
        assert wrong["headers"]["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("route", OPERATIONS, ids=_name)
def test_no_answer_and_no_log_line_contains_a_key_or_address(
    world: World,
    key: Key,
    good: str,
    route: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    address = "jane.doe@example.com"
    bodies = [GARBAGE + address, json.dumps({"x": address}), example(route), None]
    powerless = key(*set(KeyScope) - scopes(operations()[route]))
    presented = [good, "heed_" + "w" * 43, powerless, "no-key", None]

    answers = [send(world, route, api_key, body) for api_key in presented for body in bodies]

    logged = capsys.readouterr().out + capsys.readouterr().err + caplog.text
    for secret in filter(None, presented):
        assert secret not in json.dumps(answers) and secret not in logged
    assert address not in logged and address.split("@")[0] not in logged
    assert parts().identity_key.identity_key().hex() not in logged
    assert world.recipient(address) not in logged
    refused = [answer for answer in answers if answer["statusCode"] >= 400]
    assert all(address not in answer["body"] for answer in refused)
