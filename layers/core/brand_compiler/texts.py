"""Reads the locales, and checks that all languages have the same texts and placeholders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from brand_compiler.document import Document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from brand_compiler.fault import BrandFault

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_DATE_PLACEHOLDERS = {"date": {"day", "month", "number", "year"}, "time": {"date", "hour", "minute"}}


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a locale and its position."""

    value: str
    document: Document
    section: str
    name: str

    def fault(self, message: str) -> BrandFault:
        """Returns a fault in this text."""
        return self.document.fault(f"`{self.section}.{self.name}`: {message}", self.section, self.name)


@dataclass(frozen=True, slots=True)
class Locale:
    """All texts of one language by `section.name`, and the names of its months."""

    language: str
    texts: Mapping[str, Text]
    months: list[str]


def read_locales(folder: Path) -> dict[str, Locale]:
    """Returns the locales of a folder by language code: `de.toml` is `de`."""
    return {file.stem: _read_locale(file) for file in sorted(folder.glob("*.toml"))}


def check_locales(locales: Mapping[str, Locale], reference: str) -> None:
    """Compares each language with the reference language.

    Raises:
        BrandFault: A text is missing, unknown, or has other placeholders than in the reference language.
    """
    expected = locales[reference].texts
    for locale in locales.values():
        for key, text in expected.items():
            if key not in locale.texts:
                document = next(iter(locale.texts.values())).document
                raise document.fault(f"`{key}` is missing", text.section)
        for key, text in locale.texts.items():
            if key not in expected:
                raise text.fault(f"unknown key; {reference}.toml does not have it")
            names, expected_names = _placeholders(text), _placeholders(expected[key])
            for name in sorted(names - expected_names):
                raise text.fault(f"unknown placeholder {{{name}}}")
            for name in sorted(expected_names - names):
                raise text.fault(f"placeholder {{{name}}} is missing")


def _placeholders(text: Text) -> set[str]:
    if "{" in (rest := PLACEHOLDER.sub("", text.value)) or "}" in rest:
        raise text.fault("a brace has no partner")
    return set(PLACEHOLDER.findall(text.value))


def _read_locale(file: Path) -> Locale:
    document = Document(file)
    texts: dict[str, Text] = {}
    months: list[str] = []
    for section, table in document.data.items():
        if not isinstance(table, dict):
            raise document.fault(f"`{section}` is outside a [section]", section)
        for name, value in table.items():
            if (section, name) == ("dates", "months"):
                months = value
                continue
            if not isinstance(value, str) or not value.strip():
                raise document.fault(f"`{section}.{name}` must be a text", section, name)
            texts[f"{section}.{name}"] = Text(value, document, section, name)
    _check_dates(document, texts, months)
    return Locale(file.stem, texts, months)


def _check_dates(document: Document, texts: Mapping[str, Text], months: list[str]) -> None:
    if not isinstance(months, list) or len(months) != 12:
        raise document.fault("`dates.months` must be a list of twelve texts", "dates", "months")
    for name, allowed in _DATE_PLACEHOLDERS.items():
        if (text := texts.get(f"dates.{name}")) is None:
            raise document.fault(f"`dates.{name}` is missing", "dates")
        for placeholder in sorted(_placeholders(text) - allowed):
            raise text.fault(f"unknown placeholder {{{placeholder}}}")
