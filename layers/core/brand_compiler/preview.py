"""Writes every page of a compiled brand in every state, language and colour scheme, for a browser.

`index.html` lists them, and shows the one that is chosen.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

from brand_compiler.samples import answers, sample_confirmations, sample_views
from brand_compiler.style import hash_style
from heed.entrypoints.http.pages.pages import Pages, page_headers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from heed.entrypoints.http.pages.views import PageView

SCHEMES = ("light", "dark")

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_SCHEME_QUERY = re.compile(r"prefers-color-scheme: ?dark")
_INDEX = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Preview</title><style>
body {{ display: flex; margin: 0; font: 15px/1.4 system-ui, sans-serif }}
nav {{ height: 100vh; overflow: auto; padding: 0 16px }}
td {{ padding: 2px 10px 2px 0; white-space: nowrap }}
iframe {{ flex: none; width: 390px; height: 98vh; margin: 1vh 16px; border: 1px solid #888; resize: both }}
</style></head><body>
<nav><table>
{rows}</table></nav>
<iframe name="page" title="Page" src="{first}"></iframe>
</body></html>
"""


def catalogue(folder: Path) -> dict[str, Any]:
    """Returns the compiled catalogue."""
    return dict(json.loads((folder / "catalogue.json").read_text(encoding="utf-8")))


def render(pages: Pages, page: str, view: PageView) -> str:
    """Renders a view with the method that has the name of its page."""
    return str(getattr(pages, page)(view))


def render_samples(compiled: Path) -> Iterator[tuple[str, str, str]]:
    """Yields the language, the name and the HTML of each state of each page of a compiled brand."""
    data, pages = catalogue(compiled), Pages(compiled)
    title = data["brands"][0]["title"]
    for language in data["languages"]:
        for name, (page, view) in sample_views(language, data["topics"]).items():
            yield language, name, render(pages, page, replace(view, brand=title))
        for name, answer in answers(pages, language).items():
            yield language, name, answer
        for number, mail in enumerate(sample_confirmations(language), 1):
            yield language, f"mail-{number}", pages.mail("mail.html", replace(mail, brand=title))


def write_preview(compiled: Path, folder: Path) -> Path:
    """Writes the pages of a compiled brand to a folder, and returns the page that lists them."""
    folder.mkdir(parents=True, exist_ok=True)
    cells: dict[str, str] = {}
    first = ""
    for language, name, html in render_samples(compiled):
        links = ""
        for scheme in SCHEMES:
            file = f"{name}.{language}.{scheme}.html"
            (folder / file).write_text(_in_scheme(html, scheme), encoding="utf-8")
            links += f' <a target="page" href="{escape(file)}">{scheme}</a>'
            first = first or file
        cells[name] = cells.get(name, "") + f"<td>{language}{links}</td>"
    rows = "".join(f"<tr><th>{name}</th>{cells[name]}</tr>\n" for name in sorted(cells))
    index = folder / "index.html"
    index.write_text(_INDEX.format(rows=rows, first=first), encoding="utf-8")
    return index


def _in_scheme(html: str, scheme: str) -> str:
    """Returns a page that has the colours of a scheme in any browser."""
    condition = "min-width: 0" if scheme == "dark" else "max-width: 0"
    return _with_policy(_SCHEME_QUERY.sub(condition, html).replace("light dark", scheme))


def _with_policy(html: str) -> str:
    """Returns a page with the Content-Security-Policy that a browser gets with it. A mail has none."""
    style = _STYLE.search(html)
    if not style:
        return html
    policy = page_headers("", hash_style(style[1]))["Content-Security-Policy"]
    return html.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">', 1)
