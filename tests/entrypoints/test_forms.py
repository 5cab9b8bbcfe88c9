from __future__ import annotations

import gzip
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.entrypoints.http.forms import MAX_SCANNED_BYTES, PostedForm, read_form
from tests.support.deployment import http_event
from tests.support.forms import MAX_FIELDS, URLENCODED, multipart, multipart_type, unreadable_bodies

FIELDS = [("topics", "Angebote & más"), ("topics", "a=b"), ("name", "line\r\nend"), ("none", "")]


def form(body: bytes | str | None, content_type: str = URLENCODED, **headers: str) -> PostedForm:
    headers_of_type = {"content-type": content_type} if content_type else {}
    return read_form(
        http_event("POST", "/p/x", body=body, headers={**headers_of_type, **headers}), MAX_FIELDS
    )


@pytest.mark.parametrize("content_type", [URLENCODED, f"{URLENCODED}; charset=UTF-8", ""])
def test_a_urlencoded_form_is_read_completely(content_type: str) -> None:
    assert form(urlencode(FIELDS).encode(), content_type) == PostedForm(FIELDS, True)


@pytest.mark.parametrize(
    "content_type",
    [
        multipart_type(),
        'Multipart/Form-Data; charset=utf-8; Boundary="----WebKitFormBoundaryq7"',
    ],
)
def test_a_multipart_form_is_read_completely(content_type: str) -> None:
    assert form(multipart(FIELDS), content_type) == PostedForm(FIELDS, True)


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z.*/-]{1,30}", fullmatch=True), st.text("aé=&%+ ;\"'/:@\n🙂", max_size=60)
        ),
        max_size=MAX_FIELDS,
    )
)
def test_both_content_types_give_the_same_form(fields: list[tuple[str, str]]) -> None:
    assert form(urlencode(fields).encode()) == PostedForm(fields, True)
    if fields:
        assert form(multipart(fields), multipart_type()) == PostedForm(fields, True)


@pytest.mark.parametrize("body", [None, b"", b"\r\n"])
@pytest.mark.parametrize("content_type", [URLENCODED, multipart_type(), ""])
def test_an_empty_body_is_a_complete_form_without_fields(body: bytes | None, content_type: str) -> None:
    assert form(body, content_type) == PostedForm([], True)


def test_a_line_end_after_the_last_field_is_not_part_of_its_value() -> None:
    assert form(b"List-Unsubscribe=One-Click\r\n").fields == [("List-Unsubscribe", "One-Click")]


def test_a_body_without_base64_is_parsed_too() -> None:
    assert form(urlencode(FIELDS)) == PostedForm(FIELDS, True)


FAULTS = list(unreadable_bodies(""))


@pytest.mark.threat(
    "B4",
    "A form arrives in an unreadable format (too long, cut, wrong boundary, JSON, UTF-16). Its opt-out is "
    "lost although the answer says that it was saved.",
    "An incomplete form is marked as such, and an opt-out of everything is still found in it.",
)
@pytest.mark.parametrize("fault", FAULTS)
def test_an_incomplete_form_is_marked_and_its_opt_out_is_found(
    fault: str,
) -> None:
    parsed = form(*unreadable_bodies("all")[fault])

    assert not parsed.complete
    assert parsed.has_value("scope", "all") and not parsed.has_value("all", "out")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("other", ["ball", "this", "all-of-it"])
def test_other_values_in_an_incomplete_form_are_not_an_opt_out(fault: str, other: str) -> None:
    assert not form(*unreadable_bodies(other)[fault]).has_value("scope", "all")


@pytest.mark.parametrize(
    ("name", "value"),
    [("all", "out"), ("scope", "all"), ("List-Unsubscribe", "One-Click")],
)
@pytest.mark.parametrize("case", [str.lower, str.upper, str])
@pytest.mark.parametrize("complete", [True, False])
def test_a_value_is_found_in_upper_and_lower_case(name: str, value: str, case: Any, complete: bool) -> None:
    fields = [("x", "y"), (case(name), case(value))] + ([] if complete else [("z", "z\0")])
    for parsed in (form(urlencode(fields).encode()), form(multipart(fields), multipart_type())):
        assert parsed.complete is complete
        assert parsed.has_value(name, value) and not parsed.has_value(name, f"{value}x")
        assert not parsed.has_value(name[1:], value)


def test_the_state_that_the_page_showed_is_not_a_choice() -> None:
    assert not form(b"was.all=out&x=\x00").has_value("all", "out")


def test_a_compressed_body_is_not_parsed() -> None:
    plain = urlencode(FIELDS).encode()
    assert not form(gzip.compress(plain)).complete
    assert not form(plain, **{"content-encoding": "gzip"}).complete
    assert form(plain, **{"content-encoding": "identity"}).complete


def test_invalid_base64_is_not_an_empty_body() -> None:
    event = http_event("POST", "/p/x", body=b"x=y&scope=all")
    event["body"] = f"*{event['body']}"
    assert read_form(event, MAX_FIELDS).fields == [] and not read_form(event, MAX_FIELDS).complete
    event["body"] = "x=y&scope=all"  # never encoded
    assert read_form(event, MAX_FIELDS).has_value("scope", "all")


@given(st.binary(max_size=300), st.sampled_from([URLENCODED, multipart_type("b"), "", "nonsense"]))
def test_no_body_raises_an_error(body: bytes, content_type: str) -> None:
    parsed = form(body.replace(b"b", b"\r\n--b"), content_type)
    assert parsed.has_value("scope", "all") in (True, False)


@pytest.mark.parametrize("limit", [62, 650])
def test_the_number_of_fields_is_limited(limit: int) -> None:
    fields = [("was.topic.a-brand/a-topic", "out")] * limit
    for body, kind in ((urlencode(fields).encode(), URLENCODED), (multipart(fields), multipart_type())):
        event = http_event("POST", "/p/x", body=body, headers={"content-type": kind})
        assert read_form(event, limit) == PostedForm(fields, True)
        assert not read_form(event, limit - 1).complete
        assert read_form(event, limit - 1).fields == fields[1:]


@pytest.mark.threat(
    "B3",
    "Bodies of many megabytes that are not forms are sent to the form for people without a link. Searching "
    "all of each body keeps a function busy.",
    "Only the two ends of an incomplete body are searched, whatever its length.",
)
@pytest.mark.parametrize("junk", [b"name=scope ", b"%73cope = ", b"\0&", b"%41"])
@pytest.mark.parametrize("in_base64", [True, False])
def test_the_search_in_an_incomplete_body_has_a_limit(junk: bytes, in_base64: bool) -> None:
    def read(length: int) -> PostedForm:
        event = http_event("POST", "/p/x", body=junk * (length // len(junk)))
        if not in_base64:
            event["body"] = "*" + event["body"]  # invalid base64
        return read_form(event, MAX_FIELDS)

    long, longer = read(256 * 1024), read(4 * 1024 * 1024)

    assert not long.complete and not longer.complete
    assert 0 < len(longer.unread) <= 2 * MAX_SCANNED_BYTES + 1
    assert abs(len(longer.unread) - len(long.unread)) <= len(junk)


@pytest.mark.parametrize("fault", ["multipart without a content type", "JSON", "UTF-16", "plain text"])
def test_an_opt_out_is_found_at_both_ends_of_a_long_body(fault: str) -> None:
    opt_out, kind = unreadable_bodies("all")[fault]
    junk = b" name=scope" * 400_000
    assert form(opt_out + b"\r\n" + junk, kind).has_value("scope", "all")
    assert form(junk + b"\r\n" + opt_out, kind).has_value("scope", "all")
    assert not form(junk + b"\r\n" + junk, kind).has_value("scope", "all")


def test_the_two_ends_of_a_long_body_are_searched_separately() -> None:
    ends = (
        b"x" * (MAX_SCANNED_BYTES - len("scope=")) + b"scope=",
        b"all" + b"x" * (MAX_SCANNED_BYTES - 3),
    )
    assert not form((b"\0" * MAX_SCANNED_BYTES).join(ends)).has_value("scope", "all")
    cut = b"a=b " + b"x" * MAX_SCANNED_BYTES, b" scope=all "
    assert form((b"\0" * MAX_SCANNED_BYTES).join(cut)).has_value("scope", "all")
