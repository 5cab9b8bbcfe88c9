"""The mistakes of a brand, each with its file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class BrandFault(Exception):
    """The brand has mistakes. The text is one line for each: `file:line: message`."""


class Faults:
    """Collects all mistakes of a brand, so that one build reports them together.

    Attributes:
        warnings: What the build reports too, although the brand may be so.
    """

    def __init__(self) -> None:
        self._pages: dict[tuple[Path, int, str], str] = {}
        self.warnings: list[str] = []

    def add(self, file: Path, line: int, message: str, page: str = "") -> None:
        """Adds a mistake, once. If pages share the file, `page` is the first of them that has the mistake."""
        self._pages.setdefault((file, line, message), page)

    def warn(self, file: Path, line: int, message: str) -> None:
        """Adds a warning, once. It does not end the build."""
        warning = f"{file}:{line}: warning: {message}"
        if warning not in self.warnings:
            self.warnings.append(warning)

    @property
    def is_empty(self) -> bool:
        """Whether there is no mistake so far."""
        return not self._pages

    def check_none(self) -> None:
        """Ends the build if there is a mistake.

        Raises:
            BrandFault: There is one.
        """
        if self._pages:
            raise BrandFault("\n".join(_format(*fault, self._pages[fault]) for fault in sorted(self._pages)))


def _format(file: Path, line: int, message: str, page: str) -> str:
    return f"{file}:{line}: {message}{f' (in {page})' if page else ''}"
