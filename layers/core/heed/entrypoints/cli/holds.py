"""`heed hold` and `heed lift`: stop and preserve; and the inverse of what stands against an address."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

from heed.domain.preferences.reasons import Liftable
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.people import person_field
from heed.entrypoints.cli.reports import add_person_arguments


def _to_hold(parser: ArgumentParser) -> None:
    add_person_arguments(parser)
    _reason(parser)


def _hold(args: Namespace) -> Exit:
    said = {"source": args.source, "reason": args.reason, "reference": args.reference}
    return _said(
        args,
        api.api_post(find_stack(args.stack), "/v1/holds", {**person_field(args.person), **said}),
    )


def _to_lift(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("person", metavar="ADDRESS", help="or recipient id")
    parser.add_argument(
        "--register",
        required=True,
        choices=[each.value for each in Liftable],
        help="what is to be lifted",
    )
    parser.add_argument("--scope", help="of a complaint: what the person asked for in writing")
    parser.add_argument(
        "--reference",
        required=True,
        type=options.non_empty_text,
        metavar="TEXT",
        help="where it is on file",
    )
    _reason(parser)


def _lift(args: Namespace) -> Exit:
    said = {"register": args.register, "reason": args.reason, "reference": args.reference}
    if args.scope is not None:
        said["scope"] = args.scope
    return _said(
        args,
        api.api_post(find_stack(args.stack), "/v1/lifts", {**person_field(args.person), **said}),
    )


def _reason(parser: ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, type=options.non_empty_text, metavar="TEXT", help="why")


def _said(args: Namespace, answer: Mapping[str, Any]) -> Exit:
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
    summary="stop everything to an address, and preserve what is on record",
    details="Service mail stops too, and an erasure waits. heed lift --register hold ends it. Exit code 1 if "
    "it is a minor's, of whom nothing more is recorded.",
    examples=("heed hold ada@example.com --source letter --reason 'a lawsuit' --reference L-7",),
    arguments=_to_hold,
    run=_hold,
)
LIFT_COMMAND = Command(
    name="lift",
    summary="lift what stands against an address: the inverse of a mistake",
    details="A complaint is lifted for one scope and no other. A minor needs two keys of different owners "
    "within 24 hours: the first ends with 'waiting' and exit code 1, as whatever is not lifted now; the "
    "person stays opted out of everything.",
    examples=(
        "heed lift ada@example.com --register undeliverable --reason 'new mailbox' --reference CALL-118",
        "heed lift ada@example.com --register complaint --scope offers --reason 'by letter' --reference L-7",
    ),
    arguments=_to_lift,
    run=_lift,
)
