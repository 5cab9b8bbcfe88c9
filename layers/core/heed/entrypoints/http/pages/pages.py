"""The pages that people see. Each function takes its view and gives the whole HTML document.

The pages themselves are data, compiled from `layers/brand` by `brand_compiler.build`. Nothing is read
before the first page is asked for, and then that one page in that one language alone, so that the
one-click path, which shows no page, costs no file.
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
    """What every answer to a person carries; `style` is the hash of the page's style sheet."""
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
    """The pages of one compiled brand, in the languages it has."""

    def __init__(self, folder: Path) -> None:
        """`folder` is what `python -m brand_compiler.build` wrote; nothing is read yet."""
        self._folder = folder
        self._read: dict[str, Any] = {}

    def headers(self, language: str) -> dict[str, str]:
        """The headers of a page in `language`."""
        return page_headers(language, self._file("pages/style.json"))

    def landing(self, view: LandingView) -> str:
        """What will stop, with one button for it and one of the same size for everything.

        Posts to its own address: `scope=this` or `scope=all`.
        """
        return self._render("landing", view)

    def done(self, view: DoneView) -> str:
        """What stopped and what still comes; undo is a quiet form to the preference centre."""
        return self._render("done", view)

    def preferences(self, view: PreferencesView) -> str:
        """Every topic with its true state; posts the fields of the contract to its own address."""
        return self._render("preferences", view)

    def neutral(self, view: PageView) -> str:
        """For a minor or a held address: the same words for both."""
        return self._render("neutral", view)

    def not_found(self, view: PageView) -> str:
        """For whatever is no valid link: the other ways to opt out."""
        return self._render("not_found", view)

    def unavailable(self, view: UnavailableView) -> str:
        """503: nothing is claimed, the same form is offered again."""
        return self._render("unavailable", view)

    def subscribe(self, view: SubscribeView) -> str:
        """The way back, and the way out without an old mail: `address`, `topics`, `intent`."""
        return self._render("subscribe", view)

    def accepted(self, view: PageView) -> str:
        """202 to that form, the same for every address."""
        return self._render("accepted", view)

    def confirm(self, view: ConfirmView) -> str:
        """What one press will confirm; posts to its own address."""
        return self._render("confirm", view)

    def confirmed(self, view: ConfirmedView) -> str:
        """What came of that press."""
        return self._render("confirmed", view)

    def mail(self, part: str, view: ConfirmationMailView) -> str:
        """A part of the confirmation mail: one of `heed.entrypoints.http.pages.views.MAIL_PARTS`."""
        return self._render(part, view)

    def wording(self, language: str) -> str:
        """A name for the words under which somebody chooses: those of all pages in this language.

        Made by the build (`brand_compiler`), so that the build, and with it every word, can be found again.
        """
        return str(self._file(f"pages/{language}/wording.json"))

    def _render(self, name: str, view: PageView | ConfirmationMailView) -> str:
        dates = self._file(f"pages/{view.language}/dates.json")
        program = self._file(f"pages/{view.language}/{name}.json")
        return render_page(program, view, Dates(tuple(dates["months"]), dates["date"], dates["time"]))

    def _file(self, name: str) -> Any:  # noqa: ANN401 - JSON of the shape that the compiler wrote
        if name not in self._read:
            self._read[name] = json.loads((self._folder / name).read_text(encoding="utf-8"))
        return self._read[name]
