"""Reads one table of a TOML document, key by key, and checks the type of each value."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from brand_compiler.document import Document, Key

MAX_CHARACTERS = 1_000
"""The most characters of one text: a page with many topics and descriptions must fit into one response."""


class TomlReader:
    """A table of a document. Read all known keys first; then `check_all_read` refuses the other ones.

    A value that is missing or wrong adds a fault and reads as an empty one, so that a build finds all faults.
    """

    def __init__(self, document: Document, *key: str | int) -> None:
        self.document = document
        self.key: Key = key
        data: Any = document.data
        for part in key:
            data = data[part]
        self._data: dict[str, Any] = data
        self._read_keys: set[str] = set()

    def add_fault(self, message: str, *key: str | int) -> None:
        """Adds a fault at a key of this table."""
        self.document.add_fault(message, *self.key, *key)

    def has(self, name: str) -> bool:
        """Returns whether the table has the key."""
        return name in self._data

    def text(self, name: str, max_length: int = MAX_CHARACTERS) -> str:
        """Returns a text that is neither blank nor longer than `max_length` characters."""
        value = self._value(name, str, "a text")
        if value is None:
            return ""
        if not value.strip():
            self.add_fault(f"`{name}` is empty", name)
            return ""
        if len(value) > max_length:
            self.add_fault(
                f"`{name}` has {len(value):,} characters: at most {max_length:,} are allowed", name
            )
            return ""
        return str(value)

    def number(self, name: str) -> int:
        """Returns a whole number from 1 to 65535, because a link stores it in two bytes."""
        value = self._value(name, int, "a whole number")
        if value is None:
            return 0
        if isinstance(value, bool) or not 1 <= value <= 65_535:
            self.add_fault(f"`{name}` must be a number from 1 to 65535", name)
            return 0
        return int(value)

    def flag(self, name: str) -> bool:
        """Returns true or false. A missing key is false."""
        return bool(self.has(name) and self._value(name, bool, "true or false"))

    def day(self, name: str) -> str:
        """Returns a date as text."""
        return str(self._value(name, dt.date, "a date such as 2026-07-01") or "")

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """Returns a text that is one of the allowed values."""
        value = self.text(name)
        if value and value not in allowed:
            self.add_fault(f"`{name}` must be one of {', '.join(allowed)}", name)
            return ""
        return value

    def texts(self, name: str) -> list[str]:
        """Returns a list of texts that is not empty."""
        value = self._value(name, list, "a list of texts")
        if value is None:
            return []
        if not value or not all(isinstance(item, str) and item.strip() for item in value):
            self.add_fault(f"`{name}` must be a list of texts", name)
            return []
        return list(value)

    def table(self, name: str) -> TomlReader | None:
        """Returns a reader of the table at a key."""
        if self._value(name, dict, "a table") is None:
            return None
        return TomlReader(self.document, *self.key, name)

    def tables(self, name: str, max_count: int) -> Iterator[TomlReader]:
        """Yields a reader of each `[[name]]`: at least one, at most `max_count`."""
        items = self._value(name, list, f"tables [[{name}]]")
        if items is None:
            return
        if not items or not all(isinstance(item, dict) for item in items):
            self.add_fault(f"at least one [[{name}]] is required", name)
            return
        if len(items) > max_count:
            message = f"{len(items):,} [[{name}]]: at most {max_count:,} are allowed"
            self.add_fault(message, name, max_count)
        for index in range(min(len(items), max_count)):
            yield TomlReader(self.document, *self.key, name, index)

    def by_language(
        self, name: str, languages: Collection[str], max_length: int = MAX_CHARACTERS
    ) -> dict[str, str]:
        """Returns a text of at most `max_length` characters for each language of the brand."""
        table = self.table(name)
        if table is None:
            return {}
        found = table.check_languages(languages)
        return {language: table.text(language, max_length) for language in found}

    def check_languages(self, languages: Collection[str]) -> list[str]:
        """Checks that the table has exactly one key for each language. Returns those that it has."""
        for language in languages:
            if not self.has(language):
                self.add_fault(f"language `{language}` is missing in `{self.key[-1]}`")
        for language in self._data:
            if language not in languages:
                self.add_fault(f"there is no locales/{language}.toml", language)
        return [language for language in languages if self.has(language)]

    def check_all_read(self) -> None:
        """Refuses each key that was not read. It is usually a typing mistake."""
        for name in self._data:
            if name not in self._read_keys:
                self.add_fault(f"unknown key `{name}`", name)

    def _value(self, name: str, kind: type, kind_name: str) -> Any:  # noqa: ANN401 - any TOML value
        """Returns a value, or None after a fault."""
        self._read_keys.add(name)
        if name not in self._data:
            self.add_fault(f"`{name}` is missing")
        elif not isinstance(self._data[name], kind):
            self.add_fault(f"`{name}` must be {kind_name}", name)
        else:
            return self._data[name]
        return None
