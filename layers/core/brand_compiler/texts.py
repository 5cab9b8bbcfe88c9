"""Reads the locales, and checks that all languages have the same texts and placeholders.

The file of a region, such as `en-GB.toml`, has only what differs: the rest is that of `en.toml`.

A placeholder is an expression of Jinja2, such as `{{ line.since | date }}`. The pages that show the text
decide which names it may use (`brand_compiler.pages`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jinja2 import Environment, TemplateSyntaxError, nodes

from brand_compiler.document import Document
from heed.entrypoints.http.language import find_base_language

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from brand_compiler.fault import Faults

_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_DATE_NAMES = {"first": set[str](), "date": {"day", "month", "number", "year"}}
_ENVIRONMENT = Environment()  # noqa: S701 - it parses only; `brand_compiler.pages` escapes


@dataclass(slots=True)
class Text:
    """A text of a locale, its parts and its position."""

    value: str
    document: Document
    section: str
    name: str
    parts: list[nodes.Expr] = field(default_factory=list)
    is_faulty: bool = False

    def __post_init__(self) -> None:
        """Parses the text."""
        try:
            body = _ENVIRONMENT.parse(self.value).body
        except TemplateSyntaxError as error:
            self.add_fault(error.message or "cannot be parsed")
            return
        outputs = [node for node in body if isinstance(node, nodes.Output)]
        if len(outputs) < len(body):
            self.add_fault("a text has no blocks, only placeholders")
            return
        self.parts = [part for node in outputs for part in node.nodes]
        if any(set("{}") & set(part.data) for part in self.parts if isinstance(part, nodes.TemplateData)):
            self.add_fault("a placeholder has two braces on each side")

    @property
    def placeholders(self) -> set[str]:
        """The placeholders of the text."""
        return set(_PLACEHOLDER.findall(self.value))

    @property
    def line(self) -> int:
        """The line of the text in its file."""
        return self.document.find_line(self.section, self.name)

    def add_fault(self, message: str) -> None:
        """Adds a fault of this text."""
        self.is_faulty = True
        self.document.add_fault(f"`{self.section}.{self.name}`: {message}", self.section, self.name)


@dataclass(frozen=True, slots=True)
class Locale:
    """The texts of one language.

    Attributes:
        document: Its file.
        texts: All texts by `section.name`.
        months: The names of the months.
        known_keys: The keys of all languages together.
    """

    document: Document
    texts: Mapping[str, Text]
    months: list[str]
    known_keys: set[str]

    @property
    def name(self) -> str:
        """The name of the language in itself."""
        text = self.texts.get("language.name")
        return text.value if text else ""

    @property
    def comma(self) -> str:
        """What separates the items of a list."""
        text = self.texts.get("language.comma")
        return text.value if text else ", "


def read_locales(folder: Path, faults: Faults) -> dict[str, Locale]:
    """Returns the locales of a folder by language code: `de.toml` is `de`."""
    known_keys: set[str] = set()
    files = {file.stem: file for file in folder.glob("*.toml")}
    locales: dict[str, Locale] = {}
    for language in sorted(files):  # so a language comes before its regions
        base = find_base_language(language, locales)
        document = Document(files[language], faults)
        locales[language] = _read_locale(document, known_keys, locales[base] if base else None)
    return locales


def check_locales(locales: Mapping[str, Locale], reference: str) -> None:
    """Checks that each language has the texts and the placeholders of the reference language.

    A text that already has a fault is not compared, nor is any text if the reference cannot be read.
    """
    expected = locales[reference].texts
    for locale in locales.values() if expected else ():
        for key, text in expected.items():
            if key not in locale.texts:
                locale.document.add_fault(f"`{key}` is missing", text.section)
        for key, text in locale.texts.items():
            if key not in expected:
                text.add_fault(f"unknown key; {reference}.toml does not have it")
            elif not text.is_faulty and not expected[key].is_faulty:
                _compare_placeholders(text, expected[key])


def _compare_placeholders(text: Text, expected: Text) -> None:
    for name in sorted(text.placeholders - expected.placeholders):
        text.add_fault(f"unknown placeholder {{{{ {name} }}}}; {expected.document.file.name} does not use it")
    for name in sorted(expected.placeholders - text.placeholders):
        text.add_fault(f"placeholder {{{{ {name} }}}} is missing")


def to_python_format(text: Text) -> str:
    """Returns a text whose placeholders are names as a format of `str.format`."""
    return _PLACEHOLDER.sub(r"{\1}", text.value)


def _read_locale(document: Document, known_keys: set[str], base: Locale | None) -> Locale:
    texts = dict(base.texts) if base else {}
    months = base.months if base else []
    for section, table in document.data.items():
        if not isinstance(table, dict):
            document.add_fault(f"`{section}` is outside a [section]", section)
            continue
        for name, value in table.items():
            if (section, name) == ("dates", "months"):
                months = value
            else:
                text = Text(value if isinstance(value, str) else "", document, section, name)
                if not text.value.strip():
                    text.add_fault("must be a text")
                texts[f"{section}.{name}"] = text
    _check_dates(document, texts, months, base)
    known_keys.update(texts)
    return Locale(document, texts, months, known_keys)


def _check_dates(
    document: Document, texts: Mapping[str, Text], months: list[str], base: Locale | None
) -> None:
    """Checks the dates of a locale. What it has from its base has its fault there."""
    is_inherited = base is not None and months is base.months
    if not is_inherited and (not isinstance(months, list) or len(months) != 12):
        document.add_fault("`dates.months` must be a list of twelve texts", "dates", "months")
    for name, allowed in _DATE_NAMES.items():
        if text := texts.get(f"dates.{name}"):
            for placeholder in sorted(text.placeholders - allowed):
                text.add_fault(f"unknown placeholder {{{{ {placeholder} }}}}")
        elif base is None:
            document.add_fault(f"`dates.{name}` is missing", "dates")
