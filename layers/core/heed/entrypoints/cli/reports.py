"""`heed minor` and `heed erase`: who is to be stopped at once, and forgotten."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.people import person_field


def add_person_arguments(parser: ArgumentParser) -> None:
    """Who is meant, how it came, and where that is on file."""
    options.add_common_options(parser)
    parser.add_argument("person", metavar="ADDRESS", help="or recipient id")
    options.add_source_option(parser)
    parser.add_argument(
        "--reference",
        required=True,
        type=options.non_empty_text,
        metavar="TEXT",
        help="where the call or letter is on file; name nobody: it outlives an erasure",
    )


def _posting(path: str, stopped: str) -> Callable[[Namespace], Exit]:
    def run(args: Namespace) -> Exit:
        said = {**person_field(args.person), "source": args.source, "reference": args.reference}
        answer = api.api_post(find_stack(args.stack), path, said)
        waits = answer.get("state") == "waiting"
        if args.json:
            output.print_json(answer)
        elif waits:
            decision = "a key with the scope privacy: heed minor, or heed lift --register hold"
            output.print_facts({**answer, "stopped": stopped, "waits for": decision})
        else:
            next_step = f"heed purge {answer['purge']} shows what was cleared"
            output.print_facts({**answer, "stopped": stopped, "certificate": next_step})
        return Exit.NO if waits else Exit.YES

    return run


MINOR_COMMAND = Command(
    name="minor",
    summary="somebody is under 13: stop everything, clear every store",
    details="When this ends, nothing is sent to the address any more, service mail included. The id of the "
    "purge is printed: heed purge ID shows its certificate. A second report changes nothing. Name the "
    "address, not the id, where you have it: then SES's own list is cleared too. A wrong report is undone "
    "by heed lift --register minor, with two keys. While a hold stands nothing is cleared before it is "
    "lifted. Exit code 1 if your key has reported too many today: all is stopped, a privacy officer decides.",
    examples=("heed minor ada@example.com --source phone --reference CALL-118",),
    arguments=add_person_arguments,
    run=_posting("/v1/minors", "everything, service mail too"),
)
ERASE_COMMAND = Command(
    name="erase",
    summary="an adult wants to be forgotten: keep the bare stop, clear the rest",
    details="The id of the purge is printed: heed purge ID shows its certificate. Refused while a hold "
    "stands (heed lift --register hold). It cannot be undone; what is kept is that nothing is sent.",
    examples=("heed erase ada@example.com --source letter --reference L-7",),
    arguments=add_person_arguments,
    run=_posting("/v1/erasures", "all marketing"),
)
