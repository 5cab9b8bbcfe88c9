"""The compiled pages of the desk (`brand_compiler.desk`). A file is read when it is first needed."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from heed.entrypoints.http.pages.dates import Dates
from heed.entrypoints.http.pages.pages import page_headers
from heed.entrypoints.http.pages.render import PageRenderer

if TYPE_CHECKING:
    from pathlib import Path

    from heed.entrypoints.http.desk.views import DeskView


class DeskPages:
    """The pages of the desk of a deployment, in each of its languages."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the output of `python -m brand_compiler.build`. Nothing is read yet."""
        self._folder = folder / "desk"
        self._renderers: dict[str, PageRenderer] = {}

    def headers(self, language: str) -> dict[str, str]:
        """Returns the headers of a page for a language of the brand.

        With the policy `no-referrer` of other pages, a browser would send a form with `Origin: null`.
        """
        return {
            **page_headers(self._languages[language], self._style),
            "Referrer-Policy": "same-origin",
            "Vary": "Accept-Language, Cookie",
        }

    def render(self, page: str, view: DeskView) -> str:
        """Returns a page as HTML. `page` is the name of its file without `.html`."""
        language = self._languages[view.frame.language]
        if language not in self._renderers:
            dates = Dates(**self._read_json(f"{language}/dates.json"))
            self._renderers[language] = PageRenderer(self._folder / language, dates)
        return self._renderers[language](f"{page}.html", view)

    @cached_property
    def _languages(self) -> dict[str, str]:
        """The language of the desk, by the language of the brand."""
        return dict(self._read_json("languages.json"))

    @cached_property
    def _style(self) -> str:
        return str(self._read_json("style.json"))

    def _read_json(self, name: str) -> Any:  # noqa: ANN401 - JSON in the format of the compiler
        return json.loads((self._folder / name).read_text(encoding="utf-8"))
