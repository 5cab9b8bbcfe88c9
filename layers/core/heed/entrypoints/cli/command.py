"""The parts of a command, and the exit codes."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """All exit codes of `heed`."""

    YES = 0
    """The command is done, or the answer is yes."""
    NO = 1
    """The answer is no, for at least one of several people."""
    USAGE = 2
    """The arguments or the request are invalid."""
    FAILED = 3
    """The command failed, or it is not known whether it succeeded."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        name: The word after `heed`.
        summary: One line for the list of commands.
        details: Explains exit codes, output and limits in the command's own help.
        examples: Valid command lines, for the command's own help.
        add_arguments: Adds the command's arguments to a parser.
        run: Runs the command and returns its exit code.
    """

    name: str
    summary: str
    details: str
    examples: tuple[str, ...]
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], Exit]


@dataclass(frozen=True, slots=True)
class Group:
    """Commands that share their first word, such as `heed keys list` and `heed keys revoke`."""

    name: str
    summary: str
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the list of commands in `heed --help`."""

    title: str
    commands: tuple[Command | Group, ...]
