"""A mistake in a brand, with its file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class BrandFault(Exception):
    """A mistake in the files of a brand. Its text is `file:line: message`."""

    def __init__(self, file: Path, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
