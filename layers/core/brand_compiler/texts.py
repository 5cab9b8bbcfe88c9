"""Reads the locales, and checks that all languages have the same texts and placeholders.

The file of a region, such as `en-GB.toml`, and a file of an adopter have only what differs from the others.

A placeholder is an expression of Jinja2, such as `{{ line.since | date }}`. The pages that show the text
decide which names it may use (`brand_compiler.pages`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jinja2 import Environment, TemplateSyntaxError, nodes

from brand_compiler.document import Document
from brand_compiler.sources import list_visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from brand_compiler.fault import Faults
    from brand_compiler.sources import Folders

_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_DATE_NAMES = {"first": set[str](), "date": {"day", "month", "number", "year"}}
_FORMAT_SECTIONS = {"language", "dates"}
_MONTHS_FAULT = "`dates.months` must be a list of twelve texts"
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
class _LocaleFile:
    """The texts of one file by `section.name`, and the names of the months if it has them."""

    document: Document
    texts: dict[str, Text]
    months: list[str] | None


@dataclass(frozen=True, slots=True)
class Locale:
    """The texts of one language.

    Attributes:
        document: Its first file.
        own_texts: The texts of that file.
        texts: All texts by `section.name`.
        months: The names of the months.
        known_keys: The keys of all languages together.
    """

    document: Document
    own_texts: Mapping[str, Text]
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


def read_locales(folders: Folders, languages: Collection[str], faults: Faults) -> dict[str, Locale]:
    """Returns the locales of the languages, in the order of their codes.

    The texts of `en-GB` are those of `en.toml` and, over them, `en-GB.toml`: first the project's, then the
    adopter's. A language without a file is left out.
    """
    known_keys: set[str] = set()
    codes = list_codes(languages)
    files = {
        (folder, file.stem): _read_file(Document(file, faults))
        for folder in folders
        for file in sorted(list_visible(folder / "locales", "*.toml"))
        if file.stem in codes
    }
    locales: dict[str, Locale] = {}
    for language in sorted(languages):
        keys = [(folder, code) for folder in folders for code in list_codes([language])]
        if any(code == language for _, code in files):
            parts = [files[key] for key in keys if key in files]
            locales[language] = _merge(parts, known_keys)
    return locales


def read_locale_folders(project: Path, languages: Collection[str], faults: Faults) -> dict[str, Locale]:
    """Returns the locales of the desk: each has a file for each group of pages, and the brand's date format.

    A section is in one file only.
    """
    known_keys: set[str] = set()
    locales: dict[str, Locale] = {}
    for language in sorted(languages):
        brand = _read_file(Document(project / "locales" / f"{language}.toml", faults))
        files = [
            _read_file(Document(file, faults))
            for file in sorted(list_visible(project / "desk" / "locales" / language, "*.toml"))
        ]
        texts = {key: text for key, text in brand.texts.items() if text.section in _FORMAT_SECTIONS}
        sections: dict[str, Document] = {}
        for file in files:
            for section in file.document.data:
                other = sections.setdefault(section, file.document)
                if other is not file.document:
                    file.document.add_fault(f"{other.file.name} has the section `{section}`", section)
            texts |= file.texts
        known_keys.update(texts)
        document = files[0].document if files else brand.document
        locales[language] = Locale(document, texts, texts, brand.months or [], known_keys)
    return locales


def date_format(locale: Locale) -> dict[str, object]:
    """Returns how a language writes dates and lists (`heed.entrypoints.http.pages.dates`)."""
    return {
        "months": locale.months,
        "first": locale.texts["dates.first"].value,
        "pattern": to_python_format(locale.texts["dates.date"]),
        "comma": locale.comma,
    }


def list_codes(languages: Iterable[str]) -> list[str]:
    """Returns the codes of all files that languages have texts from: `en` and `en-GB` for `en-GB`."""
    tags = [language.split("-") for language in languages]
    return ["-".join(subtags[:count]) for subtags in tags for count in range(1, len(subtags) + 1)]


def check_locales(locales: Mapping[str, Locale], reference: str) -> None:
    """Checks that each language has the texts and the placeholders of the reference language.

    The placeholders are those of its first file, the project's if it has the language: an adopter's text has
    the placeholders of the text that it replaces. A text that already has a fault is not compared, nor is any
    text if the reference cannot be read.
    """
    first = locales[reference].own_texts
    expected = {**locales[reference].texts, **first}
    for key, text in expected.items() if first else ():
        without = [language for language, locale in locales.items() if key not in locale.texts]
        if key in first:
            for language in without:
                locales[language].document.add_fault(f"`{key}` is missing", text.section)
        elif without and not text.is_faulty:
            text.add_fault(f"{', '.join(without)} must have it too")
    for locale in locales.values() if first else ():
        for key, text in locale.texts.items():
            if text.is_faulty:
                continue
            if key not in expected:
                text.add_fault(f"unknown key; {reference}.toml does not have it")
            elif not expected[key].is_faulty:
                _compare_placeholders(text, expected[key])


def _compare_placeholders(text: Text, expected: Text) -> None:
    for name in sorted(text.placeholders - expected.placeholders):
        text.add_fault(f"unknown placeholder {{{{ {name} }}}}; {expected.document.file.name} does not use it")
    for name in sorted(expected.placeholders - text.placeholders):
        text.add_fault(f"placeholder {{{{ {name} }}}} is missing")


def to_python_format(text: Text) -> str:
    """Returns a text whose placeholders are names as a format of `str.format`."""
    return _PLACEHOLDER.sub(r"{\1}", text.value)


def _read_file(document: Document) -> _LocaleFile:
    texts: dict[str, Text] = {}
    months: list[str] | None = None
    for section, table in document.data.items():
        if not isinstance(table, dict):
            document.add_fault(f"`{section}` is outside a [section]", section)
            continue
        for name, value in table.items():
            if (section, name) == ("dates", "months"):
                months = value
                if not isinstance(months, list) or len(months) != 12:
                    document.add_fault(_MONTHS_FAULT, section, name)
            else:
                text = Text(value if isinstance(value, str) else "", document, section, name)
                if not text.value.strip():
                    text.add_fault("must be a text")
                texts[f"{section}.{name}"] = text
    for name, allowed in _DATE_NAMES.items():
        if text_of_date := texts.get(f"dates.{name}"):
            for placeholder in sorted(text_of_date.placeholders - allowed):
                text_of_date.add_fault(f"unknown placeholder {{{{ {placeholder} }}}}")
    return _LocaleFile(document, texts, months)


def _merge(files: list[_LocaleFile], known_keys: set[str]) -> Locale:
    """Returns a locale of files. A later file replaces the texts of the ones before it."""
    first = files[0]
    texts = {key: text for file in files for key, text in file.texts.items()}
    months = next((file.months for file in reversed(files) if file.months is not None), None)
    if months is None:
        first.document.add_fault(_MONTHS_FAULT, "dates")
    for name in _DATE_NAMES:
        if f"dates.{name}" not in texts:
            first.document.add_fault(f"`dates.{name}` is missing", "dates")
    known_keys.update(texts)
    return Locale(first.document, first.texts, texts, months or [], known_keys)
