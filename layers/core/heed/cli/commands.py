"""Every command, in the order of the help."""

from __future__ import annotations

from heed.cli import change, check, ids, invoke, keys, ledger, links, lookup, report, run
from heed.cli.command import Command, Group

COMMANDS: tuple[Command | Group, ...] = (
    run.COMMAND,
    check.COMMAND,
    links.COMMAND,
    ids.COMMAND,
    change.COMMAND,
    lookup.COMMAND,
    invoke.COMMAND,
    keys.GROUP,
    ledger.GROUP,
    report.GROUP,
)
