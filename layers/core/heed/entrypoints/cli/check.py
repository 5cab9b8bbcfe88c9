"""`heed check`: checks whether a topic may be sent to these people now."""

from __future__ import annotations

import rich_click as click

from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.recipient_arguments import split_into_batches

_COLUMNS = ("address", "sendable", "reason", "since", "source", "until")


@command(
    "check",
    "heed check ada@example.com --topic offers",
    "heed check ada@example.com bob@example.com --topic meridian/offers --json",
)
@click.argument(
    "people", nargs=-1, required=True, metavar="ADDRESS...", help="The address, or the recipient id."
)
@options.topic_name_option
@options.common_options
def check_people(common: options.CommonOptions, people: tuple[str, ...], topic: str) -> Exit:
    """Check whether a topic may be sent to these people now.

    Exit code 1 if the topic may not be sent to one of them. With --json: the answer of POST /v1/check. More
    than 1,000 people, or ids among addresses, take several requests: one answer per line.
    """
    stack = find_stack(common.stack)
    rows = []
    for batch in split_into_batches(people):
        answer = api.post_to_api(stack, "/v1/check", {"topic": topic, **batch.fields})
        if common.json:
            output.print_json(answer)
        rows += [
            {**result, "address": name} for name, result in zip(batch.names, answer["results"], strict=True)
        ]
    if not common.json:
        output.print_table(_COLUMNS, rows)
    return Exit.YES if all(row["sendable"] is True for row in rows) else Exit.NO
