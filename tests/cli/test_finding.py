"""Which stack a command speaks to, and what it says when there is none or it does not answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Heed
from tests.cli.served import Served

CHECK = ("check", "reader@example.com", "--topic", "offers")


def test_without_a_local_stack_the_remedy_is_named(heed: Heed) -> None:
    ended = heed(*CHECK)

    assert (ended.code, ended.out) == (3, "")
    assert ended.err == (
        "heed: no local stack is running here: make run, or --stack NAME for a deployed one\n"
    )


def test_the_local_stack_is_found_from_a_folder_below(
    heed: Heed, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)

    assert heed(*CHECK).code == 0


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"api": "x", "outputs": []}', '"x"'])
def test_an_announcement_that_is_none_is_named(heed: Heed, local: Path, text: str) -> None:
    local.write_text(text)

    ended = heed(*CHECK)

    assert (ended.code, "does not describe a stack" in ended.err) == (3, True)


@pytest.mark.parametrize("where", ["api", "aws"])
def test_an_announcement_that_leads_elsewhere_is_not_followed(heed: Heed, local: Path, where: str) -> None:
    said = json.loads(local.read_text())
    local.write_text(json.dumps({**said, where: "https://elsewhere.example.com"}))

    ended = heed(*CHECK)

    assert (ended.code, "leads away from this machine" in ended.err) == (3, True)


def test_a_stack_that_was_killed_is_told_apart_from_a_no(heed: Heed, local: Path, server: Served) -> None:
    local.write_text(local.read_text().replace(server.url, "http://127.0.0.1:9"))

    ended = heed(*CHECK)

    assert (ended.code, ended.out) == (3, "")
    assert "the API does not answer: see that the stack runs (make run)" in ended.err
    assert heed("ids", stdin="reader@example.com").code == 3


def test_the_options_may_stand_before_the_command_too(heed: Heed, stack: str) -> None:
    assert heed("--stack", stack, "--json", "keys", "list").json == {"keys": []}


def test_a_deployed_stack_needs_its_key_in_the_environment(
    heed: Heed, stack: str, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = heed(*CHECK, "--stack", stack)
    monkeypatch.setenv("HEED_API_KEY", f"{api_key}\n")
    malformed = heed(*CHECK, "--stack", stack)
    monkeypatch.setenv("HEED_API_KEY", api_key)

    assert (without.code, "HEED_API_KEY" in without.err) == (3, True)
    assert (malformed.code, api_key in malformed.out + malformed.err) == (3, False)
    assert heed(*CHECK, "--stack", stack).code == 0


def test_a_stack_that_is_not_there_is_named(heed: Heed, stack: str) -> None:
    ended = heed(*CHECK, "--stack", "another")

    assert ended.code == 3
    assert "there is no stack another in this account and region" in ended.err


def test_without_a_region_or_credentials_the_remedy_is_named(
    heed: Heed, world: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    no_region = heed("keys", "list", "--stack", "any")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    no_profile = heed("keys", "list", "--stack", "any")

    assert (no_region.code, no_profile.code) == (3, 3)
    assert no_region.err == "heed: no AWS region is set: name the region (AWS_DEFAULT_REGION=…)\n"
    assert "there is no such AWS profile: sign in" in no_profile.err


def test_the_persons_own_aws_settings_have_no_say_in_the_local_stack(
    heed: Heed, local: Path, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    heed(*CHECK)  # so that the functions have their clients
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    assert heed("ids", stdin="reader@example.com").code == 0
    assert heed(*CHECK).code == 0
    assert all("AKIAREAL" not in headers["authorization"] for _, _, headers in server.asked)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, which nobody waits for here."""
    taken: list[float] = []
    monkeypatch.setattr("heed.entrypoints.cli.api.time.sleep", taken.append)
    return taken


def test_what_is_held_back_is_tried_again_as_the_answer_says(
    heed: Heed, local: Path, server: Served, waits: list[float]
) -> None:
    server.instead = [(503, {"Retry-After": "5"}, b"{}"), (429, {}, b'{"message": "Too Many"}')]

    assert (heed(*CHECK).code, waits) == (0, [5, 2])


def test_after_three_attempts_it_is_a_failure(
    heed: Heed, local: Path, server: Served, waits: list[float]
) -> None:
    server.instead = [(503, {"Retry-After": "3600"}, b'{"title": "Not available now"}')] * 3

    ended = heed(*CHECK)

    assert (ended.code, waits) == (3, [30, 30])
    assert ended.err == "heed: Not available now (503): try again in a moment\n"


def test_no_redirect_takes_the_key_along(heed: Heed, local: Path, server: Served) -> None:
    server.instead = [(302, {"Location": f"{server.url}/elsewhere"}, b"")]

    ended = heed(*CHECK)

    assert (ended.code, len(server.asked)) == (3, 1)


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (200, b"\xff"), (500, b"<html>"), (500, b"[]")]
)
def test_an_answer_that_is_not_the_apis_is_a_failure(
    heed: Heed, local: Path, server: Served, status: int, body: bytes
) -> None:
    server.instead = [(status, {}, body)]

    ended = heed(*CHECK)

    assert (ended.code, ended.out) == (3, "")


def test_a_deployed_api_without_https_gets_neither_key_nor_address(
    heed: Heed, outputs: dict[str, Any], stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"ApiUrl": {"Value": "http://prefs.example.com"}},
    }
    boto3.client("cloudformation").create_stack(StackName="plain", TemplateBody=json.dumps(template))

    ended = heed(*CHECK, "--stack", "plain")
    other = heed("keys", "list", "--stack", "plain")

    assert (ended.code, "HTTPS" in ended.err) == (3, True)
    assert (other.code, "no output ControlTable" in other.err) == (3, True)
