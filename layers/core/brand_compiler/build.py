"""`python -m brand_compiler.build SOURCE DESTINATION`: compiles the brand to JSON for the functions.

    catalogue.json                 brands, topics, contact details, policies
    pages/style.json               the hash of the style sheet
    pages/<language>/mail….json    a part of the confirmation mail in one language
    pages/<language>/<page>.json   one page in one language, for `heed.entrypoints.http.pages.render`
    pages/<language>/dates.json    the date format of the language
    pages/<language>/wording.json  the version of all texts of the language, as evidence names it

A mistake ends the build with `file:line: message` and exit code 1. Then no file is created.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from brand_compiler import lock
from brand_compiler.catalogue import read_catalogue
from brand_compiler.fault import BrandFault
from brand_compiler.program import Compiler, Constants, Program
from brand_compiler.style import hash_style, read_style
from brand_compiler.texts import Locale, check_locales
from heed.entrypoints.http.pages.render import escape_html
from heed.entrypoints.http.pages.views import MAIL_PARTS, VIEWS, ConfirmationMailView

_USAGE_ERROR = 2


def compile_brand(source: Path) -> dict[str, Any]:
    """Returns all files of the compiled brand by name.

    Raises:
        BrandFault: The brand has a mistake. The fault names the first one.
    """
    document, data, locales = read_catalogue(source)
    lock.check_lock(document, data)
    style = read_style(source / "style.css")
    files: dict[str, Any] = {
        "catalogue.json": {key: value for key, value in data.items() if key != "advertising"},
        "pages/style.json": hash_style(style),
    }
    # The default language is first, because the other languages are compared with it.
    default = data["default_language"]
    for language in sorted(locales, key=lambda language: language != default):
        check_locales({default: locales[default], language: locales[language]}, default)
        parts = {
            "style": [style],
            "languages": _language_links(locales, language),
            "languages_out": _language_links(locales, language, "intent=out&amp;"),
        }
        compiler = Compiler(source / "pages", locales[language], _constants(data, language), parts)
        files |= _compile_language(language, locales[language], compiler)
        files[f"pages/{language}/wording.json"] = _hash_wording(files, language)
    return files


def _compile_language(language: str, locale: Locale, compiler: Compiler) -> dict[str, Any]:
    """Returns the pages, the mail and the date format of one language."""
    files: dict[str, Any] = {}
    for page, view in VIEWS.items():
        files[f"pages/{language}/{page}.json"] = compiler.compile_page(f"{page}.html", view)
    for part in MAIL_PARTS:
        files[f"pages/{language}/{part}.json"] = compiler.compile_page(part, ConfirmationMailView)
    _check_all_used(locale, compiler.used)
    files[f"pages/{language}/dates.json"] = {
        "months": locale.months,
        "date": locale.texts["dates.date"].value,
        "time": locale.texts["dates.time"].value,
    }
    return files


def _hash_wording(files: dict[str, Any], language: str) -> str:
    """Returns the version of a language's texts: 128 bits of the SHA-256 of all its pages, in hex."""
    pages = {name: page for name, page in files.items() if name.startswith(f"pages/{language}/")}
    return hashlib.sha256(_to_json(pages).encode()).hexdigest()[:32]


def _to_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _constants(data: dict[str, Any], language: str) -> Constants:
    """Returns the brand's own texts by the names that pages use."""
    constants: Constants = {f"contact.{key}": value for key, value in data["contact"].items()}
    if data["advertising"]:
        constants["optout.link"] = data["advertising"]["link"]
        constants["optout.caveats"] = data["advertising"]["caveats"][language]
    return constants


def _language_links(locales: dict[str, Locale], current: str, query_prefix: str = "") -> Program:
    """Returns links to the same page in each language. Their queries begin with `query_prefix`."""
    campaign = ["if", ["", "campaign"], None, ["c=", ["value", ["", "campaign"]], "&amp;"], []]
    program: Program = []
    for language, locale in locales.items():
        name = escape_html(locale.texts["language.name"].value)
        current_mark = ' aria-current="true"' if language == current else ""
        attributes = f'lang="{language}" hreflang="{language}"'
        program += [f'<li><a href="?{query_prefix}', campaign]
        program += [f'lang={language}" {attributes}{current_mark}>{name}</a></li>']
    return program


def _check_all_used(locale: Locale, used: set[str]) -> None:
    for key, text in locale.texts.items():
        if key not in used and text.section not in {"language", "dates"}:
            raise text.fault("no page uses it")


def compile_command(arguments: list[str]) -> int:
    """Compiles a brand to files and returns the exit code."""
    if len(arguments) != 2:
        sys.stderr.write("python -m brand_compiler.build SOURCE DESTINATION\n")
        return _USAGE_ERROR
    source, destination = map(Path, arguments)
    try:
        files = compile_brand(source)
    except BrandFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    for name, content in files.items():
        file = destination / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_to_json(content), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(compile_command(sys.argv[1:]))
