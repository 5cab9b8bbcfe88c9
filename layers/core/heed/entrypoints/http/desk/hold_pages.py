"""`/desk/people/{id}/hold` and `/desk/people/{id}/lift`: legal holds, and the end of a suppression."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from heed.domain.desk.session import DeskRole
from heed.domain.preferences.decision import is_awaiting_officer, is_on_hold
from heed.domain.preferences.reasons import ADDRESS_SUPPRESSIONS, Liftable, Reason
from heed.domain.preferences.register import ALL_SCOPES, MINOR
from heed.domain.privacy.erasure import ErasureCause, earlier_purge
from heed.domain.privacy.lift import Signature, entry_of_lift, liftable_now
from heed.entrypoints.http import request
from heed.entrypoints.http.desk.action_form import (
    EMPTY_FORM,
    ActionField,
    ActionForm,
    kept_action_form,
    read_action_form,
)
from heed.entrypoints.http.desk.action_pages import complaint_scopes, summarize_purge, waiting_lift_row
from heed.entrypoints.http.desk.action_views import (
    HoldState,
    HoldView,
    LiftOption,
    LiftState,
    LiftView,
    WaitingLiftRow,
)
from heed.entrypoints.http.desk.person_visit import person_heading
from heed.entrypoints.observability import count_metric
from heed.use_cases.ports.privacy import WaitingLift

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from aws_lambda_powertools.event_handler import Response

    from heed.domain.preferences.record import Record
    from heed.entrypoints.http.desk.person_visit import PersonVisits
    from heed.entrypoints.http.desk.routes import DeskRoutes
    from heed.entrypoints.http.desk.visit import DeskRequest
    from heed.use_cases.ports.preferences import Preferences
    from heed.use_cases.ports.privacy import LiftRequests, Purges
    from heed.use_cases.privacy.hold_and_lift import LiftSuppression, PlaceHold

_HOLD_FIELDS = (ActionField.WAY, ActionField.REFERENCE, ActionField.REASON)
_LIFT_FIELDS = (ActionField.REGISTER, ActionField.REFERENCE, ActionField.REASON)


class HoldParts(Protocol):
    """The parts of a deployment that these pages need."""

    @property
    def preferences(self) -> Preferences:
        """The store of all records."""
        ...

    @property
    def place_hold(self) -> PlaceHold:
        """Places a legal hold on an address."""
        ...

    @property
    def lift_suppression(self) -> LiftSuppression:
        """Lifts a suppression of an address that is not the person's own choice."""
        ...

    @property
    def lift_requests(self) -> LiftRequests:
        """Requests to lift a report of a minor that wait for a second signature."""
        ...

    @property
    def purges(self) -> Purges:
        """Purges and their certificates."""
        ...


class HoldPages:
    """Answers requests for the two pages.

    Args:
        routes: The routes of the function. This class adds its own.
        visits: Finds people and enters disclosures.
        parts: Returns the parts of the deployment. It is called for a request, never at import.
    """

    def __init__(self, routes: DeskRoutes, visits: PersonVisits, parts: Callable[[], HoldParts]) -> None:
        self._visits = visits
        self._parts = parts
        for page, show, send in (
            ("hold", self.show_hold, self.place_hold),
            ("lift", self.show_lift, self.lift),
        ):
            path = f"/desk/people/{{id}}/{page}"
            routes.route("GET", path, DeskRole.PRIVACY, recent_sign_in=True)(show)
            routes.route("POST", path, DeskRole.PRIVACY, recent_sign_in=True)(send)

    def show_hold(self, call: DeskRequest) -> Response[str]:
        """Says what a hold does, or since when one is active."""
        return self._show_hold(call, kept_action_form(call))

    def place_hold(self, call: DeskRequest) -> Response[str]:
        """Places a hold."""
        form = read_action_form(call.form, _HOLD_FIELDS)
        if form.mistakes:
            return self._show_hold(call, form)
        result = self._parts().place_hold(self._visits.person(call).recipient, form.entry(call), call.at)
        count_metric(f"Hold{result.outcome.value.title()}")
        return call.redirect(call.path)

    def show_lift(self, call: DeskRequest) -> Response[str]:
        """Shows what can be lifted, or what a lift has done."""
        return self._show_lift(call, kept_action_form(call))

    def lift(self, call: DeskRequest) -> Response[str]:
        """Lifts one of the suppressions that are active. A report of a minor needs two people."""
        parts, recipient = self._parts(), self._visits.person(call).recipient
        form = read_action_form(call.form, _LIFT_FIELDS)
        record, catalogue = parts.preferences.read(recipient), call.catalogue
        offered = liftable_now(record, catalogue, call.at)
        if not offered:  # somebody else was faster
            return self._show_lift(call, form, HTTPStatus.CONFLICT)
        liftable = next((each for each in offered if each.value == form.register), None)
        scope = ALL_SCOPES
        if liftable is Liftable.COMPLAINT:
            scopes = complaint_scopes(record, catalogue, call.language)
            chosen = next((number for number, row in scopes if row.value == form.scope), None)
            form = form if chosen is not None else form.with_mistake(ActionField.SCOPE)
            scope = chosen or ALL_SCOPES
        if liftable is None:
            form = form.with_mistake(ActionField.REGISTER)
        if liftable is None or form.mistakes:
            return self._show_lift(call, form)
        session = call.session
        signature = Signature(
            session.key, session.key, call.at, form.reason, form.reference, agent=session.agent
        )
        entry = entry_of_lift(signature, catalogue.policy_version_at(call.at))
        result = parts.lift_suppression(recipient, liftable, scope, signature, entry)
        count_metric(f"Lift{result.outcome.value.title()}" if result else "LiftWaiting")
        return call.redirect(f"{call.path}?done={liftable.value}")

    def _show_hold(self, call: DeskRequest, form: ActionForm) -> Response[str]:
        person, parts = self._visits.person(call), self._parts()
        record = parts.preferences.read(person.recipient)
        cookies = self._visits.disclose(call, person)
        hold, state = ADDRESS_SUPPRESSIONS[Reason.HOLD].active_entry(record), _hold_state(record)
        if state in (HoldState.HELD, HoldState.MINOR):
            form = EMPTY_FORM  # the page has no form
        view = HoldView(
            frame=call.frame,
            person=person_heading(person),
            form=form,
            since=hold.at if hold else None,
            state=state,
        )
        return call.page("hold", view, _status(form), cookies=cookies)

    def _show_lift(
        self, call: DeskRequest, form: ActionForm, status: HTTPStatus | None = None
    ) -> Response[str]:
        person, parts, catalogue = self._visits.person(call), self._parts(), call.catalogue
        record = parts.preferences.read(person.recipient)
        cookies = self._visits.disclose(call, person)
        offered = liftable_now(record, catalogue, call.at)
        done = next((each for each in Liftable if each == request.read_query(call.event, "done")), None)
        is_minor = Liftable.MINOR in offered
        first = parts.lift_requests.find_from_desk(person.recipient, call.at) if is_minor else None
        purge_id = earlier_purge(record, ErasureCause.MINOR) or ""
        if not offered or (first and first.key == call.session.key):
            form = EMPTY_FORM  # the page has no form
        view = LiftView(
            frame=call.frame,
            person=person_heading(person),
            form=form,
            purge_id=purge_id,
            purge=summarize_purge(parts.purges, purge_id),
            state=_lift_state(done, offered, first),
            lifted=done,
            options=tuple(
                LiftOption(value=each, since=since, chosen=len(offered) == 1 or each == form.register)
                for each, since in offered.items()
            ),
            scopes=tuple(row for _, row in complaint_scopes(record, catalogue, call.language, form.scope))
            if Liftable.COMPLAINT in offered
            else (),
            is_report_waiting=is_awaiting_officer(record),
            is_minor=is_minor,
            first=waiting_lift_row(WaitingLift(person.recipient, first), call.session) if first else None,
            lifts=list_waiting_lifts(call, parts.lift_requests) if is_minor else (),
        )
        return call.page("lift", view, status or _status(form), cookies=cookies)


def list_waiting_lifts(call: DeskRequest, lift_requests: LiftRequests) -> tuple[WaitingLiftRow, ...]:
    """Returns the lifts that wait for a second person, the oldest first.

    Raises:
        StoreUnavailable: Not all lifts could be read.
    """
    waiting = lift_requests.waiting(call.at)
    return tuple(waiting_lift_row(lift, call.session) for lift in waiting)


def _hold_state(record: Record) -> HoldState:
    if is_awaiting_officer(record):
        return HoldState.WAITING
    if is_on_hold(record):
        return HoldState.HELD
    return HoldState.MINOR if MINOR in record.registers else HoldState.NONE


def _lift_state(done: Liftable | None, offered: Collection[Liftable], first: Signature | None) -> LiftState:
    if done is None:
        return LiftState.NONE
    if done not in offered:
        return LiftState.LIFTED
    return LiftState.WAITING if done is Liftable.MINOR and first else LiftState.ACTIVE


def _status(form: ActionForm) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.mistakes else HTTPStatus.OK
