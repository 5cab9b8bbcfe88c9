"""The hour in an account, as far as the local stack goes: what it could see, and what it skipped by name."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from heed.adapters.dynamodb.api_keys import ApiKeys
from tests.account import target
from tests.account.__main__ import CHECKS
from tests.system.running import PATIENCE, ROOT, Running, free_ports

pytestmark = pytest.mark.system

SEEN_HERE = {
    "the stack is deployed",
    "the outputs are there",
    "the bucket of a trial has no object lock",
    "without a key nothing is answered",
    "the first check says yes",
    "the first links are minted",
    "a link that is opened changes nothing",
    "a HEAD of a link is answered",
    "one click stops",
    "one click as multipart stops",
    "one click of an encoded link stops",
    "a preference link opens",
    "the tracking status is told",
    "a path that is not there is answered by a page",
    "a press reaches the ledger",
    "what the ledger entered is hashed into the bucket",
    "the way back reaches a tester",
    "what follows from the yes is done",
}
SKIPPED_HERE = {
    "the alarms reach somebody",
    "an object that could lie over another is refused",
    "a bounce becomes a no",
    "a complaint becomes a no",
    "the access log names routes and no link",
    "no alarm stands",
    "the alarm comes when nobody seals",
    "a production creation that fails is mended in place",
}


@pytest.fixture(scope="module")
def announcement(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    running = Running(tmp_path_factory.mktemp("stack"), *free_ports(2))
    try:
        running.ready()
        yield running.home / "stack.json"
    finally:
        running.stop()


def _account(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.account", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_what_the_local_stack_can_show_is_as_expected_and_the_rest_is_skipped_by_name(
    announcement: Path,
) -> None:
    done = _account("--local", announcement, "--tester", "tester@example.org")

    found = re.findall(r"^(ok|FAILED|skipped) +([^:]+): ", done.stdout, re.MULTILINE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name for word, name in found if word == "ok"} == SEEN_HERE
    assert {name for word, name in found if word == "skipped"} == SKIPPED_HERE
    assert len(found) == len(CHECKS) == len(SEEN_HERE) + len(SKIPPED_HERE)
    assert done.stdout.endswith("\n18 ok, 0 FAILED, 8 skipped.\n")


def test_no_address_token_or_key_is_printed(announcement: Path) -> None:
    done = _account("--local", announcement, "--tester", "printed@example.org")

    said = done.stdout + done.stderr
    assert "@" not in said and "heed_" not in said and "/u/E" not in said


def test_the_key_of_the_checks_is_revoked_behind_them(announcement: Path) -> None:
    with ExitStack() as end:
        stack = target.local(announcement, target.Wishes(), end)
        assert stack.verdict(stack.person("revoked"))["sendable"] is True
        keys = ApiKeys(stack.client("dynamodb"), stack.outputs["ControlTable"])
        assert _revoked(keys, stack.run) == [False]
    assert _revoked(keys, stack.run) == [True]


def _revoked(keys: ApiKeys, run: str) -> list[bool]:
    return [key.revoked is not None for key in keys.list()[0] if run in key.name]
