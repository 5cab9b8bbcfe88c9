"""The routes of the desk: who may see a page, and from where a form may come.

Each form contains a token that is bound to the session, and must come from a page of the desk (`Origin`).
A session that is idle for too long or too old leads to the sign-in. The answer to each expected failure is a
page. A bug is not an expected failure. It crashes the function, is logged and raises an alarm.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from heed.domain.desk.session import DeskRole, DeskSession, form_token, hash_session_value
from heed.domain.errors import (
    DependencyUnavailable,
    HeedError,
    IncompleteForm,
    NotFound,
    PurposeRefused,
    ScopeNotAllowed,
    UnreadableRecord,
)
from heed.entrypoints.http import request
from heed.entrypoints.http.api.problems import RETRY_AFTER
from heed.entrypoints.http.desk.cookies import read_cookie, session_cookie_name
from heed.entrypoints.http.desk.kept_forms import KeptForms, SessionEndedView
from heed.entrypoints.http.desk.page_parts import DeskPageParts
from heed.entrypoints.http.desk.views import DeskUnavailableView, DeskView, Refusal, RefusedView
from heed.entrypoints.http.desk.visit import DeskRequest, DeskVisit, sign_in_url
from heed.entrypoints.http.paths import is_path_of_route, to_resolver_path
from heed.entrypoints.observability import count_metric, logger

_REFUSALS: dict[type[HeedError], Refusal] = {
    IncompleteForm: Refusal.INCOMPLETE,
    PurposeRefused: Refusal.PURPOSE,
    ScopeNotAllowed: Refusal.BRAND,
}
"""The expected failures that the page for a refused request explains."""

DeskHandler = Callable[[DeskRequest], Response[str]]
OpenDeskHandler = Callable[[DeskVisit], Response[str]]


@dataclass(frozen=True, slots=True)
class _Access:
    """Who may send a request. A route without a role needs no session."""

    role: DeskRole | None = None
    recent_sign_in: bool = False
    by_brand: bool = False


class DeskRoutes:
    """The routes of the function `desk`.

    Args:
        parts: Returns the parts of the deployment. It is called for a request, never at import.
    """

    def __init__(self, parts: Callable[[], DeskPageParts]) -> None:
        self._parts = parts
        # The debug mode is off in any environment, because it prints events and answers with traces.
        self._app = APIGatewayHttpResolver(debug=False)
        self._app.not_found(self._answer_unknown_route)
        self.access: dict[tuple[str, str], _Access] = {}

    def route(
        self,
        method: str,
        path: str,
        role: DeskRole,
        *,
        recent_sign_in: bool = False,
        by_brand: bool = False,
    ) -> Callable[[DeskHandler], DeskHandler]:
        """Decorates a handler: it serves a route to people who are signed in and have a role.

        A variable part of the path has the form `{name}`. With `recent_sign_in`, the person must have signed
        in within the last 10 minutes: erasures, reports of minors, holds and lifts demand it. An agent who is
        limited to brands is admitted only with `by_brand`. The handler must then use the catalogue of the
        request.
        """

        def decorate(handle: DeskHandler) -> DeskHandler:
            access = _Access(role, recent_sign_in, by_brand)
            self._add(method, path, access, lambda visit: self._admit(visit, method, access, handle))
            return handle

        return decorate

    def open_route(self, method: str, path: str) -> Callable[[OpenDeskHandler], OpenDeskHandler]:
        """Decorates a handler: it serves a route to everybody, such as the sign-in."""

        def decorate(handle: OpenDeskHandler) -> OpenDeskHandler:
            self._add(method, path, _Access(), handle)
            return handle

        return decorate

    def __call__(self, event: dict[str, object], context: object) -> dict[str, object]:
        """Answers one HTTP request, in payload format 2.0 or 1.0."""
        return self._app.resolve(request.to_payload_2(event), context)  # type: ignore[arg-type]

    def find_session(self, visit: DeskVisit) -> tuple[DeskSession, str] | None:
        """Returns the valid session of a request and the value of its cookie, or None.

        Raises:
            IssuerUnavailable: The role had to be confirmed, and the issuer did not answer.
            StoreUnavailable: The store of sessions did not answer.
        """
        parts, value = self._parts(), self._session_value(visit)
        if not value:
            return None
        session = parts.session_memory.use(
            hash_session_value(value), visit.at, lambda found: parts.renew_role(found, value, visit.at)
        )
        if session is None or not session.brands.narrow(visit.catalogue).brands:
            return None  # without a brand that the catalogue has, the person signs in again
        return session, value

    def sign_in_again(self, call: DeskRequest) -> Response[str]:
        """Leads to a new sign-in and back, if only some forms of a page need a recent one."""
        return self._lead_to_sign_in(call, call.session, fresh=True)

    def _add(self, method: str, path: str, access: _Access, handle: OpenDeskHandler) -> None:
        self.access[method, path] = access

        def respond(**path_parts: str) -> Response[str]:
            parts, event = self._parts(), self._app.current_event.raw_event
            if not self._is_desk(event):
                return self._answer_without_desk()
            visit = DeskVisit(event, parts.catalogue, parts.desk_pages, path_parts)
            try:
                return handle(visit)
            except HeedError as error:
                return _answer_failure(visit, error)

        self._app.route(to_resolver_path(path), method=method)(respond)

    def _admit(self, visit: DeskVisit, method: str, access: _Access, handle: DeskHandler) -> Response[str]:
        """Calls a handler if the session, the role and, of a form, its origin and token permit it."""
        if method == "POST" and not self._has_own_origin(visit):
            return _refuse(visit, Refusal.ORIGIN)
        found = self.find_session(visit)
        if found is None:
            return self._lead_to_sign_in(visit, self._find_any_session(visit))
        session, value = found
        kept_forms = self._kept_forms
        call = DeskRequest(
            visit.event,
            session.brands.narrow(visit.catalogue),
            visit.pages,
            visit.parts,
            session=session,
            form_token=form_token(value),
            kept_form=kept_forms.give_back(visit, session.key) if method == "GET" else None,
        )
        try:
            answer = self._call(call, method, access, handle)
        except HeedError as error:
            return _answer_failure(call, error)
        if method == "POST" and answer.status_code == HTTPStatus.SEE_OTHER:
            answer.cookies.extend(kept_forms.forget(visit))
        return answer

    def _call(self, call: DeskRequest, method: str, access: _Access, handle: DeskHandler) -> Response[str]:
        if access.role is not None and not call.session.has_role(access.role):
            return _refuse(call, Refusal.ROLE)
        if call.session.brands.is_limited and not access.by_brand:
            return _refuse(call, Refusal.BRAND)
        if method == "POST" and not hmac.compare_digest(
            call.form.first("token").encode(), call.form_token.encode()
        ):
            return _refuse(call, Refusal.ORIGIN)
        if access.recent_sign_in and not call.session.is_sign_in_recent(call.at):
            return self._lead_to_sign_in(call, call.session, fresh=True)
        return handle(call)

    def _lead_to_sign_in(
        self, visit: DeskVisit, session: DeskSession | None, *, fresh: bool = False
    ) -> Response[str]:
        """Leads to the sign-in and back. A form leads there through a page with a link, and is kept.

        A redirect would be a part of sending the form, and the policy of the page permits no form to end at
        the issuer.

        Args:
            visit: The request.
            session: The session that has ended, which tells whose form it is. None: nobody knows.
            fresh: Whether the person must prove again who they are.
        """
        page = self._page_of(visit)
        if visit.event["requestContext"]["http"]["method"] != "POST":
            return visit.sign_in(page, fresh=fresh)
        kept = self._kept_forms.keep(visit, page, session.key) if session else None
        view = SessionEndedView(
            frame=visit.frame, sign_in_url=sign_in_url(page, fresh=fresh), is_kept=kept is not None
        )
        return visit.page("session-ended", view, HTTPStatus.FORBIDDEN, cookies=[kept] if kept else None)

    def _find_any_session(self, visit: DeskVisit) -> DeskSession | None:
        """Returns the session whose token a form has, also one that has ended."""
        value = self._session_value(visit)
        if not value or visit.event["requestContext"]["http"]["method"] != "POST":
            return None
        if not hmac.compare_digest(visit.form.first("token").encode(), form_token(value).encode()):
            return None
        return self._parts().desk_sessions.find(hash_session_value(value))

    def _session_value(self, visit: DeskVisit) -> str:
        name = session_cookie_name(is_loopback=has_no_tls(self._parts().desk_url))
        return read_cookie(visit.event, name)

    @property
    def _kept_forms(self) -> KeptForms:
        parts = self._parts()
        return KeptForms(parts.cookie_encryption, is_loopback=has_no_tls(parts.desk_url))

    def _has_own_origin(self, visit: DeskVisit) -> bool:
        """Returns whether a form comes from a page of this host. Browsers always say where a POST is from."""
        own = {request.base_url(visit.event, self._parts().desk_url), request.base_url(visit.event, "")}
        return request.read_header(visit.event, "origin") in own

    def _page_of(self, visit: DeskVisit) -> str:
        """Returns the path of the page that a request asks for, or that shows its form."""
        path = visit.path
        if visit.event["requestContext"]["http"]["method"] == "GET":
            query = str(visit.event.get("rawQueryString") or "")
            return f"{path}?{query}" if query else path
        pages = [page for method, page in self.access if method == "GET"]
        while path and not any(is_path_of_route(page, path) for page in pages):
            path = path.rpartition("/")[0]
        return path

    def _answer_unknown_route(self, _: Exception) -> Response[str]:
        parts, event = self._parts(), self._app.current_event.raw_event
        if not self._is_desk(event):
            return self._answer_without_desk()
        return _answer_missing(DeskVisit(event, parts.catalogue, parts.desk_pages))

    def _is_desk(self, event: Mapping[str, Any]) -> bool:
        """Returns whether there is a desk, and whether a request is for its host."""
        parts = self._parts()
        return parts.has_desk and parts.desk_domain in ("", event["requestContext"]["domainName"])

    def _answer_without_desk(self) -> Response[str]:
        """Answers as for any other unknown path of the deployment."""
        parts = self._parts()
        visit = DeskVisit(self._app.current_event.raw_event, parts.catalogue, parts.desk_pages)
        return Response(
            status_code=int(HTTPStatus.NOT_FOUND),
            headers=parts.pages.headers(visit.language),
            body=parts.pages.not_found(visit.language, has_form=False),
        )


def has_no_tls(desk_url: str) -> bool:
    """Returns whether this is the stack on one machine."""
    return desk_url.startswith("http://")


def _refuse(visit: DeskVisit, why: Refusal) -> Response[str]:
    count_metric("DeskRefused")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if why is Refusal.INCOMPLETE else HTTPStatus.FORBIDDEN
    return visit.page("refused", RefusedView(frame=visit.frame, why=why), status)


def _answer_missing(visit: DeskVisit) -> Response[str]:
    return visit.page("missing", DeskView(frame=visit.frame), HTTPStatus.NOT_FOUND)


def _answer_failure(visit: DeskVisit, error: HeedError) -> Response[str]:
    """Returns the page of an expected failure.

    Raises:
        HeedError: The desk has no page for this error. That is a bug, so the error is raised again.
    """
    if isinstance(error, NotFound):
        return _answer_missing(visit)
    for kind, why in _REFUSALS.items():
        if isinstance(error, kind):
            return _refuse(visit, why)
    if not isinstance(error, (DependencyUnavailable, UnreadableRecord)):
        raise error
    count_metric("PageUnavailable")
    logger.warning("unavailable", error=type(error).__name__)
    view = DeskUnavailableView(frame=visit.frame, is_unreadable=isinstance(error, UnreadableRecord))
    retry = {"Retry-After": str(RETRY_AFTER)}
    return visit.page("unavailable", view, HTTPStatus.SERVICE_UNAVAILABLE, headers=retry)
