"""What an unsubscribe link answers: GET asks, POST opts out, so does a mail client's one-click (RFC 8058).

Two functions answer it: the one that its routes lead to, and the one that takes what no route takes, such
as a link that a slash was glued to. What shows a page is imported when one is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from heed.domain.links.link_token import TokenPurpose, verify_link_token
from heed.domain.preferences.decision import is_closed
from heed.domain.preferences.register import Source
from heed.entrypoints.http import request
from heed.entrypoints.http.pages.recipient_pages import PageParts
from heed.entrypoints.observability import count_metric
from heed.use_cases.links.unsubscribe import opt_out_of

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

    from heed.domain.links.link_token import LinkToken
    from heed.entrypoints.http.forms import PostedForm
    from heed.entrypoints.http.pages.recipient_pages import RecipientPages
    from heed.use_cases.links.unsubscribe import Unsubscribe, UnsubscribeResult
    from heed.use_cases.ports.keys import LinkKeys
    from heed.use_cases.ports.preferences import Preferences
    from heed.use_cases.preferences.apply_privacy_signal import ApplyPrivacySignal


class LinkParts(PageParts, Protocol):
    """What an unsubscribe link needs of a deployment."""

    @property
    def link_keys(self) -> LinkKeys:
        """The keys of links."""
        ...

    @property
    def preferences(self) -> Preferences:
        """The registers of every recipient."""
        ...

    @property
    def unsubscribe(self) -> Unsubscribe:
        """What a press does."""
        ...

    @property
    def apply_privacy_signal(self) -> ApplyPrivacySignal:
        """What becomes of a privacy signal."""
        ...


class UnsubscribeLink:
    """The answers of a function to `/u/{token}`.

    Args:
        app: the function's routes; those of the link are among them from now on.
        answers: how the function answers people.
        parts: gives the parts of the deployment; asked for at a request, never at import.
    """

    def __init__(
        self,
        app: APIGatewayHttpResolver,
        answers: RecipientPages,
        parts: Callable[[], LinkParts],
    ) -> None:
        self._answers = answers
        self._parts = parts
        app.route("/u/<text>", method=["GET", "HEAD"])(self.ask)
        app.post("/u/<text>")(self.opt_out)

    def ask(self, text: str) -> Response[str]:
        """The page with the button, or what came of pressing it; a privacy signal alone is written."""
        answers, parts, visit = self._answers, self._parts(), self._answers.visit()
        token = verify_link_token(text, TokenPurpose.UNSUBSCRIBE, parts.link_keys.link_key)
        from heed.entrypoints.http.pages import link_views
        from heed.entrypoints.http.pages.privacy_signal import record_signal

        record = parts.preferences.read(token.recipient)
        record = record_signal(answers.event, visit, token, record, parts.apply_privacy_signal)
        if is_closed(record):
            return answers.neutral()
        catalogue, keys = parts.catalogue, parts.link_keys
        done = request.read_query(answers.event, "done")
        undo = link_views.offered_undo(done, token, record, keys, visit.at)
        if (done == "1" or undo) and link_views.is_scope_stopped(token, record, catalogue, visit.at):
            taken_back = link_views.undo_text(undo, keys)
            page = link_views.done_view(visit, token, record, catalogue, keys, undo=taken_back)
            return answers.page(parts.pages.done(page))
        view = link_views.landing_view(visit, token, record, catalogue, keys)
        return answers.page(parts.pages.landing(view))

    def opt_out(self, text: str) -> Response[str]:
        """Opts out, whatever the form looks like: that the holder of the link pressed is enough."""
        answers, parts, visit = self._answers, self._parts(), self._answers.visit()
        keys = parts.link_keys
        token = verify_link_token(
            text, TokenPurpose.UNSUBSCRIBE, keys.link_key
        )  # first: nothing is read for who has no link
        form = answers.form()
        by_hand = not form.has_value("List-Unsubscribe", "One-Click") and (
            form.has_value("scope", "all") or any(name == "scope" for name, _ in form.fields)
        )
        if not by_hand:
            return self.one_click(token, form)
        wording = parts.pages.wording(visit.language)
        pressed = self._press(
            token, form, Source.LINK, wording=wording, press=request.request_id(answers.event)
        )
        if is_closed(pressed.record):
            return answers.neutral()
        from heed.entrypoints.http.pages import link_views

        undo = link_views.undo_text(pressed.undo, keys)
        return answers.redirect(link_views.done_url(visit, text, undo))

    def one_click(self, token: LinkToken, form: PostedForm) -> Response[str]:
        """Opts out where nobody sees a page: by a mail client, to whichever link of the person's."""
        self._press(token, form, Source.ONE_CLICK)
        return self._answers.text("Unsubscribed.\n")

    def _press(
        self,
        token: LinkToken,
        form: PostedForm,
        source: Source,
        wording: str | None = None,
        press: str | None = None,
    ) -> UnsubscribeResult:
        parts, visit = self._parts(), self._answers.visit()
        asked = opt_out_of(
            token,
            parts.catalogue,
            visit.at,
            source,
            visit.campaign,
            everything=form.has_value("scope", "all"),
            signal=visit.signal,
            wording=wording,
            press=press,
        )
        pressed = parts.unsubscribe(asked)
        count_metric("OptedOut")
        return pressed
