"""The runbook for a restore (docs/operations.md), step by step, on the local stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.aws import Clients
from tests.system.running import wait_until

pytestmark = pytest.mark.system

RESTORED = "RESTORED"
ON_FILE = ("--source", "letter", "--reference", "file 4")


class CommandLine:
    """Runs the command `heed` in a folder with the ready file of the stack."""

    def __init__(self, folder: Path, stack: dict[str, Any]) -> None:
        self._folder = folder
        (folder / ".local").mkdir()
        (folder / ".local" / "stack.json").write_text(json.dumps(stack))

    def heed(self, *arguments: str, stdin: str = "") -> Any:
        """Returns the JSON output of the command. Its exit code may mean "no", but not a failure."""
        process = subprocess.run(
            [Path(sys.executable).with_name("heed"), *arguments, "--json"],
            cwd=self._folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self._folder)},  # noqa: TID251
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode in (0, 1), process.stderr
        return json.loads(process.stdout)

    def reason(self, address: str) -> str:
        (result,) = self.heed("check", address, "--topic", "offers")["results"]
        return str(result["reason"])


def test_a_restore_brings_lost_data_back_but_loses_no_newer_opt_out_and_no_erasure(
    stack: dict[str, Any], tmp_path: Path
) -> None:
    command_line, dynamodb = CommandLine(tmp_path, stack), Clients(stack["aws"]).dynamodb
    live = stack["outputs"]["PreferencesTable"]
    out, erased, minor, lost = (f"{name}.restore@example.com" for name in "abcd")
    for address in (out, erased, minor):
        command_line.heed("change", address, "--scope", "offers", "--in", *ON_FILE)
    command_line.heed("change", lost, "--scope", "offers", "--out", *ON_FILE)
    dynamodb.restore_table_to_point_in_time(
        SourceTableName=live, TargetTableName=RESTORED, RestoreDateTime=datetime.now(UTC)
    )
    dynamodb.get_waiter("table_exists").wait(TableName=RESTORED)
    command_line.heed("change", out, "--scope", "*", "--out", *ON_FILE)
    command_line.heed("erase", erased, *ON_FILE)
    command_line.heed("minor", minor, *ON_FILE)
    recipient = command_line.heed("ids", stdin=lost)["recipient"]
    dynamodb.delete_item(TableName=live, Key={"id": {"S": recipient}})
    assert command_line.reason(lost) == "ok", "the test has lost the opt-out"

    outcome = command_line.heed("restore", "replay", "--from", RESTORED)
    # A purge that waits for a walk over the SES list finishes in a later run.
    wait_until(lambda: command_line.heed("purge", "--now")["left"] == 0)
    dynamodb.delete_table(TableName=RESTORED)

    assert (outcome["restored"], outcome["unreadable"]) == (1, 0)
    assert command_line.reason(lost) == "topic_unsubscribed"
    assert command_line.reason(out) == command_line.reason(erased) == "unsubscribed"
    assert command_line.reason(minor) == "minor"
