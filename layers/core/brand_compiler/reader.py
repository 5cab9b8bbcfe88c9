"""Reads one table of a TOML document, key by key, and checks the type of each value."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, TypeVar

from heed.entrypoints.http.language import find_base_language

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from brand_compiler.document import Document, Key

_T = TypeVar("_T")
_ANY_TEXT = re.compile(r"(?s).*\S.*")

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

    @property
    def names(self) -> list[str]:
        """The keys of the table."""
        return list(self._data)

    def add_fault(self, message: str, *key: str | int) -> None:
        """Adds a fault at a key of this table."""
        self.document.add_fault(message, *self.key, *key)

    def has(self, name: str) -> bool:
        """Returns whether the table has the key."""
        return name in self._data

    def text(
        self,
        name: str,
        max_length: int = MAX_CHARACTERS,
        pattern: re.Pattern[str] = _ANY_TEXT,
        wrong: str = "is empty",
    ) -> str:
        """Returns a text that has the pattern. `wrong` is the fault of a text that has not."""

        def find_fault(value: str) -> str:
            if len(value) > max_length:
                return f"has {len(value):,} characters: at most {max_length:,} are allowed"
            return "" if pattern.fullmatch(value) else wrong

        return str(self._value(name, str, "a text", "", find_fault))

    def number(self, name: str) -> int:
        """Returns a whole number from 1 to 65535, because a link stores it in two bytes."""
        wrong = "must be a number from 1 to 65535"

        def find_fault(value: int) -> str:
            return "" if value is not True and 1 <= value <= 65_535 else wrong

        return int(self._value(name, int, "a whole number", 0, find_fault))

    def flag(self, name: str) -> bool:
        """Returns true or false. A missing key is false."""
        return self.has(name) and bool(self._value(name, bool, "true or false", empty=False))

    def day(self, name: str) -> str:
        """Returns a date as text."""
        return str(self._value(name, dt.date, "a date such as 2026-07-01", ""))

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """Returns a text that is one of the allowed values."""
        wrong = f"must be one of {', '.join(allowed)}"
        return str(self._value(name, str, "a text", "", lambda value: "" if value in allowed else wrong))

    def texts(self, name: str) -> list[str]:
        """Returns a list of texts that is not empty."""

        def find_fault(value: list[Any]) -> str:
            is_valid = value and all(isinstance(item, str) and item.strip() for item in value)
            return "" if is_valid else "must be a list of texts"

        return list(self._value(name, list, "a list of texts", [], find_fault))

    def table(self, name: str) -> TomlReader | None:
        """Returns a reader of the table at a key."""
        has_table = self._value(name, dict, "a table", None) is not None
        return TomlReader(self.document, *self.key, name) if has_table else None

    def tables(self, name: str, max_count: int) -> list[TomlReader]:
        """Returns a reader of each `[[name]]`: at least one, at most `max_count`."""

        def find_fault(items: list[Any]) -> str:
            is_valid = items and all(isinstance(item, dict) for item in items)
            return "" if is_valid else f"needs at least one [[{name}]]"

        items = self._value(name, list, f"tables [[{name}]]", [], find_fault)
        if len(items) > max_count:
            message = f"{len(items):,} [[{name}]]: at most {max_count:,} are allowed"
            self.add_fault(message, name, max_count)
        return [TomlReader(self.document, *self.key, name, index) for index in range(len(items))]

    def by_language(
        self,
        name: str,
        languages: Collection[str],
        read: Callable[[TomlReader, str], _T],
        default: str | None = None,
    ) -> dict[str, _T]:
        """Returns what `read` reads for each language of the brand.

        A region falls back to its language, and each language to `default`. Without `default`, a missing
        language is a fault.
        """
        table = self.table(name)
        if table is None:
            return {}
        values: dict[str, _T] = {}
        for language in sorted(languages):
            base = find_base_language(language, languages)
            codes = (each for each in (language, base, default) if each and table.has(each))
            code = next(codes, None)
            if code:
                values[language] = read(table, code)
            elif base is None and default is None:
                table.add_fault(f"language `{language}` is missing in `{name}`")
        table.check_languages(languages)
        return values

    def check_languages(self, languages: Collection[str]) -> None:
        """Refuses each key that is not a language of the brand."""
        for language in self._data:
            if language not in languages:
                self.add_fault(f"`{language}` is not in `languages`", language)

    def check_all_read(self) -> None:
        """Refuses each key that was not read. It is usually a typing mistake."""
        for name in self._data:
            if name not in self._read_keys:
                self.add_fault(f"unknown key `{name}`", name)

    def _value(
        self,
        name: str,
        kind: type,
        kind_name: str,
        empty: object,
        find_fault: Callable[[Any], str] = lambda _: "",
    ) -> Any:  # noqa: ANN401 - any TOML value
        """Returns a value or, after a fault, `empty`. `find_fault` returns what is wrong with it, or ""."""
        self._read_keys.add(name)
        if name not in self._data:
            self.add_fault(f"`{name}` is missing")
            return empty
        value = self._data[name]
        fault = find_fault(value) if isinstance(value, kind) else f"must be {kind_name}"
        if fault:
            self.add_fault(f"`{name}` {fault}", name)
        return empty if fault else value
