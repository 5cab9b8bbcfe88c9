"""`heed numbers`: prints how many changes there were, by day, topic, source or campaign."""

from __future__ import annotations

import sys
from urllib.parse import urlencode

import rich_click as click

from heed.domain.errors import InvalidTime
from heed.domain.numbers.numbers import NumberColumn, NumberGrouping
from heed.domain.rfc3339 import parse_day
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.guarded_csv import guarded_csv_line


def _validate_date_text(text: str) -> str:
    try:
        parse_day(text)
    except InvalidTime as error:
        raise click.BadParameter(f"{text!r} is {error}; an example: 2026-03-05") from error
    return text


@command(
    "numbers",
    "heed numbers",
    "heed numbers --from 2026-01-01 --to 2026-03-31 --by campaign",
    "heed numbers --by source --csv > numbers.csv",
)
@click.option(
    "--from",
    "first",
    type=_validate_date_text,
    metavar="DAY",
    help="The first day, in UTC (default: 29 days before the last).",
)
@click.option(
    "--to", "last", type=_validate_date_text, metavar="DAY", help="The last day, in UTC (default: today)."
)
@options.choice_option(
    "--by", NumberGrouping, default=NumberGrouping.DAY.value, help="What the rows are about (default: day)."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, for spreadsheets.")
@options.common_options
def show_numbers(
    common: options.CommonOptions, first: str | None, last: str | None, by: str, *, as_csv: bool
) -> Exit:
    """Print how many opt-outs, opt-ins, pauses, complaints and bounces there were.

    Counts changes, never people. Imports are a source of their own and in no other row. At most 366 days.
    With --json: the answer of GET /v1/numbers.
    """
    if as_csv and common.json:
        raise click.UsageError("--csv and --json exclude each other")
    parameters = {"from": first, "to": last, "by": by}
    query = urlencode({name: text for name, text in parameters.items() if text is not None})
    answer = api.get_from_api(find_stack(common.stack), f"/v1/numbers?{query}")
    rows = [{by: row["key"], **row} for row in answer["rows"]]
    columns = [by, *NumberColumn]
    if common.json:
        output.print_json(answer)
    elif as_csv:
        sys.stdout.write(guarded_csv_line(columns))
        for row in rows:
            sys.stdout.write(guarded_csv_line(str(row[column]) for column in columns))
    elif rows:
        output.print_table(columns, rows)
    else:
        print(f"No change from {answer['from']} to {answer['to']}.")
    return Exit.YES
