"""`/desk`: one field for an address or a recipient id, and the purpose of the look-up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from heed.domain.desk.session import DeskRole
from heed.domain.errors import InvalidAddress, InvalidToken
from heed.domain.milliseconds import Millis
from heed.domain.privacy.disclosure import DisclosurePurpose, parse_purpose
from heed.entrypoints.http.desk.action_views import WaitingLiftRow
from heed.entrypoints.http.desk.case_views import CaseRow
from heed.entrypoints.http.desk.cases import cases_due_first
from heed.entrypoints.http.desk.change_cookies import read_own_entries
from heed.entrypoints.http.desk.change_form import DeskChange
from heed.entrypoints.http.desk.hold_pages import list_waiting_lifts
from heed.entrypoints.http.desk.person_cookie import PersonCookie
from heed.entrypoints.http.desk.sealed_cookies import person_path
from heed.entrypoints.http.desk.views import DeskView

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import Response

    from heed.entrypoints.http.desk.person_visit import PersonVisits
    from heed.entrypoints.http.desk.routes import DeskRoutes
    from heed.entrypoints.http.desk.visit import DeskRequest
    from heed.use_cases.ports.cases import Cases
    from heed.use_cases.ports.privacy import LiftRequests


class PersonMistake(StrEnum):
    """A mistake in the field of the home page."""

    EMPTY = "empty"
    INVALID = "invalid"  # neither an address nor a recipient id
    LINK = "link"  # a link that is not complete, or of another system


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeOption:
    """A purpose that an agent can choose."""

    value: DisclosurePurpose
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEntryRow:
    """Something that this session has recorded today."""

    at: Millis
    change: DeskChange
    id: str
    path: str  # of the person's page


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView(DeskView):
    """`GET /desk`."""

    purposes: tuple[PurposeOption, ...]
    own: tuple[OwnEntryRow, ...]  # the newest first
    lifts: tuple[WaitingLiftRow, ...]  # those that wait for a second officer; an agent sees none
    cases: tuple[CaseRow, ...] = ()  # those that are due first, for a privacy officer
    entered: str = ""  # what the agent entered, if it is shown again
    mistake: PersonMistake | None = None


HOME_VIEWS: dict[str, type[DeskView]] = {"home": HomeView}


class HomeParts(Protocol):
    """The parts of a deployment that the home page needs."""

    @property
    def lift_requests(self) -> LiftRequests:
        """Requests to lift a report of a minor that wait for a second signature."""
        ...

    @property
    def cases(self) -> Cases:
        """The cases."""
        ...


class HomePage:
    """Answers requests for `/desk`, and looks people up.

    Args:
        routes: The routes of the function. This class adds its own.
        visits: Finds people.
        parts: Returns the parts of the deployment. It is called for a request, never at import.
    """

    def __init__(self, routes: DeskRoutes, visits: PersonVisits, parts: Callable[[], HomeParts]) -> None:
        self._visits = visits
        self._parts = parts
        routes.route("GET", "/desk", DeskRole.AGENT, by_brand=True)(self.show)
        routes.route("POST", "/desk/people", DeskRole.AGENT, by_brand=True)(self.look_up)

    def show(self, call: DeskRequest) -> Response[str]:
        """Shows the field, which has the focus. It is refilled if the session had ended."""
        kept = call.kept_form
        return call.page("home", self._view(call, entered=kept.first("person") if kept else ""))

    def look_up(self, call: DeskRequest) -> Response[str]:
        """Redirects to the page of a person. The address is in an encrypted cookie of that page alone."""
        text = call.form.first("person")
        purpose = parse_purpose(call.form.first("purpose") or DisclosurePurpose.DATA_SUBJECT)
        try:
            recipient, address = self._visits.find(text)
        except (InvalidAddress, InvalidToken) as error:
            is_link = isinstance(error, InvalidToken)
            mistake = PersonMistake.LINK if is_link else PersonMistake.INVALID
            view = self._view(call, purpose, text, mistake if text else PersonMistake.EMPTY)
            return call.page("home", view, HTTPStatus.UNPROCESSABLE_ENTITY)
        cookie = PersonCookie(recipient, address, purpose).make(self._visits.cookies(call))
        return call.redirect(person_path(recipient), cookies=[cookie])

    def _view(
        self,
        call: DeskRequest,
        purpose: DisclosurePurpose = DisclosurePurpose.DATA_SUBJECT,
        entered: str = "",
        mistake: PersonMistake | None = None,
    ) -> HomeView:
        own = read_own_entries(self._visits.cookies(call))
        is_officer = call.session.has_role(DeskRole.PRIVACY)
        return HomeView(
            frame=call.frame,
            purposes=tuple(PurposeOption(value=each, chosen=each is purpose) for each in DisclosurePurpose),
            own=tuple(
                OwnEntryRow(
                    at=each.at, change=each.change, id=each.recipient, path=person_path(each.recipient)
                )
                for each in own
                if all(map(call.catalogue.may_show, each.brands))
            ),
            lifts=list_waiting_lifts(call, self._parts().lift_requests) if is_officer else (),
            cases=cases_due_first(self._parts().cases, call.at) if is_officer else (),
            entered=entered,
            mistake=mistake,
        )
