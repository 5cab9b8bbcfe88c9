"""`heed disclosed`: shows the register of disclosures and checks that it is complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from heed import clock
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
from heed.entrypoints.cli import api, output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.options import CommonOptions, common_options
from heed.entrypoints.cli.progress import show_progress
from heed.entrypoints.cli.stack import Stack

_COLUMNS = ("number", "at", "what", "purpose", "people", "key")
_PAGE_SIZE = 1_000
_MAX_ROWS = 100


@command("disclosed", "heed disclosed")
@common_options
def show_disclosures(common: CommonOptions) -> Exit:
    """Show what was disclosed about people, for what purpose, with which key.

    Reads and checks the whole register and shows its newest 100 entries. heed keys list shows the owner of
    each key. Exit code 1 if an entry was altered or is missing. With --json: all entries, as GET
    /v1/disclosures answers, with the hashes that chain them.
    """
    now = clock.now()
    register = _read_register(find_stack(common.stack), now)
    rows, end = register["disclosures"], register["end"]
    entries = [(_parse_entry(row), row["hash"]) for row in rows]
    register_end = (
        RegisterEnd(end["number"], end["hash"], rfc3339.parse_time(end["at"]).first) if end else None
    )
    broken = first_broken_entry(entries, register_end, now)
    if common.json:
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
    with show_progress(_read_pages(stack, now), "pages") as progress:
        pages = [*progress]
    rows = [row for page in pages for row in page["disclosures"]]
    return {**pages[0], "disclosures": rows, "cursor": None}


def _read_pages(stack: Stack, now: Millis) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        query = f"&cursor={cursor}" if cursor else ""
        page = api.get_from_api(stack, f"/v1/disclosures?limit={_PAGE_SIZE}{query}")
        yield page
        cursor = page["cursor"]
        if page["disclosures"] and is_previous_expired(_parse_entry(page["disclosures"][-1]), now):
            break


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
