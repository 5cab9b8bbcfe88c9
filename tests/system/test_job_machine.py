"""The state machine of jobs on the emulator of Step Functions, when a step of an execution fails.

A small function takes the place of `bulk`, and fails like the real one may. Of the definition in
template.yaml, only the pauses between attempts are changed: together they take a quarter of an hour.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.aws import Clients
from local.places import ACCOUNT
from tests.support.job_machine import BUCKET, definition
from tests.system.running import running_emulator, wait_until

pytestmark = pytest.mark.system

ROLE = f"arn:aws:iam::{ACCOUNT}:role/test"
ATTEMPTS = 9
FUNCTION = """
import json
from pathlib import Path

def handler(event, context):
    calls = Path({calls!r}, event["job"])
    with calls.open("a") as file:
        file.write(event["step"] + "\\n")
    if event["step"] == "fail":
        return {{"next": "again" if calls.read_text().count("fail") < 3 else "done"}}
    if event["step"] == event["phase"]:
        raise RuntimeError("the step failed")
    return {{"job": event["job"], "phase": event["phase"], "next": "map", "stage": 0, "items": "items.json"}}
"""


class Machine:
    """A state machine on an emulator. The job of an execution has the name of the step that fails."""

    def __init__(self, clients: Clients, calls: Path) -> None:
        """Creates the machine, its function and the list of its items. `calls` is the folder of the calls."""
        self._steps = clients.make_client("stepfunctions")
        self._calls = calls
        calls.mkdir()
        clients.s3.create_bucket(Bucket=BUCKET)
        clients.s3.put_object(Bucket=BUCKET, Key="items.json", Body=b'[{"part": 1}]')
        clients.lambda_.create_function(
            FunctionName="bulk",
            Role=ROLE,
            Runtime="python3.11",
            Handler="app.handler",
            Code={"ZipFile": _zip(FUNCTION.format(calls=str(calls)))},
        )
        changed = json.dumps(_without_pauses(definition()))
        machine = self._steps.create_state_machine(name="jobs", roleArn=ROLE, definition=changed)
        self._arn = machine["stateMachineArn"]

    def run(self, failing_step: str) -> tuple[str, list[str]]:
        """Runs an execution. Returns its final status, and the step of each call of the function."""
        request = json.dumps({"job": failing_step, "phase": failing_step, "stage": 0})
        started = self._steps.start_execution(stateMachineArn=self._arn, input=request)

        def ended() -> Any:
            execution = self._steps.describe_execution(executionArn=started["executionArn"])
            return execution if execution["status"] != "RUNNING" else None

        return wait_until(ended)["status"], (self._calls / failing_step).read_text().split()


def _zip(code: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", code)
    return content.getvalue()


def _without_pauses(value: Any) -> Any:
    """Returns the definition with pauses of no length between the attempts."""
    if isinstance(value, list):
        return [_without_pauses(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: 0 if name == "IntervalSeconds" else _without_pauses(each) for name, each in value.items()}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    home = tmp_path_factory.mktemp("machine")
    with running_emulator(home / "emulator") as url:
        yield Machine(Clients(url), home / "calls")


@pytest.mark.parametrize(("step", "before"), [("plan", []), ("work", ["plan"])])
def test_a_step_that_fails_is_tried_again_and_then_the_job_is_failed_until_that_is_done(
    machine: Machine, step: str, before: list[str]
) -> None:
    status, calls = machine.run(step)
    assert calls == [*before, *[step] * ATTEMPTS, "fail", "fail", "fail"]
    assert status == "FAILED"
