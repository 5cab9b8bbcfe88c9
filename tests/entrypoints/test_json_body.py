from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import InvalidRequest, NotJson
from heed.entrypoints.http.api.faults import MAX_FAULTS
from heed.entrypoints.http.api.json_body import JsonReader, read_json_object


def reader(value: Any) -> JsonReader:
    return read_json_object(json.dumps(value).encode())


def faults(body: JsonReader) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as raised:
        body.close()
    return [(fault.pointer, fault.detail) for fault in raised.value.faults]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{} {}",
        b"a=b",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b'{"a": "\x00"}',
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b'{"a": ' + b"9" * 10_000 + b"}",
    ],
)
def test_a_body_that_is_not_json_is_refused(raw: bytes) -> None:
    with pytest.raises(NotJson):
        read_json_object(raw)


@pytest.mark.parametrize("raw", [b"[]", b"null", b"1", b'"text"', b"true"])
def test_json_that_is_not_an_object_is_a_fault(raw: bytes) -> None:
    assert faults(read_json_object(raw)) == [("", "must be an object")]


def test_a_duplicate_member_is_a_fault_at_any_depth() -> None:
    body = read_json_object(b'{"a": "x", "a": "y", "list": [{"b": "x", "b": "x"}]}')
    body.read_text("a")
    (item,) = body.read_objects("list", 10)
    item.read_text("b")

    assert [pointer for pointer, _ in faults(body)] == ["", "/list/0"]


def test_a_body_without_faults_can_be_closed() -> None:
    body = reader({"a": "x", "b": "one", "c": ["x", ""], "d": [{"e": "y"}]})

    assert body.read_text("a") == "x"
    assert body.read_choice("b", ("one", "two")) == "one"
    assert body.read_texts("c", 2) == ["x", ""]
    assert [item.read_text("e") for item in body.read_objects("d", 1)] == ["y"]
    assert body.read_optional_text("f") == "" and not body.has("f")
    body.close()


def test_all_faults_are_collected_with_their_pointers() -> None:
    body = reader({"a": 1, "b": "three", "c": "x", "d": [1, {"e": [], "z": 0}], "g": "\ud800"})
    body.read_text("a")
    body.read_choice("b", ("one", "two"))
    body.read_texts("c", 2)
    for item in body.read_objects("d", 2):
        item.read_text("e")
    body.read_text("f")
    body.read_text("g")

    assert faults(body) == [
        ("/a", "must be a string"),
        ("/b", "must be one of one, two"),
        ("/c", "must be a list"),
        ("/d/0", "must be an object"),
        ("/d/0/e", "is required"),
        ("/d/1/e", "must be a string"),
        ("/f", "is required"),
        ("/g", "must be Unicode text"),
        ("/d/1/z", "is not a known field"),
    ]


def test_faults_that_the_caller_adds_are_in_the_list() -> None:
    body = reader({"list": [{}]})
    for item in body.read_objects("list", 1):
        item.add_fault("until", "must be later")
        item.add_fault("", "needs one of two")

    assert faults(body) == [("/list/0/until", "must be later"), ("/list/0", "needs one of two")]


def test_an_answer_has_at_most_100_faults() -> None:
    assert len(faults(reader({str(n): n for n in range(1_000)}))) == MAX_FAULTS


def test_null_is_a_value_and_never_valid() -> None:
    body = reader({"a": None, "b": None})
    assert body.has("a")
    body.read_optional_text("a")
    body.read_texts("b", 1)

    assert [pointer for pointer, _ in faults(body)] == ["/a", "/b"]


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda item: st.lists(item) | st.dictionaries(st.sampled_from("abcd") | st.text(), item),
)


@given(st.binary() | st.text().map(str.encode) | _json.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_parsed_or_refused_and_never_crashes(raw: bytes) -> None:
    with suppress(NotJson, InvalidRequest):
        body = read_json_object(raw)
        body.read_text("a", longest=3)
        body.read_choice("b", ("x",))
        body.read_texts("c", 2)
        for item in body.read_objects("d", 2):
            item.read_optional_text("a")
        body.close()
