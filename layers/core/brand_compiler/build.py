"""`python -m brand_compiler.build SOURCE DESTINATION`: the brand as JSON for the functions.

    catalogue.json               brands, topics, contact ways, policies
    pages/style.json             the hash of the style sheet
    pages/<language>/mail….json  a part of the confirmation mail in one language
    pages/<language>/<page>.json one page in one language, as `heed.entrypoints.http.pages.render` runs it
    pages/<language>/dates.json  how that language writes dates
    pages/<language>/wording.json  a name for all its words, by which evidence calls them

A mistake ends it with `file:line: what is wrong` and exit code 1, and nothing is written.
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
from brand_compiler.style import read_style, style_hash
from brand_compiler.texts import Locale, check_locales
from heed.entrypoints.http.pages.render import escape_html
from heed.entrypoints.http.pages.views import MAIL_PARTS, VIEWS, ConfirmationMailView

_USAGE = 2


def compile_brand(source: Path) -> dict[str, Any]:
    """Every file of the compiled brand by its name.

    Raises:
        Fault: the first mistake found.
    """
    document, data, locales = read_catalogue(source)
    lock.check_lock(document, data)
    style = read_style(source / "style.css")
    files: dict[str, Any] = {
        "catalogue.json": {key: value for key, value in data.items() if key != "advertising"},
        "pages/style.json": style_hash(style),
    }
    # The language that the others are held to comes first: a mistake in it is named there, not in them.
    first = data["default_language"]
    for language in sorted(locales, key=lambda language: language != first):
        check_locales({first: locales[first], language: locales[language]}, first)
        parts = {
            "style": [style],
            "languages": _languages(locales, language),
            "languages_out": _languages(locales, language, "intent=out&amp;"),
        }
        compiler = Compiler(source / "pages", locales[language], _constants(data, language), parts)
        files |= _language(language, locales[language], compiler)
        files[f"pages/{language}/wording.json"] = _wording(files, language)
    return files


def _language(language: str, locale: Locale, compiler: Compiler) -> dict[str, Any]:
    """The pages and the mail in one language, and how it writes dates."""
    files: dict[str, Any] = {}
    for page, view in VIEWS.items():
        files[f"pages/{language}/{page}.json"] = compiler.page(f"{page}.html", view)
    for part in MAIL_PARTS:
        files[f"pages/{language}/{part}.json"] = compiler.page(part, ConfirmationMailView)
    _all_used(locale, compiler.used)
    files[f"pages/{language}/dates.json"] = {
        "months": locale.months,
        "date": locale.texts["dates.date"].value,
        "time": locale.texts["dates.time"].value,
    }
    return files


def _wording(files: dict[str, Any], language: str) -> str:
    """128 bits of the SHA-256 of every page in a language: what evidence calls its words by."""
    pages = {name: page for name, page in files.items() if name.startswith(f"pages/{language}/")}
    return hashlib.sha256(_json(pages).encode()).hexdigest()[:32]


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _constants(data: dict[str, Any], language: str) -> Constants:
    """The brand's own texts by the name that pages use."""
    constants: Constants = {f"contact.{key}": value for key, value in data["contact"].items()}
    if data["advertising"]:
        constants["optout.link"] = data["advertising"]["link"]
        constants["optout.caveats"] = data["advertising"]["caveats"][language]
    return constants


def _languages(locales: dict[str, Locale], current: str, kept: str = "") -> Program:
    """The links to the same page in each language, which name it in itself; `kept` stays in the query."""
    campaign = ["if", ["", "campaign"], None, ["c=", ["value", ["", "campaign"]], "&amp;"], []]
    program: Program = []
    for language, locale in locales.items():
        name = escape_html(locale.texts["language.name"].value)
        here = ' aria-current="true"' if language == current else ""
        tongue = f'lang="{language}" hreflang="{language}"'
        program += [f'<li><a href="?{kept}', campaign]
        program += [f'lang={language}" {tongue}{here}>{name}</a></li>']
    return program


def _all_used(locale: Locale, used: set[str]) -> None:
    for key, text in locale.texts.items():
        if key not in used and text.section not in {"language", "dates"}:
            raise text.fault("no page uses it")


def compile_command(arguments: list[str]) -> int:
    """Compiles, writes, and gives the exit code."""
    if len(arguments) != 2:
        sys.stderr.write("python -m brand_compiler.build SOURCE DESTINATION\n")
        return _USAGE
    source, destination = map(Path, arguments)
    try:
        files = compile_brand(source)
    except BrandFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    for name, content in files.items():
        file = destination / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_json(content), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(compile_command(sys.argv[1:]))
