"""Invalid values that a bug, a later version or a manual change may put into a table or a queue."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import strategies as st
from moto.dynamodb import comparisons

_TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            "x",
            "99999-12-31",
            "000000000000000",
            "{",
            "link {}",
            "[" * 3_000,
            "9" * 5_000,
            "٣",
            "\u0000",
            "\U0001f600" * 9,
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
_NUMBERS = st.one_of(
    st.sampled_from(
        [
            "-1",
            "0.5",
            "9007199254740993",
            "253402300800000",
            "1" + "0" * 30,
            "9" * 38,
            "-" + "9" * 38,
        ]
    ),
    st.integers(-(10**37), 10**37).map(str),
)
_BYTES = st.binary(min_size=1, max_size=20)
_FLAT = st.one_of(
    _TEXTS.map(lambda text: {"S": text}),
    _NUMBERS.map(lambda number: {"N": number}),
    _BYTES.map(lambda raw: {"B": raw}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.just({"NULL": True}),
    st.sets(_TEXTS.filter(bool), min_size=1, max_size=3).map(lambda some: {"SS": sorted(some)}),
    st.sets(_NUMBERS, min_size=1, max_size=3).map(lambda some: {"NS": sorted(some)}),
    st.sets(_BYTES, min_size=1, max_size=3).map(lambda some: {"BS": sorted(some)}),
)
_NAMES = st.sampled_from(["t", "by", "ev", "pv", "u", "request", "at", "x"])
attribute_values: st.SearchStrategy[dict[str, Any]] = st.recursive(
    _FLAT,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"L": parts}),
        st.dictionaries(_NAMES, inner, max_size=3).map(lambda parts: {"M": parts}),
    ),
    max_leaves=6,
)
"""Values of all types of DynamoDB."""


@st.composite
def invalid_items(draw: st.DrawFn, item: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Draws an item with one invalid attribute, or part of an attribute, or with a missing or extra one."""
    changed: dict[str, Any] = copy.deepcopy(dict(item))
    name = draw(st.sampled_from(sorted({*changed, "o:99999999", "o:07", "q:1", "p:3"} - {*keys})))
    parts = changed.get(name, {}).get("M")
    if parts and draw(st.booleans()):
        parts[draw(st.sampled_from(sorted(parts)))] = draw(attribute_values)
    elif name in changed and draw(st.integers(0, 5)) == 0:
        del changed[name]
    else:
        changed[name] = draw(attribute_values)
    return changed


_SIMPLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["\ud800", "9999-12-31", 10**400, -1, 253402300800000]),
)
json_values: st.SearchStrategy[Any] = st.recursive(
    _SIMPLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
"""Values of all JSON types, and some values that only Python's JSON parser accepts."""


@st.composite
def message_bodies(draw: st.DrawFn, message: str) -> str:
    """Draws the body of a queue message: a valid one with one invalid member, or any other text."""
    document = json.loads(message)
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return draw(st.sampled_from(["", "null", "[]", "{", "NaN", "[" * 100_000, '"x"', "1" * 5_000]))
    if kind == 1:
        return json.dumps(draw(json_values))
    name = draw(st.sampled_from([*sorted(document), "another"]))
    if kind == 2:
        document.pop(name, None)
    else:
        document[name] = draw(json_values)
    return json.dumps(document)


def compare_like_dynamodb(patch: pytest.MonkeyPatch) -> None:
    """Makes moto compare values of two types as DynamoDB does: no order holds. moto would raise an error."""
    for name in ("LessThan", "GreaterThan", "LessThanOrEqual", "GreaterThanOrEqual"):
        kind = getattr(comparisons, f"Op{name}")
        patch.setattr(kind, "expr", _without_type_errors(kind.expr))


def _without_type_errors(compare: Any) -> Any:
    def compare_safely(self: Any, item: Any) -> bool:
        try:
            return bool(compare(self, item))
        except TypeError:
            return False

    return compare_safely
