"""`heed run`: runs the whole stack on this machine, as `make run` does."""

from __future__ import annotations

import os
from pathlib import Path

import rich_click as click

from heed.entrypoints.cli.command import command
from heed.entrypoints.cli.failure import CommandFailure, Exit, WrongUsage
from heed.entrypoints.cli.options import CommonOptions

_FILES_OF_A_CLONE = ("Makefile", "template.yaml", "local/__main__.py")


@command("run", "heed run", "heed run --port 8001 --aws-port 4567")
@click.option("--port", type=int, metavar="PORT", help="The port of the HTTP API (default: 8000).")
@click.option("--aws-port", type=int, metavar="PORT", help="The port of the emulated AWS (default: 4566).")
@click.pass_obj
def run_stack(common: CommonOptions, port: int | None, aws_port: int | None) -> Exit:
    """Run the whole stack on this machine, until Ctrl-C.

    The same as make run. It works in a clone of the repository only, because it deploys the clone's
    template.yaml and functions. An installed package has neither.
    """
    if common.stack is not None:
        raise WrongUsage("heed run always starts a local stack", "leave out --stack")
    numbers = {"PORT": port, "AWS_PORT": aws_port}
    ports = [f"{name}={number}" for name, number in numbers.items() if number is not None]
    make = ["make", "--no-print-directory", "-C", str(_find_clone()), "run", *ports]
    try:
        os.execvp(make[0], make)  # noqa: S606 - replaces this process, so that signals reach make
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
