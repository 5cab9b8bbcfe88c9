"""`heed purge`: shows the certificate of a purge, or runs all purges that are due."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from urllib.parse import quote

from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.failure import CommandFailure
from heed.entrypoints.cli.find_stack import find_stack


def _add_arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument(
        "id", nargs="?", metavar="ID", help="of the purge, as heed minor and heed erase print it"
    )
    choice.add_argument("--now", action="store_true", help="run all purges that are due now")


def _run(args: Namespace) -> Exit:
    stack = find_stack(args.stack)
    if args.now:
        answer, raised = stack.invoke(stack.functions()["purge"], b"{}")
        if raised or not isinstance(answer, dict):
            raise CommandFailure("the function raised an error", "see the log of the function")
        is_done = not answer["left"]
    else:
        answer = api.get_from_api(stack, f"/v1/purges/{quote(args.id, safe='')}")
        is_done = answer["state"] == "done"
    if args.json:
        output.print_json(answer)
    else:
        output.print_facts({name.replace("_", " "): value for name, value in answer.items()})
    return Exit.YES if is_done else Exit.NO


PURGE_COMMAND = Command(
    name="purge",
    summary="show the certificate of a purge, or run all purges that are due",
    details="Exit code 1 while the purge is not done or, with --now, while purges are left. --now calls the "
    "function with your AWS identity. It is safe while the hourly run is active.",
    examples=("heed purge 0123456789abcdef0123456789abcdef", "heed purge --now"),
    add_arguments=_add_arguments,
    run=_run,
)
