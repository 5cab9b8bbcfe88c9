"""openapi.yaml and the code say the same: routes, scopes, statuses and bodies, in both directions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from functions.agents import app as agents
from functions.platform import app as platform
from heed.domain.api_key import KeyScope
from heed.domain.errors import KeysUnavailable
from heed.domain.preferences.catalogue import TopicKind
from heed.domain.preferences.reasons import Reason
from heed.domain.preferences.register import KINDS, ChoiceKind, LiftKind, OtherKind, Source
from tests.architecture.test_template_api import ELSEWHERE, ROUTES
from tests.support.deployment import NOW, World, deployed, http, parts, restart, run_on
from tests.support.openapi import document, hold, operations, scopes

FUNCTIONS = {"PlatformFunction": platform, "AgentsFunction": agents}
SERVED: dict[tuple[str, str], Any] = {
    route: function for function in FUNCTIONS.values() for route in function.api.scopes
}
OPERATIONS = sorted(operations())
POSTS = [route for route in OPERATIONS if route[0] == "POST"]
ID = "0123456789abcdef" * 2  # of nothing
# What else a route may answer, beside what every one of its kind does.
OTHER = {
    "/v1/minors": {"202"},
    "/v1/erasures": {"202", "409"},
    "/v1/purges/{id}": {"200", "404"},
    "/v1/lifts": {"200", "202"},
}
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


def test_every_list_of_registers_has_each_kind() -> None:
    """A press that can be taken back is shown as the *out* or the pause that it is; days are no register."""
    kinds = {kind.value for kind in KINDS} - {ChoiceKind.UNDOABLE, OtherKind.SOFT_BOUNCE}
    lists = [found for found in _enumerations(document()) if LiftKind.HOLD.value in found]
    assert len(lists) == 2
    assert all(kinds <= found for found in lists)


def test_no_client_is_promised_a_header_that_api_gateway_may_rename() -> None:
    answers = document()["components"]["responses"].values()
    renamed = [answer["headers"].get("WWW-Authenticate") for answer in answers if "headers" in answer]
    assert [header["required"] for header in renamed if header] == [False]


def _name(route: object) -> str:
    return " ".join(route) if isinstance(route, tuple) else str(route)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One for all, since almost nothing here depends on what is on record."""
    with pytest.MonkeyPatch.context() as patch, deployed(patch) as made:
        yield made


Key = Callable[..., str]


@pytest.fixture(scope="module")
def key(world: World) -> Key:
    """Makes keys of given scopes."""

    def made(*scopes: KeyScope, expires: int | None = None) -> str:
        return parts().api_keys.create("key", "tests", scopes, expires)[1]

    return made


@pytest.fixture(scope="module")
def good(key: Key) -> str:
    return key(*KeyScope)


def send(world: World, route: tuple[str, str], key: str | None, body: str | None = GARBAGE) -> dict[str, Any]:
    method, path = route
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    path = path.replace("{id}", ID)
    event = http(method, path, body=body if method == "POST" else None, headers=headers)
    answer: dict[str, Any] = SERVED[route].handler(event, world.context)
    return answer


def example(route: tuple[str, str]) -> str | None:
    request = operations()[route].get("requestBody")
    return json.dumps(request["content"]["application/json"]["example"]) if request else None


def test_the_document_is_valid_openapi() -> None:
    validate(document())
    assert document()["openapi"].startswith("3.1")


def test_the_routes_of_document_template_and_code_are_the_same() -> None:
    for name, function in FUNCTIONS.items():
        assert {_name(route) for route in function.api.scopes} == ROUTES[name] - ELSEWHERE
    assert set(OPERATIONS) == set(SERVED)


@pytest.mark.parametrize("route", OPERATIONS, ids=_name)
def test_a_route_asks_for_the_scopes_that_are_written(route: tuple[str, str]) -> None:
    assert scopes(operations()[route]) == SERVED[route].api.scopes[route]


def test_closed_sets_are_written_out_in_full() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["Source"]["enum"] == list(Source)
    assert schemas["Reason"]["enum"] == list(Reason)
    assert schemas["StopReason"]["enum"] == [
        reason for reason in Reason if reason not in (Reason.OK, Reason.NO_CONSENT)
    ]
    kinds = schemas["Topics"]["properties"]["topics"]["items"]["properties"]["kind"]
    assert kinds["enum"] == list(TopicKind)


@pytest.mark.parametrize("route", OPERATIONS, ids=_name)
@pytest.mark.parametrize("of", ["none", "malformed", "wrong", "revoked", "ended"])
def test_without_a_good_key_the_body_is_not_looked_at(
    world: World, key: Key, route: tuple[str, str], of: str
) -> None:
    key_id, revoked = parts().api_keys.create("revoked", "tests", list(KeyScope))
    parts().api_keys.revoke(key_id)
    keys = {
        "none": None,
        "malformed": "heed_short",
        "wrong": "heed_" + "w" * 43,
        "revoked": revoked,
        "ended": key(*KeyScope, expires=NOW),
    }

    answers = [send(world, route, keys[of]), send(world, route, None)]

    assert [answer["statusCode"] for answer in answers] == [401, 401]
    assert answers[0] == answers[1], "one answer for every cause"
    hold(*route, answers[0])


@pytest.mark.parametrize("route", OPERATIONS, ids=_name)
@pytest.mark.parametrize("scope", list(KeyScope))
def test_each_scope_alone_opens_its_own_routes_and_no_other(
    world: World, key: Key, route: tuple[str, str], scope: KeyScope
) -> None:
    answer = send(world, route, key(scope))

    if scope in scopes(operations()[route]):
        found = 404 if "{id}" in route[1] else 200
        assert answer["statusCode"] == (400 if route[0] == "POST" else found)
    else:
        assert answer["statusCode"] == 403
    hold(*route, answer)


@pytest.mark.parametrize("route", POSTS, ids=_name)
@pytest.mark.parametrize("body", [None, "", "{", '{"a": NaN}', "[" * 100_000])
def test_what_is_not_json_is_400(world: World, good: str, route: tuple[str, str], body: str | None) -> None:
    answer = send(world, route, good, body)

    assert answer["statusCode"] == 400
    hold(*route, answer)


@pytest.mark.parametrize("route", POSTS, ids=_name)
@pytest.mark.parametrize("body", ["[]", "null", "1", "{}", '{"unheard-of": 1}', '{"a":1,"a":2}'])
def test_what_breaks_the_contract_is_422_with_pointers(
    world: World, good: str, route: tuple[str, str], body: str
) -> None:
    answer = send(world, route, good, body)

    assert answer["statusCode"] == 422
    hold(*route, answer)


def test_a_parameter_that_is_none_is_422(world: World, good: str) -> None:
    for method, path in OPERATIONS:
        if _has_query(operations()[method, path]):
            headers = {"Authorization": f"Bearer {good}"}
            event = http(method, path, headers=headers, query={"unheard-of": "1"})
            answer = SERVED[method, path].handler(event, world.context)
            assert answer["statusCode"] == 422
            hold(method, path, answer)


@pytest.mark.parametrize("route", OPERATIONS, ids=_name)
def test_the_example_is_answered_as_the_document_says(
    world: World, good: str, route: tuple[str, str]
) -> None:
    world.forget(world.table, "id")  # a hold that another example placed refuses an erasure

    answer = send(world, route, good, example(route))

    first = min({"200"} if route[1] not in OTHER else OTHER[route[1]] - {"409"})
    assert answer["statusCode"] == (404 if "{id}" in route[1] else int(first))
    hold(*route, answer)


@pytest.mark.parametrize("route", OPERATIONS, ids=_name)
def test_what_cannot_be_told_now_is_503_and_says_when_to_try_again(
    world: World, good: str, route: tuple[str, str]
) -> None:
    before = parts()
    restart(CONTROL_TABLE="absent")
    answer = send(world, route, good, example(route))
    run_on(before)

    assert answer["statusCode"] == 503
    hold(*route, answer)


@pytest.mark.parametrize("route", POSTS, ids=_name)
def test_without_the_keys_nobody_is_identified(world: World, good: str, route: tuple[str, str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts().identity_key, "identity_key", _no_key)
        answer = send(world, route, good, example(route))

    assert answer["statusCode"] == 503
    hold(*route, answer)


def _no_key() -> bytes:
    raise KeysUnavailable("kept so by the test")


def _has_query(operation: dict[str, Any]) -> bool:
    return any(parameter["in"] == "query" for parameter in operation.get("parameters", ()))


def test_every_status_of_the_document_is_one_that_these_tests_have_seen() -> None:
    for (method, path), operation in operations().items():
        inputs = {"422"} if _has_query(operation) else set()
        inputs |= {"400", "422"} if method == "POST" else set()
        answers = OTHER.get(path, {"200"})
        assert set(operation["responses"]) == {"401", "403", "503"} | answers | inputs


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_an_unknown_path_is_404_and_a_wrong_method_405(world: World, function: Any) -> None:
    unknown = function.handler(http("GET", "/v1/unheard-of"), world.context)
    assert unknown["statusCode"] == 404
    for method, path in function.api.scopes:
        wrong = function.handler(http("DELETE", path), world.context)
        assert (wrong["statusCode"], wrong["headers"]["Allow"]) == (405, method)
        assert wrong["headers"]["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("route", OPERATIONS, ids=_name)
def test_no_answer_and_no_log_line_names_a_key_or_an_address_that_was_not_asked_about(
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

    answers = [send(world, route, one, body) for one in presented for body in bodies]

    logged = capsys.readouterr().out + capsys.readouterr().err + caplog.text
    for secret in (one for one in presented if one):
        assert secret not in json.dumps(answers) and secret not in logged
    assert address not in logged and address.split("@")[0] not in logged
    assert parts().identity_key.identity_key().hex() not in logged
    assert world.recipient(address) not in logged
    refused = [answer for answer in answers if answer["statusCode"] >= 400]
    assert all(address not in answer["body"] for answer in refused)
