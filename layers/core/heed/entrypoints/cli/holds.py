"""`heed hold` and `heed lift`: place a legal hold, and lift suppressions."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

from heed.domain.preferences.reasons import Liftable
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.minor_and_erase import add_person_arguments
from heed.entrypoints.cli.recipient_arguments import to_person_field


def _add_hold_arguments(parser: ArgumentParser) -> None:
    add_person_arguments(parser)
    _add_reason_option(parser)


def _hold(args: Namespace) -> Exit:
    fields = {"source": args.source, "reason": args.reason, "reference": args.reference}
    body = {**to_person_field(args.person), **fields}
    return _print_outcome(args, api.post_to_api(find_stack(args.stack), "/v1/holds", body))


def _add_lift_arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("person", metavar="ADDRESS", help="of the person, or the recipient id")
    parser.add_argument(
        "--suppression",
        required=True,
        choices=[suppression.value for suppression in Liftable],
        help="the suppression to lift",
    )
    parser.add_argument("--scope", help="of a complaint: the scope that the person asked for in writing")
    parser.add_argument(
        "--reference",
        required=True,
        type=options.parse_non_empty_text,
        metavar="TEXT",
        help="where the reason is filed",
    )
    _add_reason_option(parser)


def _lift(args: Namespace) -> Exit:
    fields = {"register": args.suppression, "reason": args.reason, "reference": args.reference}
    if args.scope is not None:
        fields["scope"] = args.scope
    body = {**to_person_field(args.person), **fields}
    return _print_outcome(args, api.post_to_api(find_stack(args.stack), "/v1/lifts", body))


def _add_reason_option(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--reason", required=True, type=options.parse_non_empty_text, metavar="TEXT", help="why"
    )


def _print_outcome(args: Namespace, answer: Mapping[str, Any]) -> Exit:
    if args.json:
        output.print_json(answer)
    else:
        facts = {name.replace("_", " "): value for name, value in answer.items()}
        if answer["outcome"] == "waiting":
            facts["waits for"] = "the same lift by a key of another owner"
        output.print_facts(facts)
    return Exit.YES if answer["outcome"] == "applied" else Exit.NO


HOLD_COMMAND = Command(
    name="hold",
    summary="stop all mail to an address and preserve its record",
    details="Service mail stops too, and an erasure waits. heed lift --suppression hold ends the hold. Exit "
    "code 1 if the person was reported as a minor: nothing more is recorded about a minor.",
    examples=("heed hold ada@example.com --source letter --reason 'a lawsuit' --reference L-7",),
    add_arguments=_add_hold_arguments,
    run=_hold,
)
LIFT_COMMAND = Command(
    name="lift",
    summary="lift a suppression of an address, such as one by mistake",
    details="A complaint is lifted for one scope only. A report of a minor is lifted by two keys of "
    "different owners within 24 hours. The first key ends with 'waiting'. After the second key the person is "
    "still opted out of everything. Exit code 1 if nothing is lifted now.",
    examples=(
        "heed lift ada@example.com --suppression undeliverable --reason 'new mailbox' --reference CALL-118",
        "heed lift ada@example.com --suppression complaint --scope offers --reason 'a letter' --reference 7",
    ),
    add_arguments=_add_lift_arguments,
    run=_lift,
)
