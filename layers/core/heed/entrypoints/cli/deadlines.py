"""`heed report deadlines`: compares how long opt-outs took with the limit of each law."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from heed.domain.ledger.deadlines import DEADLINES, DelayStatistics, delay_statistics
from heed.domain.ledger.entry import LedgerEntry
from heed.entrypoints.cli import output
from heed.entrypoints.cli.command import HeedGroup, command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.ledger import file_argument, read_entries
from heed.entrypoints.cli.options import CommonOptions, common_options
from heed.use_cases.ports.preferences import UnreadableItem

_MINUTE, _HOUR, _SECOND = 60_000, 3_600_000, 1000


@command("deadlines", "heed report deadlines", "heed report deadlines ledger.jsonl")
@file_argument
@common_options
def _report_deadlines(common: CommonOptions, path: Path | None) -> Exit:
    """Compare how long opt-outs took with the limit of each law.

    Measures from the opt-out to the time from which every check answers no, for each source. Business days
    are counted as if there were no holidays. Exit code 1 if one took longer than a limit.
    """
    unreadable = 0

    def read_readable() -> Iterator[LedgerEntry]:
        nonlocal unreadable
        for entry in read_entries(path, common.stack):
            if isinstance(entry, UnreadableItem):
                unreadable += 1
            else:
                yield entry

    by_source = delay_statistics(read_readable())
    is_late = any(delays.count_over(limit) for delays in by_source.values() for limit in DEADLINES)
    if common.json:
        sources = {source: _to_facts(delays) for source, delays in by_source.items()}
        output.print_json({"sources": sources, "unreadable": unreadable})
        return Exit.NO if is_late else Exit.YES
    if unreadable:
        print(f"{unreadable} entries of the ledger cannot be read and are not counted.\n")
    if not by_source:
        print("The ledger has no opt-out.")
        return Exit.YES
    columns = ("source", "stops", "in_1_minute", "in_1_hour", "longest")
    rows = [{"source": source, **_to_row(delays)} for source, delays in by_source.items()]
    output.print_table(columns, rows)
    print()
    output.print_table(
        ("rule", "limit", "over_it", "source"),
        [
            {
                "rule": limit.rule,
                "limit": limit.period,
                "over_it": str(sum(delays.count_over(limit) for delays in by_source.values())),
                "source": limit.source,
            }
            for limit in DEADLINES
        ],
    )
    return Exit.NO if is_late else Exit.YES


def _to_row(delays: DelayStatistics) -> dict[str, object]:
    return {
        "stops": str(delays.count),
        "in_1_minute": str(delays.within[0]),
        "in_1_hour": str(delays.within[1]),
        "longest": _format_duration(delays.longest),
    }


def _to_facts(delays: DelayStatistics) -> dict[str, object]:
    return {
        "stops": delays.count,
        "longest_ms": delays.longest,
        "over": {limit.rule: delays.count_over(limit) for limit in DEADLINES},
    }


def _format_duration(milliseconds: int) -> str:
    hours, rest = divmod(milliseconds, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest // _SECOND} s" if minutes else f"{rest / _SECOND:g} s"


REPORT_GROUP = HeedGroup(
    "report", help="Create reports for compliance officers.", commands=[_report_deadlines]
)
