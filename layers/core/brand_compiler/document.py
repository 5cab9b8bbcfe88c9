"""Reads TOML and the line of each key, so that a fault can name the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

if TYPE_CHECKING:
    from pathlib import Path

    from tomlkit.container import Container

    from brand_compiler.fault import Faults

Key = tuple[str | int, ...]


class Document:
    """A TOML file: its data and the line of each key.

    A file that cannot be read has no data and one fault. All other faults would only follow from that one.
    """

    def __init__(self, file: Path, faults: Faults) -> None:
        self.file = file
        self.data: dict[str, Any] = {}
        self._faults = faults
        self._lines: dict[Key, int] = {}
        self._is_readable = False
        self.is_faulty = True
        try:
            document = tomlkit.parse(file.read_text(encoding="utf-8"))
        except OSError as error:
            faults.add(file, 1, error.strerror or "cannot be read")
        except UnicodeDecodeError:
            faults.add(file, 1, "is not UTF-8")
        except TOMLKitError as error:
            faults.add(file, getattr(error, "line", 1), str(error).partition(" at line")[0])
        else:
            self.data = document.unwrap()
            self._find_lines(document, (), 1)
            self._is_readable = True
            self.is_faulty = False

    def add_fault(self, message: str, *key: str | int) -> None:
        """Adds a fault at a key or, if the file does not have the key, at the nearest table around it."""
        self.is_faulty = True
        if self._is_readable:
            self._faults.add(self.file, self.find_line(*key), message)

    def add_warning(self, message: str, *key: str | int) -> None:
        """Adds a warning at a key, likewise."""
        if self._is_readable:
            self._faults.warn(self.file, self.find_line(*key), message)

    def find_line(self, *key: str | int) -> int:
        """Returns the line of a key or, if the file does not have it, of the nearest table around it."""
        while key and key not in self._lines:
            key = key[:-1]
        return self._lines.get(key, 1)

    def _find_lines(self, container: Container, table: Key, line: int) -> int:
        """Stores the line of each key in a table that begins at `line`. Returns the line after the table.

        The keys of `[[topics]]` are ("topics", 0), ("topics", 1) and so on.
        """
        for key, item in container.body:
            path = (*table, *(part.key for part in key)) if key else table
            if isinstance(item, AoT):
                for index, each in enumerate(item.body):
                    line = self._find_table_lines(each, (*path, index), line)
            elif isinstance(item, Table):
                line = self._find_table_lines(item, path, line)
            else:
                line_count = item.as_string().count("\n")
                if key:  # not a comment and not space
                    self._lines.setdefault(path, line)
                    line_count += item.trivia.trail.count("\n")
                line += line_count
        return line

    def _find_table_lines(self, table: Table, path: Key, line: int) -> int:
        if table.is_super_table():  # [a.b] alone has no line [a]
            return self._find_lines(table.value, path, line)
        line += table.trivia.indent.count("\n")
        self._lines.setdefault(path, line)
        return self._find_lines(table.value, path, line + table.trivia.trail.count("\n"))
