"""Builds the argument parser of `heed`: its options, its commands and their help texts."""

from __future__ import annotations

from argparse import SUPPRESS, Action, ArgumentError, ArgumentParser, HelpFormatter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from heed.entrypoints.cli import options
from heed.entrypoints.cli.command import Command, Group
from heed.entrypoints.cli.commands import SECTIONS

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_ABOUT = "E-mail preferences and unsubscribe, from the command line."
_EXIT_CODES = "exit codes: 0 done, or yes; 1 the answer is no; 2 wrong usage; 3 failed"
_STACKS = (
    "A command talks to the local stack that runs here (.local/stack.json in this folder or one above). "
    "With --stack NAME it talks to a deployed stack, with the AWS credentials and the region of this shell "
    "and with the API key in HEED_API_KEY. At a terminal it says which stack it talks to."
)


def make_parser() -> ArgumentParser:
    """Returns the parser of all arguments after `heed`."""
    parser = _Parser(
        prog="heed",
        usage="heed [-h] [--version] [--stack NAME] [--json] COMMAND ...",
        description=f"{_ABOUT}\n\n{_list_commands()}",
        epilog=f"{_EXIT_CODES}\n\n{_STACKS}",
        formatter_class=_HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_PrintVersion, nargs=0, help="show the version and exit")
    options.add_common_options(parser)
    parser.set_defaults(stack=None, json=False)
    commands = parser.add_subparsers(prog="heed", metavar="COMMAND", required=True, help=SUPPRESS)
    for section in SECTIONS:
        _add_commands(commands, section.commands)
    return parser


def _list_commands() -> str:
    """Returns the name and the summary of each command, by section."""
    width = max(len(command.name) for section in SECTIONS for command in section.commands)
    return "\n\n".join(
        "\n".join(
            (
                f"{section.title}:",
                *(f"  {command.name.ljust(width)}  {command.summary}" for command in section.commands),
            )
        )
        for section in SECTIONS
    )


def _add_commands(parsers: _SubParsersAction[_Parser], commands: Iterable[Command | Group]) -> None:
    for command in commands:
        parser = parsers.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            formatter_class=_HelpFormatter,
            allow_abbrev=False,
        )
        if isinstance(command, Group):
            _add_commands(parser.add_subparsers(metavar="COMMAND", required=True), command.commands)
        else:
            examples = "\n".join(("examples:", *(f"  {example}" for example in command.examples)))
            parser.epilog = f"{command.details}\n\n{examples}"
            parser.set_defaults(run=command.run)
            command.add_arguments(parser)


class _Parser(ArgumentParser):
    """A parser that answers a mistyped choice with the nearest one."""

    def _check_value(self, action: Action, value: Any) -> None:  # noqa: ANN401 - as argparse has it
        choices = [str(choice) for choice in action.choices or ()]
        if choices and value not in choices:
            hint = options.suggest(str(value), choices)
            raise ArgumentError(action, f"invalid choice: {value!r}{hint} (choose from {', '.join(choices)})")


class _HelpFormatter(HelpFormatter):
    """Wraps each paragraph by itself. A paragraph of several lines, such as a list, stays as it is."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        wrap = super()._fill_text
        paragraphs = text.split("\n\n")
        return "\n\n".join(part if "\n" in part else wrap(part, width, indent) for part in paragraphs)


class _PrintVersion(Action):
    """Prints the version of the installed package. The import is slow, so it happens only here."""

    def __call__(self, parser: ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"heed {version('heed')}")
        parser.exit()
