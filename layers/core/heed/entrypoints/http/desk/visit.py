"""A request for a page of the desk, and the answers to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aws_lambda_powertools.event_handler import Response

from heed.domain.desk.session import DeskSession
from heed.domain.errors import IncompleteForm
from heed.domain.milliseconds import Millis
from heed.domain.preferences.catalogue import Catalogue
from heed.entrypoints.http import request
from heed.entrypoints.http.desk.desk_pages import DeskPages
from heed.entrypoints.http.desk.views import DeskFrame, DeskView
from heed.entrypoints.http.forms import max_fields, read_form
from heed.entrypoints.http.language import choose_language

if TYPE_CHECKING:
    from aws_lambda_powertools.shared.cookies import Cookie

SIGN_IN = "/desk/sign-in"


def sign_in_url(page: str, *, fresh: bool = False) -> str:
    """Returns the URL of the sign-in, which leads back to a page.

    Args:
        page: The path of the page, with its query.
        fresh: Whether the person must prove again who they are, although they are signed in.
    """
    return f"{SIGN_IN}?{'fresh=1&' if fresh else ''}next={quote(page, safe='')}"


@dataclass(frozen=True)
class DeskVisit:
    """A request, of somebody who may not be signed in.

    Attributes:
        event: The event of Lambda, payload format 2.0.
        catalogue: The brands and topics; of somebody who is signed in, those that the person may use.
        pages: The compiled pages.
        parts: The values of the variable parts of the path, by name.
    """

    event: Mapping[str, Any]
    catalogue: Catalogue
    pages: DeskPages
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def at(self) -> Millis:
        """When the request arrived, in milliseconds."""
        return request.arrived_at(self.event)

    @property
    def path(self) -> str:
        """The path of the request, decoded."""
        return str(self.event["rawPath"])

    @cached_property
    def language(self) -> str:
        """The language of the brand that the browser prefers, for the names of topics."""
        return choose_language(
            request.read_query(self.event, "lang"),
            request.read_header(self.event, "accept-language"),
            self.catalogue.languages,
            self.catalogue.default_language,
        )

    @cached_property
    def form(self) -> DeskForm:
        """The form in the body.

        Raises:
            IncompleteForm: The body is no form, or the form has too many fields.
        """
        form = read_form(self.event, max_fields(self.catalogue))
        if not form.complete:
            raise IncompleteForm("the form of a page of the desk is not complete")
        return DeskForm(form.fields)

    @property
    def frame(self) -> DeskFrame:
        """What surrounds the content of each page."""
        brands = self.catalogue.brands
        brand = brands.get(self.catalogue.default_brand) or next(iter(brands.values()))
        return DeskFrame(language=self.language, brand=brand.title, path=self.path)

    def page(
        self,
        name: str,
        view: DeskView,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        cookies: list[Cookie] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[str]:
        """Returns a page. `name` is its file in layers/brand/desk/pages without `.html`."""
        return self._answer(self.pages.render(name, view), status, cookies, headers or {})

    def file(self, name: str, content_type: str, content: str) -> Response[str]:
        """Returns a file, which the browser stores under this name and does not show."""
        headers = {"Content-Type": content_type, "Content-Disposition": f'attachment; filename="{name}"'}
        return self._answer(content, HTTPStatus.OK, None, headers)

    def redirect(self, path: str, *, cookies: list[Cookie] | None = None) -> Response[str]:
        """Redirects to another page, by GET (RFC 9110 §15.4.4)."""
        return self._answer("", HTTPStatus.SEE_OTHER, cookies, {"Location": path})

    def sign_in(self, page: str, *, fresh: bool = False) -> Response[str]:
        """Redirects to the sign-in (`sign_in_url`)."""
        return self.redirect(sign_in_url(page, fresh=fresh))

    def _answer(
        self, body: str, status: HTTPStatus, cookies: list[Cookie] | None, headers: Mapping[str, str]
    ) -> Response[str]:
        return Response(
            status_code=int(status),
            headers={**self.pages.headers(self.language), **headers},
            cookies=cookies,
            body=body,
        )


@dataclass(frozen=True)
class DeskForm:
    """The fields of a complete form, in the order of the page."""

    fields: list[tuple[str, str]]

    def first(self, name: str) -> str:
        """Returns the first value of a field without spaces around it; "" if the form does not have it."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """Returns all values of a field without spaces around them."""
        return [value.strip() for field_name, value in self.fields if field_name == name]


@dataclass(frozen=True, kw_only=True)
class DeskRequest(DeskVisit):
    """A request of somebody who is signed in and has the role that the page demands.

    Attributes:
        session: The session.
        form_token: The token that each form of the session contains.
        kept_form: What the person entered on this page before the session ended, if the browser kept it. The
            page shows it again.
    """

    session: DeskSession
    form_token: str = field(repr=False)
    kept_form: DeskForm | None = None

    @property
    def frame(self) -> DeskFrame:
        """What surrounds the content of each page, with the name of the person and the navigation."""
        frame = super().frame
        brands = self.catalogue.brands.values() if self.session.brands.is_limited else ()
        return DeskFrame(
            language=frame.language,
            brand=frame.brand,
            path=frame.path,
            agent=self.session.agent,
            role=self.session.role,
            brands=tuple(brand.title for brand in brands),
            form_token=self.form_token,
        )
