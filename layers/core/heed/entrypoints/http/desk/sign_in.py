"""`/desk/sign-in`, `/desk/signed-in` and `/desk/sign-out`: the way in by the issuer, and out again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from heed.domain.desk.next_page import HOME
from heed.domain.desk.session import DeskRole
from heed.domain.errors import IssuerUnavailable, NoDeskRole, SignInRefused
from heed.entrypoints.http import request
from heed.entrypoints.http.desk.cookies import (
    login_cookie,
    login_cookie_name,
    read_cookie,
    session_cookie,
    session_cookie_name,
)
from heed.entrypoints.http.desk.kept_forms import SessionEndedView
from heed.entrypoints.http.desk.routes import has_no_tls
from heed.entrypoints.http.desk.views import DeskView
from heed.entrypoints.http.desk.visit import DeskVisit
from heed.entrypoints.observability import count_metric, logger
from heed.use_cases.desk.sign_in import Callback

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.shared.cookies import Cookie

    from heed.entrypoints.http.desk.routes import DeskRoutes
    from heed.entrypoints.http.desk.session_memory import SessionMemory
    from heed.entrypoints.http.desk.visit import DeskRequest
    from heed.use_cases.desk.sign_in import CompleteSignIn, StartSignIn
    from heed.use_cases.ports.desk import IdentityProvider

_MAX_CODE = 4_096


class SignInFailure(StrEnum):
    """Why a sign-in failed."""

    ROLE = "role"  # the person is in no group of the desk
    AGAIN = "again"  # anything else: a new try may help


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInFailedView(DeskView):
    """The page after a sign-in that failed."""

    why: SignInFailure


SIGN_IN_VIEWS: dict[str, type[DeskView]] = {
    "session-ended": SessionEndedView,
    "sign-in-failed": SignInFailedView,
    "signed-out": DeskView,
}


class SignInParts(Protocol):
    """The parts of a deployment that the sign-in needs."""

    @property
    def desk_url(self) -> str:
        """The base URL of the desk, or "" if the deployment has only the host of the API."""
        ...

    @property
    def start_sign_in(self) -> StartSignIn:
        """Begins a sign-in."""
        ...

    @property
    def complete_sign_in(self) -> CompleteSignIn:
        """Ends a sign-in."""
        ...

    @property
    def session_memory(self) -> SessionMemory:
        """The sessions of the people who are signed in."""
        ...

    @property
    def identity_provider(self) -> IdentityProvider:
        """The issuer at which people sign in."""
        ...


class SignInPages:
    """Answers the requests of a sign-in and of a sign-out.

    Args:
        routes: The routes of the function. This class adds its own.
        parts: Returns the parts of the deployment. It is called for a request, never at import.
    """

    def __init__(self, routes: DeskRoutes, parts: Callable[[], SignInParts]) -> None:
        self._parts = parts
        routes.open_route("GET", "/desk/sign-in")(self.start)
        routes.open_route("GET", "/desk/signed-in")(self.complete)
        routes.open_route("GET", "/desk/signed-out")(self.show_signed_out)
        routes.route("POST", "/desk/sign-out", DeskRole.AGENT, by_brand=True)(self.sign_out)

    def start(self, visit: DeskVisit) -> Response[str]:
        """Leads to the issuer."""
        started = self._parts().start_sign_in(
            request.read_query(visit.event, "next") or HOME,
            f"{self._base_url(visit)}/desk/signed-in",
            visit.at,
            fresh=request.read_query(visit.event, "fresh") == "1",
        )
        return visit.redirect(
            started.url, cookies=[login_cookie(started.cookie, is_loopback=self._is_loopback)]
        )

    def complete(self, visit: DeskVisit) -> Response[str]:
        """Starts a session for the person whom the issuer sends back."""
        is_loopback = self._is_loopback
        used = login_cookie("", is_loopback=is_loopback)  # whatever happens, no second request can use it
        code = request.read_query(visit.event, "code")
        try:
            done = self._parts().complete_sign_in(
                Callback(
                    code=code if len(code) <= _MAX_CODE else "",
                    state=request.read_query(visit.event, "state"),
                    cookie=read_cookie(visit.event, login_cookie_name(is_loopback=is_loopback)),
                    old_value=read_cookie(visit.event, session_cookie_name(is_loopback=is_loopback)),
                    at=visit.at,
                )
            )
        except SignInRefused as error:
            return self._refuse(visit, error, [used])
        count_metric("DeskSignedIn")
        logger.info("signed in to the desk", desk_key=done.session.key, role=done.session.role.value)
        return visit.redirect(done.page, cookies=[used, session_cookie(done.value, is_loopback=is_loopback)])

    def sign_out(self, call: DeskRequest) -> Response[str]:
        """Ends the session here, then at the issuer.

        The answer is a page that goes on to the issuer. A redirect would be part of sending the form, and the
        policy of the page permits no form to end at another host.
        """
        self._parts().session_memory.end(call.session.hash)
        try:
            url = self._parts().identity_provider.end_session_url(f"{self._base_url(call)}/desk/signed-out")
        except IssuerUnavailable:
            url = ""  # the session has ended here in any case
        visit = DeskVisit(call.event, call.catalogue, call.pages)
        return visit.page(
            "signed-out",
            DeskView(frame=visit.frame),
            cookies=[session_cookie("", is_loopback=self._is_loopback)],
            headers={"Refresh": f"0; url={url}"} if url else None,
        )

    def show_signed_out(self, visit: DeskVisit) -> Response[str]:
        """Says that nobody is signed in any more. The issuer leads here after a sign-out.

        Any site can lead here, too, so this deletes no cookie.
        """
        return visit.page("signed-out", DeskView(frame=visit.frame))

    def _refuse(self, visit: DeskVisit, error: SignInRefused, cookies: list[Cookie]) -> Response[str]:
        count_metric("DeskSignInRefused")
        is_role = isinstance(error, NoDeskRole)
        # An alarm counts this message (template.yaml, DeskSignInsRefusedFilter). The reason names a check, or
        # the keyed hash of a person without a role.
        logger.warning("sign-in to the desk refused", reason=str(error), without_role=is_role)
        why = SignInFailure.ROLE if is_role else SignInFailure.AGAIN
        view = SignInFailedView(frame=visit.frame, why=why)
        return visit.page("sign-in-failed", view, HTTPStatus.FORBIDDEN, cookies=cookies)

    def _base_url(self, visit: DeskVisit) -> str:
        return request.base_url(visit.event, self._parts().desk_url)

    @property
    def _is_loopback(self) -> bool:
        return has_no_tls(self._parts().desk_url)
