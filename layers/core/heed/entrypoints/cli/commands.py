"""Every command, in the order of the help."""

from __future__ import annotations

from heed.entrypoints.cli import (
    change,
    check,
    disclosed,
    holds,
    ids,
    invoke,
    keys,
    ledger,
    links,
    lookup,
    purges,
    report,
    reports,
    restore,
    run,
)
from heed.entrypoints.cli.command import Command, Group

COMMANDS: tuple[Command | Group, ...] = (
    run.COMMAND,
    check.COMMAND,
    links.COMMAND,
    ids.COMMAND,
    change.COMMAND,
    lookup.COMMAND,
    reports.MINOR,
    reports.ERASE,
    holds.HOLD,
    holds.LIFT,
    purges.COMMAND,
    disclosed.COMMAND,
    restore.GROUP,
    invoke.COMMAND,
    keys.GROUP,
    ledger.GROUP,
    report.GROUP,
)
