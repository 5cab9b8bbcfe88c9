"""`heed lookup`: all that is held about a person."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.people import person_field

_DECISIONS = ("topic", "sendable", "reason", "since", "source", "until")
_REGISTERS = ("at", "register", "scope", "source", "until", "policy_version", "evidence")


def _arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("person", metavar="ADDRESS", help="or recipient id")
    parser.add_argument(
        "--purpose",
        choices=[purpose.value for purpose in DisclosurePurpose],
        help="what it is looked up for; goes on record (default: data-subject)",
    )


def _run(args: Namespace) -> Exit:
    asked = person_field(args.person) | ({"purpose": args.purpose} if args.purpose else {})
    found = api.api_post(find_stack(args.stack), "/v1/recipients/lookup", asked)
    if args.json:
        output.print_json(found)
    else:
        _say(found)
    held = found["registers"] or found["soft_bounces"] or found["erased_at"]
    return Exit.YES if held else Exit.NO


def _say(found: Mapping[str, Any]) -> None:
    registers, decisions = found["registers"], found["decisions"]
    output.print_facts(
        {
            "recipient": found["recipient"],
            "soft bounces": found["soft_bounces"],
            "erased at": found["erased_at"],
        }
    )
    print("\nWhat may be sent now")
    output.print_table(_DECISIONS, ({"topic": name, **each} for name, each in decisions.items()))
    if registers:
        print("\nOn record, the oldest first")
        output.print_table(_REGISTERS, registers)
    else:
        print("\nNothing is on record.")


LOOKUP_COMMAND = Command(
    name="lookup",
    summary="all that is held about a person",
    details="Exit code 1 if nothing is on record. With --json: the answer of POST /v1/recipients/lookup, "
    "history and all, which is what a data-subject request is answered with.",
    examples=("heed lookup ada@example.com --purpose data-subject --json",),
    arguments=_arguments,
    run=_run,
)
