"""What was entered in the form for those without a link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from heed.domain.errors import InvalidAddress
from heed.domain.opt_in.confirmation_request import MailRequest
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.preferences.register import ScopeNumber
from heed.domain.recipients.address import is_mailable, normalise, spellings
from heed.entrypoints.http import networks, request
from heed.entrypoints.http.forms import Form
from heed.entrypoints.http.pages.views import Mistake
from heed.entrypoints.http.pages.visit import Visit
from heed.use_cases.opt_in.request_confirmation import resumed, unwanted, wanted


@dataclass(frozen=True, slots=True)
class Entered:
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
    def mistake(self) -> Mistake | None:
        """What a person has to mend: the first of it on the page."""
        if not self.address:
            return Mistake.ADDRESS
        if not is_mailable(self.address):
            return Mistake.UNMAILABLE
        is_empty = not self.scopes and not self.resume
        return Mistake.TOPICS if self.intent is Intent.IN and is_empty else None


def entered(form: Form, catalogue: Catalogue) -> Entered:
    """What a form says; of one that was not understood as a whole nothing is taken for an address."""
    last = dict(form.fields)
    typed = last.get("address", "")
    asked = Intent.OUT if form.asks("intent", "out") else intent(last.get("intent", ""))
    topics = [value for name, value in form.fields if name == "topics"]
    try:
        address = normalise(typed) if form.complete else ""
    except InvalidAddress:
        address = ""
    named = wanted if asked is Intent.IN else unwanted
    ends = [name for field, value in form.fields if field == "resume" for name in value.split(",")]
    resume = resumed(ends, catalogue) if asked is Intent.IN else ()
    return Entered(asked, typed, address, named(topics, catalogue), resume)


def intent(text: str) -> Intent:
    """What is asked for. What nobody can read is a way out: no doubt ever begins a mailing."""
    return Intent.IN if text.strip().lower() in ("in", "") else Intent.OUT


def mail_request(
    form: Entered,
    event: Mapping[str, Any],
    visit: Visit,
    public_url: str,
    proxies: Iterable[networks.Network],
) -> MailRequest:
    """The request for a mail that a form without a mistake is."""
    return MailRequest(
        id=request.id_of(event),
        address=form.address,
        intent=form.intent,
        scopes=form.scopes,
        language=visit.language,
        at=visit.at,
        base_url=request.base_url(event, public_url),
        network=networks.network(event, proxies),
        resume=form.resume,
        given=_given(form),
    )


def _given(form: Entered) -> str:
    """The spelling that was entered, where it is another than the normalised one."""
    given = next(iter(spellings(form.typed)), form.address)
    return "" if given == form.address else given
