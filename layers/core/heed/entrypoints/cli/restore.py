"""`heed restore replay`: merges a restored table into the live table."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter

from heed.domain.errors import NotFound
from heed.domain.milliseconds import Millis
from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import Command, Exit, Group
from heed.entrypoints.cli.failure import CommandFailure
from heed.entrypoints.cli.find_stack import find_stack

_PROGRESS_INTERVAL = 1_000  # items
# What happened to the recipients of the restored table, by the values of `ReplayOutcome`.
_OUTCOMES = {
    "back": "were lost and are restored",
    "merged": "were partly lost and are merged",
    "unchanged": "were complete",
    "forgotten": "had expired",
    "unreadable": "cannot be read and were skipped",
}


def _add_arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("--from", dest="table", required=True, metavar="TABLE", help="the restored table")


def _run(args: Namespace) -> Exit:
    from heed.use_cases.privacy.replay_restored import ReplayOutcome, replay_restored

    heed = find_stack(args.stack).heed
    restored, now = heed.restored_table(args.table), lambda: Millis(time.time_ns() // 1_000_000)
    outcomes: Counter[ReplayOutcome] = Counter()
    try:
        for outcome in replay_restored(restored, heed.preferences, heed.erasures, now):
            outcomes[outcome] += 1
            if outcomes.total() % _PROGRESS_INTERVAL == 0:
                print(f"{outcomes.total():,} items …", file=sys.stderr)
    except NotFound as error:
        raise CommandFailure(
            f"there is no table {args.table}", "check the table name and the AWS region"
        ) from error
    if args.json:
        output.print_json({outcome.value: outcomes[outcome] for outcome in ReplayOutcome})
    else:
        output.print_facts({_OUTCOMES[outcome.value]: outcomes[outcome] for outcome in ReplayOutcome})
    return Exit.NO if outcomes[ReplayOutcome.UNREADABLE] else Exit.YES


RESTORE_GROUP = Group(
    name="restore",
    summary="restore lost data, without data that was erased",
    commands=(
        Command(
            name="replay",
            summary="merge a restored table into the live table",
            details="Merges each item of the restored table by the write rule. Newer data of the live table "
            "stays. Erased data stays erased. Lost data is restored. It is safe to repeat. The command uses "
            "the tables with your AWS identity. Exit code 1 if an item could not be read.",
            examples=("heed restore replay --from RESTORED --stack heed",),
            add_arguments=_add_arguments,
            run=_run,
        ),
    ),
)
