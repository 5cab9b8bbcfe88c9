"""The faster moto has the same results as the published moto."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import moto.core.models
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from moto.core.request import Request
from moto.dynamodb.exceptions import ItemSizeToUpdateTooLarge
from moto.dynamodb.models import DynamoDBBackend

from tests.support.cheaper_moto import make_cheaper
from tests.support.deployment import client
from tests.support.full import examples
from tests.support.template import table_definition

_PATHS = st.sampled_from(("#a", "#b", "c", "#a.d", "#a.d.e", "g[0]", "g[1]", "g[1].h", "id"))
_OPERANDS = st.one_of(
    st.sampled_from((":n", ":s", ":m", ":l", ":none")),
    st.builds("if_not_exists({}, {})".format, _PATHS, st.sampled_from((":n", ":s"))),
    st.builds("list_append({}, {})".format, _PATHS, st.just(":l")),
    _PATHS,
)
_ASSIGNMENTS = st.one_of(
    st.builds("{} = {}".format, _PATHS, _OPERANDS),
    st.builds("{} = {} + {}".format, _PATHS, _OPERANDS, _OPERANDS),
)


def _clause(word: str, action: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(action, min_size=1, max_size=4).map(lambda actions: f"{word} {', '.join(actions)}")


_EXPRESSIONS = st.lists(
    st.one_of(
        _clause("SET", _ASSIGNMENTS),
        _clause("REMOVE", _PATHS),
        _clause("ADD", st.builds("{} {}".format, _PATHS, st.sampled_from((":n", ":set")))),
        _clause("DELETE", st.builds("{} :set".format, _PATHS)),
    ),
    min_size=1,
    max_size=3,
).map(" ".join)

_CONDITIONS = st.sampled_from(
    (
        None,
        "attribute_not_exists(id)",
        "attribute_exists(#a.d) AND c > :n",
        "c < :n OR attribute_not_exists(zz)",
        "NOT (c BETWEEN :n AND :n) AND contains(#b, :s)",
        "c IN (:n, :s) OR size(#a) > :n",
        "g[1].h = :s",
        "#zz = :n",
        "c = :zz",
        "c = = :n",
    )
)

_ITEM = {
    "id": {"S": "one"},
    "a": {"M": {"d": {"M": {"e": {"N": "1"}}}}},
    "b": {"SS": ["x", "y"]},
    "c": {"N": "7"},
    "g": {"L": [{"N": "1"}, {"M": {"h": {"S": "x"}}}]},
}
_VALUES = {
    ":n": {"N": "3"},
    ":s": {"S": "text"},
    ":m": {"M": {"d": {"N": "2"}}},
    ":l": {"L": [{"N": "9"}]},
    ":set": {"SS": ["y", "z"]},
}


@given(_EXPRESSIONS, _CONDITIONS, st.booleans())
def test_an_update_has_the_same_result_or_the_same_error(
    cheaper_moto: pytest.MonkeyPatch, expression: str, condition: str | None, exists: bool
) -> None:
    cheaper, published = both(cheaper_moto, lambda: _update(expression, condition, exists=exists))
    assert cheaper == published


def _update(expression: str, condition: str | None, *, exists: bool) -> Any:
    """Returns the items after the update, and the type of the error."""
    table, error_type = _create_table(exists=exists), None
    try:
        table.update_item(
            "Preferences",
            {"id": {"S": "one"}},
            expression,
            expression_attribute_names={"#a": "a", "#b": "b"},
            expression_attribute_values=_VALUES,
            condition_expression=condition,
        )
    except Exception as error:  # noqa: BLE001 - any error of moto, compared between both
        error_type = type(error)
    items: Any = table.get_table("Preferences").items
    return {key.value: item.to_json() for key, item in items.items()}, error_type


def _create_table(*, exists: bool) -> DynamoDBBackend:
    backend = DynamoDBBackend("us-east-1", "123456789012")
    definition = table_definition("PreferencesTable")
    backend.create_table(
        "Preferences",
        schema=definition["KeySchema"],
        throughput=None,
        attr=definition["AttributeDefinitions"],
        global_indexes=None,
        indexes=None,
        streams=None,
        billing_mode="PAY_PER_REQUEST",
        sse_specification=None,
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=None,
    )
    if exists:
        backend.put_item("Preferences", _ITEM)
    return backend


@pytest.mark.parametrize("size", [399_000, 410_000])
def test_an_item_that_is_too_large_is_refused_however_it_grows(
    cheaper_moto: pytest.MonkeyPatch, size: int
) -> None:
    cheaper, published = both(cheaper_moto, lambda: _grow(size))
    assert cheaper == published == (ItemSizeToUpdateTooLarge if size > 400_000 else None)


def _grow(size: int) -> type[Exception] | None:
    """Adds attributes to an item until it has this size. Returns the type of the error."""
    table = _create_table(exists=True)
    names = [f"x{number}" for number in range(10)]
    value = {"S": "x" * (size // 10)}
    try:
        for part in (names[:5], names[5:]):
            table.update_item(
                "Preferences",
                {"id": {"S": "one"}},
                f"SET {', '.join(f'{name} = :value' for name in part)}",
                expression_attribute_names={},
                expression_attribute_values={":value": value},
            )
    except ItemSizeToUpdateTooLarge as error:
        return type(error)
    return None


_NAMES = ("Content-Type", "Host", "X-Amz-Target", "x-amz-meta-of_us", "x-amz-meta-OfUs", "Content-Length")
_CONTENTS = (
    "application/json",
    "application/x-amz-json-1.0",
    "application/x-www-form-urlencoded",
    b"a",
    "7",
    "",
)
_HEADERS = st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_CONTENTS))
_URLS = st.sampled_from(
    ("https://dynamodb.us-east-1.amazonaws.com/", "https://b.s3.amazonaws.com/a%20b%2Fc?x=1&y")
)


@given(
    st.sampled_from(("GET", "POST", "PUT")),
    _URLS,
    _HEADERS,
    st.sampled_from((None, "", "é", "a=b&c", b"\xff\x00")),
)
def test_a_request_has_the_same_environment(
    cheaper_moto: pytest.MonkeyPatch, method: str, url: str, headers: dict[str, Any], body: Any
) -> None:
    cheaper, published = both(cheaper_moto, lambda: _environ(method, url, headers, body))
    assert cheaper == published


_INTERNAL = ("werkzeug.request", "wsgi.input_terminated", "tests.raw_url")


def _environ(method: str, url: str, headers: dict[str, Any], body: Any) -> dict[str, Any]:
    request = Request.from_primitives(method, url, headers, body)
    environ = {key: value for key, value in request.environ.items() if key not in _INTERNAL}
    return {
        **environ,
        "wsgi.input": request.get_data(),
        "headers": sorted(request.headers),
        "form": request.form.to_dict(),
        "url": [request.raw_url, request.raw_url],
    }


_TEXTS = st.builds(lambda text: {"S": text}, st.text(max_size=3))
_LEAVES = st.one_of(
    _TEXTS,
    st.builds(lambda number: {"N": str(number)}, st.integers()),
    st.builds(lambda data: {"B": data}, st.binary(max_size=3)),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.builds(
        lambda names: {"SS": names}, st.lists(st.text(min_size=1), min_size=1, max_size=3, unique=True)
    ),
    st.just({"NULL": True}),
)
_ATTRIBUTES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda items: {"L": items}, st.lists(inner, max_size=3)),
        st.builds(lambda items: {"M": items}, st.dictionaries(st.text(min_size=1), inner, max_size=3)),
    ),
)


@examples(10)
@given(st.dictionaries(st.sampled_from("abc"), _ATTRIBUTES))
def test_a_response_is_the_same(cheaper_moto: pytest.MonkeyPatch, attributes: dict[str, Any]) -> None:
    cheaper, published = both(cheaper_moto, lambda: _responses({"id": {"S": "one"}, **attributes}))
    assert cheaper == published


def _responses(item: dict[str, Any]) -> list[Any]:
    with mock_aws():
        dynamodb, s3 = client("dynamodb"), client("s3")
        dynamodb.create_table(TableName="Preferences", **table_definition("PreferencesTable"))
        s3.create_bucket(Bucket="ledger")
        responses = [
            dynamodb.put_item(TableName="Preferences", Item=item, ReturnConsumedCapacity="TOTAL"),
            dynamodb.get_item(TableName="Preferences", Key={"id": {"S": "one"}}),
            dynamodb.get_item(TableName="Preferences", Key={"id": {"S": "two"}}),
            dynamodb.scan(TableName="Preferences"),
            s3.put_object(Bucket="ledger", Key="a b/c", Body=b"text", Metadata={"of_us": "x"}),
            s3.head_object(Bucket="ledger", Key="a b/c"),
            s3.list_object_versions(Bucket="ledger", Prefix="none"),
        ]
    return [_without_times(response) for response in responses]


def _without_times(response: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in response.items() if name not in ("ResponseMetadata", "LastModified")
    }


def both(cheaper_moto: pytest.MonkeyPatch, run: Callable[[], Any]) -> tuple[Any, Any]:
    """Runs the same on the faster moto and on moto as published."""
    cheaper = run()
    cheaper_moto.undo()
    try:
        return cheaper, run()
    finally:
        make_cheaper(cheaper_moto)


def test_the_tests_use_the_faster_moto(cheaper_moto: pytest.MonkeyPatch) -> None:
    assert moto.core.models.RESPONSES_METHODS == []
