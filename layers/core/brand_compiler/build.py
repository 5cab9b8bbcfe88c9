"""`python -m brand_compiler.build FOLDER [FOLDER] DESTINATION` checks and compiles a brand.

A file of the second folder replaces that of the first one. The texts of a language do so one by one.

    catalogue.json                 brands, topics, contact details, policies
    mail_words.json                the words by which the mailbox reads mails
    pages/style.json               the hash of the style sheet
    pages/<language>/tmpl_….py     a page or a part of a mail, for `jinja2.ModuleLoader`
    pages/<language>/<name>.html   an answer that is the same for everybody (`brand_compiler.answers`)
    pages/<language>/dates.json    the date format of the language
    pages/<language>/wording.json  the version of all texts of the language, as evidence names it
    desk/…                         the pages of the desk (`brand_compiler.desk`)

Mistakes end the build with exit code 1 and a line `file:line: message` for each. Then no file is created.
Warnings have the same form, and end nothing.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import ModuleLoader
from markupsafe import Markup

from brand_compiler import lock
from brand_compiler.answers import list_answers
from brand_compiler.catalogue import read_catalogue
from brand_compiler.desk import compile_desk
from brand_compiler.fault import BrandFault, Faults
from brand_compiler.logo import read_logo
from brand_compiler.mail_words import read_mail_words
from brand_compiler.pages import PageCompiler
from brand_compiler.sources import list_visible, suggest_name
from brand_compiler.style import hash_style, read_style
from brand_compiler.texts import Locale, check_locales, date_format
from heed.entrypoints.http.pages.mail_views import MAIL_VIEWS
from heed.entrypoints.http.pages.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from brand_compiler.sources import Folders

_USAGE_ERROR = 2


def compile_brand(folders: Folders, faults: Faults, *, may_add: bool = False) -> dict[str, str]:
    """Returns the text of each file of the compiled brand by name. Warnings are in `faults`.

    `may_add` permits numbers that are not locked yet.

    Raises:
        BrandFault: The brand has mistakes. The fault names all of them.
    """
    document, data, locales = read_catalogue(folders, faults)
    if not document.is_faulty:  # otherwise its numbers are not known for certain
        lock.check_lock(document, data, faults, may_add=may_add)
    mail_files = {file.stem: file for folder in folders for file in (folder / "mail").glob("*.toml")}
    mail_words = read_mail_words(mail_files, data["topics"], faults)
    style, colours = read_style(folders, faults)
    look = {"style": Markup(style), "logo": Markup(read_logo(folders, faults)), "colours": colours}  # noqa: S704
    constants = {language: _constants(data, locales, language) | look for language in locales}
    compilers = {
        language: PageCompiler(folders, locale, constants[language], faults)
        for language, locale in locales.items()
    }
    for compiler in compilers.values():
        _compile_pages(compiler)
    for compiler in compilers.values():
        compiler.check_all_used()
    check_locales(locales, _choose_reference(folders[0], data["default_language"], locales))
    _check_all_read(folders, compilers.values(), faults)
    faults.check_none()

    files = {
        "catalogue.json": _to_json(
            {key: value for key, value in data.items() if key not in {"advertising", "links"}}
        ),
        "mail_words.json": _to_json(mail_words),
        "pages/style.json": _to_json(hash_style(style)),
    }
    for language, compiler in compilers.items():
        pages = _make_pages(compiler, language, data["brands"][0]["title"])
        pages["dates.json"] = _to_json(date_format(locales[language]))
        wording = _hash_wording(locales[language], compiler.sources, constants[language])
        pages["wording.json"] = _to_json(wording)
        files |= {f"pages/{language}/{name}": text for name, text in pages.items()}
    return files | compile_desk(folders[0], data["languages"], faults)


def _compile_pages(compiler: PageCompiler) -> None:
    for page, view in VIEWS.items():
        compiler.compile_page(f"{page}.html", view)
    for part, mail_view in MAIL_VIEWS.items():
        compiler.compile_page(part, mail_view)


def _choose_reference(project: Path, default: str, locales: Iterable[str]) -> str:
    """Returns the language that the others are compared with: the default one, or else one of the project."""
    codes = (default, *locales)
    return next((code for code in codes if (project / "locales" / f"{code}.toml").exists()), codes[1])


def _check_all_read(folders: Folders, compilers: Collection[PageCompiler], faults: Faults) -> None:
    """Adds a fault for each file that is no page and that no page includes."""
    if all(compiler.is_complete for compiler in compilers):
        read = {name for compiler in compilers for name in compiler.sources}
        for file in (file for folder in folders for file in list_visible(folder / "pages")):
            if file.name not in read:
                hint = suggest_name(file.name, read)
                faults.add(file, 1, f"this page has no view, and no page includes it{hint}")


def _make_pages(compiler: PageCompiler, language: str, brand: str) -> dict[str, str]:
    """Returns the answers of a language as HTML, and its other pages as Python."""
    answers = list(list_answers(language, brand))
    files = {f"{name}.html": compiler.render(f"{page}.html", view) for name, page, view in answers}
    for name in compiler.templates.keys() - {f"{page}.html" for _, page, _ in answers}:
        files[ModuleLoader.get_module_filename(name)] = compiler.to_python(name)
    return dict(sorted(files.items()))


def _hash_wording(locale: Locale, pages: Mapping[str, str], constants: Mapping[str, object]) -> str:
    """Returns the version of all that a language shows: 128 bits of a SHA-256, in hex.

    It covers the sources, because another Jinja2 or a change of the compiler alters no word that people saw.
    """
    texts = {key: text.value for key, text in locale.texts.items()}
    content = json.dumps([texts, locale.months, pages, constants], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _to_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _constants(data: dict[str, Any], locales: dict[str, Locale], language: str) -> dict[str, object]:
    """Returns what pages may use besides their view and the look: its own texts and languages."""
    contact = {"mailbox": None, "letter": None, "phone": None, **data["contact"]}
    digits = "".join(character for character in contact["phone"] or "" if character in "+0123456789")
    advertising = data["advertising"] or {"link": None, "caveats": {}}
    return {
        "contact": {**contact, "phone_digits": digits},
        "optout": {"link": advertising["link"], "caveats": advertising["caveats"].get(language)},
        "links": {name: links.get(language) for name, links in data["links"].items()},
        "language": language,
        "languages": _list_languages(locales, language),
    }


def _list_languages(locales: dict[str, Locale], shown: str) -> list[dict[str, str]]:
    """Returns the languages that a page offers: of those with the same name its own, or else the first."""
    codes: dict[str, str] = {}
    for code, locale in locales.items():
        if code == shown or locale.name not in codes:
            codes[locale.name] = code
    return [{"code": code, "name": name} for name, code in codes.items()]


def write_brand(folders: Folders, destination: Path, faults: Faults, *, may_add: bool = False) -> None:
    """Compiles a brand to files.

    Raises:
        BrandFault: The brand has mistakes. Then no file is created.
    """
    for name, content in compile_brand(folders, faults, may_add=may_add).items():
        file = destination / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")


def compile_command(arguments: list[str], *, may_add: bool = False) -> int:
    """Compiles a brand to files and returns the exit code."""
    if len(arguments) < 2:
        sys.stderr.write("python -m brand_compiler.build FOLDER [FOLDER] DESTINATION\n")
        return _USAGE_ERROR
    *folders, destination = map(Path, arguments)
    faults = Faults()
    try:
        write_brand(folders, destination, faults, may_add=may_add)
    except BrandFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stderr.writelines(f"{warning}\n" for warning in faults.warnings)
    return 0


if __name__ == "__main__":
    sys.exit(compile_command(sys.argv[1:]))
