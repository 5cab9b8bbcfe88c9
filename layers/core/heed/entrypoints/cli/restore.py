"""`heed restore replay`: an old copy of the table, merged into the live one."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter

from heed.domain.errors import NotFound
from heed.entrypoints.cli import options, output
from heed.entrypoints.cli.command import Command, Exit, Group
from heed.entrypoints.cli.failure import CommandFailure
from heed.entrypoints.cli.find_stack import find_stack

_TOLD = 1_000  # items between two words of progress
# What became of the people of the copy, as a person reads it; by the words of `replay_restored.Came`.
_SAID = {
    "back": "were lost, and are back",
    "merged": "some of it was lost, and is back",
    "unchanged": "nothing was lost",
    "forgotten": "their time was over",
    "unreadable": "cannot be read, and were left",
}


def _arguments(parser: ArgumentParser) -> None:
    options.add_common_options(parser)
    parser.add_argument("--from", dest="copy", required=True, metavar="TABLE", help="the restored table")


def _run(args: Namespace) -> Exit:
    from heed.use_cases.privacy.replay_restored import ReplayOutcome, replay_restored

    heed = find_stack(args.stack).heed
    copies, now = heed.restored(args.copy), lambda: time.time_ns() // 1_000_000
    came: Counter[ReplayOutcome] = Counter()
    try:
        for each in replay_restored(copies, heed.preferences, heed.erasures, now):
            came[each] += 1
            if came.total() % _TOLD == 0:
                print(f"{came.total():,} items …", file=sys.stderr)
    except NotFound as error:
        raise CommandFailure(f"there is no table {args.copy}", "see the name and the region") from error
    if args.json:
        output.print_json({each.value: came[each] for each in ReplayOutcome})
    else:
        output.print_facts({_SAID[each.value]: came[each] for each in ReplayOutcome})
    return Exit.NO if came[ReplayOutcome.UNREADABLE] else Exit.YES


RESTORE_GROUP = Group(
    name="restore",
    summary="bring back what the table lost, and nobody who was erased",
    commands=(
        Command(
            name="replay",
            summary="merge a restored copy of the table into the live one",
            details="Every fact of the copy goes through the write rule: what is newer on the live table "
            "stays, floors and tombstones win, what was lost comes back. Safe to repeat. Speaks to the "
            "tables with your AWS identity. Exit code 1 if an item could not be read.",
            examples=("heed restore replay --from RESTORED --stack heed",),
            arguments=_arguments,
            run=_run,
        ),
    ),
)
