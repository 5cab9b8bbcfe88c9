"""Finds the files of a brand in its folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    Folders = Sequence[Path]
    """The folders of a brand: the project's and, after it, the adopter's, which has only what differs."""


def find_file(folders: Folders, name: str) -> Path:
    """Returns a file of the brand: that of the last folder that has it, or else where it is missing."""
    files = [folder / name for folder in reversed(folders)]
    return next((file for file in files if file.is_file()), files[-1])
