"""`heed invoke`: throw an event at a function, and see what it answers."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.failure import CommandFailure, WrongUsage
from heed.entrypoints.cli.find_stack import find_stack


def _arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("function", metavar="FUNCTION", help="such as unsubscribe or feedback")
    parser.add_argument("event", metavar="EVENT.json", help="such as one of events/; - reads it here")


def _run(args: Namespace) -> Exit:
    event = _event(args.event)
    stack = find_stack(args.stack)
    functions = stack.functions()
    if args.function not in functions:
        known = ", ".join(sorted(functions)) or "none"
        raise WrongUsage(f"the stack has no function {args.function}", f"name one of {known}")
    answer, raised = stack.invoke(functions[args.function], event)
    if args.json:
        output.print_json(answer)
    else:
        print(json.dumps(answer, indent=2))
    if raised:
        raise CommandFailure("the function raised", "its log says where")
    return Exit.YES


def _event(path: str) -> bytes:
    if path == "-" and sys.stdin.isatty():
        print("The event as JSON; end with Ctrl-D", file=sys.stderr)
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read", error.strerror or "see the file") from error
    try:
        json.loads(raw)
    except ValueError as error:
        raise WrongUsage(f"{path} is not JSON", str(error)) from error
    return raw


INVOKE_COMMAND = Command(
    name="invoke",
    summary="throw an event at a function, and see what it answers",
    details="Calls the function through Lambda's own API, waits for it and prints its answer as JSON (with "
    "--json on one line). Exit code 3 if the function raised; an answer that says no is an answer.",
    examples=("heed invoke feedback events/feedback-sqs-sns-bounce.json", "heed invoke purge - < event.json"),
    arguments=_arguments,
    run=_run,
)
