"""Reads one table of a document key by key: every key known, every value of its type."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from brand_compiler.document import Document, Key
    from brand_compiler.fault import BrandFault

MAX_CHARACTERS = 1_000
"""Characters of one text: a page of many topics, each with its description, must fit into one answer."""


class TomlReader:
    """A table of a document. `end` complains of keys that nobody asked for."""

    def __init__(self, document: Document, *key: str | int) -> None:
        self.document = document
        self.key: Key = key
        data: Any = document.data
        for part in key:
            data = data[part]
        self._data: dict[str, Any] = data
        self._asked: set[str] = set()

    def fault(self, message: str, *key: str | int) -> BrandFault:
        """A fault at a key of this table."""
        return self.document.fault(message, *self.key, *key)

    def has(self, name: str) -> bool:
        """Whether the key is there."""
        return name in self._data

    def text(self, name: str, most: int = MAX_CHARACTERS) -> str:
        """A text that is not empty, of at most so many characters."""
        value = self._value(name, str, "a text")
        if not value.strip():
            raise self.fault(f"`{name}` is empty", name)
        if len(value) > most:
            raise self.fault(f"`{name}` has {len(value):,} characters: {most:,} at most", name)
        return str(value)

    def number(self, name: str) -> int:
        """A whole number from 1 to 65535: the two bytes that a link has for it."""
        value = self._value(name, int, "a whole number")
        if isinstance(value, bool) or not 1 <= value <= 65_535:
            raise self.fault(f"`{name}` must be a number from 1 to 65535", name)
        return int(value)

    def flag(self, name: str) -> bool:
        """True or false; false where it is not given."""
        return bool(self.has(name) and self._value(name, bool, "true or false"))

    def day(self, name: str) -> str:
        """A date, as text."""
        return str(self._value(name, dt.date, "a date such as 2026-07-01"))

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """One of a few words."""
        value = self.text(name)
        if value not in allowed:
            raise self.fault(f"`{name}` is one of {', '.join(allowed)}", name)
        return value

    def texts(self, name: str) -> list[str]:
        """A list of texts, at least one."""
        value = self._value(name, list, "a list of texts")
        if not value or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.fault(f"`{name}` must be a list of texts", name)
        return list(value)

    def table(self, name: str) -> TomlReader:
        """The table under a key."""
        self._value(name, dict, "a table")
        return TomlReader(self.document, *self.key, name)

    def tables(self, name: str, most: int) -> Iterator[TomlReader]:
        """Each table of a `[[name]]`; at least one, and at most so many."""
        items = self._value(name, list, f"tables [[{name}]]")
        if not items or not all(isinstance(item, dict) for item in items):
            raise self.fault(f"at least one [[{name}]]", name)
        if len(items) > most:
            raise self.fault(f"{len(items):,} [[{name}]]: {most:,} at most", name, most)
        for index in range(len(items)):
            yield TomlReader(self.document, *self.key, name, index)

    def by_language(
        self, name: str, languages: Collection[str], most: int = MAX_CHARACTERS
    ) -> dict[str, str]:
        """One text for each language of the brand, each of at most so many characters."""
        table = self.table(name)
        table.languages(languages)
        return {language: table.text(language, most) for language in languages}

    def languages(self, languages: Collection[str]) -> None:
        """Holds this table to one key for each language of the brand."""
        for language in languages:
            if not self.has(language):
                raise self.fault(f"language `{language}` is missing in `{self.key[-1]}`")
        for language in self._data:
            if language not in languages:
                raise self.fault(f"there is no locales/{language}.toml", language)

    def end(self) -> None:
        """Complains of a key that was never asked for: most often a typing mistake."""
        for name in self._data:
            if name not in self._asked:
                raise self.fault(f"unknown key `{name}`", name)

    def _value(self, name: str, kind: type, words: str) -> Any:  # noqa: ANN401 - TOML's
        self._asked.add(name)
        if name not in self._data:
            raise self.fault(f"`{name}` is missing")
        if not isinstance(self._data[name], kind):
            raise self.fault(f"`{name}` must be {words}", name)
        return self._data[name]
