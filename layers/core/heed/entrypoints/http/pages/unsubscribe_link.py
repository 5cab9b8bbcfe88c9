"""What an unsubscribe link answers: GET asks, POST opts out, so does a mail client's one-click (RFC 8058).

Two functions answer it: the one that its routes lead to, and the one that takes what no route takes, such
as a link that a slash was glued to. What shows a page is imported when one is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from heed.domain.preferences.decision import is_closed
from heed.domain.preferences.register import Source
from heed.entrypoints.http import request
from heed.entrypoints.observability import count

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

    from heed.domain.links.link_token import Token
    from heed.domain.preferences.catalogue import Catalogue
    from heed.entrypoints.http.forms import Form
    from heed.entrypoints.http.pages.pages import Pages
    from heed.entrypoints.http.pages.recipient_pages import RecipientPages
    from heed.use_cases.links.unsubscribe import Pressed, Unsubscribe
    from heed.use_cases.ports.preferences import Keys
    from heed.use_cases.preferences.apply_privacy_signal import NoteSignal


class UnsubscribeLink:
    """The answers of a function to `/u/{token}`.

    Args:
        app: the function's routes; those of the link are among them from now on.
        answers: how the function answers people.
        links, keys, catalogue, pages, note: asked for at a request, never at import.
    """

    def __init__(
        self,
        app: APIGatewayHttpResolver,
        answers: RecipientPages,
        links: Callable[[], Unsubscribe],
        keys: Callable[[], Keys],
        catalogue: Callable[[], Catalogue],
        pages: Callable[[], Pages],
        note: Callable[[], NoteSignal],
    ) -> None:
        self._answers = answers
        self._links = links
        self._keys = keys
        self._catalogue = catalogue
        self._pages = pages
        self._note = note
        app.route("/u/<text>", method=["GET", "HEAD"])(self.ask)
        app.post("/u/<text>")(self.opt_out)

    def ask(self, text: str) -> Response[str]:
        """The page with the button, or what came of pressing it; a privacy signal alone is written."""
        answers, links, visit = self._answers, self._links(), self._answers.visit()
        token = links.token(text)
        from heed.entrypoints.http.pages import visits
        from heed.entrypoints.http.pages.privacy_signal import noted

        record = noted(answers.event, visit, token, links.record(token), self._note)
        if is_closed(record):
            return answers.neutral()
        catalogue, keys = self._catalogue(), self._keys()
        done = request.query(answers.event, "done")
        undo = visits.offered_undo(done, token, record, keys, visit.at)
        if (done == "1" or undo) and visits.is_stopped(token, record, catalogue, visit.at):
            taken_back = visits.undo_text(undo, keys)
            page = visits.done(visit, token, record, catalogue, keys, undo=taken_back)
            return answers.page(self._pages().done(page))
        view = visits.landing(visit, token, record, catalogue, keys)
        return answers.page(self._pages().landing(view))

    def opt_out(self, text: str) -> Response[str]:
        """Opts out, whatever the form looks like: that the holder of the link pressed is enough."""
        answers, visit = self._answers, self._answers.visit()
        token = self._links().token(text)  # first: nothing is read for who has no link
        form = answers.form()
        by_hand = not form.asks("List-Unsubscribe", "One-Click") and (
            form.asks("scope", "all") or any(name == "scope" for name, _ in form.fields)
        )
        if not by_hand:
            return self.one_click(token, form)
        wording = self._pages().wording(visit.language)
        pressed = self._press(
            token, form, Source.LINK, wording=wording, press=request.id_of(answers.event)
        )
        if is_closed(pressed.record):
            return answers.neutral()
        from heed.entrypoints.http.pages import (
            visits,  # not before: the one-click path shows no page
        )

        undo = visits.undo_text(pressed.undo, self._keys())
        return answers.redirect(visits.done_url(visit, text, undo))

    def one_click(self, token: Token, form: Form) -> Response[str]:
        """Opts out where nobody sees a page: by a mail client, to whichever link of the person's."""
        self._press(token, form, Source.ONE_CLICK)
        return self._answers.text("Unsubscribed.\n")

    def _press(
        self,
        token: Token,
        form: Form,
        source: Source,
        wording: str | None = None,
        press: str | None = None,
    ) -> Pressed:
        links, visit = self._links(), self._answers.visit()
        asked = links.asked(
            token,
            visit.at,
            source,
            visit.campaign,
            everything=form.asks("scope", "all"),
            signal=visit.signal,
            wording=wording,
            press=press,
        )
        pressed = links.opt_out(asked)
        count("OptedOut")
        return pressed
