"""`heed disclosed`: what was given out of people, for what, by whose key; and whether all of it is there."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from heed.cli import api, options, output
from heed.cli.command import Command, Exit
from heed.cli.finding import find
from heed.domain import times
from heed.domain.disclosure import Disclosed, Disclosing, Disclosure, broken

_COLUMNS = ("number", "at", "what", "purpose", "people", "key")


def _run(args: Namespace) -> Exit:
    answer = api.get(find(args.stack), "/v1/disclosures")
    given = answer["disclosures"]
    fault = broken([(_entry(one), one["hash"]) for one in given])
    if args.json:
        output.say_json(answer)
    elif given:
        output.say_table(_COLUMNS, given)
        print(f"\n{_said(given, fault)}")
    else:
        print("Nothing was disclosed.")
    return Exit.YES if fault is None else Exit.NO


def _entry(one: Mapping[str, Any]) -> Disclosed:
    return Disclosed(
        number=one["number"],
        before=one["before"],
        of=Disclosing(
            at=times.parse(one["at"]).first,
            what=one["what"],
            purpose=Disclosure(one["purpose"]),
            people=one["people"],
            key=one["key"],
        ),
    )


def _said(given: Sequence[Mapping[str, Any]], fault: int | None) -> str:
    if fault is not None:
        return f"Broken at number {fault}: it was altered, or the entry before it is missing."
    return f"Whole from number {given[-1]['number']} to number {given[0]['number']}."


COMMAND = Command(
    name="disclosed",
    summary="what was given out of people, for what purpose, by whose key",
    details="The newest hundred; heed keys list shows whose keys they are. Exit code 1 if an entry was "
    "altered or is missing. With --json: the answer of GET /v1/disclosures, with the hashes that chain "
    "the entries.",
    arguments=options.common,
    run=_run,
)
