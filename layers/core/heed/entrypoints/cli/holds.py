"""`heed hold` and `heed lift`: place a legal hold, and lift suppressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import rich_click as click

from heed.domain.preferences.reasons import Liftable
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.recipient_arguments import to_person_field


@command("hold", "heed hold ada@example.com --source letter --reason 'a lawsuit' --reference L-7")
@options.person_argument
@options.source_option
@options.kept_reference_option
@options.reason_option
@options.common_options
def hold_person(common: options.CommonOptions, /, person: str, **fields: str) -> Exit:
    """Stop all mail to an address and preserve its record.

    Service mail stops too, and an erasure waits. heed lift --suppression hold ends the hold. Exit code 1 if
    the person was reported as a minor: nothing more is recorded about a minor.
    """
    body = {**to_person_field(person), **fields}
    return _print_outcome(common, api.post_to_api(find_stack(common.stack), "/v1/holds", body))


@command(
    "lift",
    "heed lift ada@example.com --suppression undeliverable --reason 'new mailbox' --reference CALL-118",
    "heed lift ada@example.com --suppression complaint --scope offers --reason 'a letter' --reference 7",
)
@options.person_argument
@options.choice_option("--suppression", Liftable, required=True, help="The suppression to lift.")
@click.option(
    "--scope", metavar="SCOPE", help="Of a complaint: the scope that the person asked for in writing."
)
@options.text_option("--reference", "Where the reason is filed.")
@options.reason_option
@options.common_options
def lift_suppression(
    common: options.CommonOptions, /, person: str, suppression: str, scope: str | None, **fields: str
) -> Exit:
    """Lift a suppression of an address, such as one by mistake.

    A complaint is lifted for one scope only. A report of a minor is lifted by two keys of different owners
    within 24 hours. The first key ends with 'waiting'. After the second key the person is still opted out of
    everything. Exit code 1 if nothing is lifted now.
    """
    body = {**to_person_field(person), "register": suppression, **fields}
    if scope is not None:
        body["scope"] = scope
    return _print_outcome(common, api.post_to_api(find_stack(common.stack), "/v1/lifts", body))


def _print_outcome(common: options.CommonOptions, answer: Mapping[str, Any]) -> Exit:
    waiting = {"waits for": "the same lift by a key of another owner"}
    is_waiting = answer["outcome"] == "waiting" and not common.json
    output.print_answer({**answer, **waiting} if is_waiting else answer, as_json=common.json)
    return Exit.YES if answer["outcome"] == "applied" else Exit.NO
