"""All commands of `heed`, by their words: `("keys", "list")`."""

from __future__ import annotations

from heed.entrypoints.cli.command import HeedCommand, HeedGroup
from heed.entrypoints.cli.commands import heed_group


def _commands_of(group: HeedGroup, *words: str) -> dict[tuple[str, ...], HeedCommand]:
    found: dict[tuple[str, ...], HeedCommand] = {}
    for name, command in group.commands.items():
        if isinstance(command, HeedGroup):
            found |= _commands_of(command, *words, name)
        elif isinstance(command, HeedCommand):
            found[(*words, name)] = command
    return found


COMMANDS = _commands_of(heed_group)
GROUPS = {words[0] for words in COMMANDS if len(words) > 1}
