"""What a command is, and how commands end."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """The exit codes, all of them."""

    YES = 0
    """Done; or the answer is yes."""
    NO = 1
    """The answer is no, for one of several at least."""
    USAGE = 2
    """What was asked cannot be meant so."""
    FAILED = 3
    """It could not be done, or is not known to be."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        name: the word after `heed`.
        summary: a line for the list of commands.
        details: what one has to know besides the arguments, for the command's own help.
        examples: command lines that work, for the command's own help.
        arguments: adds its arguments to a parser.
        run: does it, and says how it ended.
    """

    name: str
    summary: str
    details: str
    examples: tuple[str, ...]
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], Exit]


@dataclass(frozen=True, slots=True)
class Group:
    """Commands that share their first word."""

    name: str
    summary: str
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Commands that stand together in the list of commands."""

    title: str
    commands: tuple[Command | Group, ...]
