"""`heed report deadlines`: how long stops took, against what each law allows."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from heed.domain.ledger.deadlines import DEADLINES, DelayStatistics, delay_statistics
from heed.domain.ledger.entry import LedgerEntry
from heed.entrypoints.cli import output
from heed.entrypoints.cli.command import Command, Exit, Group
from heed.entrypoints.cli.ledger import add_file_argument, read_entries
from heed.use_cases.ports.preferences import UnreadableItem

_MINUTE, _HOUR, _SECOND = 60_000, 3_600_000, 1000


def _deadlines(args: Namespace) -> Exit:
    unreadable = 0

    def readable() -> Iterator[LedgerEntry]:
        nonlocal unreadable
        for entry in read_entries(args):
            if isinstance(entry, UnreadableItem):
                unreadable += 1
            else:
                yield entry

    found = delay_statistics(readable())
    late = any(one.count_over(limit) for one in found.values() for limit in DEADLINES)
    if args.json:
        sources = {source: _facts(one) for source, one in found.items()}
        output.print_json({"sources": sources, "unreadable": unreadable})
        return Exit.NO if late else Exit.YES
    if unreadable:
        print(f"{unreadable} entries of the ledger cannot be read and are not counted.\n")
    if not found:
        print("No stop is in the ledger.")
        return Exit.YES
    columns = ("source", "stops", "in_1_minute", "in_1_hour", "longest")
    rows = [{"source": source, **_row(one)} for source, one in found.items()]
    output.print_table(columns, rows)
    print()
    output.print_table(
        ("rule", "limit", "over_it", "source"),
        [
            {
                "rule": limit.rule,
                "limit": limit.period,
                "over_it": str(sum(one.count_over(limit) for one in found.values())),
                "source": limit.source,
            }
            for limit in DEADLINES
        ],
    )
    return Exit.NO if late else Exit.YES


def _row(one: DelayStatistics) -> dict[str, object]:
    return {
        "stops": str(one.count),
        "in_1_minute": str(one.within[0]),
        "in_1_hour": str(one.within[1]),
        "longest": _spoken(one.longest),
    }


def _facts(one: DelayStatistics) -> dict[str, object]:
    return {
        "stops": one.count,
        "longest_ms": one.longest,
        "over": {limit.rule: one.count_over(limit) for limit in DEADLINES},
    }


def _spoken(milliseconds: int) -> str:
    hours, rest = divmod(milliseconds, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest // _SECOND} s" if minutes else f"{rest / _SECOND:g} s"


REPORT_GROUP = Group(
    name="report",
    summary="what officers ask for",
    commands=(
        Command(
            name="deadlines",
            summary="how long opt-outs took, against each law's limit",
            details="From when it happened to when every check was answered with no, by the way it came. "
            "Business days are counted as if no day were free. Exit code 1: some were over a limit.",
            examples=("heed report deadlines", "heed report deadlines ledger.jsonl"),
            arguments=add_file_argument,
            run=_deadlines,
        ),
    ),
)
