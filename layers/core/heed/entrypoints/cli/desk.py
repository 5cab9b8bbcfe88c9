"""`heed desk`: ends the sessions of a person at the desk."""

from __future__ import annotations

import rich_click as click

from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import HeedGroup, command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack


@command("end", "heed desk end oidc:0123456789abcdef --stack heed")
@click.argument(
    "person",
    type=options.validate_visible_text,
    metavar="WHO",
    help="The name of the person, or the key of the person, as evidence has them.",
)
@options.common_options
def _end(common: options.CommonOptions, person: str) -> Exit:
    """End all sessions of a person at the desk.

    It takes effect within a minute. The person can sign in again, so first disable the account at the issuer.
    The command writes to the table of the stack with your AWS identity; it does not use the API. Without a
    session the answer is no.
    """
    ended = find_stack(common.stack).heed.desk_sessions.end_all_of(person)
    if common.json:
        output.print_json({"ended": ended})
    else:
        print(f"Ended: {ended}")
    return Exit.YES if ended else Exit.NO


DESK_GROUP = HeedGroup("desk", help="End the sessions of a person at the desk.", commands=[_end])
