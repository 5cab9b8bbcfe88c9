"""The locales: every language has every text, with the same placeholders."""

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
_DATES = {"date": {"day", "month", "number", "year"}, "time": {"date", "hour", "minute"}}


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a locale, and where it stands."""

    value: str
    document: Document
    section: str
    name: str

    def fault(self, message: str) -> BrandFault:
        """A fault in this text."""
        return self.document.fault(f"`{self.section}.{self.name}`: {message}", self.section, self.name)


@dataclass(frozen=True, slots=True)
class Locale:
    """All texts of one language, by `section.name`, and how it writes dates."""

    language: str
    texts: Mapping[str, Text]
    months: list[str]


def read_locales(folder: Path) -> dict[str, Locale]:
    """Each language of the folder, by its code: `de.toml` is `de`."""
    return {file.stem: _read(file) for file in sorted(folder.glob("*.toml"))}


def check_locales(locales: Mapping[str, Locale], reference: str) -> None:
    """Holds every language to the reference: same keys, same placeholders.

    Raises:
        Fault: at the text that is missing, unknown, or differs in its placeholders.
    """
    wanted = locales[reference].texts
    for locale in locales.values():
        for key, text in wanted.items():
            if key not in locale.texts:
                other = next(iter(locale.texts.values())).document
                raise other.fault(f"`{key}` is missing", text.section)
        for key, text in locale.texts.items():
            if key not in wanted:
                raise text.fault(f"unknown key; {reference}.toml has none of that name")
            ours, theirs = _placeholders(text), _placeholders(wanted[key])
            for name in sorted(ours - theirs):
                raise text.fault(f"unknown placeholder {{{name}}}")
            for name in sorted(theirs - ours):
                raise text.fault(f"placeholder {{{name}}} is missing")


def _placeholders(text: Text) -> set[str]:
    if "{" in (rest := PLACEHOLDER.sub("", text.value)) or "}" in rest:
        raise text.fault("a brace without its partner")
    return set(PLACEHOLDER.findall(text.value))


def _read(file: Path) -> Locale:
    document = Document(file)
    texts: dict[str, Text] = {}
    months: list[str] = []
    for section, table in document.data.items():
        if not isinstance(table, dict):
            raise document.fault(f"`{section}` stands outside a [section]", section)
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
    for name, allowed in _DATES.items():
        if (text := texts.get(f"dates.{name}")) is None:
            raise document.fault(f"`dates.{name}` is missing", "dates")
        for placeholder in sorted(_placeholders(text) - allowed):
            raise text.fault(f"unknown placeholder {{{placeholder}}}")
