"""The entry point: arguments in, exit code out, and every failure as words for a person."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from heed.domain.errors import DependencyUnavailable
from heed.entrypoints.cli.command import Exit
from heed.entrypoints.cli.failure import (
    ApiRefused,
    CommandFailure,
    aws_failure,
    missing_module_failure,
)
from heed.entrypoints.cli.parser import make_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # an address in a narrow locale
    if not (sys.argv[1:] if arguments is None else arguments):
        make_parser().print_help()
        return int(Exit.YES)
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


def _failed(words: str, ending: Exit) -> int:
    sys.stdout.flush()
    print(f"heed: {words}", file=sys.stderr)
    return int(ending)
