"""`heed lookup`: all that is held about a person."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

from heed.domain.privacy.disclosure import Disclosure
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.finding import find
from heed.entrypoints.cli.people import field

_DECISIONS = ("topic", "sendable", "reason", "since", "source", "until")
_REGISTERS = ("at", "register", "scope", "source", "until", "policy_version", "evidence")


def _arguments(parser: ArgumentParser) -> None:
    options.common(parser)
    parser.add_argument("person", metavar="ADDRESS", help="or recipient id")
    parser.add_argument(
        "--purpose",
        choices=[purpose.value for purpose in Disclosure],
        help="what it is looked up for; goes on record (default: data-subject)",
    )


def _run(args: Namespace) -> Exit:
    asked = field(args.person) | ({"purpose": args.purpose} if args.purpose else {})
    found = api.post(find(args.stack), "/v1/recipients/lookup", asked)
    if args.json:
        output.say_json(found)
    else:
        _say(found)
    held = found["registers"] or found["soft_bounces"] or found["erased_at"]
    return Exit.YES if held else Exit.NO


def _say(found: Mapping[str, Any]) -> None:
    registers, decisions = found["registers"], found["decisions"]
    output.say_facts(
        {
            "recipient": found["recipient"],
            "soft bounces": found["soft_bounces"],
            "erased at": found["erased_at"],
        }
    )
    print("\nWhat may be sent now")
    output.say_table(_DECISIONS, ({"topic": name, **each} for name, each in decisions.items()))
    if registers:
        print("\nOn record, the oldest first")
        output.say_table(_REGISTERS, registers)
    else:
        print("\nNothing is on record.")


COMMAND = Command(
    name="lookup",
    summary="all that is held about a person",
    details="Exit code 1 if nothing is on record. With --json: the answer of POST /v1/recipients/lookup, "
    "history and all, which is what a data-subject request is answered with.",
    arguments=_arguments,
    run=_run,
)
