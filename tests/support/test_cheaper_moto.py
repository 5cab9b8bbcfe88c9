"""moto made cheaper answers as moto does."""

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
def test_an_update_does_the_same_or_is_refused_as_well(
    cheaper_moto: pytest.MonkeyPatch, expression: str, condition: str | None, there: bool
) -> None:
    cheaper = _updated(expression, condition, there=there)
    cheaper_moto.undo()
    try:
        published = _updated(expression, condition, there=there)
    finally:
        make_cheaper(cheaper_moto)
    assert cheaper == published


def _updated(expression: str, condition: str | None, *, there: bool) -> Any:
    """The items afterwards, and the kind of refusal."""
    table, refused = _table(there=there), None
    try:
        table.update_item(
            "Preferences",
            {"id": {"S": "one"}},
            expression,
            expression_attribute_names={"#a": "a", "#b": "b"},
            expression_attribute_values=_VALUES,
            condition_expression=condition,
        )
    except Exception as error:  # noqa: BLE001 - whatever moto raises, both times
        refused = type(error)
    items: Any = table.get_table("Preferences").items
    return {key.value: item.to_json() for key, item in items.items()}, refused


def _table(*, there: bool) -> DynamoDBBackend:
    backend = DynamoDBBackend("us-east-1", "123456789012")
    said = table_definition("PreferencesTable")
    backend.create_table(
        "Preferences",
        schema=said["KeySchema"],
        throughput=None,
        attr=said["AttributeDefinitions"],
        global_indexes=None,
        indexes=None,
        streams=None,
        billing_mode="PAY_PER_REQUEST",
        sse_specification=None,
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=None,
    )
    if there:
        backend.put_item("Preferences", _ITEM)
    return backend


def test_the_tests_do_run_on_it(cheaper_moto: pytest.MonkeyPatch) -> None:
    assert moto.core.models.RESPONSES_METHODS == []
