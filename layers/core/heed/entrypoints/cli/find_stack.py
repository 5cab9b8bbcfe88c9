"""Where the stack is that a command is to speak to: the local one that runs, or one by its name."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from heed.config import Shell
from heed.domain.errors import NotFound
from heed.entrypoints.cli.failure import CommandFailure
from heed.entrypoints.cli.stack import Stack, is_loopback

if TYPE_CHECKING:
    from heed.adapters.stack import AwsAccess

_ANNOUNCEMENT = Path(".local", "stack.json")


def find_stack(name: str | None) -> Stack:
    """The deployed stack of that name; without one the local stack that runs here.

    Raises:
        Failure: there is none.
    """
    stack, label = _local() if name is None else _deployed(name)
    if sys.stderr.isatty():
        print(f"stack: {label}", file=sys.stderr)
    return stack


def _local() -> tuple[Stack, str]:
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (path := folder / _ANNOUNCEMENT).is_file():
            stack = _announced(path)
            number = len([*path.parent.glob("*/stack.json")])
            newest = f", the newest of {number} that run here" if number > 1 else ""
            return stack, f"local ({stack.outputs['ApiUrl']}){newest}"
    raise CommandFailure("no local stack is running here", "make run, or --stack NAME for a deployed one")


def _announced(path: Path) -> Stack:
    try:
        said = json.loads(path.read_text("utf-8"))
        outputs = {**said["outputs"], "ApiUrl": said["api"]}
        functions = outputs.pop("functions")
        aws, region, key = str(said["aws"]), said["region"], said["api_key"]
        stays = is_loopback(str(said["api"])) and is_loopback(aws)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandFailure(f"{path} does not describe a stack", "start it again with make run") from error
    if not stays:
        raise CommandFailure(f"{path} leads away from this machine", "start it again with make run")

    def access() -> AwsAccess:
        from heed.adapters.stack import AwsAccess

        return AwsAccess(aws, region)

    return Stack(outputs, lambda: functions, key, access)


def _deployed(name: str) -> tuple[Stack, str]:
    from heed.adapters.stack import AwsAccess, stack_functions, stack_outputs

    access = AwsAccess()
    try:
        found = stack_outputs(access, name)
    except NotFound as error:
        raise CommandFailure(
            f"there is no stack {name} in this account and region",
            "see AWS_PROFILE and AWS_DEFAULT_REGION",
        ) from error
    stack = Stack(found, lambda: stack_functions(access, name), Shell().api_key, lambda: access)
    return stack, f"{name} ({found.get('ApiUrl', 'no output ApiUrl')})"
