from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local.http_event import HttpRequest, is_text_body, to_event, to_response

NOW = datetime(2026, 3, 5, 9, 12, 44, 390_000, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"


def _event(
    *headers: tuple[str, str], method: str = "POST", query: str = "", body: bytes = b""
) -> dict[str, Any]:
    request = HttpRequest(method, "/u/abc", query, (("host", "127.0.0.1:8000"), *headers), body, "192.0.2.1")
    return to_event(request, "POST /u/{token}", {"token": "abc"}, NOW)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/html; charset=utf-8",
        "application/json",
        "Application/JSON;charset=utf-8",
        "application/xml",
        "application/javascript",
        "application/problem+json",
        "image/svg+xml",
    ],
)
def test_a_text_body_is_passed_as_text(content_type: str) -> None:
    event = _event(("content-type", content_type), body=b"{}")

    assert (event["body"], event["isBase64Encoded"]) == ("{}", False)


@pytest.mark.parametrize(
    "content_type",
    [FORM, "multipart/form-data; boundary=x", "application/octet-stream", "", "nonsense"],
)
def test_any_other_body_is_passed_as_base64(content_type: str) -> None:
    body = b"List-Unsubscribe=One-Click"

    event = _event(("content-type", content_type), body=body)

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body


def test_a_body_without_a_type_is_passed_as_base64() -> None:
    assert _event(body=b"x")["isBase64Encoded"] is True


def test_a_type_that_only_mentions_text_is_not_text() -> None:
    assert not is_text_body("application/text+jsonp")


def test_an_event_without_a_body() -> None:
    event = _event()

    assert "body" not in event
    assert event["isBase64Encoded"] is False


def test_repeated_headers_are_joined_with_commas() -> None:
    assert _event(("sec-gpc", "1"), ("sec-gpc", "1"))["headers"]["sec-gpc"] == "1,1"


def test_cookies_are_a_list_and_not_a_header() -> None:
    event = _event(("cookie", "a=1; b=2"), ("cookie", "c=3"))

    assert event["cookies"] == ["a=1", "b=2", "c=3"]
    assert "cookie" not in event["headers"]


def test_the_query_is_passed_raw_and_decoded_with_duplicates_joined() -> None:
    event = _event(query="c=spring&lang=de&c=a%20b&empty=")

    assert event["rawQueryString"] == "c=spring&lang=de&c=a%20b&empty="
    assert event["queryStringParameters"] == {"c": "spring,a b", "lang": "de", "empty": ""}


def test_absent_parts_of_a_request_are_absent_in_the_event() -> None:
    assert {"cookies", "queryStringParameters", "body"}.isdisjoint(_event())


def test_the_event_has_path_parameters_and_route() -> None:
    event = _event()

    assert event["pathParameters"] == {"token": "abc"}
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "POST /u/{token}"
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/u/abc"


@pytest.mark.parametrize(
    ("sent", "passed"),
    [("/u/%61bc", "/u/abc"), ("/u/a%2Fb", "/u/a/b"), ("/u/abc%3Fd", "/u/abc")],
)
def test_a_path_is_decoded_and_cut_at_a_question_mark(sent: str, passed: str) -> None:
    request = HttpRequest("GET", sent, "", (), b"", "192.0.2.1")

    event = to_event(request, "GET /u/{token}", {"token": "abc"}, NOW)

    assert event["rawPath"] == event["requestContext"]["http"]["path"] == passed


def test_a_route_without_parameters_has_none() -> None:
    request = HttpRequest("GET", "/policy.json", "", (), b"", "192.0.2.1")

    assert "pathParameters" not in to_event(request, "GET /policy.json", {}, NOW)


def test_the_event_has_the_time_of_the_request() -> None:
    context = _event()["requestContext"]

    assert context["timeEpoch"] == 1772701964390
    assert context["time"] == "05/Mar/2026:09:12:44 +0000"


def test_the_event_has_host_and_client() -> None:
    event = _event(("user-agent", "curl/8"), ("x-forwarded-for", "198.51.100.7"))

    assert event["requestContext"]["domainName"] == "127.0.0.1"
    assert event["requestContext"]["http"]["sourceIp"] == "192.0.2.1"
    assert event["requestContext"]["http"]["userAgent"] == "curl/8"
    assert event["headers"]["x-forwarded-for"] == "198.51.100.7, 192.0.2.1"


def test_an_answer_becomes_a_response() -> None:
    answer = {
        "statusCode": 303,
        "headers": {"Location": "/p/x"},
        "cookies": ["a=1", "b=2"],
        "body": "é",
    }

    response = to_response(answer)

    assert (response.status_code, response.body) == (303, "é".encode())
    assert response.headers["location"] == "/p/x"
    assert response.headers.getlist("set-cookie") == ["a=1", "b=2"]


def test_a_base64_answer_is_decoded() -> None:
    answer = {
        "statusCode": 200,
        "body": base64.b64encode(b"\x00\xff").decode(),
        "isBase64Encoded": True,
    }

    assert to_response(answer).body == b"\x00\xff"


def test_an_answer_without_a_type_is_plain_text() -> None:
    assert to_response({"statusCode": 200}).headers["content-type"] == "text/plain;charset=UTF-8"


def test_the_content_type_of_an_answer_is_kept() -> None:
    response = to_response({"statusCode": 200, "headers": {"Content-Type": "text/html"}})

    assert response.headers.getlist("content-type") == ["text/html"]


@pytest.mark.parametrize("answer", [{"batchItemFailures": []}, [1], None])
def test_an_answer_without_a_status_is_a_200_of_json(answer: object) -> None:
    response = to_response(answer)

    assert (response.status_code, json.loads(bytes(response.body))) == (200, answer)
    assert response.headers.getlist("content-type") == ["application/json"]
