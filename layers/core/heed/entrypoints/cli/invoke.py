"""`heed invoke`: calls a function with an event and prints its answer."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.failure import CommandFailure, WrongUsage
from heed.entrypoints.cli.find_stack import find_stack


def _add_arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("function", metavar="FUNCTION", help="such as unsubscribe or feedback")
    parser.add_argument(
        "event", metavar="EVENT.json", help="a file, such as one in events/, or - for standard input"
    )


def _run(args: Namespace) -> Exit:
    event = _read_event(args.event)
    stack = find_stack(args.stack)
    functions = stack.functions()
    if args.function not in functions:
        names = ", ".join(sorted(functions)) or "none"
        raise WrongUsage(f"the stack has no function {args.function}", f"use one of {names}")
    answer, raised = stack.invoke(functions[args.function], event)
    if args.json:
        output.print_json(answer)
    else:
        print(json.dumps(answer, indent=2))
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


INVOKE_COMMAND = Command(
    name="invoke",
    summary="call a function with an event and print its answer",
    details="Calls the function through Lambda's API, waits, and prints the answer as JSON (with --json on "
    "one line). Exit code 3 if the function raised an error. Any answer, also a negative one, is exit code "
    "0.",
    examples=("heed invoke feedback events/feedback-sqs-sns-bounce.json", "heed invoke purge - < event.json"),
    add_arguments=_add_arguments,
    run=_run,
)
