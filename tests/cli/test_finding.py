"""Finding the stack, and the failures when there is none or it does not answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Heed
from tests.cli.server import ApiServer

CHECK = ("check", "reader@example.com", "--topic", "offers")


def test_a_missing_local_stack_is_reported_with_its_remedy(heed: Heed) -> None:
    result = heed(*CHECK)

    assert (result.code, result.out) == (3, "")
    assert result.err == (
        "heed: no local stack is running here: start one with `make run`, or use --stack NAME\n"
    )


def test_the_local_stack_is_found_from_a_subfolder(
    heed: Heed, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)

    assert heed(*CHECK).code == 0


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"api": "x", "outputs": []}', '"x"'])
def test_a_malformed_announcement_is_reported(heed: Heed, local: Path, text: str) -> None:
    local.write_text(text)

    result = heed(*CHECK)

    assert (result.code, "does not describe a stack" in result.err) == (3, True)


@pytest.mark.parametrize("where", ["api", "aws"])
def test_an_announcement_of_another_machine_is_refused(heed: Heed, local: Path, where: str) -> None:
    announcement = json.loads(local.read_text())
    local.write_text(json.dumps({**announcement, where: "https://elsewhere.example.com"}))

    result = heed(*CHECK)

    assert (result.code, "names a stack on another machine" in result.err) == (3, True)


def test_a_stack_that_does_not_answer_is_a_failure_and_not_a_no(
    heed: Heed, local: Path, server: ApiServer
) -> None:
    local.write_text(local.read_text().replace(server.url, "http://127.0.0.1:9"))

    result = heed(*CHECK)

    assert (result.code, result.out) == (3, "")
    assert "the API does not answer: check that the stack is running (`make run`)" in result.err
    assert heed("ids", stdin="reader@example.com").code == 3


def test_options_may_come_before_the_command(heed: Heed, stack: str) -> None:
    assert heed("--stack", stack, "--json", "keys", "list").json == {"keys": []}


def test_a_deployed_stack_needs_an_api_key_in_the_environment(
    heed: Heed, stack: str, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = heed(*CHECK, "--stack", stack)
    monkeypatch.setenv("HEED_API_KEY", f"{api_key}\n")
    malformed = heed(*CHECK, "--stack", stack)
    monkeypatch.setenv("HEED_API_KEY", api_key)

    assert (without.code, "HEED_API_KEY" in without.err) == (3, True)
    assert (malformed.code, api_key in malformed.out + malformed.err) == (3, False)
    assert heed(*CHECK, "--stack", stack).code == 0


def test_an_unknown_stack_is_reported(heed: Heed, stack: str) -> None:
    result = heed(*CHECK, "--stack", "another")

    assert result.code == 3
    assert "there is no stack another in this account and region" in result.err


def test_a_missing_region_or_profile_is_reported_with_its_remedy(
    heed: Heed, world: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    no_region = heed("keys", "list", "--stack", "any")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    no_profile = heed("keys", "list", "--stack", "any")

    assert (no_region.code, no_profile.code) == (3, 3)
    assert no_region.err == "heed: no AWS region is set: name the region (AWS_DEFAULT_REGION=…)\n"
    assert "there is no such AWS profile: sign in" in no_profile.err


def test_the_local_stack_ignores_the_persons_aws_settings(
    heed: Heed, local: Path, server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    heed(*CHECK)  # creates the clients of the functions
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    assert heed("ids", stdin="reader@example.com").code == 0
    assert heed(*CHECK).code == 0
    assert all("AKIAREAL" not in headers["authorization"] for _, _, headers in server.requests)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts. The test does not wait for them."""
    recorded: list[float] = []
    monkeypatch.setattr("heed.client.transport.time.sleep", recorded.append)
    return recorded


def test_a_retry_waits_as_long_as_the_answer_says(
    heed: Heed, local: Path, server: ApiServer, pauses: list[float]
) -> None:
    server.canned_answers = [(503, {"Retry-After": "5"}, b"{}"), (429, {}, b'{"message": "Too Many"}')]

    assert heed(*CHECK).code == 0
    assert 5 <= pauses[0] <= 6
    assert 1 <= pauses[1] <= 2


def test_a_request_fails_after_three_attempts(
    heed: Heed, local: Path, server: ApiServer, pauses: list[float]
) -> None:
    server.canned_answers = [(503, {"Retry-After": "1"}, b'{"title": "Not available now"}')] * 3

    result = heed(*CHECK)

    assert (result.code, len(pauses)) == (3, 2)
    assert result.err == "heed: Not available now (503): try again in a moment\n"


def test_nobody_waits_at_a_terminal_for_an_hour(
    heed: Heed, local: Path, server: ApiServer, pauses: list[float]
) -> None:
    server.canned_answers = [(503, {"Retry-After": "3600"}, b"{}")]

    assert (heed(*CHECK).code, pauses) == (3, [])


def test_a_redirect_is_not_followed_with_the_key(heed: Heed, local: Path, server: ApiServer) -> None:
    server.canned_answers = [(302, {"Location": f"{server.url}/elsewhere"}, b"")]

    result = heed(*CHECK)

    assert (result.code, len(server.requests)) == (3, 1)


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (200, b"\xff"), (500, b"<html>"), (500, b"[]")]
)
def test_an_unexpected_answer_is_a_failure(
    heed: Heed, local: Path, server: ApiServer, status: int, body: bytes
) -> None:
    server.canned_answers = [(status, {}, body)]

    result = heed(*CHECK)

    assert (result.code, result.out) == (3, "")


def test_an_api_without_https_gets_neither_key_nor_address(
    heed: Heed, outputs: dict[str, Any], stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"ApiUrl": {"Value": "http://prefs.example.com"}},
    }
    boto3.client("cloudformation").create_stack(StackName="plain", TemplateBody=json.dumps(template))

    result = heed(*CHECK, "--stack", "plain")
    other = heed("keys", "list", "--stack", "plain")

    assert (result.code, "HTTPS" in result.err) == (3, True)
    assert (other.code, "no output ControlTable" in other.err) == (3, True)
