"""The entry point of `heed`: runs a command and prints each failure in words for a person."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from types import TracebackType

from heed.domain.errors import DependencyUnavailable
from heed.entrypoints.cli.failure import (
    ApiRefused,
    CommandFailure,
    Exit,
    explain_aws_failure,
    explain_missing_module,
)

_OPTIONAL = {"botocore", "click", "cryptography", "dns", "mcp", "rich", "rich_click"}
"""Packages of the extras."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code. Without arguments it prints the help."""
    sys.excepthook = _print_crash
    if isinstance(sys.stdout, io.TextIOWrapper):
        # The encoding of the locale can lack a character of an address.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        from heed.entrypoints.cli.commands import run_command

        exit_code = run_command(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except (CommandFailure, ApiRefused) as error:
        return _print_failure(str(error), error.exit)
    except DependencyUnavailable as error:
        return _print_failure(str(explain_aws_failure(error)), Exit.FAILED)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _OPTIONAL:
            raise
        return _print_failure(str(explain_missing_module(missing)), Exit.FAILED)
    except BrokenPipeError:
        _end_output()  # the reader of the pipe has ended
        return int(Exit.FAILED)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _end_output()
        return _print_failure("cannot write the output: no space left on device", Exit.FAILED)
    except KeyboardInterrupt:
        return _print_failure("interrupted", Exit.FAILED)
    return exit_code


def _print_crash(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Prints the traceback of a bug. Python alone would then end with the code of a "no"."""
    sys.__excepthook__(kind, error, traceback)
    _end_output()
    sys.exit(Exit.FAILED)


def _end_output() -> None:
    """Writes the rest of the output. If that fails, the interpreter must not try again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_failure(text: str, exit_code: Exit) -> int:
    sys.stdout.flush()
    print(f"heed: {text}", file=sys.stderr)
    return int(exit_code)
