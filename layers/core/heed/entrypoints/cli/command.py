"""The classes of all commands: their help, their usage errors, and how they parse options."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any, TextIO

import rich_click as click
from rich_click import (
    RichCommand,
    RichContext,
    RichGroup,
    RichHelpConfiguration,
    RichHelpFormatter,
    RichOptionPanel,
)

from heed.entrypoints.cli.failure import Exit
from heed.entrypoints.cli.output import is_styled

_MAX_WIDTH = 100  # columns; longer lines of a help text are hard to read
_TITLE_STYLE = "bold"


class _HelpFormatter(RichHelpFormatter):
    """Formats text without spaces at the ends of lines, and without several blank lines."""

    def getvalue(self) -> str:
        text = re.sub(" +$", "", super().getvalue(), flags=re.MULTILINE)
        return re.sub("\n{3,}", "\n\n", text)


class _Context(RichContext):
    formatter_class = _HelpFormatter


class HeedCommand(RichCommand):
    """A command with examples in its help.

    Attributes:
        examples: Valid command lines.
    """

    context_class = _Context

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **settings: Any) -> None:  # noqa: ANN401 - as Click has it
        super().__init__(*args, **settings)
        self.examples = examples
        if arguments := [param.name or "" for param in self.params if isinstance(param, click.Argument)]:
            self.add_panel(RichOptionPanel("Arguments", arguments, column_types=["metavar", "help"]))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses the arguments. An option is never the value of the option before it.

        A variable that is empty in a script has no place on the command line. Click would take the next
        option in its place, such as `--json` for a `--reference`. A text that looks like an option can still
        be given: `--reference=--json`.
        """
        options = [param for param in self.params if isinstance(param, click.Option) and not param.is_flag]
        names = {name for option in options for name in option.opts}
        for name, value in pairwise(args):
            if name == "--":  # the rest are arguments
                break
            if name in names and (value.startswith("--") or value in ctx.help_option_names):
                raise click.BadOptionUsage(name, f"Option {name!r} requires an argument.", ctx)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: RichContext, formatter: RichHelpFormatter) -> None:  # type: ignore[override]
        """Adds the examples. A line is never wrapped, so that a person can copy it."""
        if self.examples:
            formatter.write("Examples:", style=_TITLE_STYLE)
            lines = "".join(f"  {example}\n" for example in self.examples)
            formatter.write(lines, soft_wrap=True, markup=False, highlight=False, emoji=False)
        super().format_epilog(ctx, formatter)


class HeedGroup(HeedCommand, RichGroup):  # type: ignore[misc]
    """Commands that share their first word, such as `heed keys list` and `heed keys revoke`.

    The group alone is wrong usage, so that a script whose variable is empty does not end with code 0.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401 - as Click has it
        super().__init__(*args, no_args_is_help=False, **settings)


def command(name: str, *examples: str) -> Callable[[Callable[..., Exit]], HeedCommand]:
    """Makes a command of a function. The docstring of the function is the help text."""
    return click.command(name, cls=HeedCommand, examples=examples)


def make_help_configuration(stream: TextIO) -> RichHelpConfiguration:
    """Returns how a help text or a usage error looks on a stream. The environment cannot change that."""
    styled = is_styled(stream)
    return RichHelpConfiguration(
        theme="slim",
        enable_theme_env_var=False,
        style_helptext="",
        style_options_panel_title_style=_TITLE_STYLE,
        style_commands_panel_title_style=_TITLE_STYLE,
        padding_helptext_first_line=(0, 0, 1, 0),
        text_paragraph_linebreaks="\n\n",
        commands_before_options=True,
        max_width=_MAX_WIDTH,
        force_terminal=styled,
        color_system="auto" if styled else None,
    )


def print_usage_error(error: click.ClickException) -> None:
    """Prints a usage error to standard error: in a box at a terminal, and elsewhere as plain text."""
    if is_styled(sys.stderr):
        formatter = _HelpFormatter(config=make_help_configuration(sys.stderr))
        formatter.write_error(error)
        print(formatter.getvalue(), end="", file=sys.stderr)
    else:
        error.show(sys.stderr)
