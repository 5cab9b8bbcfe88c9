"""Answers to people: the pages, and which failure is which page.

What shows a page is imported when one is shown: a mail client's one-click waits for none of it.
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

_METHODS = ("GET", "HEAD", "POST")


class PageParts(Protocol):
    """What the pages need of a deployment."""

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
        """Whether there is a form for those without a link."""
        ...


class RecipientPages:
    """What an app of links answers, and its answers to whatever goes wrong.

    Args:
        app: the function's routes; failures in them are answered from now on.
        prefix: what all its paths begin with.
        parts: gives the parts of the deployment; asked for at a request, never at import.
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
        self._read: tuple[dict[str, Any], PostedForm] = (
            {},
            PostedForm([], True),
        )  # a request, and its form
        app.exception_handler(InvalidToken)(self._absent)
        app.exception_handler([DependencyUnavailable, UnreadableRecord])(self._failing)
        app.not_found(self._unrouted)

    @property
    def event(self) -> dict[str, Any]:
        """The present request, payload format 2.0."""
        return self._app.current_event.raw_event

    def visit(self) -> PageVisit:
        """The visit that the present request is."""
        return PageVisit.from_event(self.event, self._parts().catalogue, has_form=self._parts().has_form)

    def form(self) -> PostedForm:
        """The form of the present request; asked for when the token of a link is known, never before."""
        form = read_form(self.event, max_fields(self._parts().catalogue))
        self._read = self.event, form
        return form

    def page(self, html: str, status: HTTPStatus = HTTPStatus.OK, **more: str) -> Response[str]:
        """A page, with the headers that every page has; HEAD gets them alone (RFC 9110 §9.3.2)."""
        is_head = self.event["requestContext"]["http"]["method"] == "HEAD"
        return Response(
            status_code=int(status),
            headers={**self._parts().pages.headers(self.visit().language), **more},
            body="" if is_head else html,
        )

    def redirect(self, path: str) -> Response[str]:
        """See the page at this path of ours, by GET (RFC 9110 §15.4.4)."""
        return self.page("", HTTPStatus.SEE_OTHER, Location=path)

    def text(self, body: str) -> Response[str]:
        """A few bytes for a mail client, which shows them to nobody."""
        plain = {**page_headers("en"), "Content-Type": "text/plain; charset=utf-8"}
        return Response(status_code=int(HTTPStatus.OK), headers={**plain}, body=body)

    def neutral(self) -> Response[str]:
        """The one page for a minor and for a held address."""
        from heed.entrypoints.http.pages import link_views

        return self.page(
            self._parts().pages.neutral(link_views.page_view(self.visit(), self._parts().catalogue))
        )

    def _absent(self, _: InvalidToken) -> Response[str]:
        count_metric("LinkRefused")
        return self._not_found(HTTPStatus.NOT_FOUND)

    def _unrouted(self, _: NotFoundError) -> Response[str]:
        """Of our paths: another method, or a link with what no token has, such as a quotation mark."""
        if not self.event["rawPath"].startswith(self._prefix):
            return self._not_found(HTTPStatus.NOT_FOUND)
        if self.event["requestContext"]["http"]["method"] in _METHODS:
            return self._absent(InvalidToken("no token has that form"))
        return self._not_found(HTTPStatus.METHOD_NOT_ALLOWED, Allow=", ".join(_METHODS))

    def _not_found(self, status: HTTPStatus, **more: str) -> Response[str]:
        from heed.entrypoints.http.pages import link_views

        view = link_views.page_view(self.visit(), self._parts().catalogue)
        return self.page(self._parts().pages.not_found(view), status, **more)

    def _failing(self, error: DependencyUnavailable | UnreadableRecord) -> Response[str]:
        from heed.entrypoints.http.api.problems import RETRY_AFTER
        from heed.entrypoints.http.pages import link_views

        count_metric("PageUnavailable")
        logger.warning("unavailable", error=type(error).__name__)
        request, form = self._read
        # Of a request whose link is not known no form was read, and of half a form nothing is sent again.
        fields = form.fields if request is self.event and form.complete else []
        view = link_views.unavailable_view(
            self.visit(), self._parts().catalogue, fields, kept=isinstance(error, OptOutQueued)
        )
        retry = {"Retry-After": str(RETRY_AFTER)}
        return self.page(self._parts().pages.unavailable(view), HTTPStatus.SERVICE_UNAVAILABLE, **retry)
