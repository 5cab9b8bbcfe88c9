"""`heed run`: the whole stack on this machine, as `make run` does."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from heed.entrypoints.cli.command import Command, Exit
from heed.entrypoints.cli.failure import CommandFailure, WrongUsage

_OF_A_CLONE = ("Makefile", "template.yaml", "local/__main__.py")


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--port", type=int, help="of the HTTP API (default: 8000)")
    parser.add_argument("--aws-port", type=int, help="of the emulated AWS (default: 4566)")


def _run(args: Namespace) -> Exit:
    if args.stack is not None:
        raise WrongUsage("a deployed stack runs by itself", "leave out --stack")
    asked = {"PORT": args.port, "AWS_PORT": args.aws_port}
    ports = [f"{name}={port}" for name, port in asked.items() if port is not None]
    command = ["make", "--no-print-directory", "-C", str(_clone()), "run", *ports]
    try:
        os.execvp(command[0], command)  # noqa: S606 - becomes it, so that signals reach it
    except OSError as error:
        raise CommandFailure("there is no make", "install it from your system's packages") from error


def _clone() -> Path:
    here = Path.cwd()
    for folder in (here, *here.parents):
        if all((folder / name).is_file() for name in _OF_A_CLONE):
            return folder
    raise CommandFailure(
        "heed run works in a clone of Heed's repository only, and this is none",
        "clone it and go there",
    )


RUN_COMMAND = Command(
    name="run",
    summary="the whole stack on this machine, until Ctrl-C",
    details="The same as make run, in a clone of the repository only: it serves template.yaml and the "
    "functions that stand there. An installed package has neither.",
    examples=("heed run", "heed run --port 8001 --aws-port 4567"),
    arguments=_arguments,
    run=_run,
)
