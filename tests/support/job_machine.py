"""Runs the state machine of jobs as template.yaml defines it, with the function `bulk` on moto.

It knows the parts of the States Language that the definition has, and no others. The local stack runs the
same definition on an emulator of Step Functions.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from functions.bulk import app
from heed.domain.errors import HeedError
from tests.support.deployment import Context, client, parts
from tests.support.template import template

BUCKET = "bulk"
_TIMEOUT = 900_000  # milliseconds
_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_VALUES = {"BulkConcurrency": "5", "BulkBucket": BUCKET, "BulkFunction.Arn": "bulk", "AWS::Partition": "aws"}


@functools.cache
def definition() -> dict[str, Any]:
    """Returns the definition of the machine, with values for the names in it."""
    text = template()["Resources"]["JobMachine"]["Properties"]["DefinitionString"]["Fn::Sub"]
    parsed: dict[str, Any] = json.loads(_REFERENCE.sub(lambda match: _VALUES[match[1]], text))
    return parsed


class JobMachineRun:
    """One execution.

    Args:
        context: the context of each call of the function.

    Attributes:
        inputs: the input of each call of the function.
        answers: the answer to each call.
        waits: the number of seconds of each wait.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.inputs: list[dict[str, Any]] = []
        self.answers: list[Any] = []
        self.waits: list[int] = []

    def run(self, machine: dict[str, Any], data: Any) -> Any:
        """Runs a machine, and returns its output.

        Raises:
            HeedError: The execution failed.
        """
        name = machine["StartAt"]
        while True:
            state = machine["States"][name]
            data, following = self._enter(state, data)
            if following is None:
                return data
            name = following

    def _enter(self, state: dict[str, Any], data: Any) -> tuple[Any, str | None]:
        following = None if state.get("End") else state.get("Next")
        match state["Type"]:
            case "Succeed":
                return data, None
            case "Fail":
                raise HeedError(state["Error"])
            case "Pass":
                return state["Result"], following
            case "Wait":
                self.waits.append(state["Seconds"])
                return data, following
            case "Choice":
                fitting = [
                    each for each in state["Choices"] if _find(each["Variable"], data) == each["StringEquals"]
                ]
                return data, fitting[0]["Next"] if fitting else state["Default"]
            case "Task" | "Map":
                try:
                    result = self._map(state, data) if state["Type"] == "Map" else self._call(state, data)
                except HeedError:
                    if "Catch" not in state:
                        raise
                    return data, state["Catch"][0]["Next"]
                return _merge(state, data, result), following
            case other:
                raise AssertionError(other)

    def _call(self, state: dict[str, Any], data: Any) -> Any:
        assert state["Resource"] == "arn:aws:states:::lambda:invoke"
        payload = _fill(state["Parameters"], data)["Payload"]
        error: HeedError | None = None
        for _ in range(1 + state["Retry"][0]["MaxAttempts"]):
            self.inputs.append(payload)
            try:
                answer = self.call_function(payload)
            except HeedError as failure:
                error = failure
                continue
            self.answers.append(answer)
            result = {"Payload": answer}
            if "ResultSelector" in state:
                result = _fill(state["ResultSelector"], result)
            return _find(state["OutputPath"], result) if "OutputPath" in state else result
        assert error is not None
        raise error

    def call_function(self, payload: dict[str, Any]) -> Any:
        """Calls the function, which has its whole time then. Step Functions keeps its answer as JSON."""
        self._context.milliseconds_left = _TIMEOUT
        return json.loads(json.dumps(app.handler(payload, self._context)))

    def _map(self, state: dict[str, Any], data: Any) -> list[Any]:
        source = _fill(state["ItemReader"]["Parameters"], data)
        stored = client("s3").get_object(Bucket=source["Bucket"], Key=source["Key"])["Body"].read()
        selected = [_fill(state["ItemSelector"], data, item) for item in json.loads(stored)]
        return [self.run(state["ItemProcessor"], each) for each in selected]


def run_executions() -> list[JobMachineRun]:
    """Runs all executions that were started, also those that start meanwhile. It returns them in order."""
    context = Context()
    machine, runs = parts().config.job_machine, list[JobMachineRun]()
    while running := client("stepfunctions").list_executions(stateMachineArn=machine, statusFilter="RUNNING")[
        "executions"
    ]:
        for execution in running:
            started = client("stepfunctions").describe_execution(executionArn=execution["executionArn"])
            run = JobMachineRun(context)
            runs.append(run)
            try:
                run.run(definition(), json.loads(started["input"]))
            except HeedError:
                pass  # the job says why
            finally:
                client("stepfunctions").stop_execution(executionArn=execution["executionArn"])
    return runs


def _find(path: str, data: Any) -> Any:
    for name in path.removeprefix("$").split(".")[1:]:
        data = data[name]
    return data


def _fill(template_: Any, data: Any, item: Any = None) -> Any:
    """Returns a payload template with the values of its paths."""
    if not isinstance(template_, dict):
        return template_
    return {
        name.removesuffix(".$"): (item if value == "$$.Map.Item.Value" else _find(value, data))
        if name.endswith(".$")
        else _fill(value, data, item)
        for name, value in template_.items()
    }


def _merge(state: dict[str, Any], data: Any, result: Any) -> Any:
    """Returns the output of a state: its result, or its input with the result in a member."""
    path = state.get("ResultPath", "$")
    if path is None:
        return data
    return result if path == "$" else {**data, path.removeprefix("$."): result}
