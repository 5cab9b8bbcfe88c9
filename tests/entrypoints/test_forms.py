from __future__ import annotations

import gzip
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.entrypoints.http.forms import MAX_SCANNED_BYTES, PostedForm, read_form
from tests.support.deployment import http
from tests.support.forms import MOST, URLENCODED, multipart, typed, unreadable

NAMED = [("topics", "Angebote & más"), ("topics", "a=b"), ("name", "line\r\nend"), ("none", "")]


def form(body: bytes | str | None, content_type: str = URLENCODED, **headers: str) -> PostedForm:
    sent = {"content-type": content_type} if content_type else {}
    return read_form(http("POST", "/p/x", body=body, headers={**sent, **headers}), MOST)


@pytest.mark.parametrize("content_type", [URLENCODED, f"{URLENCODED}; charset=UTF-8", ""])
def test_a_urlencoded_form_is_read_completely(content_type: str) -> None:
    assert form(urlencode(NAMED).encode(), content_type) == PostedForm(NAMED, True)


@pytest.mark.parametrize(
    "content_type",
    [
        typed(),
        'Multipart/Form-Data; charset=utf-8; Boundary="----WebKitFormBoundaryq7"',
    ],
)
def test_a_multipart_form_is_read_completely(content_type: str) -> None:
    assert form(multipart(NAMED), content_type) == PostedForm(NAMED, True)


@given(st.lists(st.tuples(st.from_regex(r"[a-z.*/-]{1,30}", fullmatch=True), st.text("aé=&%+ ;\"'/:@\n🙂"))))
def test_both_kinds_say_the_same(fields: list[tuple[str, str]]) -> None:
    assert form(urlencode(fields).encode()) == PostedForm(fields, True)
    if fields:
        assert form(multipart(fields), typed()) == PostedForm(fields, True)


@pytest.mark.parametrize("body", [None, b"", b"\r\n"])
@pytest.mark.parametrize("content_type", [URLENCODED, typed(), ""])
def test_an_empty_body_is_a_complete_form_without_fields(body: bytes | None, content_type: str) -> None:
    assert form(body, content_type) == PostedForm([], True)


def test_a_line_s_end_behind_the_last_field_is_none_of_its_value() -> None:
    assert form(b"List-Unsubscribe=One-Click\r\n").fields == [("List-Unsubscribe", "One-Click")]


def test_text_that_did_not_come_in_base64_is_read_as_well() -> None:
    assert form(urlencode(NAMED)) == PostedForm(NAMED, True)


FAULTS = list(unreadable(""))


@pytest.mark.threat(
    "B4",
    "A form is sent in a way in which it cannot be read (too long, cut, another boundary, JSON, UTF-16), so "
    "that its opt-out is lost while the answer says it was saved.",
    "A form that was not understood as a whole says so, and what asks to stop everything is seen in it "
    "all the same.",
)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_form_that_was_not_understood_says_so_and_what_it_asks_to_stop_is_seen(
    fault: str,
) -> None:
    found = form(*unreadable("all")[fault])

    assert not found.complete
    assert found.has_value("scope", "all") and not found.has_value("all", "out")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("other", ["ball", "this", "all-of-it"])
def test_nothing_else_is_taken_for_it(fault: str, other: str) -> None:
    assert not form(*unreadable(other)[fault]).has_value("scope", "all")


@pytest.mark.parametrize(
    ("name", "value"),
    [("all", "out"), ("scope", "all"), ("List-Unsubscribe", "One-Click")],
)
@pytest.mark.parametrize("case", [str.lower, str.upper, str])
@pytest.mark.parametrize("complete", [True, False])
def test_what_a_form_asks_for_is_seen_in_any_case(name: str, value: str, case: Any, complete: bool) -> None:
    fields = [("x", "y"), (case(name), case(value))] + ([] if complete else [("z", "z\0")])
    for found in (form(urlencode(fields).encode()), form(multipart(fields), typed())):
        assert found.complete is complete
        assert found.has_value(name, value) and not found.has_value(name, f"{value}x")
        assert not found.has_value(name[1:], value)


def test_what_the_page_showed_is_not_what_the_form_asks_for() -> None:
    assert not form(b"was.all=out&x=\x00").has_value("all", "out")


def test_what_is_compressed_is_not_read() -> None:
    plain = urlencode(NAMED).encode()
    assert not form(gzip.compress(plain)).complete
    assert not form(plain, **{"content-encoding": "gzip"}).complete
    assert form(plain, **{"content-encoding": "identity"}).complete


def test_base64_that_cannot_be_read_is_no_empty_body() -> None:
    event = http("POST", "/p/x", body=b"x=y&scope=all")
    event["body"] = f"*{event['body']}"
    assert read_form(event, MOST).fields == [] and not read_form(event, MOST).complete
    event["body"] = "x=y&scope=all"  # never encoded
    assert read_form(event, MOST).has_value("scope", "all")


@given(st.binary(max_size=300), st.sampled_from([URLENCODED, typed("b"), "", "nonsense"]))
def test_no_body_is_an_error(body: bytes, content_type: str) -> None:
    read = form(body.replace(b"b", b"\r\n--b"), content_type)
    assert read.has_value("scope", "all") in (True, False)


@pytest.mark.parametrize("most", [62, 650])
def test_as_many_fields_are_read_as_the_catalogue_needs(most: int) -> None:
    fields = [("was.topic.a-brand/a-topic", "out")] * most
    for body, kind in ((urlencode(fields).encode(), URLENCODED), (multipart(fields), typed())):
        event = http("POST", "/p/x", body=body, headers={"content-type": kind})
        assert read_form(event, most) == PostedForm(fields, True)
        assert not read_form(event, most - 1).complete
        assert read_form(event, most - 1).fields == fields[1:]


@pytest.mark.threat(
    "B3",
    "Bodies of many megabytes that are no form are sent to the form for those without a link, where all of "
    "each is searched for what it asks to stop.",
    "Of a body that was not understood its two ends are looked at, and no more however long it is.",
)
@pytest.mark.parametrize("junk", [b"name=scope ", b"%73cope = ", b"\0&", b"%41"])
@pytest.mark.parametrize("in_base64", [True, False])
def test_as_much_is_looked_at_of_a_long_body_as_of_a_longer_one(junk: bytes, in_base64: bool) -> None:
    def read(length: int) -> PostedForm:
        event = http("POST", "/p/x", body=junk * (length // len(junk)))
        if not in_base64:
            event["body"] = "*" + event["body"]  # which then cannot be decoded
        return read_form(event, MOST)

    long, longer = read(256 * 1024), read(4 * 1024 * 1024)

    assert not long.complete and not longer.complete
    assert 0 < len(longer.unread) <= 2 * MAX_SCANNED_BYTES + 1
    assert abs(len(longer.unread) - len(long.unread)) <= len(junk)


@pytest.mark.parametrize("fault", ["multipart that nothing names", "JSON", "UTF-16", "plain text"])
def test_at_either_end_of_a_long_body_it_is_seen_what_it_asks_to_stop(fault: str) -> None:
    wanted, kind = unreadable("all")[fault]
    junk = b" name=scope" * 400_000
    assert form(wanted + b"\r\n" + junk, kind).has_value("scope", "all")
    assert form(junk + b"\r\n" + wanted, kind).has_value("scope", "all")
    assert not form(junk + b"\r\n" + junk, kind).has_value("scope", "all")


def test_the_two_ends_of_a_long_body_are_not_read_as_one() -> None:
    ends = (
        b"x" * (MAX_SCANNED_BYTES - len("scope=")) + b"scope=",
        b"all" + b"x" * (MAX_SCANNED_BYTES - 3),
    )
    assert not form((b"\0" * MAX_SCANNED_BYTES).join(ends)).has_value("scope", "all")
    cut = b"a=b " + b"x" * MAX_SCANNED_BYTES, b" scope=all "
    assert form((b"\0" * MAX_SCANNED_BYTES).join(cut)).has_value("scope", "all")
