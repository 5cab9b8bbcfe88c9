"""`heed change`: what a person asked for by phone, by letter, or of an agent."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace

from heed.domain import rfc3339
from heed.entrypoints.cli import api, options, output
from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.people import person_field


def _arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("person", metavar="ADDRESS", help="or recipient id")
    parser.add_argument(
        "--scope",
        required=True,
        help="'*' (all marketing; quote it), a brand, or a topic: meridian, offers, meridian/offers",
    )
    state = parser.add_mutually_exclusive_group(required=True)
    state.add_argument("--out", dest="state", action="store_const", const="out", help="no more mail")
    state.add_argument(
        "--in", dest="state", action="store_const", const="in", help="mail again; needs --reference"
    )
    state.add_argument(
        "--pause-until",
        dest="until",
        type=options.time_text,
        metavar="TIME",
        help="no mail until then: 2026-03-05T10:12:44+01:00, or 2026-03-05, a date in UTC, through that day "
        "wherever it ends last (12:00 UTC of the next)",
    )
    options.add_source_option(parser)
    parser.add_argument(
        "--occurred-at",
        type=options.time_text,
        metavar="TIME",
        help="when it was said: 2026-03-05T10:12:44+01:00, or 2026-03-05, a date in UTC: its last instant "
        "for a stop, its first for --in. A time to come is taken as now (default: now)",
    )
    parser.add_argument("--reference", metavar="TEXT", help="where the call or letter is on file")
    parser.add_argument("--agent", metavar="WHO", help="who took it")


def _run(args: Namespace) -> Exit:
    wish = {
        **person_field(args.person),
        "scope": args.scope,
        "state": args.state or "paused",
        "until": args.until,
        "source": args.source,
        "occurred_at": args.occurred_at,
        "reference": args.reference,
        "agent": args.agent,
    }
    said = {name: value for name, value in wish.items() if value is not None}
    answer = api.api_post(find_stack(args.stack), "/v1/changes", said)
    (result,) = answer["results"]
    if args.json:
        output.print_json(answer)
    else:
        output.print_facts({name.replace("_", " "): value for name, value in result.items()})
    if args.occurred_at and rfc3339.parse_time(args.occurred_at).first > time.time_ns() // 1_000_000:
        print(f"{args.occurred_at} is yet to come: it counts as of now.", file=sys.stderr)
    return Exit.YES if result["outcome"] == "applied" else Exit.NO


CHANGE_COMMAND = Command(
    name="change",
    summary="enter what a person asked for by phone, by letter, or of an agent",
    details="Exit code 1 if it changes nothing now: 'superseded' by something newer (it is on record all "
    "the same), or 'refused'. With --json: the answer of POST /v1/changes.",
    examples=(
        "heed change ada@example.com --scope '*' --out --source phone --reference CALL-118",
        "heed change ada@example.com --scope offers --in --source letter --reference L-7",
        "heed change ada@example.com --scope '*' --out --source letter --occurred-at 2026-03-05",
        "heed change ada@example.com --scope meridian --pause-until 2026-09-01 --source agent",
    ),
    arguments=_arguments,
    run=_run,
)
