from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import InvalidRequest, NotJson
from heed.entrypoints.http.api.json_body import MAX_FAULTS, JsonReader, read_json_object


def reader(value: Any) -> JsonReader:
    return read_json_object(json.dumps(value).encode())


def faults(body: JsonReader) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as refused:
        body.close()
    return [(fault.pointer, fault.detail) for fault in refused.value.faults]


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
def test_what_is_not_json_is_refused_as_such(raw: bytes) -> None:
    with pytest.raises(NotJson):
        read_json_object(raw)


@pytest.mark.parametrize("raw", [b"[]", b"null", b"1", b'"text"', b"true"])
def test_json_that_is_no_object_breaks_the_contract(raw: bytes) -> None:
    assert faults(read_json_object(raw)) == [("", "must be an object")]


def test_a_member_that_is_there_twice_is_a_fault_wherever_it_is() -> None:
    body = read_json_object(b'{"a": "x", "a": "y", "list": [{"b": "x", "b": "x"}]}')
    body.text("a")
    (inner,) = body.objects("list", 10)
    inner.text("b")

    assert [pointer for pointer, _ in faults(body)] == ["", "/list/0"]


def test_a_body_without_fault_closes() -> None:
    body = reader({"a": "x", "b": "one", "c": ["x", ""], "d": [{"e": "y"}]})

    assert body.text("a") == "x"
    assert body.one_of("b", ("one", "two")) == "one"
    assert body.texts("c", 2) == ["x", ""]
    assert [inner.text("e") for inner in body.objects("d", 1)] == ["y"]
    assert body.optional_text("f") == "" and not body.has("f")
    body.close()


def test_every_fault_is_found_and_named() -> None:
    body = reader({"a": 1, "b": "three", "c": "x", "d": [1, {"e": [], "z": 0}], "g": "\ud800"})
    body.text("a")
    body.one_of("b", ("one", "two"))
    body.texts("c", 2)
    for inner in body.objects("d", 2):
        inner.text("e")
    body.text("f")
    body.text("g")

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


def test_faults_of_a_rule_of_its_own_stand_among_the_others() -> None:
    body = reader({"list": [{}]})
    for inner in body.objects("list", 1):
        inner.fault("until", "must be later")
        inner.fault("", "needs one of two")

    assert faults(body) == [("/list/0/until", "must be later"), ("/list/0", "needs one of two")]


def test_an_answer_lists_a_hundred_faults_at_most() -> None:
    assert len(faults(reader({str(n): n for n in range(1_000)}))) == MAX_FAULTS


def test_null_is_a_value_and_none_of_the_contract() -> None:
    body = reader({"a": None, "b": None})
    assert body.has("a")
    body.optional_text("a")
    body.texts("b", 1)

    assert [pointer for pointer, _ in faults(body)] == ["/a", "/b"]


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abcd") | st.text(), inner),
)


@given(st.binary() | st.text().map(str.encode) | _json.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_is_read_or_refused_and_never_crashes(raw: bytes) -> None:
    with suppress(NotJson, InvalidRequest):
        body = read_json_object(raw)
        body.text("a", longest=3)
        body.one_of("b", ("x",))
        body.texts("c", 2)
        for inner in body.objects("d", 2):
            inner.optional_text("a")
        body.close()
