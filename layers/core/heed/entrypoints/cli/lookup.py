"""`heed lookup`: shows everything that is stored about a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heed.domain.privacy.disclosure import DisclosurePurpose
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.recipient_arguments import to_person_field

_DECISIONS = ("topic", "sendable", "reason", "since", "source", "until")
_REGISTERS = ("at", "register", "scope", "source", "until", "policy_version", "evidence")


@command("lookup", "heed lookup ada@example.com --purpose data-subject --json")
@options.person_argument
@options.choice_option(
    "--purpose",
    DisclosurePurpose,
    help="Why you look the person up; it is recorded (default: data-subject).",
)
@options.common_options
def look_up_person(common: options.CommonOptions, person: str, purpose: str | None) -> Exit:
    """Show everything that is stored about a person.

    Exit code 1 if nothing is on record. With --json: the answer of POST /v1/recipients/lookup with the
    history. Send that to a person who asks for a copy of their data.
    """
    body = to_person_field(person) | ({"purpose": purpose} if purpose else {})
    answer = api.post_to_api(find_stack(common.stack), "/v1/recipients/lookup", body)
    if common.json:
        output.print_json(answer)
    else:
        _print_answer(answer)
    is_on_record = answer["registers"] or answer["soft_bounces"] or answer["erased_at"]
    return Exit.YES if is_on_record else Exit.NO


def _print_answer(answer: Mapping[str, Any]) -> None:
    registers, decisions = answer["registers"], answer["decisions"]
    output.print_facts(
        {
            "recipient": answer["recipient"],
            "soft bounces": answer["soft_bounces"],
            "erased at": answer["erased_at"],
        }
    )
    print("\nWhat may be sent now")
    output.print_table(_DECISIONS, ({"topic": name, **decision} for name, decision in decisions.items()))
    if registers:
        print("\nOn record, the oldest first")
        output.print_table(_REGISTERS, registers)
    else:
        print("\nNothing is on record.")
