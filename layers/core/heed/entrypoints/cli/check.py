"""`heed check`: checks whether a topic may be sent to these people now."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.recipient_arguments import split_into_batches

_COLUMNS = ("address", "sendable", "reason", "since", "source", "until")


def _add_arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("people", nargs="+", metavar="ADDRESS", help="of a person, or a recipient id")
    parser.add_argument("--topic", required=True, help="such as offers or meridian/offers")


def _run(args: Namespace) -> Exit:
    stack = find_stack(args.stack)
    rows = []
    for batch in split_into_batches(args.people):
        answer = api.post_to_api(stack, "/v1/check", {"topic": args.topic, **batch.fields})
        if args.json:
            output.print_json(answer)
        rows += [
            {**result, "address": name} for name, result in zip(batch.names, answer["results"], strict=True)
        ]
    if not args.json:
        output.print_table(_COLUMNS, rows)
    return Exit.YES if all(row["sendable"] is True for row in rows) else Exit.NO


CHECK_COMMAND = Command(
    name="check",
    summary="check whether a topic may be sent to these people now",
    details="Exit code 1 if the topic may not be sent to one of them. With --json: the answer of POST "
    "/v1/check. More than 1,000 people, or ids among addresses, take several requests: one answer per line.",
    examples=(
        "heed check ada@example.com --topic offers",
        "heed check ada@example.com bob@example.com --topic meridian/offers --json",
    ),
    add_arguments=_add_arguments,
    run=_run,
)
