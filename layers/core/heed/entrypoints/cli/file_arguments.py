"""Arguments and options of commands that read or save a file of many rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import rich_click as click

from heed.entrypoints.cli.failure import WrongUsage


def open_bulk_file(path: Path) -> IO[bytes]:
    """Returns a file that can be read several times.

    Raises:
        WrongUsage: There is no such file, it is a pipe, or it must not be read.
    """
    if not path.is_file():
        raise WrongUsage(f"{path} is no file", "save what a program prints to a file first")
    try:
        return path.open("rb")
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read", "check its permissions") from error


bulk_file_argument = click.argument("path", type=click.Path(path_type=Path), metavar="FILE", help="The file.")
address_column_option = click.option(
    "--column", metavar="NAME", help="The column with the addresses (default: one with a usual name)."
)


def output_option(text: str, *, required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Returns the option `-o` of a command that saves a file. The command gets it as `out`."""
    path = click.Path(dir_okay=False, path_type=Path)
    return click.option("-o", "--output", "out", type=path, required=required, metavar="OUT", help=text)


force_option = click.option("--force", is_flag=True, help="Replace a file that exists.")
