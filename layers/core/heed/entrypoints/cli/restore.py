"""`heed restore replay`: merges a restored table into the live table."""

from __future__ import annotations

from collections import Counter

import rich_click as click

from heed import clock
from heed.domain.errors import NotFound
from heed.entrypoints.cli import output
from heed.entrypoints.cli.command import HeedGroup, command
from heed.entrypoints.cli.failure import CommandFailure, Exit
from heed.entrypoints.cli.find_stack import find_stack
from heed.entrypoints.cli.options import CommonOptions, common_options
from heed.entrypoints.cli.progress import show_progress

# What happened to the recipients of the restored table, by the values of `ReplayOutcome`.
_OUTCOMES = {
    "restored": "were lost and are restored",
    "merged": "were partly lost and are merged",
    "unchanged": "were complete",
    "expired": "had expired",
    "unreadable": "cannot be read and were skipped",
}


@command("replay", "heed restore replay --from RESTORED --stack heed")
@click.option("--from", "table", required=True, metavar="TABLE", help="The restored table.")
@common_options
def _replay(common: CommonOptions, table: str) -> Exit:
    """Merge a restored table into the live table.

    Merges each item of the restored table by the write rule. Newer data of the live table stays. Erased data
    stays erased. Lost data is restored. It is safe to repeat. The command uses the tables with your AWS
    identity. Exit code 1 if an item could not be read.
    """
    from heed.use_cases.privacy.replay_restored import ReplayOutcome, replay_restored

    heed = find_stack(common.stack).heed
    restored, now = heed.restored_table(table), clock.now
    try:
        with show_progress(replay_restored(restored, heed.preferences, heed.erasures, now), "items") as items:
            outcomes = Counter(items)
    except NotFound as error:
        raise CommandFailure(
            f"there is no table {table}", "check the table name and the AWS region"
        ) from error
    if common.json:
        output.print_json({outcome.value: outcomes[outcome] for outcome in ReplayOutcome})
    else:
        output.print_facts({_OUTCOMES[outcome.value]: outcomes[outcome] for outcome in ReplayOutcome})
    return Exit.NO if outcomes[ReplayOutcome.UNREADABLE] else Exit.YES


RESTORE_GROUP = HeedGroup(
    "restore", help="Restore lost data, without data that was erased.", commands=[_replay]
)
