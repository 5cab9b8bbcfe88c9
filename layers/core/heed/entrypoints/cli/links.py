"""`heed links`: prints links, headers and message tags for a mail to the people on standard input."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import rich_click as click

from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit, WrongUsage
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.recipient_arguments import read_standard_input, split_into_batches


@command(
    "links",
    "heed links --topic offers --campaign spring --lang de < addresses.txt",
    "heed links --topic offers --json < addresses.txt | jq -r '.links[].unsubscribe_url'",
    "heed links --topic offers --ref customer-4711 < address.txt",
    "heed links --topic offers --refs < addresses-and-refs.tsv",
)
@options.topic_name_option
@click.option(
    "--campaign", type=options.validate_non_empty_text, metavar="TEXT", help="Becomes part of the evidence."
)
@click.option(
    "--lang", type=options.validate_non_empty_text, metavar="CODE", help="Language of the pages, such as de."
)
@click.option(
    "--ref",
    type=options.validate_non_empty_text,
    metavar="ID",
    help="Your own id of the person, who is the only one on standard input. Never an address.",
)
@click.option(
    "--refs", "has_refs", is_flag=True, help="Each line has a tab and your own id of the person at its end."
)
@options.common_options
def create_links(
    common: options.CommonOptions, /, ref: str | None, *, has_refs: bool, **fields: str | None
) -> Exit:
    """Create links, headers and tags for a mail to the people on standard input.

    Reads one address or recipient id per line. Blank lines are ignored. Exit code 1 if one is invalid. With
    --json: the answer of POST /v1/links. More than 1,000 people, or ids among addresses, take several
    requests: one answer per line.
    """
    if ref is not None and has_refs:
        raise click.UsageError("Use either --ref or --refs.")
    stack = find_stack(common.stack)
    given = {name: value for name, value in fields.items() if value is not None}
    are_all_valid, warning = True, ""
    with read_standard_input() as people:
        refs = deque[str]()
        lines = people if ref is None else _add_ref(people, ref)
        for batch in split_into_batches(_take_refs(lines, refs) if ref or has_refs else lines):
            own_ids = {"refs": [refs.popleft() for _ in batch.names]} if refs else {}
            answer = api.post_to_api(stack, "/v1/links", {**given, **batch.fields, **own_ids})
            if common.json:
                output.print_json(answer)
            for name, link in zip(batch.names, answer["links"], strict=True):
                are_all_valid = are_all_valid and "error" not in link
                if not common.json:
                    _print_link(name, link)
            warning = answer.get("warning", warning)
    if warning:
        print(f"heed: {warning}", file=sys.stderr)
    return Exit.YES if are_all_valid else Exit.NO


def _add_ref(people: Iterable[str], ref: str) -> list[str]:
    """Returns the line of the only person, with a ref.

    Raises:
        WrongUsage: There are several people.
    """
    lines = list(islice(people, 2))
    if len(lines) > 1:
        raise WrongUsage(
            "--ref is of one person, and there are several", "give each line its own with --refs"
        )
    return [f"{line}\t{ref}" for line in lines]


def _take_refs(lines: Iterable[str], refs: deque[str]) -> Iterator[str]:
    """Yields the person of each line, and adds the ref behind the tab to `refs`."""
    for line in lines:
        person, _, ref = line.partition("\t")
        refs.append(ref.strip())
        yield person.strip()


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
