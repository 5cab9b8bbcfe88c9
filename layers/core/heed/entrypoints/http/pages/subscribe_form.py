"""What was entered in the form for those without a link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from heed.domain.errors import InvalidAddress
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.address import address_spellings, is_mailable, normalise_address
from heed.entrypoints.http import networks, request
from heed.entrypoints.http.forms import PostedForm
from heed.entrypoints.http.pages.views import FormMistake
from heed.entrypoints.http.pages.visit import PageVisit
from heed.use_cases.opt_in.request_confirmation import opt_in_scopes, opt_out_scopes, resume_scopes


@dataclass(frozen=True, slots=True)
class SubscribeForm:
    """A form as it was sent.

    Attributes:
        intent: what is asked for.
        typed: the address as it was typed.
        address: normalised; "" if it is none.
        scopes: numbers of the topics chosen; of a way out none where it stops everything.
        resume: numbers of the scopes whose pause is to end.
    """

    intent: Intent
    typed: str
    address: str
    scopes: tuple[ScopeNumber, ...]
    resume: tuple[ScopeNumber, ...] = ()

    @property
    def mistake(self) -> FormMistake | None:
        """What a person has to mend: the first of it on the page."""
        if not self.address:
            return FormMistake.ADDRESS
        if not is_mailable(self.address):
            return FormMistake.UNMAILABLE
        is_empty = not self.scopes and not self.resume
        return FormMistake.TOPICS if self.intent is Intent.IN and is_empty else None


def parse_subscribe_form(form: PostedForm, catalogue: Catalogue) -> SubscribeForm:
    """What a form says; of one that was not understood as a whole nothing is taken for an address."""
    last = dict(form.fields)
    typed = last.get("address", "")
    asked = Intent.OUT if form.has_value("intent", "out") else parse_intent(last.get("intent", ""))
    topics = [value for name, value in form.fields if name == "topics"]
    try:
        address = normalise_address(typed) if form.complete else ""
    except InvalidAddress:
        address = ""
    named = opt_in_scopes if asked is Intent.IN else opt_out_scopes
    ends = [name for field, value in form.fields if field == "resume" for name in value.split(",")]
    resume = resume_scopes(ends, catalogue) if asked is Intent.IN else ()
    return SubscribeForm(asked, typed, address, named(topics, catalogue), resume)


def parse_intent(text: str) -> Intent:
    """What is asked for. What nobody can read is a way out: no doubt ever begins a mailing."""
    return Intent.IN if text.strip().lower() in ("in", "") else Intent.OUT


def confirmation_request(
    form: SubscribeForm,
    event: Mapping[str, Any],
    visit: PageVisit,
    public_url: str,
    proxies: Iterable[networks.Network],
) -> ConfirmationRequest:
    """The request for a mail that a form without a mistake is."""
    return ConfirmationRequest(
        id=request.request_id(event),
        address=form.address,
        intent=form.intent,
        scopes=form.scopes,
        language=visit.language,
        at=visit.at,
        base_url=request.base_url(event, public_url),
        network=networks.network_of(event, proxies),
        resume=form.resume,
        given=_given(form),
    )


def _given(form: SubscribeForm) -> str:
    """The spelling that was entered, where it is another than the normalised one."""
    given = next(iter(address_spellings(form.typed)), form.address)
    return "" if given == form.address else given
