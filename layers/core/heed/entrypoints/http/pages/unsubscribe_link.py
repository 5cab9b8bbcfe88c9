"""Answers unsubscribe links: GET shows a button, POST opts out. One-click (RFC 8058) is a POST too.

Two functions use this module: the one that has the routes, and the one that gets all other requests, such
as a link with an additional slash. Modules that render pages are imported only when a page is rendered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from heed.domain.links.link_token import TokenPurpose, verify_link_token
from heed.domain.preferences.decision import refuses_opt_ins
from heed.domain.preferences.register import ALL_SCOPES, Source
from heed.entrypoints.http import request
from heed.entrypoints.http.pages.recipient_pages import PageParts
from heed.entrypoints.observability import count_metric
from heed.use_cases.links.unsubscribe import opt_out_for

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

    from heed.domain.links.link_token import LinkToken
    from heed.entrypoints.http.forms import PostedForm
    from heed.entrypoints.http.pages.recipient_pages import PageResponder
    from heed.entrypoints.http.pages.visit import PageVisit
    from heed.use_cases.links.unsubscribe import Unsubscribe, UnsubscribeResult
    from heed.use_cases.ports.keys import LinkKeys
    from heed.use_cases.ports.preferences import Preferences
    from heed.use_cases.preferences.apply_privacy_signal import ApplyPrivacySignal


class LinkParts(PageParts, Protocol):
    """The parts of a deployment that an unsubscribe link needs."""

    @property
    def link_keys(self) -> LinkKeys:
        """The keys of link tokens."""
        ...

    @property
    def preferences(self) -> Preferences:
        """The store of all records."""
        ...

    @property
    def unsubscribe(self) -> Unsubscribe:
        """The use case that opts out."""
        ...

    @property
    def apply_privacy_signal(self) -> ApplyPrivacySignal:
        """The use case that records a privacy signal."""
        ...


class UnsubscribeLink:
    """Answers requests for `/u/{token}`.

    Args:
        app: The routes of the function. This class adds its own.
        responder: Makes the answers of the function.
        parts: Returns the parts of the deployment. It is called for a request, never at import.
    """

    def __init__(
        self,
        app: APIGatewayHttpResolver,
        responder: PageResponder,
        parts: Callable[[], LinkParts],
    ) -> None:
        self._responder = responder
        self._parts = parts
        app.route("/u/<text>", method=["GET", "HEAD"])(self.show)
        app.post("/u/<text>")(self.opt_out)

    def show(self, text: str) -> Response[str]:
        """Shows the button, the result of a press, or that the person is out. It records only a signal."""
        responder, parts, visit = self._responder, self._parts(), self._responder.visit()
        token = verify_link_token(text, TokenPurpose.UNSUBSCRIBE, parts.link_keys.link_key)
        from heed.entrypoints.http.pages import unsubscribe_view
        from heed.entrypoints.http.pages.link_views import offered_undo
        from heed.entrypoints.http.pages.privacy_signal import record_signal

        record = parts.preferences.read(token.recipient)
        record = record_signal(responder.event, visit, token, record, parts.apply_privacy_signal)
        if refuses_opt_ins(record):
            return responder.neutral()
        link = visit, token, record, parts.catalogue, parts.link_keys
        unsubscribed = unsubscribe_view.unsubscribed_view(*link)
        if unsubscribed is None:
            return responder.page(parts.pages.landing(unsubscribe_view.landing_view(*link)))
        done = request.read_query(responder.event, "done")
        undo = offered_undo(done, token, record, parts.link_keys, visit.at)
        if undo and not {ALL_SCOPES, *parts.catalogue.opt_out_scopes(token.scope)}.issuperset(undo.scopes):
            undo = None  # it is of another link
        if unsubscribed.since is not None and (done == "1" or undo):
            return responder.page(parts.pages.done(unsubscribe_view.done_view(*link, undo)))
        return responder.page(parts.pages.unsubscribed(unsubscribed))

    def opt_out(self, text: str) -> Response[str]:
        """Opts out. The form does not have to be valid, because the link alone identifies the person."""
        responder, parts, visit = self._responder, self._parts(), self._responder.visit()
        keys = parts.link_keys
        # The token is verified first: without a valid link, the body is not parsed.
        token = verify_link_token(text, TokenPurpose.UNSUBSCRIBE, keys.link_key)
        form = responder.form()
        is_page_form = not form.has_value("List-Unsubscribe", "One-Click") and (
            form.has_value("scope", "all") or any(name == "scope" for name, _ in form.fields)
        )
        if not is_page_form:
            return self.one_click(visit, token, form)
        wording = parts.pages.wording(visit.language)
        result = self._record_opt_out(
            visit, token, form, Source.LINK, wording=wording, press_id=request.request_id(responder.event)
        )
        from heed.entrypoints.http.pages import link_views

        undo = link_views.undo_text(result.undo, keys)
        return responder.redirect(link_views.done_url(visit, text, undo))

    def one_click(self, visit: PageVisit, token: LinkToken, form: PostedForm) -> Response[str]:
        """Opts out for a mail client, which shows no page. The link may be any link of the person."""
        self._record_opt_out(visit, token, form, Source.ONE_CLICK)
        return self._responder.text("Unsubscribed.\n")

    def _record_opt_out(
        self,
        visit: PageVisit,
        token: LinkToken,
        form: PostedForm,
        source: Source,
        wording: str | None = None,
        press_id: str | None = None,
    ) -> UnsubscribeResult:
        parts = self._parts()
        opt_out = opt_out_for(
            token,
            parts.catalogue,
            visit.at,
            source,
            visit.hints,
            all_marketing=form.has_value("scope", "all"),
            signal=visit.signal,
            wording=wording,
            press_id=press_id,
        )
        result = parts.unsubscribe(opt_out)
        count_metric("OptedOut")
        return result
