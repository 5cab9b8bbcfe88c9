"""The answers that a function sends without Jinja2: pages without anything that only the visit knows.

The name of an answer is the page, then what differs: `heed.entrypoints.http.pages.pages` chooses one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from heed.domain.opt_in.confirmation_token import Intent
from heed.entrypoints.http.pages.link_views import form_path
from heed.entrypoints.http.pages.pages import ADDRESS, FORM_FIELDS, PREFERENCES_URL
from heed.entrypoints.http.pages.views import AcceptedView, PageView, UnavailableView

if TYPE_CHECKING:
    from collections.abc import Iterator


def list_answers(language: str, brand: str) -> Iterator[tuple[str, str, PageView]]:
    """Yields the name, the page and the view of each answer in a language."""
    view = PageView(language=language, brand=brand)
    for page in ("neutral", "not_found"):
        yield page, page, view
    form = form_path(language, Intent.OUT)
    yield "not_found-form", "not_found", PageView(language=language, brand=brand, subscribe_url=form)
    fields, address, origin = map(Markup, (FORM_FIELDS, ADDRESS, PREFERENCES_URL))
    for suffix, url in (("", ""), ("-origin", origin)):
        accepted = AcceptedView(
            language=language,
            brand=brand,
            subscribe_url=form_path(language, Intent.IN),
            address=address,
            fields=fields,
            preferences_url=url,
        )
        yield f"accepted{suffix}", "accepted", accepted
    for suffix, kept in (("", False), ("-kept", True)):
        for end, retry in (("", ""), ("-retry", fields)):
            state = UnavailableView(language=language, brand=brand, is_queued=kept, retry=retry)
            yield f"unavailable{suffix}{end}", "unavailable", state
    yield (
        "unavailable-page",
        "unavailable",
        UnavailableView(language=language, brand=brand, is_page=True),
    )
    yield "unavailable-full", "unavailable", UnavailableView(language=language, brand=brand, full=True)
