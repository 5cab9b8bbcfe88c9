"""Compiles the pages of the desk, which have templates, texts and a look of their own in `layers/brand/desk`.

A brand has no texts of the desk. For a language of the brand that the desk does not have, it is in English.

    desk/languages.json            the language of the desk for each language of the brand
    desk/style.json                the hash of the style sheet
    desk/<language>/tmpl_….py      a page, for `jinja2.ModuleLoader`
    desk/<language>/dates.json     the date format of the language
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jinja2 import ModuleLoader
from markupsafe import Markup

from brand_compiler.pages import PageCompiler
from brand_compiler.sources import list_visible, suggest_name
from brand_compiler.style import hash_style, read_style
from brand_compiler.texts import check_locales, date_format, read_locale_folders
from heed.entrypoints.http.desk.all_views import DESK_VIEWS
from heed.entrypoints.http.language import choose_language

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from brand_compiler.fault import Faults

FALLBACK = "en"


def compile_desk(project: Path, languages: Collection[str], faults: Faults) -> dict[str, str]:
    """Returns the text of each file of the compiled desk by name.

    Args:
        project: The project's brand, which contains the folder `desk`.
        languages: The languages of the brand.
        faults: Collects the mistakes.

    Raises:
        BrandFault: The desk has mistakes. The fault names all of them.
    """
    folder = project / "desk"
    known = {each.name for each in list_visible(folder / "locales")}
    chosen = {language: choose_language(language, None, known, FALLBACK) for language in sorted(languages)}
    locales = read_locale_folders(project, {FALLBACK, *chosen.values()}, faults)
    style, _ = read_style([folder], faults)
    files = {"desk/languages.json": _to_json(chosen), "desk/style.json": _to_json(hash_style(style))}
    for language, locale in locales.items():
        constants = {"language": language, "style": Markup(style)}  # noqa: S704 - the project's own file
        compiler = PageCompiler([folder], locale, constants, faults)
        for page, view in DESK_VIEWS.items():
            compiler.compile_page(f"{page}.html", view)
        compiler.check_all_used()
        _check_all_read(folder, compiler, faults)
        for name in compiler.templates:
            files[f"desk/{language}/{ModuleLoader.get_module_filename(name)}"] = compiler.to_python(name)
        files[f"desk/{language}/dates.json"] = _to_json(date_format(locale))
    check_locales(locales, FALLBACK)
    faults.check_none()
    return files


def _check_all_read(folder: Path, compiler: PageCompiler, faults: Faults) -> None:
    """Adds a fault for each file that is no page of the desk and that no page includes."""
    for file in list_visible(folder / "pages") if compiler.is_complete else ():
        if file.name not in compiler.sources:
            hint = suggest_name(file.name, compiler.sources)
            faults.add(file, 1, f"this page has no view, and no page includes it{hint}")


def _to_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
