"""`heed purge`: the certificate of a purge, or a sweep of whatever is due."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from urllib.parse import quote

from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.failure import CommandFailure
from heed.entrypoints.cli.find_stack import find_stack


def _arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("id", nargs="?", metavar="ID", help="as heed minor and heed erase print it")
    what.add_argument("--now", action="store_true", help="do all that is due, and say what is left")


def _run(args: Namespace) -> Exit:
    stack = find_stack(args.stack)
    if args.now:
        answer, raised = stack.invoke(stack.functions()["purge"], b"{}")
        if raised or not isinstance(answer, dict):
            raise CommandFailure("the function raised", "its log says where")
        is_done = not answer["left"]
    else:
        answer = api.api_get(stack, f"/v1/purges/{quote(args.id, safe='')}")
        is_done = answer["state"] == "done"
    if args.json:
        output.print_json(answer)
    else:
        output.print_facts({name.replace("_", " "): value for name, value in answer.items()})
    return Exit.YES if is_done else Exit.NO


PURGE_COMMAND = Command(
    name="purge",
    summary="the certificate of a purge; or --now: do all that is due",
    details="Exit code 1 while it is not done, or while something is left. --now calls the function itself "
    "with your AWS identity; it is safe beside the one that runs every hour.",
    examples=("heed purge 0123456789abcdef0123456789abcdef", "heed purge --now"),
    arguments=_arguments,
    run=_run,
)
