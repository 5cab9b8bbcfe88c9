"""All commands by section, in the order of the help."""

from __future__ import annotations

from heed.entrypoints.cli import (
    alarm,
    change,
    check,
    deadlines,
    disclosed,
    holds,
    ids,
    invoke,
    keys,
    ledger,
    links,
    lookup,
    minor_and_erase,
    purges,
    restore,
    run,
)
from heed.entrypoints.cli.command import Command, Group, Section

SECTIONS = (
    Section(
        "people",
        (
            check.CHECK_COMMAND,
            links.LINKS_COMMAND,
            ids.IDS_COMMAND,
            change.CHANGE_COMMAND,
            lookup.LOOKUP_COMMAND,
            minor_and_erase.MINOR_COMMAND,
            minor_and_erase.ERASE_COMMAND,
            holds.HOLD_COMMAND,
            holds.LIFT_COMMAND,
        ),
    ),
    Section("keys", (keys.KEYS_GROUP,)),
    Section(
        "evidence",
        (ledger.LEDGER_GROUP, deadlines.REPORT_GROUP, purges.PURGE_COMMAND, disclosed.DISCLOSED_COMMAND),
    ),
    Section(
        "stack",
        (run.RUN_COMMAND, invoke.INVOKE_COMMAND, alarm.ALARM_COMMAND, restore.RESTORE_GROUP),
    ),
)
COMMANDS: tuple[Command | Group, ...] = tuple(command for section in SECTIONS for command in section.commands)
