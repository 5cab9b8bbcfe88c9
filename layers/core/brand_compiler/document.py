"""TOML together with the line of every key, so that a fault can name it."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from brand_compiler.fault import BrandFault

if TYPE_CHECKING:
    from pathlib import Path

Key = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]")
_KEY = re.compile(r"\s*([\w.-]+)\s*=")
_SYNTAX = re.compile(r"(?P<what>.*) \(at (line (?P<line>\d+), column \d+|end of document)\)")


class Document:
    """A TOML file: its data, and where each key stands."""

    def __init__(self, file: Path) -> None:
        """Reads the file.

        Raises:
            Fault: it is missing or is no TOML.
        """
        self.file = file
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            raise BrandFault(file, 1, error.strerror or "cannot be read") from None
        except UnicodeDecodeError:
            raise BrandFault(file, 1, "is not UTF-8") from None
        try:
            self.data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = _SYNTAX.fullmatch(str(error))
            line = int((found and found["line"]) or text.count("\n") + 1)
            raise BrandFault(file, line, found["what"] if found else str(error)) from None
        self._lines = _lines(text)

    def fault(self, message: str, *key: str | int) -> BrandFault:
        """A fault at a key, or at the nearest table around it that stands in the file."""
        while key and key not in self._lines:
            key = key[:-1]
        return BrandFault(self.file, self._lines.get(key, 1), message)


def _lines(text: str) -> dict[Key, int]:
    """Where each key stands; `[[topics]]` counts as ("topics", 0), ("topics", 1)."""
    lines: dict[Key, int] = {}
    counts: dict[str, int] = {}
    table: Key = ()
    inside = False  # a text of several lines
    for number, line in enumerate(text.splitlines(), start=1):
        if not inside and (header := _HEADER.match(line)):
            name = header[2]
            if header[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
            first, *rest = name.split(".")
            table = (first, counts[first], *rest) if first in counts else (first, *rest)
            lines.setdefault(table, number)
        elif not inside and (key := _KEY.match(line)):
            lines.setdefault((*table, *key[1].split(".")), number)
        if line.count('"""') % 2:
            inside = not inside
    return lines
