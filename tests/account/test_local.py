"""The checks of an account with the local stack: which ones run, and which ones are skipped."""

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

RUN_LOCALLY = {
    "the stack is deployed",
    "the outputs are there",
    "the bucket of a trial has no object lock",
    "a request without a key is refused",
    "the first check answers yes",
    "the first links are created",
    "opening a link changes nothing",
    "a HEAD of a link is answered",
    "one click stops",
    "one click as multipart stops",
    "one click of an encoded link stops",
    "a preference link opens",
    "the tracking status is published",
    "an unknown path is answered with a page",
    "a press reaches the ledger",
    "the hash of a ledger entry is in the bucket",
    "a confirmation mail reaches the tester",
    "the confirmed opt in is processed",
}
SKIPPED_LOCALLY = {
    "the alarms have confirmed subscriptions",
    "a write that could replace an object is refused",
    "a bounce stops mail",
    "a complaint stops mail",
    "the access log has routes and no links",
    "no alarm is active",
    "a missing seal raises an alarm",
    "a failed production deployment is repaired",
}


@pytest.fixture(scope="module")
def announcement(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    running = Running(tmp_path_factory.mktemp("stack"), *free_ports(2))
    try:
        running.wait_until_ready()
        yield running.home / "stack.json"
    finally:
        running.stop()


def _run_account_checks(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.account", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture(scope="module")
def done(announcement: Path) -> subprocess.CompletedProcess[str]:
    """The run of all checks on the stack."""
    return _run_account_checks("--local", announcement, "--tester", "tester@example.org")


def test_checks_run_on_the_local_stack_or_are_skipped(done: subprocess.CompletedProcess[str]) -> None:
    results = re.findall(r"^(ok|FAILED|skipped) +([^:]+): ", done.stdout, re.MULTILINE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name for outcome, name in results if outcome == "ok"} == RUN_LOCALLY
    assert {name for outcome, name in results if outcome == "skipped"} == SKIPPED_LOCALLY
    assert len(results) == len(CHECKS) == len(RUN_LOCALLY) + len(SKIPPED_LOCALLY)
    assert done.stdout.endswith("\n18 ok, 0 FAILED, 8 skipped.\n")


def test_no_address_token_or_key_is_printed(done: subprocess.CompletedProcess[str]) -> None:
    printed = done.stdout + done.stderr
    assert "@" not in printed and "heed_" not in printed and "/u/E" not in printed


def test_the_key_of_the_checks_is_revoked_at_their_end(announcement: Path) -> None:
    with ExitStack() as cleanup:
        stack = target.connect_local(announcement, target.Options(), cleanup)
        assert stack.check(stack.person("revoked"))["sendable"] is True
        keys = ApiKeys(stack.client("dynamodb"), stack.outputs["ControlTable"])
        assert _are_keys_revoked(keys, stack.run_id) == [False]
    assert _are_keys_revoked(keys, stack.run_id) == [True]


def _are_keys_revoked(keys: ApiKeys, run_id: str) -> list[bool]:
    return [key.revoked_at is not None for key in keys.list()[0] if run_id in key.name]
