"""The pages that people see. Each method returns a complete HTML document.

`brand_compiler.build` compiles them from `layers/brand`. A page that differs by visit is a module that Jinja2
runs, and `Pages` imports Jinja2 when it renders the first of them. An answer that is the same for everybody
is HTML already. A file is read when it is needed for the first time. The one-click path reads none.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from heed.entrypoints.http.pages.mail_views import MailView
    from heed.entrypoints.http.pages.render import PageRenderer
    from heed.entrypoints.http.pages.views import (
        ConfirmedView,
        ConfirmView,
        DoneView,
        LandingView,
        PageView,
        PreferencesView,
        SubscribeView,
        UnsubscribedView,
    )

_YEAR = 31_536_000  # seconds

FORM_FIELDS = "<!-- the fields of the form -->"
"""The mark in a compiled answer that the hidden fields of a form replace."""

ADDRESS = "<!-- the address -->"
"""The mark in the compiled answer to the subscribe form that the address replaces."""

PREFERENCES_URL = "<!-- the preference centre -->"
"""The mark in the compiled answer to the subscribe form that a URL replaces."""


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


def escape_html(value: str) -> str:
    """Returns a text that is safe between HTML tags and in a quoted attribute, as MarkupSafe escapes it."""
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return value.replace('"', "&#34;").replace("'", "&#39;")


class Pages:
    """The compiled pages of a deployment, in each of its languages."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the output of `python -m brand_compiler.build`. Nothing is read yet."""
        self._folder = folder
        self._files: dict[str, Any] = {}  # what was read, by name: text, or the value of a JSON file
        self._renderers: dict[str, PageRenderer] = {}

    def headers(self, language: str) -> dict[str, str]:
        """Returns the headers of a page in a language."""
        return page_headers(language, self._read_json("style.json"))

    def landing(self, view: LandingView) -> str:
        """Returns the page that asks before an opt-out.

        It has two buttons of the same size: for one topic (`scope=this`) and for everything (`scope=all`).
        Both post to the same URL.
        """
        return self._render("landing.html", view)

    def unsubscribed(self, view: UnsubscribedView) -> str:
        """Returns the page for a person who is out already. Its button, if any, is that for everything."""
        return self._render("unsubscribed.html", view)

    def done(self, view: DoneView) -> str:
        """Returns the page after an opt-out. Its small undo form posts to the preference centre."""
        return self._render("done.html", view)

    def preferences(self, view: PreferencesView) -> str:
        """Returns the preference centre. It posts the fields of `preference_form` to its own URL."""
        return self._render("preferences.html", view)

    def subscribe(self, view: SubscribeView) -> str:
        """Returns the form for people without a link. It posts `address`, `topics` and `intent`."""
        return self._render("subscribe.html", view)

    def confirm(self, view: ConfirmView) -> str:
        """Returns the page with the confirm button. It posts to its own URL."""
        return self._render("confirm.html", view)

    def confirmed(self, view: ConfirmedView) -> str:
        """Returns the page after the confirm button was pressed, or of an expired link."""
        return self._render("confirmed.html", view)

    def mail(self, part: str, view: MailView) -> str:
        """Returns a part of a mail. `part` is one of `mail_views.MAIL_VIEWS`."""
        return self._render(part, view)

    def neutral(self, language: str) -> str:
        """Returns the page for a minor or an address on hold. Both get the same text."""
        return self._read_file(f"{language}/neutral.html")

    def accepted(
        self, language: str, address: str, form: Iterable[tuple[str, str]], preferences_url: str
    ) -> str:
        """Returns the answer (202) to the form for people without a link. It says nothing about the address.

        Args:
            language: The language of the page.
            address: The address alone, in the case that the person entered.
            form: The fields of the form. The page offers to send them again, and to change them.
            preferences_url: The preference centre from which the person comes, or "".
        """
        html = self._read_file(f"{language}/accepted{'-origin' if preferences_url else ''}.html")
        # Escaped values contain none of the marks.
        html = html.replace(FORM_FIELDS, "".join(map(_hidden_field, form)))
        return html.replace(ADDRESS, escape_html(address)).replace(
            PREFERENCES_URL, escape_html(preferences_url)
        )

    def not_found(self, language: str, *, has_form: bool) -> str:
        """Returns the page for an invalid link. It shows the other ways to opt out."""
        return self._read_file(f"{language}/not_found{'-form' if has_form else ''}.html")

    def unavailable(self, language: str, form: Iterable[tuple[str, str]] = (), *, kept: bool = False) -> str:
        """Returns the answer of status 503 to a form. It does not claim success.

        Args:
            language: The language of the page.
            form: The fields of the form that the person sent. The page offers the same form again, or else
                a reload.
            kept: Whether the opt-out waits in a queue and will be recorded.
        """
        fields = "".join(map(_hidden_field, form))
        name = f"unavailable{'-kept' if kept else ''}{'-retry' if fields else ''}"
        return self._read_file(f"{language}/{name}.html").replace(FORM_FIELDS, fields)

    def page_unavailable(self, language: str) -> str:
        """Returns the page of status 503 in place of a page that cannot be shown.

        It claims neither that an earlier press was saved nor that it was lost.
        """
        return self._read_file(f"{language}/unavailable-page.html")

    def queue_full(self, language: str) -> str:
        """Returns the page of status 503 when the waiting queue is full."""
        return self._read_file(f"{language}/unavailable-full.html")

    def wording(self, language: str) -> str:
        """Returns the id of the texts of all pages in a language.

        `brand_compiler` makes this id. It becomes part of the evidence, so that the texts that a person saw
        can be found again.
        """
        return str(self._read_json(f"{language}/wording.json"))

    def _render(self, name: str, view: PageView | MailView) -> str:
        language = view.language
        if language not in self._renderers:
            from heed.entrypoints.http.pages.dates import Dates
            from heed.entrypoints.http.pages.render import PageRenderer

            dates = Dates(**self._read_json(f"{language}/dates.json"))
            self._renderers[language] = PageRenderer(self._folder / "pages" / language, dates)
        return self._renderers[language](name, view)

    def _read_json(self, name: str) -> Any:  # noqa: ANN401 - JSON in the format of the compiler
        return self._read(name, json.loads)

    def _read_file(self, name: str) -> str:
        return str(self._read(name, str))

    def _read(self, name: str, parse: Callable[[str], Any]) -> Any:  # noqa: ANN401 - as `parse` returns it
        if name not in self._files:
            self._files[name] = parse((self._folder / "pages" / name).read_text(encoding="utf-8"))
        return self._files[name]


def _hidden_field(field: tuple[str, str]) -> str:
    name, value = field
    return f'<input type="hidden" name="{escape_html(name)}" value="{escape_html(value)}">'
