"""`heed links`: prints links, headers and message tags for a mail to the people on standard input."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.recipient_arguments import read_standard_input, split_into_batches


def _add_arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("--topic", required=True, help="such as offers or meridian/offers")
    parser.add_argument("--campaign", type=options.parse_non_empty_text, help="becomes part of the evidence")
    parser.add_argument("--lang", type=options.parse_non_empty_text, help="language of the pages, such as de")


def _run(args: Namespace) -> Exit:
    stack = find_stack(args.stack)
    fields = {"topic": args.topic, "campaign": args.campaign, "lang": args.lang}
    fields = {name: value for name, value in fields.items() if value is not None}
    count, are_all_valid, warning = 0, True, ""
    shows_progress = sys.stderr.isatty() and not sys.stdout.isatty()  # a person waits for a file of links
    for batch in split_into_batches(read_standard_input()):
        answer = api.post_to_api(stack, "/v1/links", {**fields, **batch.fields})
        if args.json:
            output.print_json(answer)
        for name, link in zip(batch.names, answer["links"], strict=True):
            are_all_valid = are_all_valid and "error" not in link
            if not args.json:
                _print_link(name, link)
        warning = answer.get("warning", warning)
        count += len(batch.names)
        if shows_progress:
            print(f"\r{count:,} done", end="", file=sys.stderr, flush=True)
    if shows_progress:
        print(file=sys.stderr)
    if warning:
        print(f"heed: {warning}", file=sys.stderr)
    return Exit.YES if are_all_valid else Exit.NO


def _print_link(name: str, link: Mapping[str, Any]) -> None:
    print(output.escape_for_terminal(name))
    if "error" in link:
        print(f"  {link['error']}")
        return
    print(f"  unsubscribe  {link['unsubscribe_url']}")
    print(f"  preferences  {link['preferences_url']}")
    for header, value in link["headers"].items():
        print(f"  {header}: {value}")
    print(f"  SES message tags: {output.format_cell(link['tags'])}")


LINKS_COMMAND = Command(
    name="links",
    summary="create links, headers and tags for a mail to the people on standard input",
    details="Reads one address or recipient id per line. Blank lines are ignored. Exit code 1 if one is "
    "invalid. With --json: the answer of POST /v1/links. More than 1,000 people, or ids among addresses, "
    "take several requests: one answer per line.",
    examples=(
        "heed links --topic offers --campaign spring --lang de < addresses.txt",
        "heed links --topic offers --json < addresses.txt | jq -r '.links[].unsubscribe_url'",
    ),
    add_arguments=_add_arguments,
    run=_run,
)
