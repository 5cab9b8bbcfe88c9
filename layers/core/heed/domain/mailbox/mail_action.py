"""What Heed does with an inbound mail: the table of whose request it is and what it requests.

A mail may have several actions: an opt-out that is recorded at once, and a case for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from heed.domain.errors import InvalidAddress
from heed.domain.feedback.event import FeedbackEvent
from heed.domain.links.link_token import LinkToken
from heed.domain.mailbox.attribution import (
    Attribution,
    AutomaticMail,
    LinkInDoubt,
    LinkOptOut,
    PerhapsAutomaticMail,
    ReportedFeedback,
    SenderMail,
    SenderTrust,
    UnknownReason,
    UnknownSender,
    VirusMail,
)
from heed.domain.mailbox.case import CaseKind
from heed.domain.mailbox.company_addresses import CompanyAddresses
from heed.domain.mailbox.inbound_mail import Verdict
from heed.domain.mailbox.intent import IntentKind, MailIntent
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.recipients.address import normalise_address

_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,255}")


class DropReason(Enum):
    """Why a mail is dropped and counted."""

    VIRUS = auto()
    AUTOMATIC = auto()
    SPAM = auto()  # it is spam for SES, and requests nothing that Heed knows


@dataclass(frozen=True, slots=True)
class DropMail:
    """Nothing."""

    reason: DropReason


@dataclass(frozen=True, slots=True)
class OptOutByLink:
    """Record the opt-out of each token."""

    tokens: tuple[LinkToken, ...]


@dataclass(frozen=True, slots=True)
class RecordReport:
    """Record the event as if SES had reported it."""

    event: FeedbackEvent


@dataclass(frozen=True, slots=True)
class OptOutSender:
    """Record the opt-out of the sender: of the named topics, or of all marketing if there are none."""

    address: str
    topics: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReportSenderAsMinor:
    """Record that the sender's own address belongs to a child."""

    address: str


@dataclass(frozen=True, slots=True)
class ConfirmByMail:
    """Send the sender a confirmation link, within the caps.

    Attributes:
        address: the sender.
        intent: what the link confirms.
        topics: the topics that it is limited to.
        has_case: whether the mail is a case anyway. Otherwise it becomes one if the link cannot be sent.
    """

    address: str
    intent: Intent
    topics: frozenset[str] = frozenset()
    has_case: bool = False


@dataclass(frozen=True, slots=True)
class LetPersonDecide:
    """Let a person decide about everything that the mail may request.

    A report of a child also pauses all marketing to the address that it is about, within caps.

    Attributes:
        kinds: what it may request, the weightiest first.
        about: whom the request is about: an address, the token of a link, or "" if nobody knows.
        names_other: whether the mail names another address than that of the person.
        beyond_caps: what to record if there are too many cases; None: nothing.
    """

    kinds: tuple[CaseKind, ...]
    about: str | LinkToken = ""
    names_other: bool = False
    beyond_caps: OptOutSender | None = None


@dataclass(frozen=True, slots=True)
class ForwardMail:
    """Forward the mail to the company's mailbox or, if there is none, let a person decide."""


MailAction = (
    DropMail
    | OptOutByLink
    | RecordReport
    | OptOutSender
    | ReportSenderAsMinor
    | ConfirmByMail
    | LetPersonDecide
    | ForwardMail
)


def decide_inbound_mail(
    attribution: Attribution,
    spam: Verdict,
    text: str,
    read_intent: Callable[[str], MailIntent],
    company: CompanyAddresses,
) -> tuple[MailAction, ...]:
    """Returns what to do with a mail.

    Args:
        attribution: whose request the mail is.
        spam: the verdict of SES about spam.
        text: the subject and the new text, for the address that a report of a child names.
        read_intent: returns what the mail requests, for the address of its sender ("" if unknown). It is
            called only if that matters.
        company: the company's own addresses, which no request is about.
    """
    is_spam = spam is Verdict.FAIL
    match attribution:
        case VirusMail():
            return (DropMail(DropReason.VIRUS),)
        case LinkOptOut(tokens):
            return (OptOutByLink(tokens),)
        case LinkInDoubt(tokens):
            return (LetPersonDecide((CaseKind.OPT_OUT_DOUBTFUL,), tokens[0]),)
        case ReportedFeedback(event):
            return (RecordReport(event),)
        case AutomaticMail():
            return (DropMail(DropReason.AUTOMATIC),)
        case PerhapsAutomaticMail(address):
            return _decide_if_automatic(address, read_intent(address))
        case UnknownSender(UnknownReason.HEED):
            return (LetPersonDecide((CaseKind.OTHER,)),)
        case UnknownSender(reason):
            return _decide_for_unknown(reason, read_intent(""), is_spam=is_spam)
        case SenderMail():
            named = {address for address in _named_addresses(text) if not company.include(address)}
            return _decide_for_sender(attribution, read_intent(attribution.address), named, is_spam=is_spam)
        case _:
            assert_never(attribution)


def _decide_if_automatic(address: str, intent: MailIntent) -> tuple[MailAction, ...]:
    """Lets a person decide about a plain opt-out, which a person may have sent. No cap loses it."""
    if intent.kind is not IntentKind.OPT_OUT or intent.doubtful:
        return (DropMail(DropReason.AUTOMATIC),)
    opt_out = OptOutSender(address, intent.topics) if address else None
    return (LetPersonDecide((CaseKind.OPT_OUT_DOUBTFUL,), address, beyond_caps=opt_out),)


def _decide_for_unknown(
    reason: UnknownReason, intent: MailIntent, *, is_spam: bool
) -> tuple[MailAction, ...]:
    shown = _show_somebody(_kinds(intent), is_spam=is_spam)
    if reason is UnknownReason.COMPANY and shown == ForwardMail():
        shown = LetPersonDecide((CaseKind.OTHER,))  # forwarded, it might go round for ever
    return _let_decide(_to_decide(intent, is_spam=is_spam)) or (shown,)


def _to_decide(intent: MailIntent, *, is_spam: bool) -> frozenset[IntentKind]:
    """Returns the requests about which a person decides. Spam that only mentions an opt-out has none."""
    kinds = _kinds(intent) & _CASES.keys()
    return frozenset() if is_spam and intent.doubtful and kinds == {IntentKind.OPT_OUT} else kinds


def _decide_for_sender(
    sender: SenderMail, intent: MailIntent, named: set[str], *, is_spam: bool
) -> tuple[MailAction, ...]:
    """Acts on what the sender may do without proof, and lets a person decide the rest.

    A mail never deletes a record, but for one: the authenticated report of a child about its own address. If
    it names one other address, mail to that one pauses until a person decides. Nobody replies to spam.
    A sender who opts out in words that are not plain may confirm it, and needs to wait for nobody.
    """
    kinds, actions = _kinds(intent), list[MailAction]()
    named = named - {sender.address}
    is_proven = sender.trust is SenderTrust.AUTHENTICATED
    to_decide = _to_decide(intent, is_spam=is_spam and not is_proven)
    is_authenticated = is_proven and not intent.doubtful
    if IntentKind.OPT_OUT in kinds and not intent.doubtful:
        if sender.trust is not SenderTrust.NOT_AUTHENTICATED:
            actions.append(OptOutSender(sender.address, intent.topics))
            to_decide -= {IntentKind.OPT_OUT}
        elif not is_spam:
            actions.append(ConfirmByMail(sender.address, Intent.OUT, intent.topics))
            to_decide -= {IntentKind.OPT_OUT}
    if intent.by_child and is_authenticated and not named:
        actions.append(ReportSenderAsMinor(sender.address))
        to_decide -= {IntentKind.CHILD_REPORT}
    if IntentKind.OPT_IN in kinds and IntentKind.OPT_OUT not in kinds and is_authenticated:
        actions.append(ConfirmByMail(sender.address, Intent.IN, intent.topics))
        to_decide -= {IntentKind.OPT_IN}
    about = _about(to_decide, sender.address, named)
    actions += _let_decide(to_decide, about, names_other=bool(named) and about == sender.address)
    if to_decide == {IntentKind.OPT_OUT} and intent.doubtful and not (named or is_spam):
        actions.append(ConfirmByMail(sender.address, Intent.OUT, has_case=True))
    return tuple(actions) or (_show_somebody(kinds, is_spam=is_spam),)


def _kinds(intent: MailIntent) -> frozenset[IntentKind]:
    return intent.others | {intent.kind}


def _let_decide(
    kinds: frozenset[IntentKind], about: str = "", *, names_other: bool = False
) -> tuple[LetPersonDecide, ...]:
    """Returns the case about these requests, if there are any."""
    cases = tuple(case for kind, case in _CASES.items() if kind in kinds)
    return (LetPersonDecide(cases, about, names_other),) if cases else ()


def _about(kinds: frozenset[IntentKind], sender: str, named: set[str]) -> str:
    """Returns the address that a case is about, or "".

    Without another address in the mail, it is the sender's. A parent names the address of the child. An
    opt-out that names another address is about the sender all the same: it stops too much at worst.
    """
    if not named or (IntentKind.OPT_OUT in kinds and kinds.isdisjoint(_ERASURES)):
        return sender
    return min(named) if IntentKind.CHILD_REPORT in kinds and len(named) == 1 else ""


def _show_somebody(kinds: frozenset[IntentKind], *, is_spam: bool) -> MailAction:
    """Returns the action for a mail that requests nothing Heed knows. Spam is not forwarded."""
    if not is_spam:
        return ForwardMail()
    return LetPersonDecide((CaseKind.OTHER,)) if IntentKind.QUESTION in kinds else DropMail(DropReason.SPAM)


def _named_addresses(text: str) -> set[str]:
    """Returns the addresses in a text, normalised."""
    named: set[str] = set()
    for address in _ADDRESS.findall(text):
        try:
            named.add(normalise_address(address.rstrip(".-")))
        except InvalidAddress:
            continue
    return named


_ERASURES = {IntentKind.CHILD_REPORT, IntentKind.ERASURE}
"""What must not be about the wrong person, because it deletes a record."""
_CASES = {
    IntentKind.CHILD_REPORT: CaseKind.CHILD_REPORT,
    IntentKind.ERASURE: CaseKind.ERASURE,
    IntentKind.OPT_OUT: CaseKind.OPT_OUT_DOUBTFUL,
    IntentKind.ACCESS: CaseKind.ACCESS,
    IntentKind.OPT_IN: CaseKind.OPT_IN,
    IntentKind.COMPLAINT: CaseKind.COMPLAINT,
}
