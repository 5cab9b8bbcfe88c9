"""What the client does if the API answers late, wrongly, or not at all."""

from __future__ import annotations

import ast
import socket
import traceback
from pathlib import Path
from typing import Any

import pytest

from heed import client as package
from heed.client import Heed, InvalidSetting, NoAnswer, NotUnderstood, Refused, RequestFault, RetryRules
from tests.client.conftest import KEY, CannedAnswer, CannedApi, check_answer

READER = "reader@example.com"
BUSY = CannedAnswer({"message": "Too Many Requests"}, 429)
UNAVAILABLE = CannedAnswer({"title": "Not available now"}, 503, {"Retry-After": "5"})


def check(heed: Heed) -> list[bool]:
    return [answer.sendable for answer in heed.check("offers", [READER])]


def test_a_request_has_the_key_in_a_header_and_no_address_in_its_url(canned: CannedApi) -> None:
    canned.answers = [check_answer]

    assert check(canned.client()) == [True]
    ((method, path, headers, body),) = canned.requests
    assert (method, path, headers["authorization"]) == ("POST", "/v1/check", f"Bearer {KEY}")
    assert body == {"topic": "offers", "addresses": [READER]}


@pytest.mark.parametrize("refusal", [BUSY, UNAVAILABLE])
def test_a_request_that_the_api_does_not_take_now_is_repeated_unchanged(
    canned: CannedApi, pauses: list[float], refusal: CannedAnswer
) -> None:
    canned.answers = [refusal, refusal, check_answer]

    assert check(canned.client()) == [True]
    assert len(pauses) == 2
    first, *others = canned.bodies
    assert others == [first, first]


def test_a_pause_is_as_long_as_the_answer_says_and_otherwise_longer_each_time(
    canned: CannedApi, pauses: list[float]
) -> None:
    odd = CannedAnswer({}, 503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})
    canned.answers = [UNAVAILABLE, BUSY, odd, BUSY, check_answer]

    assert check(canned.client()) == [True]
    assert 5 <= pauses[0] <= 6
    assert 1 <= pauses[1] <= 2
    assert 2 <= pauses[2] <= 4
    assert 4 <= pauses[3] <= 8


def test_a_request_fails_after_its_attempts(canned: CannedApi, pauses: list[float]) -> None:
    canned.answers = [UNAVAILABLE]

    with pytest.raises(Refused) as refused:
        check(canned.client(attempts=3))

    assert (refused.value.status, refused.value.retry_after, len(canned.requests)) == (503, 5, 3)
    assert len(pauses) == 2


def test_nobody_waits_for_longer_than_the_rules_permit(canned: CannedApi, pauses: list[float]) -> None:
    canned.answers = [CannedAnswer({}, 503, {"Retry-After": "3600"})]

    with pytest.raises(Refused):
        check(canned.client())

    assert (pauses, len(canned.requests)) == ([], 1)


def test_rules_without_an_attempt_are_refused() -> None:
    with pytest.raises(InvalidSetting):
        RetryRules(attempts=0)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_another_error_is_not_repeated(canned: CannedApi, status: int) -> None:
    canned.answers = [CannedAnswer({}, status)]

    with pytest.raises(Refused) as refused:
        check(canned.client())

    assert (refused.value.status, len(canned.requests)) == (status, 1)


def test_a_refusal_has_the_code_the_detail_and_the_faults_of_the_api(canned: CannedApi) -> None:
    problem = {
        "type": "urn:heed:problem:invalid-request",
        "detail": "1 fault",
        "errors": [{"pointer": "/topic", "detail": "there is no such topic"}, "odd"],
    }
    canned.answers = [CannedAnswer(problem, 422)]

    with pytest.raises(Refused) as refused:
        check(canned.client())

    assert str(refused.value) == "the API answers 422 (invalid-request)"
    assert (refused.value.code, refused.value.detail) == ("invalid-request", "1 fault")
    assert refused.value.faults == (RequestFault("/topic", "there is no such topic"),)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[]",
        b'"x"',
        {},
        {"type": 3, "detail": [], "errors": 3},
        {"type": "urn:heed:problem:a b"},
    ],
)
def test_a_refusal_that_is_no_problem_has_a_status_alone(canned: CannedApi, content: Any) -> None:
    canned.answers = [CannedAnswer(content, 500)]

    with pytest.raises(Refused) as refused:
        check(canned.client())

    assert str(refused.value) == "the API answers 500"
    assert (refused.value.code, refused.value.detail, refused.value.faults) == ("", "", ())


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_not_json_is_not_understood(canned: CannedApi, content: bytes) -> None:
    canned.answers = [CannedAnswer(content)]

    with pytest.raises(NotUnderstood):
        check(canned.client())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(canned: CannedApi, status: int) -> None:
    canned.answers = [CannedAnswer({}, status, {"Location": f"{canned.url}/elsewhere"})]

    with pytest.raises(Refused) as refused:
        check(canned.client())

    assert (refused.value.status, len(canned.requests)) == (status, 1)


def test_a_request_that_nobody_answers_is_repeated(pauses: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    heed = Heed(f"http://127.0.0.1:{port}", KEY, retries=RetryRules(attempts=3))

    with pytest.raises(NoAnswer, match="ConnectionRefusedError"):
        check(heed)

    assert len(pauses) == 2


def test_an_answer_that_is_cut_is_no_answer_and_the_request_is_repeated(
    canned: CannedApi, pauses: list[float]
) -> None:
    canned.answers = [CannedAnswer({"as_of": ""}, is_cut=True), check_answer]

    assert check(canned.client()) == [True]
    assert len(pauses) == 1


def test_the_command_repeats_no_request_that_nobody_answered(canned: CannedApi, pauses: list[float]) -> None:
    canned.answers = [CannedAnswer({"as_of": ""}, is_cut=True)]

    with pytest.raises(NoAnswer):
        check(canned.client(repeats_unanswered=False))

    assert (pauses, len(canned.requests)) == ([], 1)


@pytest.mark.parametrize("status", [200, 422])
def test_an_answer_that_is_too_long_is_not_kept_in_memory(
    canned: CannedApi, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr("heed.client.transport._LONGEST_ANSWER", 10_000)
    canned.answers = [CannedAnswer({"as_of": "x" * 20_000}, status)]
    with pytest.raises(NotUnderstood, match="too long"):
        check(canned.client(attempts=1))


def test_an_answer_that_never_ends_is_no_answer(canned: CannedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time-out of Python is for each read, and this server sends a byte before each of them."""
    monkeypatch.setattr("heed.client.transport._LONGEST_ATTEMPT", 0.3)
    canned.answers = [CannedAnswer([b" "] * 40, pause=0.05)]

    with pytest.raises(NoAnswer, match="TimeoutError"):
        check(canned.client(attempts=1))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "http://example.com",
        "ftp://127.0.0.1",
        "https://",
        "https://user:word@example.com",
        "https://example.com?q",
        "https://example.com#f",
        "https://example.com/ x",
        "https://exämple.com",
        "https://example.com\n",
        "https://[::1",
        "https://example.com:0",
        "https://example.com:99999",
        "http://127.0.0.1.example.com",
    ],
)
def test_a_url_that_others_could_read_is_refused(url: str) -> None:
    with pytest.raises(InvalidSetting):
        Heed(url, KEY)


@pytest.mark.parametrize("key", ["", "heed_", KEY + "k", f"{KEY}\n", "Bearer " + KEY, f" {KEY}"])
def test_a_malformed_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        Heed("https://example.com", key)

    assert KEY not in str(refused.value)


def test_no_text_of_the_client_and_its_failures_has_the_key_or_an_address(
    canned: CannedApi, pauses: list[float]
) -> None:
    heed = canned.client()
    echo = {"type": f"urn:heed:problem:{READER}", "title": READER, "detail": READER}
    cut = CannedAnswer({"as_of": ""}, is_cut=True)
    texts = [repr(heed)]
    for answers in ([CannedAnswer(echo, 422)], [CannedAnswer(READER.encode())], [cut], [check_answer]):
        canned.answers = answers
        try:
            texts += map(repr, heed.check("offers", [READER]))
        except package.HeedError as error:
            texts += [repr(error), *traceback.format_exception_only(error)]

    assert len(texts) == 8
    for text in texts:
        assert READER not in text
        assert KEY not in text


def test_the_package_exports_what_it_names() -> None:
    tree = ast.parse(Path(str(package.__file__)).read_text())
    imported = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert set(package.__all__) == imported
