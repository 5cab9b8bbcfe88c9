"""Finds the stack that a command talks to: the local stack, or a deployed stack by its name."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from heed.config import Shell
from heed.domain.errors import NotFound
from heed.domain.urls import is_loopback
from heed.entrypoints.cli.failure import CommandFailure
from heed.entrypoints.cli.stack import Stack

if TYPE_CHECKING:
    from heed.adapters.stack import AwsAccess

_ANNOUNCEMENT = Path(".local", "stack.json")
_LOCAL_STACK = "heed"  # its name in the emulator


def find_stack(name: str | None) -> Stack:
    """Returns the deployed stack of this name or, without a name, the local stack that runs here.

    At a terminal it prints which stack that is. Logs and pipes stay as they are.

    Raises:
        CommandFailure: There is no such stack.
    """
    stack, label = _find_local() if name is None else _find_deployed(name)
    if sys.stderr.isatty():
        print(f"stack: {label}", file=sys.stderr)
    return stack


def _find_local() -> tuple[Stack, str]:
    """Returns the local stack, and its name for people."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (path := folder / _ANNOUNCEMENT).is_file():
            stack = _read_announcement(path)
            number = len([*path.parent.glob("*/stack.json")])
            newest = f", the newest of {number} that run here" if number > 1 else ""
            return stack, f"local ({stack.outputs['ApiUrl']}){newest}"
    raise CommandFailure("no local stack is running here", "start one with `make run`, or use --stack NAME")


def _read_announcement(path: Path) -> Stack:
    try:
        content = json.loads(path.read_text("utf-8"))
        outputs = {**content["outputs"], "ApiUrl": content["api"]}
        functions = outputs.pop("functions")
        aws, region, key = str(content["aws"]), content["region"], content["api_key"]
        is_local = is_loopback(str(content["api"])) and is_loopback(aws)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandFailure(
            f"{path} does not describe a stack", "start the local stack again with `make run`"
        ) from error
    if not is_local:
        raise CommandFailure(
            f"{path} names a stack on another machine", "start the local stack again with `make run`"
        )

    def access() -> AwsAccess:
        from heed.adapters.stack import AwsAccess

        return AwsAccess(aws, region)

    def parameters() -> dict[str, str]:
        from heed.adapters.stack import stack_parameters

        return stack_parameters(access(), _LOCAL_STACK)

    return Stack(outputs, lambda: functions, key, access, parameters)


def _find_deployed(name: str) -> tuple[Stack, str]:
    """Returns a deployed stack, and its name for people."""
    from heed.adapters.stack import AwsAccess, stack_functions, stack_outputs, stack_parameters

    access = AwsAccess()
    try:
        outputs = stack_outputs(access, name)
    except NotFound as error:
        raise CommandFailure(
            f"there is no stack {name} in this account and region",
            "check AWS_PROFILE and AWS_DEFAULT_REGION",
        ) from error
    stack = Stack(
        outputs,
        lambda: stack_functions(access, name),
        Shell().api_key,
        lambda: access,
        lambda: stack_parameters(access, name),
        name,
    )
    return stack, f"{name} ({outputs.get('ApiUrl', 'no output ApiUrl')})"
