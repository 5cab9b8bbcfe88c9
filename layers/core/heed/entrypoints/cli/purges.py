"""`heed purge`: shows the certificate of a purge, or runs all purges that are due."""

from __future__ import annotations

from urllib.parse import quote

import rich_click as click

from heed.entrypoints.cli import api, output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import CommandFailure, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.options import CommonOptions, common_options


@command("purge", "heed purge 0123456789abcdef0123456789abcdef", "heed purge --now")
@click.argument(
    "purge",
    required=False,
    metavar="[ID]",
    help="The id of the purge, as heed minor and heed erase print it.",
)
@click.option("--now", is_flag=True, help="Run all purges that are due now.")
@common_options
def show_purge(common: CommonOptions, purge: str | None, *, now: bool) -> Exit:
    """Show the certificate of a purge, or run all purges that are due.

    Exit code 1 while the purge is not done or, with --now, while purges are left. --now calls the function
    with your AWS identity. It is safe while the hourly run is active.
    """
    if now == (purge is not None):
        raise click.UsageError("Name either the ID of a purge or --now.")
    stack = find_stack(common.stack)
    if purge is None:
        answer, raised = stack.invoke(stack.functions()["purge"], b"{}")
        if raised or not isinstance(answer, dict):
            raise CommandFailure("the function raised an error", "see the log of the function")
        is_done = not answer["left"]
    else:
        answer = api.get_from_api(stack, f"/v1/purges/{quote(purge, safe='')}")
        is_done = answer["state"] == "done"
    output.print_answer(answer, as_json=common.json)
    return Exit.YES if is_done else Exit.NO
