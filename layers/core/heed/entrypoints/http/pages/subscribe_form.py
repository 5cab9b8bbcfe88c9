"""Parses the form for people without a link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from heed.domain.errors import InvalidAddress
from heed.domain.opt_in.confirmation_request import ConfirmationRequest, other_spelling
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.address import is_mailable, normalise_address
from heed.entrypoints.http import networks, request
from heed.entrypoints.http.forms import PostedForm
from heed.entrypoints.http.pages.views import AddressMistake
from heed.entrypoints.http.pages.visit import PageVisit
from heed.use_cases.opt_in.request_confirmation import opt_in_scopes, opt_out_scopes, resume_scopes


@dataclass(frozen=True, slots=True)
class SubscribeForm:
    """A parsed form.

    Attributes:
        intent: Whether the person wants to opt in or out.
        given: The address alone, in its original case; the text, if that is no valid address.
        address: The normalised address; "" if it is not valid.
        scopes: Numbers of the chosen topics. An opt-out without topics stops everything.
        resume: Numbers of the scopes whose pause ends.
        preferences: The token of the preference centre from which the person comes, not verified; "" if none.
        is_edited: Whether the person goes back to the form to change what was entered.
    """

    intent: Intent
    given: str
    address: str
    scopes: tuple[ScopeNumber, ...]
    resume: tuple[ScopeNumber, ...]
    preferences: str
    is_edited: bool

    @property
    def address_mistake(self) -> AddressMistake | None:
        """The mistake in the address, which the person has to correct."""
        if not self.address:
            return AddressMistake.INVALID
        return None if is_mailable(self.address) else AddressMistake.UNMAILABLE

    @property
    def is_topic_missing(self) -> bool:
        """Whether the person has to choose a topic. An opt-out needs none."""
        return self.intent is Intent.IN and not self.scopes and not self.resume

    @property
    def is_ready(self) -> bool:
        """Whether the form can be accepted: it has no mistake, and the person does not change it."""
        return not (self.address_mistake or self.is_topic_missing or self.is_edited)

    def list_fields(self, catalogue: Catalogue) -> list[tuple[str, str]]:
        """Returns the fields that send the same form again."""
        return [
            ("intent", self.intent),
            ("address", self.given),
            *(("topics", catalogue.scope_name(scope)) for scope in self.scopes),
            *(("resume", catalogue.scope_name(scope)) for scope in self.resume),
        ]


def parse_subscribe_form(form: PostedForm, catalogue: Catalogue) -> SubscribeForm:
    """Parses a form. An incomplete form has no valid address."""
    fields = dict(form.fields)
    typed = fields.get("address", "").strip()
    intent = Intent.OUT if form.has_value("intent", "out") else parse_intent(fields.get("intent", ""))
    topics = [value for name, value in form.fields if name == "topics"]
    try:
        address = normalise_address(typed) if form.complete else ""
    except InvalidAddress:
        address = ""
    parse_scopes = opt_in_scopes if intent is Intent.IN else opt_out_scopes
    paused = [name for field, value in form.fields if field == "resume" for name in value.split(",")]
    resume = resume_scopes(paused, catalogue) if intent is Intent.IN else ()
    return SubscribeForm(
        intent,
        (other_spelling(typed, address) or address) if address else typed,
        address,
        parse_scopes(topics, catalogue),
        resume,
        preferences=fields.get("preferences", ""),
        is_edited="edit" in fields,
    )


def parse_intent(text: str) -> Intent:
    """Returns the intent. Unknown text is an opt-out, so that an error never starts a mailing."""
    return Intent.IN if text.strip().lower() in ("in", "") else Intent.OUT


def confirmation_request(
    form: SubscribeForm,
    event: Mapping[str, Any],
    visit: PageVisit,
    public_url: str,
    proxies: Iterable[networks.Network],
) -> ConfirmationRequest:
    """Returns the request for a confirmation mail. The form must not have a mistake."""
    return ConfirmationRequest(
        id=request.request_id(event),
        address=form.address,
        intent=form.intent,
        scopes=form.scopes,
        language=visit.language,
        at=visit.at,
        base_url=request.base_url(event, public_url),
        origin=networks.find_network(event, proxies),
        resume=form.resume,
        given=other_spelling(form.given, form.address),
    )
