"""`/desk/people/{id}/minor` and `/desk/people/{id}/erase`: what deletes the record of a person.

An agent may report a minor, up to a number a day. An agent asks for an erasure, and an officer decides.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from heed.domain.desk.session import DeskRole
from heed.domain.errors import OnHold
from heed.domain.mailbox.case import Case, CaseKind, CaseState, is_case_id, new_case
from heed.domain.preferences.decision import is_awaiting_officer, is_on_hold
from heed.domain.preferences.register import DAY_MS, MINOR
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest, earlier_purge
from heed.entrypoints.http import request
from heed.entrypoints.http.desk.action_form import (
    EMPTY_FORM,
    ActionField,
    ActionForm,
    kept_action_form,
    read_action_form,
)
from heed.entrypoints.http.desk.action_pages import summarize_purge
from heed.entrypoints.http.desk.action_views import EraseState, EraseView, MinorState, MinorView
from heed.entrypoints.http.desk.person_visit import person_heading
from heed.entrypoints.report_counts import count_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import Response

    from heed.domain.preferences.record import Record
    from heed.entrypoints.http.desk.person_visit import PersonVisits
    from heed.entrypoints.http.desk.routes import DeskRoutes
    from heed.entrypoints.http.desk.visit import DeskRequest
    from heed.use_cases.cases.open_case import OpenCase
    from heed.use_cases.ports.cases import Cases
    from heed.use_cases.ports.preferences import Preferences
    from heed.use_cases.ports.privacy import Purges
    from heed.use_cases.privacy.erase import Erase

_REQUIRED = (ActionField.WAY, ActionField.REFERENCE, ActionField.CONFIRMED)


class ErasureParts(Protocol):
    """The parts of a deployment that these pages need."""

    @property
    def preferences(self) -> Preferences:
        """The store of all records."""
        ...

    @property
    def erase(self) -> Erase:
        """Handles a report of a minor, and an erasure."""
        ...

    @property
    def purges(self) -> Purges:
        """Purges and their certificates."""
        ...

    @property
    def cases(self) -> Cases:
        """The cases."""
        ...

    @property
    def open_desk_case(self) -> OpenCase:
        """Opens a case for the request of a person at the desk."""
        ...


class ErasePages:
    """Answers requests for the two pages.

    Args:
        routes: The routes of the function. This class adds its own.
        visits: Finds people and enters disclosures.
        parts: Returns the parts of the deployment. It is called for a request, never at import.
    """

    def __init__(self, routes: DeskRoutes, visits: PersonVisits, parts: Callable[[], ErasureParts]) -> None:
        self._visits = visits
        self._parts = parts
        for page, show, send in (
            ("minor", self.show_minor, self.report_minor),
            ("erase", self.show_erase, self.erase),
        ):
            path = f"/desk/people/{{id}}/{page}"
            routes.route("GET", path, DeskRole.AGENT, recent_sign_in=True)(show)
            routes.route("POST", path, DeskRole.AGENT, recent_sign_in=True)(send)

    def show_minor(self, call: DeskRequest) -> Response[str]:
        """Says what the report of a minor does, or what it has done."""
        return self._show_minor(call, kept_action_form(call))

    def report_minor(self, call: DeskRequest) -> Response[str]:
        """Reports a minor. Above the limit of an agent, the report waits for an officer."""
        form = read_action_form(call.form, _REQUIRED)
        if form.mistakes:
            return self._show_minor(call, form)
        self._report(call, ErasureCause.MINOR, form)
        return call.redirect(call.path)

    def show_erase(self, call: DeskRequest) -> Response[str]:
        """Says what an erasure does, or what it or its request has done."""
        return self._show_erase(call, kept_action_form(call))

    def erase(self, call: DeskRequest) -> Response[str]:
        """Erases a person. For an agent, it opens a case."""
        form = read_action_form(call.form, _REQUIRED)
        if form.mistakes:
            return self._show_erase(call, form)
        if not call.session.has_role(DeskRole.PRIVACY):
            return self._request_erasure(call, form)
        try:
            self._report(call, ErasureCause.ERASURE, form)
        except OnHold:
            return self._show_erase(call, form, status=HTTPStatus.CONFLICT)
        return call.redirect(call.path)

    def _report(self, call: DeskRequest, cause: ErasureCause, form: ActionForm) -> None:
        session = call.session
        report = ErasureRequest(
            cause,
            call.at,
            form.source,
            form.reference,
            session.key,
            call.catalogue.policy_version_at(call.at),
            by_officer=session.has_role(DeskRole.PRIVACY),
            agent=session.agent,
        )
        result = self._parts().erase(self._visits.person(call).recipient, report)
        count_report(result, report)

    def _request_erasure(self, call: DeskRequest, form: ActionForm) -> Response[str]:
        """Opens a case for an officer. The same request on the same day is the same case."""
        recipient = self._visits.person(call).recipient
        request_id = f"desk {call.at // DAY_MS} {form.reference}"
        case = new_case(CaseKind.ERASURE, request_id, recipient, call.at)
        if self._parts().open_desk_case(case, _to_mail(call, form), call.session.key, call.at):
            return call.redirect(f"{call.path}?case={case.id}")
        return self._show_erase(call, form, EraseState.REFUSED, HTTPStatus.CONFLICT)

    def _show_minor(self, call: DeskRequest, form: ActionForm) -> Response[str]:
        person, parts = self._visits.person(call), self._parts()
        record = parts.preferences.read(person.recipient)
        cookies = self._visits.disclose(call, person)
        purge_id = earlier_purge(record, ErasureCause.MINOR) or ""
        minor, state = record.get(MINOR), _minor_state(record)
        if minor or (state is MinorState.WAITING and not call.session.has_role(DeskRole.PRIVACY)):
            form = EMPTY_FORM  # the page has no form
        view = MinorView(
            frame=call.frame,
            person=person_heading(person),
            form=form,
            since=minor.at if minor else None,
            purge_id=purge_id,
            purge=summarize_purge(parts.purges, purge_id),
            state=state,
        )
        return call.page("minor", view, _status(form), cookies=cookies)

    def _show_erase(
        self,
        call: DeskRequest,
        form: ActionForm,
        state: EraseState = EraseState.NONE,
        status: HTTPStatus | None = None,
    ) -> Response[str]:
        person, parts = self._visits.person(call), self._parts()
        record = parts.preferences.read(person.recipient)
        case = self._find_case(call, person.recipient)
        cookies = self._visits.disclose(call, person)
        purge_id = earlier_purge(record, ErasureCause.ERASURE) or ""
        if is_on_hold(record):
            state = EraseState.HELD
        elif purge_id:
            state = EraseState.ERASED
        elif case:
            state = EraseState.DECIDED if case.state is CaseState.DECIDED else EraseState.REQUESTED
        if state is not EraseState.NONE:
            form = EMPTY_FORM  # the page has no form
        view = EraseView(
            frame=call.frame,
            person=person_heading(person),
            form=form,
            since=record.erased_at,
            purge_id=purge_id,
            purge=summarize_purge(parts.purges, purge_id),
            state=state,
            due_at=case.due_at if case else None,
        )
        return call.page("erase", view, status or _status(form), cookies=cookies)

    def _find_case(self, call: DeskRequest, recipient: str) -> Case | None:
        """Returns the case of a request, if it is one about this person. A decided case names nobody."""
        case_id = request.read_query(call.event, "case")
        case = self._parts().cases.find(case_id) if is_case_id(case_id) else None
        if case is None or case.kind is not CaseKind.ERASURE or case.recipient not in (recipient, ""):
            return None
        return case


def _minor_state(record: Record) -> MinorState:
    if MINOR in record.registers:
        return MinorState.HELD if is_on_hold(record) else MinorState.REPORTED
    return MinorState.WAITING if is_awaiting_officer(record) else MinorState.NONE


def _status(form: ActionForm) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.mistakes else HTTPStatus.OK


def _to_mail(call: DeskRequest, form: ActionForm) -> bytes:
    """Returns the text of the case as a mail, which an officer reads."""
    lines = (
        "Subject: Request for an erasure, from the desk",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        f"Agent: {call.session.agent} ({call.session.key})",
        f"Received: {form.source.value}",
        f"Reference: {form.reference}",
    )
    return "\r\n".join(lines).encode()
