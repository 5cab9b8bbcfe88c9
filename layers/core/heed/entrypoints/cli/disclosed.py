"""`heed disclosed`: shows the register of disclosures and checks that it is complete."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from heed.domain import rfc3339
from heed.domain.milliseconds import Millis
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
_PAGE_SIZE = 1_000
_MAX_ROWS = 100


def _run(args: Namespace) -> Exit:
    now = Millis(time.time_ns() // 1_000_000)
    register = _read_register(find_stack(args.stack), now)
    rows, end = register["disclosures"], register["end"]
    entries = [(_parse_entry(row), row["hash"]) for row in rows]
    register_end = (
        RegisterEnd(end["number"], end["hash"], rfc3339.parse_time(end["at"]).first) if end else None
    )
    broken = first_broken_entry(entries, register_end, now)
    if args.json:
        output.print_json(register)
    elif rows:
        output.print_table(_COLUMNS, rows[:_MAX_ROWS])
        first, last = rows[-1]["number"], rows[0]["number"]
        print(
            f"\n{_describe_broken(broken) if broken else f'Complete from number {first} to number {last}.'}"
        )
    else:
        period = " within the time that entries are kept" if end else ""
        print(_describe_broken(broken) if broken else f"Nothing was disclosed{period}.")
    return Exit.YES if broken is None else Exit.NO


def _read_register(stack: Stack, now: Millis) -> dict[str, Any]:
    """Returns the register, read page by page to its first entry or until older entries have expired.

    The end of the register is that of the first page: entries that are added meanwhile are ignored.
    """
    register: dict[str, Any] = {}
    cursor: str | None = ""
    while cursor is not None:
        query = f"&cursor={cursor}" if cursor else ""
        page = api.get_from_api(stack, f"/v1/disclosures?limit={_PAGE_SIZE}{query}")
        if register:
            register["disclosures"] += page["disclosures"]
        else:
            register = page
        cursor = page["cursor"]
        if page["disclosures"] and is_previous_expired(_parse_entry(page["disclosures"][-1]), now):
            break
    return {**register, "cursor": None}


def _parse_entry(row: Mapping[str, Any]) -> DisclosureEntry:
    before_at = row["before_at"]
    return DisclosureEntry(
        number=row["number"],
        previous_hash=row["before"],
        previous_at=Millis(rfc3339.parse_time(before_at).first if before_at else 0),
        details=DisclosureDetails(
            at=rfc3339.parse_time(row["at"]).first,
            what=row["what"],
            purpose=DisclosurePurpose(row["purpose"]),
            people=row["people"],
            key=row["key"],
        ),
    )


def _describe_broken(number: int) -> str:
    return f"Broken at number {number}: this entry, or the one before it, was altered or removed."


DISCLOSED_COMMAND = Command(
    name="disclosed",
    summary="show what was disclosed about people, for what purpose, with which key",
    details="Reads and checks the whole register and shows its newest 100 entries. heed keys list shows the "
    "owner of each key. Exit code 1 if an entry was altered or is missing. With --json: all entries, as GET "
    "/v1/disclosures answers, with the hashes that chain them.",
    examples=("heed disclosed",),
    add_arguments=options.add_common_options,
    run=_run,
)
