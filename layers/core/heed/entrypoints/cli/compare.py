"""`heed compare`: compares whom another system mails with whom Heed would mail, before a move to Heed."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import rich_click as click

from heed.domain.errors import FileRefused
from heed.domain.imports.columns import (
    column_key,
    guard_formula,
    is_address,
    remove_guard,
)
from heed.domain.imports.recognition import find_address_column
from heed.entrypoints.bulk_files.expansion import expand
from heed.entrypoints.bulk_files.reader import open_file
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import CommandFailure, Exit
from heed.entrypoints.cli.file_arguments import (
    address_column_option,
    bulk_file_argument,
    force_option,
    open_bulk_file,
    output_option,
)
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.job_transfer import replaced_at_the_end
from heed.entrypoints.cli.progress import show_progress
from heed.entrypoints.cli.recipient_arguments import MAX_PEOPLE_PER_REQUEST
from heed.entrypoints.cli.stack import Stack

_MAILS, _STOPS = "mails", "stops"
_COLUMNS = ("old_system", "heed", "reason", "rows")
_INVALID = {"sendable": False, "reason": "invalid", "since": None}
_PIECE = 1 << 18  # bytes


class ComparedRow(NamedTuple):
    """A row of a list: what the old system does with it, what Heed does, why, since when, and its address."""

    old_system: str
    heed: str
    reason: str
    since: str
    address: str


@command(
    "compare",
    "heed compare old-mailing.csv --topic offers",
    "heed compare old-mailing.csv --stopped old-suppressions.csv --topic offers -o differences.csv",
)
@bulk_file_argument
@options.topic_name_option
@click.option(
    "--stopped",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The list of those whom the old system would not mail, to find those whom Heed would mail.",
)
@address_column_option
@output_option("Save the rows that differ, as CSV.", required=False)
@force_option
@options.common_options
def compare_lists(
    common: options.CommonOptions,
    /,
    path: Path,
    topic: str,
    stopped: Path | None,
    column: str,
    out: Path | None,
    *,
    force: bool,
) -> Exit:
    """Compare the list that another system would mail with what Heed permits.

    Counts the rows by what each system does and by Heed's reason. Reads what an import reads: CSV and JSON,
    also compressed. Exit code 1 if a row differs. With --json: the same counts.
    """
    stack = find_stack(common.stack)
    counts: Counter[tuple[str, str, str]] = Counter()
    with ExitStack() as opened:
        paths = ((_MAILS, path), (_STOPS, stopped))
        lists = [(old, opened.enter_context(open_bulk_file(file))) for old, file in paths if file]
        rows = (row for old, file in lists for row in _compare(stack, topic, old, file, column or ""))
        save = opened.enter_context(_save_rows(out, may_replace=force))
        for row in opened.enter_context(show_progress(rows, "rows")):
            counts[row.old_system, row.heed, row.reason] += 1
            if row.old_system != row.heed:
                save(row)
    table = [dict(zip(_COLUMNS, (*key, number), strict=True)) for key, number in sorted(counts.items())]
    differing = sum(number for (old, heed, _), number in counts.items() if old != heed)
    if common.json:
        output.print_json({"topic": topic, "rows": counts.total(), "differing": differing, "results": table})
    else:
        output.print_table(_COLUMNS, table)
        print(f"\n{differing:,} of {counts.total():,} rows differ.")
    return Exit.NO if differing else Exit.YES


def _compare(
    stack: Stack, topic: str, old_system: str, content: IO[bytes], column: str
) -> Iterator[ComparedRow]:
    cells = _read_addresses(content, column)
    while batch := list(islice(cells, MAX_PEOPLE_PER_REQUEST)):
        people = [cell for cell in batch if is_address(cell)]
        answers: list[Any] = []
        if people:
            answers = api.post_to_api(stack, "/v1/check", {"topic": topic, "addresses": people})["results"]
        answer_of = dict(zip(people, answers, strict=True))
        for cell in batch:
            answer = answer_of.get(cell, _INVALID)
            heed = _MAILS if answer["sendable"] is True else _STOPS
            yield ComparedRow(old_system, heed, answer["reason"], answer["since"] or "", cell)


def _read_addresses(content: IO[bytes], column: str) -> Iterator[str]:
    """Yields the address of each row of a list; "" for a row that cannot be read.

    Raises:
        CommandFailure: The list cannot be read.
    """
    try:
        file = open_file(expand(iter(lambda: content.read(_PIECE), b"")))
        key = column_key(file.header[find_address_column(file.header, column)])
        for record in file.records():
            yield remove_guard(record.fields.get(key, "")).strip()
    except FileRefused as error:
        raise CommandFailure(f"{content.name} cannot be read", str(error)) from error


@contextmanager
def _save_rows(path: Path | None, *, may_replace: bool) -> Iterator[Callable[[ComparedRow], object]]:
    """Gives the block a function that saves a row, if there is a path.

    A spreadsheet runs no cell of the file as a formula.
    """
    if path is None:
        yield lambda _: None
        return
    with replaced_at_the_end(path, may_replace=may_replace) as content:
        text = codecs.getwriter("utf-8")(content, "replace")
        write = csv.writer(text, lineterminator="\n").writerow
        write(ComparedRow._fields)
        yield lambda row: write(map(guard_formula, row))
