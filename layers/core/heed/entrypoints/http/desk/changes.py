"""`/desk/people/{id}/changes`: an agent records what a person requested, after a preview of its effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from heed.domain.desk.session import DeskRole
from heed.domain.errors import ScopeNotAllowed
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.decision import is_any_sendable
from heed.domain.preferences.preference_request import RequestOutcome
from heed.domain.recipients.address import is_mailable
from heed.entrypoints.http import request
from heed.entrypoints.http.desk.change_cookies import OwnEntry, RecordedDeskChange, add_own_entry
from heed.entrypoints.http.desk.change_form import (
    DeskChange,
    DeskChangeField,
    DeskChangeForm,
    brands_value,
)
from heed.entrypoints.http.desk.change_views import (
    DeskChangeEffect,
    DeskChangeView,
    HiddenField,
    MailSentView,
    PreviewView,
    RecordedView,
    blocked_rows,
    change_form_view,
    effect_rows,
)
from heed.entrypoints.http.desk.person_visit import person_heading
from heed.entrypoints.http.desk.sealed_cookies import SealedCookies, person_path
from heed.entrypoints.http.desk.titles import scope_title
from heed.entrypoints.observability import count_metric
from heed.use_cases.desk.record_desk_change import (
    DeskChangeResult,
    RecordDeskChange,
    TakeBackDeskChange,
    preview_desk_change,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

    from heed.domain.preferences.catalogue import Catalogue
    from heed.domain.preferences.record import Record
    from heed.entrypoints.http.desk.person_cookie import PersonCookie
    from heed.entrypoints.http.desk.person_visit import PersonVisits
    from heed.entrypoints.http.desk.routes import DeskRoutes
    from heed.entrypoints.http.desk.visit import DeskForm, DeskRequest
    from heed.use_cases.opt_in.request_confirmation import QueueConfirmationRequest
    from heed.use_cases.ports.preferences import Preferences


class ChangeParts(Protocol):
    """The parts of a deployment that recording needs."""

    @property
    def preferences(self) -> Preferences:
        """The store of all records."""
        ...

    @property
    def has_form(self) -> bool:
        """Whether the deployment sends confirmation mails."""
        ...

    @property
    def public_url(self) -> str:
        """The base URL of links, or "" if the deployment has only the host of the API."""
        ...

    @property
    def request_confirmation_by_key(self) -> QueueConfirmationRequest:
        """Queues a confirmation request within the caps of an agent and of all keys."""
        ...

    @property
    def record_desk_change(self) -> RecordDeskChange:
        """Records what a person requested."""
        ...

    @property
    def take_back_desk_change(self) -> TakeBackDeskChange:
        """Takes back what was recorded a few minutes ago."""
        ...


class ChangePages:
    """Answers requests for the changes of a person.

    Args:
        routes: The routes of the function. This class adds its own.
        visits: Finds people and enters disclosures.
        parts: Returns the parts of the deployment. It is called for a request, never at import.
    """

    def __init__(self, routes: DeskRoutes, visits: PersonVisits, parts: Callable[[], ChangeParts]) -> None:
        self._visits = visits
        self._parts = parts
        routes.route("GET", "/desk/people/{id}/changes", DeskRole.AGENT, by_brand=True)(self.show_recorded)
        routes.route("POST", "/desk/people/{id}/changes", DeskRole.AGENT, by_brand=True)(self.change)
        routes.route("POST", "/desk/people/{id}/taken-back", DeskRole.AGENT, by_brand=True)(self.take_back)

    def change(self, call: DeskRequest) -> Response[str]:
        """Shows the preview of a form, or its mistakes; with the button "Record", records it."""
        person = self._visits.person(call)
        form = DeskChangeForm.parse(call.form, call.catalogue, call.at)
        step = call.form.first("step")
        if step != "record" and form.lacks_only_a_reference and self._can_confirm(form, person):
            form = replace(form, mistakes={})  # a confirmation mail needs none
        if form.mistakes or step == "edit":
            return self._show_form(call, person, form)
        if step == "record":
            return self._record(call, person, form)
        if step == "mail" and self._can_confirm(form, person):
            return self._send_mail(call, person, form)
        return self._show_preview(call, person, form)

    def show_recorded(self, call: DeskRequest) -> Response[str]:
        """Shows what was recorded within the last ten minutes. After that it leads to the person's page.

        If the session had ended, it shows the form again.
        """
        person, cookies = self._visits.person(call), self._visits.cookies(call)
        if call.kept_form is not None:
            return self._show_form(call, person, _parse_kept(call.kept_form, call))
        recorded = RecordedDeskChange.read(cookies, person.recipient)
        if recorded is None or not all(map(call.catalogue.may_show, recorded.scopes)):
            return call.redirect(person_path(person.recipient))
        record = self._parts().preferences.read(person.recipient)
        disclosed = self._visits.disclose(call, person)
        view = RecordedView(
            frame=call.frame,
            person=person_heading(person),
            change=recorded.change,
            topics=tuple(scope_title(scope, call.catalogue, call.language) for scope in recorded.scopes),
            at=recorded.at,
            recorded_at=recorded.recorded_at,
            until=recorded.until,
            superseded=recorded.superseded or _is_still_sendable(recorded, record, call),
            taken_back=recorded.taken_back,
            can_take_back=bool(recorded.undoable) and not recorded.taken_back,
            rows=effect_rows(record, record, call.catalogue, call.language, call.at),
        )
        return call.page("recorded", view, cookies=disclosed)

    def take_back(self, call: DeskRequest) -> Response[str]:
        """Takes back the last entry of this session, if it is not older than ten minutes.

        Raises:
            ScopeNotAllowed: The agent has no access to its brand any more.
        """
        person, cookies = self._visits.person(call), self._visits.cookies(call)
        recorded = RecordedDeskChange.read(cookies, person.recipient)
        if recorded is None or not recorded.undoable:
            return call.redirect(person_path(person.recipient))
        if not all(map(call.catalogue.may_show, recorded.undoable)):
            raise ScopeNotAllowed("the agent was limited to other brands meanwhile")
        who = call.session.key, call.session.agent
        stop = recorded.at, recorded.digest
        take_back = self._parts().take_back_desk_change
        if not take_back(person.recipient, recorded.undoable, stop, who, call.at):
            return call.redirect(person_path(person.recipient))  # which shows what stands
        count_metric("DeskChangeTakenBack")
        cookie = replace(recorded, taken_back=True).make(cookies, person.recipient)
        return call.redirect(f"{person_path(person.recipient)}/changes", cookies=[cookie])

    def _show_form(self, call: DeskRequest, person: PersonCookie, form: DeskChangeForm) -> Response[str]:
        heading = person_heading(person)
        shown = change_form_view(form, heading, call.catalogue, call.language, call.at)
        is_refused = bool(form.mistakes) and call.kept_form is None
        status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
        return call.page("change", DeskChangeView(frame=call.frame, person=heading, form=shown), status)

    def _show_preview(self, call: DeskRequest, person: PersonCookie, form: DeskChangeForm) -> Response[str]:
        record = self._parts().preferences.read(person.recipient)
        disclosed = self._visits.disclose(call, person)
        requests = form.requests(call.catalogue, (call.session.key, call.session.agent), call.at)
        result = preview_desk_change(record, requests, call.catalogue, call.at)
        rows = effect_rows(record, result.record, call.catalogue, call.language, call.at)
        view = PreviewView(
            frame=call.frame,
            person=person_heading(person),
            change=form.change,
            action=f"{person_path(person.recipient)}/changes",
            fields=tuple(_hidden_fields(form, call.catalogue)),
            topics=tuple(
                scope_title(scope, call.catalogue, call.language) for scope in form.scopes(call.catalogue)
            ),
            source=form.source,
            received_at=requests[0].at,
            until=requests[0].until,
            reference=form.reference,
            effect=_effect(record, result),
            rows=rows,
            blocked=blocked_rows(result.blocked_by),
            can_confirm=self._can_confirm(form, person),
            can_record=result.outcome is not RequestOutcome.REFUSED and form.has_proof,
        )
        return call.page("preview", view, cookies=disclosed)

    def _can_confirm(self, form: DeskChangeForm, person: PersonCookie) -> bool:
        """Returns whether the person can get a confirmation mail instead: a better proof than a reference."""
        is_known = bool(person.address) and is_mailable(person.address)
        return form.change is DeskChange.BACK and is_known and self._parts().has_form

    def _send_mail(self, call: DeskRequest, person: PersonCookie, form: DeskChangeForm) -> Response[str]:
        """Requests the confirmation mail, within the caps of the agent and of all keys."""
        parts, key = self._parts(), call.session.key
        confirmation = ConfirmationRequest(
            id=request.request_id(call.event),
            address=person.address,
            intent=Intent.IN,
            scopes=tuple(sorted(form.scopes(call.catalogue))),
            language=call.language,
            at=call.at,
            base_url=request.base_url(call.event, parts.public_url),
            origin=f"key {key}",
        )
        parts.request_confirmation_by_key(confirmation, key)
        return call.page("mail_sent", MailSentView(frame=call.frame, person=person_heading(person)))

    def _record(self, call: DeskRequest, person: PersonCookie, form: DeskChangeForm) -> Response[str]:
        """Records a change, then redirects to the page that says so."""
        requests = form.requests(call.catalogue, (call.session.key, call.session.agent), call.at)
        result = self._parts().record_desk_change(person.recipient, requests, call.at)
        count_metric(f"Change{result.outcome.value.title()}")
        if result.entry is None:
            return self._show_preview(call, person, form)
        recorded = RecordedDeskChange(
            change=form.change,
            scopes=tuple(request.scope for request in requests),
            at=result.entry.at,
            digest=result.entry.digest,
            until=result.entry.until,
            undoable=result.undoable,
            superseded=result.outcome is RequestOutcome.SUPERSEDED,
            recorded_at=call.at,
        )
        cookies: SealedCookies = self._visits.cookies(call)
        topics = call.catalogue.topics
        brands = {topics[scope].brand if scope in topics else scope for scope in recorded.scopes}
        entry = OwnEntry(call.at, person.recipient, form.change, tuple(sorted(brands)))
        own = add_own_entry(cookies, entry)
        return call.redirect(
            f"{person_path(person.recipient)}/changes",
            cookies=[recorded.make(cookies, person.recipient), own],
        )


def _is_still_sendable(recorded: RecordedDeskChange, record: Record, call: DeskRequest) -> bool:
    """Returns whether mail that a person stopped may be sent. The agent must not say that it is stopped."""
    is_stop = recorded.change is not DeskChange.BACK
    return is_stop and is_any_sendable(record, recorded.scopes, call.catalogue, call.at)


def _parse_kept(kept: DeskForm, call: DeskRequest) -> DeskChangeForm:
    """Returns the form that the browser kept, empty if it is about brands that the agent no longer has.

    Of its mistakes only that of the choice is left: with other brands, the agent chooses again.
    """
    try:
        form = DeskChangeForm.parse(kept, call.catalogue, call.at)
    except ScopeNotAllowed:
        return DeskChangeForm.empty(call.catalogue)
    field = DeskChangeField.CHANGE
    return replace(form, mistakes={field: form.mistakes[field]} if field in form.mistakes else {})


def _hidden_fields(form: DeskChangeForm, catalogue: Catalogue) -> list[HiddenField]:
    pairs = [
        (DeskChangeField.CHANGE, form.change.value),
        (DeskChangeField.BRANDS, brands_value(catalogue)),
        *((DeskChangeField.TOPIC, topic) for topic in form.topics),
        (DeskChangeField.SOURCE, form.source.value),
        (DeskChangeField.DAY, form.day),
        (DeskChangeField.TIME, form.time),
        (DeskChangeField.REFERENCE, form.reference),
    ]
    if form.is_pause:
        pairs.append((DeskChangeField.UNTIL, form.until))
    return [HiddenField(name=name, value=value) for name, value in pairs if value]


def _effect(before: Record, result: DeskChangeResult) -> DeskChangeEffect:
    if result.outcome is RequestOutcome.REFUSED:
        return DeskChangeEffect.REFUSED
    if result.outcome is RequestOutcome.SUPERSEDED:
        return DeskChangeEffect.SUPERSEDED
    return DeskChangeEffect.UNCHANGED if result.record == before else DeskChangeEffect.APPLIED
