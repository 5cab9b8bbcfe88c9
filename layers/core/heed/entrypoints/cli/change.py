"""`heed change`: records a preference request that arrived by phone, by letter or through an agent."""

from __future__ import annotations

import sys

import rich_click as click

from heed import clock
from heed.domain import rfc3339
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.recipient_arguments import to_person_field


@command(
    "change",
    "heed change ada@example.com --scope '*' --out --source phone --reference CALL-118",
    "heed change ada@example.com --scope offers --in --source letter --reference L-7",
    "heed change ada@example.com --scope '*' --out --source letter --occurred-at 2026-03-05",
    "heed change ada@example.com --scope meridian --pause-until 2026-09-01 --source agent",
)
@options.person_argument
@click.option(
    "--scope",
    required=True,
    metavar="SCOPE",
    help="'*' for all marketing (with quotes), or a brand or topic: meridian, offers, meridian/offers.",
)
@click.option("--out", "states", flag_value="out", multiple=True, help="No more mail.")
@click.option("--in", "states", flag_value="in", multiple=True, help="Mail again; requires --reference.")
@click.option(
    "--pause-until",
    "until",
    type=options.validate_time_text,
    metavar="TIME",
    help="No mail until this time (2026-03-05T10:12:44+01:00) or through this day (2026-03-05). A day ends "
    "where it ends last: at 12:00 UTC of the next day.",
)
@options.source_option
@click.option(
    "--occurred-at",
    type=options.validate_time_text,
    metavar="TIME",
    help="When the person asked: a time (2026-03-05T10:12:44+01:00) or a date in UTC (2026-03-05). A date "
    "means its end for --out and --pause-until, and its start for --in. A future time counts as now "
    "(default: now).",
)
@click.option("--reference", metavar="TEXT", help="Where the call or letter is filed.")
@click.option("--agent", metavar="WHO", help="Who took the request.")
@options.common_options
def record_change(
    common: options.CommonOptions,
    /,
    person: str,
    states: tuple[str, ...],
    occurred_at: str | None,
    **fields: str | None,
) -> Exit:
    """Record a request that arrived by phone, by letter or through an agent.

    Exit code 1 if nothing changes now. The outcome is then 'superseded', if a newer change is on record (this
    one is recorded as well), or 'refused'. With --json: the answer of POST /v1/changes.
    """
    chosen = {*states, "paused"} if fields["until"] else {*states}
    if len(chosen) != 1:
        raise click.UsageError("Name exactly one of --out, --in and --pause-until.")
    (state,) = chosen
    body = {**to_person_field(person), "state": state, "occurred_at": occurred_at, **fields}
    body = {name: value for name, value in body.items() if value is not None}
    answer = api.post_to_api(find_stack(common.stack), "/v1/changes", body)
    (result,) = answer["results"]
    output.print_answer(answer if common.json else result, as_json=common.json)
    if occurred_at and rfc3339.parse_time(occurred_at).first > clock.now():
        print(f"{occurred_at} is in the future: it counts as now.", file=sys.stderr)
    return Exit.YES if result["outcome"] == "applied" else Exit.NO
