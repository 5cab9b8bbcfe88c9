"""`heed disclosed`: what was given out of people, for what, by whose key; and whether all of it is there."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from heed.domain import rfc3339
from heed.domain.privacy.disclosure import (
    DisclosureDetails,
    DisclosureEntry,
    DisclosurePurpose,
    RegisterEnd,
    first_broken_entry,
    is_previous_expired,
)
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.stack import Stack

_COLUMNS = ("number", "at", "what", "purpose", "people", "key")
_PAGE = 1000
_SHOWN = 100


def _run(args: Namespace) -> Exit:
    now = time.time_ns() // 1_000_000
    answer = _all(find_stack(args.stack), now)
    given, end = answer["disclosures"], answer["end"]
    entries = [(_entry(one), one["hash"]) for one in given]
    marked = RegisterEnd(end["number"], end["hash"], rfc3339.parse_time(end["at"]).first) if end else None
    fault = first_broken_entry(entries, marked, now)
    if args.json:
        output.print_json(answer)
    elif given:
        output.print_table(_COLUMNS, given[:_SHOWN])
        first, last = given[-1]["number"], given[0]["number"]
        print(f"\n{_broken(fault) if fault else f'Whole from number {first} to number {last}.'}")
    else:
        lately = " within the time that entries are kept" if end else ""
        print(_broken(fault) if fault else f"Nothing was disclosed{lately}.")
    return Exit.YES if fault is None else Exit.NO


def _all(stack: Stack, now: int) -> dict[str, Any]:
    """The register, page by page, to its beginning or to where the time of what is older is over.

    The end is that of the first page: what is added meanwhile is not looked for.
    """
    whole: dict[str, Any] = {}
    cursor: str | None = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        page = api.api_get(stack, f"/v1/disclosures?limit={_PAGE}{more}")
        if whole:
            whole["disclosures"] += page["disclosures"]
        else:
            whole = page
        cursor = page["cursor"]
        if page["disclosures"] and is_previous_expired(_entry(page["disclosures"][-1]), now):
            break
    return {**whole, "cursor": None}


def _entry(one: Mapping[str, Any]) -> DisclosureEntry:
    before_at = one["before_at"]
    return DisclosureEntry(
        number=one["number"],
        before=one["before"],
        before_at=rfc3339.parse_time(before_at).first if before_at else 0,
        details=DisclosureDetails(
            at=rfc3339.parse_time(one["at"]).first,
            what=one["what"],
            purpose=DisclosurePurpose(one["purpose"]),
            people=one["people"],
            key=one["key"],
        ),
    )


def _broken(number: int) -> str:
    return f"Broken at number {number}: it was altered or removed, or the entry before it was."


DISCLOSED_COMMAND = Command(
    name="disclosed",
    summary="what was given out of people, for what purpose, by whose key",
    details="Reads the register to its beginning, checks all of it and shows the newest hundred; heed keys "
    "list shows whose keys they are. Exit code 1 if an entry was altered or is missing. With --json: all of "
    "it, as GET /v1/disclosures answers, with the hashes that chain the entries.",
    examples=("heed disclosed",),
    arguments=options.add_common_options,
    run=_run,
)
