"""`/desk/cases`: the mails about which a privacy officer decides."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from heed.domain.desk.session import DeskRole
from heed.domain.errors import (
    CaseDecided,
    DecisionNotPossible,
    IncompleteForm,
    NotFound,
    OnHold,
    UnknownScope,
)
from heed.domain.mailbox.case import CaseDecision, Ruling
from heed.domain.preferences.catalogue import Catalogue, TopicKind
from heed.domain.preferences.evidence import scrub_text
from heed.domain.preferences.register import ALL_SCOPES, ScopeNumber
from heed.entrypoints.http import request
from heed.entrypoints.http.api.cases import first_page, parse_case_id, parse_case_position
from heed.entrypoints.http.desk.case_view import case_row, case_view
from heed.entrypoints.http.desk.case_views import CaseProblem, CaseRow, CasesView
from heed.entrypoints.observability import count_metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import Response

    from heed.domain.milliseconds import Millis
    from heed.entrypoints.http.desk.routes import DeskRoutes
    from heed.entrypoints.http.desk.visit import DeskRequest
    from heed.use_cases.cases.decide_case import DecideCase
    from heed.use_cases.cases.show_case import ShowCase
    from heed.use_cases.ports.cases import Cases

_MAX_CURSOR = 64  # characters; a longer text is not the cursor of a page
_HOME_CASES = 5
_PROBLEM_STATUS = {
    CaseProblem.DECIDED: HTTPStatus.CONFLICT,
    CaseProblem.HELD: HTTPStatus.CONFLICT,
}


class CasePageParts(Protocol):
    """The parts of a deployment that the pages about cases need."""

    @property
    def catalogue(self) -> Catalogue:
        """The brands and topics."""
        ...

    @property
    def public_url(self) -> str:
        """The base URL of the deployment, or "" if it has only the host of the API."""
        ...

    @property
    def cases(self) -> Cases:
        """The cases."""
        ...

    @property
    def show_case(self) -> ShowCase:
        """Shows a case with its mail."""
        ...

    @property
    def decide_case(self) -> DecideCase:
        """Decides a case."""
        ...


class CasePages:
    """Answers requests for the cases.

    Args:
        routes: The routes of the function. This class adds its own.
        parts: Returns the parts of the deployment.
    """

    def __init__(self, routes: DeskRoutes, parts: Callable[[], CasePageParts]) -> None:
        self._routes, self._parts = routes, parts
        routes.route("GET", "/desk/cases", DeskRole.PRIVACY)(self.show_list)
        routes.route("GET", "/desk/cases/{id}", DeskRole.PRIVACY)(self.show_one)
        routes.route("POST", "/desk/cases/{id}", DeskRole.PRIVACY)(self.decide)

    def show_list(self, call: DeskRequest) -> Response[str]:
        """Shows the cases that are not decided, those that are due first.

        Raises:
            NotFound: No page has the cursor of the request.
        """
        cursor = request.read_query(call.event, "cursor")
        position = parse_case_position(cursor) if len(cursor) <= _MAX_CURSOR else None
        if cursor and position is None:
            raise NotFound("no page has this cursor")
        page = first_page(self._parts().cases.open_cases(position))
        view = CasesView(
            frame=call.frame,
            cases=tuple(case_row(case, call.at) for case in page.cases),
            unreadable=bool(page.unreadable),
            next_page=page.cursor or "",
        )
        return call.page("cases", view)

    def show_one(self, call: DeskRequest) -> Response[str]:
        """Shows a case with the text of its mail. The register of disclosures gets an entry."""
        return self._show(call)

    def decide(self, call: DeskRequest) -> Response[str]:
        """Decides a case. The decision is carried out before the answer is sent.

        Raises:
            IncompleteForm: The form is not one of the page.
            NotFound: No case has this id.
        """
        parts, case_id = self._parts(), parse_case_id(call.parts["id"])
        ruling = _parse_ruling(call, parts.catalogue)
        if not ruling.reason:
            return self._show(call, CaseProblem.REASON)
        if ruling.decision.erases and not call.form.first("sure"):
            return self._show(call, CaseProblem.SURE)
        if ruling.decision.erases and not call.session.is_sign_in_recent(call.at):
            return self._routes.sign_in_again(call)
        try:
            parts.decide_case(case_id, ruling, request.base_url(call.event, parts.public_url))
        except CaseDecided:
            return self._show(call, CaseProblem.DECIDED)
        except OnHold:
            return self._show(call, CaseProblem.HELD)
        except DecisionNotPossible:
            return self._show(call, CaseProblem.NOT_POSSIBLE)
        count_metric("CaseDecided")
        return call.redirect(call.path)

    def _show(self, call: DeskRequest, problem: CaseProblem = CaseProblem.NONE) -> Response[str]:
        parts = self._parts()
        shown = parts.show_case(parse_case_id(call.parts["id"]), call.session.key, call.at)
        status = HTTPStatus.OK
        if problem is not CaseProblem.NONE:
            status = _PROBLEM_STATUS.get(problem, HTTPStatus.UNPROCESSABLE_ENTITY)
        return call.page("case", case_view(call, shown, parts.catalogue, problem), status)


def cases_due_first(cases: Cases, now: Millis) -> tuple[CaseRow, ...]:
    """Returns the first cases of the list, for the home page of a privacy officer. `now`: milliseconds."""
    return tuple(case_row(case, now) for case in first_page(cases.open_cases(), _HOME_CASES).cases)


def _parse_ruling(call: DeskRequest, catalogue: Catalogue) -> Ruling:
    """Returns the decision in a form.

    Raises:
        IncompleteForm: The page has no button for this decision, or does not offer this scope.
    """
    try:
        decision = CaseDecision(call.form.first("decision"))
        scope = _parse_scope(call.form.first("scope"), catalogue) if decision.has_scope else ALL_SCOPES
    except (ValueError, UnknownScope):
        raise IncompleteForm("the page of a case does not offer this") from None
    reason = scrub_text(call.form.first("reason"))
    return Ruling(decision, scope, reason, call.session.key, call.at, call.session.agent)


def _parse_scope(name: str, catalogue: Catalogue) -> ScopeNumber:
    """Returns the number of a scope; without a name, that of all marketing.

    Raises:
        UnknownScope: There is no such scope, or it is service mail, which nobody can stop.
    """
    number = catalogue.scope_number(name) if name else ALL_SCOPES
    topic = catalogue.topics.get(number)
    if topic is not None and topic.kind is TopicKind.SERVICE:
        raise UnknownScope("service mail cannot be stopped")
    return number
