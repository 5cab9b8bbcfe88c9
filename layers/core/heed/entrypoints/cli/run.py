"""`heed run`: runs the whole stack on this machine, as `make run` does."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.failure import CommandFailure, WrongUsage

_FILES_OF_A_CLONE = ("Makefile", "template.yaml", "local/__main__.py")


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--port", type=int, help="of the HTTP API (default: 8000)")
    parser.add_argument("--aws-port", type=int, help="of the emulated AWS (default: 4566)")


def _run(args: Namespace) -> Exit:
    if args.stack is not None:
        raise WrongUsage("heed run always starts a local stack", "leave out --stack")
    numbers = {"PORT": args.port, "AWS_PORT": args.aws_port}
    ports = [f"{name}={port}" for name, port in numbers.items() if port is not None]
    command = ["make", "--no-print-directory", "-C", str(_find_clone()), "run", *ports]
    try:
        os.execvp(command[0], command)  # noqa: S606 - replaces this process, so that signals reach make
    except OSError as error:
        raise CommandFailure(
            "the command `make` is not installed", "install it from your system's packages"
        ) from error


def _find_clone() -> Path:
    for folder in (Path.cwd(), *Path.cwd().parents):
        if all((folder / name).is_file() for name in _FILES_OF_A_CLONE):
            return folder
    raise CommandFailure(
        "this folder is not in a clone of Heed's repository", "clone the repository and run heed run there"
    )


RUN_COMMAND = Command(
    name="run",
    summary="run the whole stack on this machine, until Ctrl-C",
    details="The same as make run. It works in a clone of the repository only, because it deploys the "
    "clone's template.yaml and functions. An installed package has neither.",
    examples=("heed run", "heed run --port 8001 --aws-port 4567"),
    add_arguments=_add_arguments,
    run=_run,
)
