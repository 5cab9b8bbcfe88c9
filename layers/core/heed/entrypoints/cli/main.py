"""The entry point: arguments in, exit code out, and every failure as words for a person."""

from __future__ import annotations

import io
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from heed.domain.errors import DependencyUnavailable
from heed.entrypoints.cli import options
from heed.entrypoints.cli.command import Command, Exit, Group
from heed.entrypoints.cli.commands import COMMANDS
from heed.entrypoints.cli.failure import (
    ApiRefused,
    CommandFailure,
    aws_failure,
    missing_module_failure,
)

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_ABOUT = "E-mail preferences and unsubscribe, from the command line."
_MORE = """exit codes: 0 done, or yes; 1 the answer is no; 2 wrong usage; 3 failed

Speaks to the local stack that runs (.local/stack.json, here or in a folder above), or with --stack
NAME to a deployed one: AWS credentials and region as for every AWS tool, the API key in HEED_API_KEY."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # an address in a narrow locale
    args = make_parser().parse_args(arguments)
    try:
        ending = args.run(args)
        sys.stdout.flush()
    except (CommandFailure, ApiRefused) as error:
        return _failed(str(error), error.exit)
    except DependencyUnavailable as error:
        return _failed(str(aws_failure(error)), Exit.FAILED)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing != "botocore":
            raise
        return _failed(str(missing_module_failure(missing)), Exit.FAILED)
    except BrokenPipeError:
        # Whoever read has gone: say nothing more, at the interpreter's end neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.FAILED)
    except KeyboardInterrupt:
        return _failed("interrupted", Exit.FAILED)
    return int(ending)


def make_parser() -> ArgumentParser:
    """The parser of everything after `heed`."""
    from argparse import RawDescriptionHelpFormatter

    whole = ArgumentParser(
        prog="heed",
        description=_ABOUT,
        epilog=_MORE,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    options.add_common_options(whole)
    whole.set_defaults(stack=None, json=False)
    _add(whole.add_subparsers(metavar="COMMAND", required=True, title="commands"), COMMANDS)
    return whole


def _add(to: _SubParsersAction[ArgumentParser], commands: Iterable[Command | Group]) -> None:
    for command in commands:
        own = to.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary[0].upper()}{command.summary[1:]}.",
            allow_abbrev=False,
        )
        if isinstance(command, Group):
            _add(own.add_subparsers(metavar="COMMAND", required=True), command.commands)
        else:
            own.epilog = command.details
            own.set_defaults(run=command.run)
            command.arguments(own)


def _failed(words: str, ending: Exit) -> int:
    sys.stdout.flush()
    print(f"heed: {words}", file=sys.stderr)
    return int(ending)
