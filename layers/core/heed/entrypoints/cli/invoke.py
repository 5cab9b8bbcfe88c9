"""`heed invoke`: calls a function with an event and prints its answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import rich_click as click

from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import CommandFailure, Exit, WrongUsage
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.options import CommonOptions, common_options


@command(
    "invoke", "heed invoke feedback events/feedback-sqs-sns-bounce.json", "heed invoke purge - < event.json"
)
@click.argument("name", metavar="FUNCTION", help="The function, such as unsubscribe or feedback.")
@click.argument(
    "path",
    type=click.Path(readable=False, allow_dash=True),
    metavar="EVENT.json",
    help="A file, such as one in events/, or - for standard input.",
)
@common_options
def invoke_by_name(common: CommonOptions, name: str, path: str) -> Exit:
    """Call a function with an event and print its answer.

    Calls the function through Lambda's API, waits, and prints the answer as JSON (with --json on one line).
    Exit code 3 if the function raised an error. Any answer, also a negative one, is exit code 0.
    """
    event = _read_event(path)
    stack = find_stack(common.stack)
    functions = stack.functions()
    if name not in functions:
        names = ", ".join(sorted(functions)) or "none"
        raise WrongUsage(f"the stack has no function {name}", f"use one of {names}")
    answer, raised = stack.invoke(functions[name], event)
    print(json.dumps(answer, indent=None if common.json else 2))
    if raised:
        raise CommandFailure("the function raised an error", "see the log of the function")
    return Exit.YES


def _read_event(path: str) -> bytes:
    if path == "-" and sys.stdin.isatty():
        print("Type the event as JSON; end with Ctrl-D", file=sys.stderr)
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read", error.strerror or "check the file") from error
    try:
        json.loads(raw)
    except ValueError as error:
        raise WrongUsage(f"{path} is not JSON", str(error)) from error
    return raw
