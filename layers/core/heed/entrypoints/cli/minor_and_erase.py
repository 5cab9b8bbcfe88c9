"""`heed minor` and `heed erase`: stop all mail to a person and erase the person's data."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.recipient_arguments import to_person_field


def add_person_arguments(parser: ArgumentParser) -> None:
    """Adds the person, the source of the request, and where it is filed."""
    options.add_common_options(parser)
    parser.add_argument("person", metavar="ADDRESS", help="of the person, or the recipient id")
    options.add_source_option(parser)
    parser.add_argument(
        "--reference",
        required=True,
        type=options.parse_non_empty_text,
        metavar="TEXT",
        help="where the call or letter is filed; without names, because it is kept after an erasure",
    )


def _make_run(path: str, stopped: str) -> Callable[[Namespace], Exit]:
    def run(args: Namespace) -> Exit:
        body = {**to_person_field(args.person), "source": args.source, "reference": args.reference}
        answer = api.post_to_api(find_stack(args.stack), path, body)
        is_waiting = answer.get("state") == "waiting"
        if args.json:
            output.print_json(answer)
        elif is_waiting:
            next_step = "a key with the scope privacy: heed minor, or heed lift --suppression hold"
            output.print_facts({**answer, "stopped": stopped, "waits for": next_step})
        else:
            next_step = f"heed purge {answer['purge']} shows what was cleared"
            output.print_facts({**answer, "stopped": stopped, "certificate": next_step})
        return Exit.NO if is_waiting else Exit.YES

    return run


MINOR_COMMAND = Command(
    name="minor",
    summary="report that a person is under 13: stop all mail and erase the data",
    details="Afterwards nothing is sent to the address, not even service mail. The command prints the id of "
    "the purge: heed purge ID shows its certificate. A second report changes nothing. Give the address, not "
    "the id, if you have it: then the address is removed from the SES list too. To undo a wrong report, use "
    "heed lift --suppression minor with two keys. While a hold is active, nothing is erased until it is "
    "lifted. Exit code 1 if your key has reported too many minors today: mail is stopped, and a privacy "
    "officer decides about the erasure.",
    examples=("heed minor ada@example.com --source phone --reference CALL-118",),
    add_arguments=add_person_arguments,
    run=_make_run("/v1/minors", "everything, service mail too"),
)
ERASE_COMMAND = Command(
    name="erase",
    summary="erase a person's data on request and keep only the opt-out",
    details="The command prints the id of the purge: heed purge ID shows its certificate. It is refused "
    "while a hold is active (heed lift --suppression hold). It cannot be undone. Only the opt-out remains.",
    examples=("heed erase ada@example.com --source letter --reference L-7",),
    add_arguments=add_person_arguments,
    run=_make_run("/v1/erasures", "all marketing"),
)
