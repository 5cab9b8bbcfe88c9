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
    run.RUN_COMMAND,
    check.CHECK_COMMAND,
    links.LINKS_COMMAND,
    ids.IDS_COMMAND,
    change.CHANGE_COMMAND,
    lookup.LOOKUP_COMMAND,
    reports.MINOR_COMMAND,
    reports.ERASE_COMMAND,
    holds.HOLD_COMMAND,
    holds.LIFT_COMMAND,
    purges.PURGE_COMMAND,
    disclosed.DISCLOSED_COMMAND,
    restore.RESTORE_GROUP,
    invoke.INVOKE_COMMAND,
    keys.KEYS_GROUP,
    ledger.LEDGER_GROUP,
    report.REPORT_GROUP,
)
