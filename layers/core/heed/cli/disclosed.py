"""`heed disclosed`: what was given out of people, for what, by whose key."""

from __future__ import annotations

from argparse import Namespace

from heed.cli import api, options, output
from heed.cli.command import Command, Exit
from heed.cli.finding import find

_COLUMNS = ("number", "at", "what", "purpose", "people", "key")


def _run(args: Namespace) -> Exit:
    answer = api.get(find(args.stack), "/v1/disclosures")
    if args.json:
        output.say_json(answer)
    else:
        output.say_table(_COLUMNS, answer["disclosures"])
    return Exit.YES


COMMAND = Command(
    name="disclosed",
    summary="what was given out of people, for what purpose, by whose key",
    details="The newest hundred. With --json: the answer of GET /v1/disclosures, with the hashes that chain "
    "the entries.",
    arguments=options.common,
    run=_run,
)
