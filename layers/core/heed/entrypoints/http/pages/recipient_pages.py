"""Answers to people: pages, redirects and the page of each failure.

Modules that render pages are imported only when a page is rendered, so that one-click requests stay fast.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed.domain.errors import DependencyUnavailable, InvalidToken, OptOutQueued, UnreadableRecord
from heed.domain.preferences.catalogue import Catalogue
from heed.entrypoints.http.forms import PostedForm, max_fields, read_form
from heed.entrypoints.http.pages.pages import Pages, page_headers
from heed.entrypoints.http.pages.visit import PageVisit
from heed.entrypoints.observability import count_metric, logger

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.exceptions import NotFoundError

_FORM_FIELDS = ("scope", "all", "undo", "pause", "policy", "checkboxes")
"""The fields of forms, except those of topics and signals."""

_TEXT_HEADERS = {**page_headers("en"), "Content-Type": "text/plain; charset=utf-8"}
_METHODS = ("GET", "HEAD", "POST")


class PageParts(Protocol):
    """The parts of a deployment that pages need."""

    @property
    def catalogue(self) -> Catalogue:
        """The brands and topics."""
        ...

    @property
    def pages(self) -> Pages:
        """The pages of the compiled brand."""
        ...

    @property
    def has_form(self) -> bool:
        """Whether the deployment has a form for people without a link."""
        ...


class PageResponder:
    """Makes the answers of a function whose routes are links, including the answers to failures.

    Args:
        app: The routes of the function. This class registers its error handlers there.
        prefix: The prefix of all paths of the function, or several.
        parts: Returns the parts of the deployment. It is called for a request, never at import.
    """

    def __init__(
        self,
        app: APIGatewayHttpResolver,
        prefix: str | tuple[str, ...],
        parts: Callable[[], PageParts],
    ) -> None:
        self._app = app
        self._prefix = prefix
        self._parts = parts
        # The event of the last request whose form was read, and that form.
        self._last_form: tuple[dict[str, Any], PostedForm] = ({}, PostedForm([], True))
        app.exception_handler(InvalidToken)(self._answer_invalid_link)
        app.exception_handler([DependencyUnavailable, UnreadableRecord])(self._answer_unavailable)
        app.not_found(self._answer_unknown_route)

    @property
    def event(self) -> dict[str, Any]:
        """The event of the current request, payload format 2.0."""
        return self._app.current_event.raw_event

    def visit(self) -> PageVisit:
        """Returns the visit of the current request."""
        return PageVisit.from_event(self.event, self._parts().catalogue, has_form=self._parts().has_form)

    def form(self) -> PostedForm:
        """Returns the form of the current request. Verify the token of the link before you call this."""
        form = read_form(self.event, max_fields(self._parts().catalogue))
        self._last_form = self.event, form
        return form

    def page(self, html: str, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> Response[str]:
        """Returns a page with the headers of all pages. HEAD gets no body (RFC 9110 §9.3.2)."""
        is_head = self.event["requestContext"]["http"]["method"] == "HEAD"
        return Response(
            status_code=int(status),
            headers={**self._parts().pages.headers(self.visit().language), **headers},
            body="" if is_head else html,
        )

    def redirect(self, path: str) -> Response[str]:
        """Redirects to another page of this site, by GET (RFC 9110 §15.4.4)."""
        return self.page("", HTTPStatus.SEE_OTHER, Location=path)

    def text(self, body: str) -> Response[str]:
        """Returns a short text for a mail client, which does not show it."""
        return Response(status_code=int(HTTPStatus.OK), headers={**_TEXT_HEADERS}, body=body)

    def neutral(self) -> Response[str]:
        """Returns the page for a minor or an address on hold. Both get the same page."""
        return self.page(self._parts().pages.neutral(self.visit().language))

    def _answer_invalid_link(self, _: InvalidToken) -> Response[str]:
        count_metric("LinkRefused")
        return self._answer_not_found(HTTPStatus.NOT_FOUND)

    def _answer_unknown_route(self, _: NotFoundError) -> Response[str]:
        """Answers a request without a route: another path or method, or a link with an invalid character."""
        if not self.event["rawPath"].startswith(self._prefix):
            return self._answer_not_found(HTTPStatus.NOT_FOUND)
        if self.event["requestContext"]["http"]["method"] in _METHODS:
            return self._answer_invalid_link(InvalidToken("not a token"))
        return self._answer_not_found(HTTPStatus.METHOD_NOT_ALLOWED, Allow=", ".join(_METHODS))

    def _answer_not_found(self, status: HTTPStatus, **headers: str) -> Response[str]:
        visit = self.visit()
        html = self._parts().pages.not_found(visit.language, has_form=visit.has_form)
        return self.page(html, status, **headers)

    def _answer_unavailable(self, error: DependencyUnavailable | UnreadableRecord) -> Response[str]:
        from heed.entrypoints.http.api.problems import RETRY_AFTER

        count_metric("PageUnavailable")
        logger.warning("unavailable", error=type(error).__name__)
        pages, language = self._parts().pages, self.visit().language
        if self.event["requestContext"]["http"]["method"] == "POST":
            kept = isinstance(error, OptOutQueued)
            html = pages.unavailable(language, self._list_retry_fields(), kept=kept)
        else:
            html = pages.page_unavailable(language)
        return self.page(html, HTTPStatus.SERVICE_UNAVAILABLE, **{"Retry-After": str(RETRY_AFTER)})

    def _list_retry_fields(self) -> list[tuple[str, str]]:
        """Returns the fields that the page of status 503 repeats.

        They belong to a complete form of the current request.
        """
        event, form = self._last_form
        if event is not self.event or not form.complete:
            return []
        names = {*_FORM_FIELDS, *(signal.name for signal in self._parts().catalogue.signal_topics())}
        return [
            (name, value)
            for name, value in form.fields
            if (bare := name.removeprefix("was.")) in names or bare.startswith("topic.")
        ]
