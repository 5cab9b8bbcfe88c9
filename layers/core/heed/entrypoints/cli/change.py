"""`heed change`: records a preference request that arrived by phone, by letter or through an agent."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace

from heed.domain import rfc3339
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.recipient_arguments import to_person_field


def _add_arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("person", metavar="ADDRESS", help="of the person, or the recipient id")
    parser.add_argument(
        "--scope",
        required=True,
        help="'*' for all marketing (with quotes), or a brand or topic: meridian, offers, meridian/offers",
    )
    state = parser.add_mutually_exclusive_group(required=True)
    state.add_argument("--out", dest="state", action="store_const", const="out", help="no more mail")
    state.add_argument(
        "--in", dest="state", action="store_const", const="in", help="mail again; requires --reference"
    )
    state.add_argument(
        "--pause-until",
        dest="until",
        type=options.parse_time_text,
        metavar="TIME",
        help="no mail until this time (2026-03-05T10:12:44+01:00) or through this day (2026-03-05). A day "
        "ends where it ends last: at 12:00 UTC of the next day",
    )
    options.add_source_option(parser)
    parser.add_argument(
        "--occurred-at",
        type=options.parse_time_text,
        metavar="TIME",
        help="when the person asked: a time (2026-03-05T10:12:44+01:00) or a date in UTC (2026-03-05). A "
        "date means its end for --out and --pause-until, and its start for --in. A future time counts as "
        "now (default: now)",
    )
    parser.add_argument("--reference", metavar="TEXT", help="where the call or letter is filed")
    parser.add_argument("--agent", metavar="WHO", help="who took the request")


def _run(args: Namespace) -> Exit:
    fields = {
        **to_person_field(args.person),
        "scope": args.scope,
        "state": args.state or "paused",
        "until": args.until,
        "source": args.source,
        "occurred_at": args.occurred_at,
        "reference": args.reference,
        "agent": args.agent,
    }
    body = {name: value for name, value in fields.items() if value is not None}
    answer = api.post_to_api(find_stack(args.stack), "/v1/changes", body)
    (result,) = answer["results"]
    if args.json:
        output.print_json(answer)
    else:
        output.print_facts({name.replace("_", " "): value for name, value in result.items()})
    if args.occurred_at and rfc3339.parse_time(args.occurred_at).first > time.time_ns() // 1_000_000:
        print(f"{args.occurred_at} is in the future: it counts as now.", file=sys.stderr)
    return Exit.YES if result["outcome"] == "applied" else Exit.NO


CHANGE_COMMAND = Command(
    name="change",
    summary="record a request that came by phone, by letter or through an agent",
    details="Exit code 1 if nothing changes now. The outcome is then 'superseded', if a newer change is on "
    "record (this one is recorded as well), or 'refused'. With --json: the answer of POST /v1/changes.",
    examples=(
        "heed change ada@example.com --scope '*' --out --source phone --reference CALL-118",
        "heed change ada@example.com --scope offers --in --source letter --reference L-7",
        "heed change ada@example.com --scope '*' --out --source letter --occurred-at 2026-03-05",
        "heed change ada@example.com --scope meridian --pause-until 2026-09-01 --source agent",
    ),
    add_arguments=_add_arguments,
    run=_run,
)
