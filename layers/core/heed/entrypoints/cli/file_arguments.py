"""Arguments and options of commands that read or save a file of many rows."""

from __future__ import annotations

from pathlib import Path

import rich_click as click


def validate_bulk_file(text: str) -> Path:
    """Returns the path of a file that can be read several times.

    Raises:
        BadParameter: There is no such file, or it is a pipe or a folder.
    """
    path = Path(text)
    if not path.is_file():
        raise click.BadParameter(f"{text!r} is no file; save the output of a program to a file first")
    return path


bulk_file_argument = click.argument("path", type=validate_bulk_file, metavar="FILE", help="The file.")
address_column_option = click.option(
    "--column", metavar="NAME", help="The column with the addresses (default: one with a usual name)."
)
force_option = click.option("--force", is_flag=True, help="Replace a file that exists.")
