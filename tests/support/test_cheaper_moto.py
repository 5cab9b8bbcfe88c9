"""The faster moto has the same results as the published moto."""

from __future__ import annotations

from typing import Any

import moto.core.models
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.dynamodb.models import DynamoDBBackend

from tests.support.cheaper_moto import make_cheaper
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


@given(_EXPRESSIONS, st.booleans())
def test_an_update_has_the_same_result_or_the_same_error(
    cheaper_moto: pytest.MonkeyPatch, expression: str, exists: bool
) -> None:
    cheaper = _update(expression, exists=exists)
    cheaper_moto.undo()
    try:
        published = _update(expression, exists=exists)
    finally:
        make_cheaper(cheaper_moto)
    assert cheaper == published


def _update(expression: str, *, exists: bool) -> Any:
    """Returns the items after the update, and the type of the error."""
    table, error_type = _create_table(exists=exists), None
    try:
        table.update_item(
            "Preferences",
            {"id": {"S": "one"}},
            expression,
            expression_attribute_names={"#a": "a", "#b": "b"},
            expression_attribute_values=_VALUES,
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


def test_the_tests_use_the_faster_moto(cheaper_moto: pytest.MonkeyPatch) -> None:
    assert moto.core.models.RESPONSES_METHODS == []
