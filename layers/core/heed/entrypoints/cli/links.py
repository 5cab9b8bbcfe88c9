"""`heed links`: links, headers and tags for a mail to the people on standard input."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.people import people_batches, read_standard_input


def _arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("--topic", required=True, help="such as offers, or meridian/offers")
    parser.add_argument("--campaign", type=options.non_empty_text, help="becomes part of the evidence")
    parser.add_argument("--lang", type=options.non_empty_text, help="language of the pages, such as de")


def _run(args: Namespace) -> Exit:
    stack = find_stack(args.stack)
    wanted = {"topic": args.topic, "campaign": args.campaign, "lang": args.lang}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    done, all_valid, warning = 0, True, ""
    followed = sys.stderr.isatty() and not sys.stdout.isatty()  # links to a file, a person waiting
    for batch in people_batches(read_standard_input()):
        answer = api.api_post(stack, "/v1/links", {**wanted, **batch.fields})
        if args.json:
            output.print_json(answer)
        for named, link in zip(batch.named, answer["links"], strict=True):
            all_valid = all_valid and "error" not in link
            if not args.json:
                _say(named, link)
        warning = answer.get("warning", warning)
        done += len(batch.named)
        if followed:
            print(f"\r{done:,} done", end="", file=sys.stderr, flush=True)
    if followed:
        print(file=sys.stderr)
    if warning:
        print(f"heed: {warning}", file=sys.stderr)
    return Exit.YES if all_valid else Exit.NO


def _say(named: str, link: Mapping[str, Any]) -> None:
    print(output.escape_for_terminal(named))
    if "error" in link:
        print(f"  {link['error']}")
        return
    print(f"  unsubscribe  {link['unsubscribe_url']}")
    print(f"  preferences  {link['preferences_url']}")
    for name, value in link["headers"].items():
        print(f"  {name}: {value}")
    print(f"  SES message tags: {output.format_cell(link['tags'])}")


LINKS_COMMAND = Command(
    name="links",
    summary="links, headers and tags for a mail to the people on standard input",
    details="Reads an address or a recipient id a line; blank lines are left out. Exit code 1 if any is "
    "invalid. With --json: the answer of POST /v1/links, one a line if it takes several requests (1,000 "
    "people each; ids and addresses apart).",
    examples=(
        "heed links --topic offers --campaign spring --lang de < addresses.txt",
        "heed links --topic offers --json < addresses.txt | jq -r '.links[].unsubscribe_url'",
    ),
    arguments=_arguments,
    run=_run,
)
