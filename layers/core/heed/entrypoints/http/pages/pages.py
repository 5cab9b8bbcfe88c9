"""The pages that people see. Each method takes a view and returns a complete HTML document.

The pages are data that `brand_compiler.build` compiles from `layers/brand`. A page is read from disk when
it is rendered for the first time in a language. The one-click path renders no page, so it reads no file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from heed.entrypoints.http.pages.dates import Dates
from heed.entrypoints.http.pages.render import render_page

if TYPE_CHECKING:
    from pathlib import Path

    from heed.entrypoints.http.pages.views import (
        ConfirmationMailView,
        ConfirmedView,
        ConfirmView,
        DoneView,
        LandingView,
        PageView,
        PreferencesView,
        SubscribeView,
        UnavailableView,
    )

_YEAR = 31_536_000  # seconds


def page_headers(language: str, style: str = "") -> dict[str, str]:
    """Returns the headers of each answer to a person. `style` is the hash of the style sheet, or ""."""
    allowed = f"style-src 'sha256-{style}'; " if style else ""
    return {
        "Cache-Control": "no-store",
        "Content-Language": language,
        "Content-Security-Policy": f"default-src 'none'; {allowed}form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
        "Content-Type": "text/html; charset=utf-8",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": f"max-age={_YEAR}",
        "Tk": "N",
        "Vary": "Accept-Language, Sec-GPC, DNT",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }


class Pages:
    """The compiled pages of a deployment, in each of its languages."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the output of `python -m brand_compiler.build`. Nothing is read yet."""
        self._folder = folder
        self._files: dict[str, Any] = {}

    def headers(self, language: str) -> dict[str, str]:
        """Returns the headers of a page in a language."""
        return page_headers(language, self._read_file("pages/style.json"))

    def landing(self, view: LandingView) -> str:
        """Returns the page that asks before an opt-out.

        It has two buttons of the same size: for one topic (`scope=this`) and for everything (`scope=all`).
        Both post to the same URL.
        """
        return self._render("landing", view)

    def done(self, view: DoneView) -> str:
        """Returns the page after an opt-out. Its small undo form posts to the preference centre."""
        return self._render("done", view)

    def preferences(self, view: PreferencesView) -> str:
        """Returns the preference centre. It posts the fields of `preference_form` to its own URL."""
        return self._render("preferences", view)

    def neutral(self, view: PageView) -> str:
        """Returns the page for a minor or an address on hold. Both get the same text."""
        return self._render("neutral", view)

    def not_found(self, view: PageView) -> str:
        """Returns the page for an invalid link. It shows the other ways to opt out."""
        return self._render("not_found", view)

    def unavailable(self, view: UnavailableView) -> str:
        """Returns the page of status 503. It does not claim success, and offers the same form again."""
        return self._render("unavailable", view)

    def subscribe(self, view: SubscribeView) -> str:
        """Returns the form for people without a link. It posts `address`, `topics` and `intent`."""
        return self._render("subscribe", view)

    def accepted(self, view: PageView) -> str:
        """Returns the answer (202) to that form. It is the same for each address."""
        return self._render("accepted", view)

    def confirm(self, view: ConfirmView) -> str:
        """Returns the page with the confirm button. It posts to its own URL."""
        return self._render("confirm", view)

    def confirmed(self, view: ConfirmedView) -> str:
        """Returns the page after the confirm button was pressed."""
        return self._render("confirmed", view)

    def mail(self, part: str, view: ConfirmationMailView) -> str:
        """Returns a part of the confirmation mail. `part` is one of `views.MAIL_PARTS`."""
        return self._render(part, view)

    def wording(self, language: str) -> str:
        """Returns the id of the texts of all pages in a language.

        `brand_compiler` makes this id. It becomes part of the evidence, so that the texts that a person saw
        can be found again.
        """
        return str(self._read_file(f"pages/{language}/wording.json"))

    def _render(self, name: str, view: PageView | ConfirmationMailView) -> str:
        dates = self._read_file(f"pages/{view.language}/dates.json")
        program = self._read_file(f"pages/{view.language}/{name}.json")
        return render_page(program, view, Dates(tuple(dates["months"]), dates["date"], dates["time"]))

    def _read_file(self, name: str) -> Any:  # noqa: ANN401 - JSON in the format of the compiler
        if name not in self._files:
            self._files[name] = json.loads((self._folder / name).read_text(encoding="utf-8"))
        return self._files[name]
