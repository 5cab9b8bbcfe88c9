"""Reads TOML and the line of each key, so that a fault can name the line."""

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
_SYNTAX = re.compile(r"(?P<message>.*) \(at (line (?P<line>\d+), column \d+|end of document)\)")


class Document:
    """A TOML file: its data and the line of each key."""

    def __init__(self, file: Path) -> None:
        """Reads the file.

        Raises:
            BrandFault: The file is missing or is not TOML.
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
            match = _SYNTAX.fullmatch(str(error))
            line = int((match and match["line"]) or text.count("\n") + 1)
            raise BrandFault(file, line, match["message"] if match else str(error)) from None
        self._lines = _find_lines(text)

    def fault(self, message: str, *key: str | int) -> BrandFault:
        """Returns a fault at a key or, if the file does not have the key, at the nearest table around it."""
        while key and key not in self._lines:
            key = key[:-1]
        return BrandFault(self.file, self._lines.get(key, 1), message)


def _find_lines(text: str) -> dict[Key, int]:
    """Returns the line of each key. The keys of `[[topics]]` are ("topics", 0), ("topics", 1) and so on."""
    lines: dict[Key, int] = {}
    counts: dict[str, int] = {}
    table: Key = ()
    in_text = False  # of several lines
    for number, line in enumerate(text.splitlines(), start=1):
        if not in_text and (header := _HEADER.match(line)):
            name = header[2]
            if header[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
            first, *rest = name.split(".")
            table = (first, counts[first], *rest) if first in counts else (first, *rest)
            lines.setdefault(table, number)
        elif not in_text and (key := _KEY.match(line)):
            lines.setdefault((*table, *key[1].split(".")), number)
        if line.count('"""') % 2:
            in_text = not in_text
    return lines
