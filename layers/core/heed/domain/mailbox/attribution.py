"""Whose request a mail is: the person of a signed link, the authenticated sender, or nobody that Heed knows.

The first rule that applies decides (`attribute_mail`). What the mail requests is another question, which only
the text answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from heed.domain.errors import InvalidToken
from heed.domain.feedback.event import FeedbackEvent
from heed.domain.links.link_token import KeyLookup, LinkToken, TokenPurpose, verify_link_token
from heed.domain.mailbox.automatic_mail import (
    AutomaticKind,
    automatic_kind,
    is_automatic,
    is_certainly_automatic,
    is_list_mail,
    is_marked_button,
    is_unsubscribe_button,
    was_forwarded,
)
from heed.domain.mailbox.company_addresses import CompanyAddresses
from heed.domain.mailbox.inbound_mail import InboundMail, Receipt, Verdict
from heed.domain.mailbox.reports import parse_feedback_report

_TOKEN = re.compile(r"(?<![a-z2-7])[a-z2-7]{58}(?![a-z2-7])", re.ASCII | re.IGNORECASE)
_MAX_TOKENS = 10  # of one mail that are verified; a mail has one


@dataclass(frozen=True, slots=True)
class VirusMail:
    """The mail contains a virus. It is dropped and counted."""


@dataclass(frozen=True, slots=True)
class LinkOptOut:
    """The mail is an opt-out by the link of each token, without regard to its sender and its text."""

    tokens: tuple[LinkToken, ...]


@dataclass(frozen=True, slots=True)
class LinkInDoubt:
    """A program replied to the address of a link. A person decides."""

    tokens: tuple[LinkToken, ...]


@dataclass(frozen=True, slots=True)
class ReportedFeedback:
    """The mail reports a bounce or a complaint about a mail with one of Heed's links."""

    event: FeedbackEvent


@dataclass(frozen=True, slots=True)
class AutomaticMail:
    """The mail is from a program, and changes nothing. Nobody replies to it."""

    kind: AutomaticKind


@dataclass(frozen=True, slots=True)
class PerhapsAutomaticMail:
    """The sender is authenticated, and the mail has a mark that both programs and people have.

    A plain opt-out is a request of a person, for a person to decide. Nobody replies to the mail.

    Attributes:
        address: the address of the sender, normalised; "" if a mailing list or the company sent the mail.
    """

    address: str


class SenderTrust(Enum):
    """What a request of the sender may do without further proof."""

    AUTHENTICATED = auto()  # everything
    OPT_OUT_ONLY = auto()  # an opt-out; the check of the sender was not conclusive
    NOT_AUTHENTICATED = auto()  # nothing; a confirmation link to the address proves it


@dataclass(frozen=True, slots=True)
class SenderMail:
    """The mail has one sender.

    Attributes:
        address: the address, normalised.
        trust: what a request of this sender may do.
    """

    address: str
    trust: SenderTrust


class UnknownReason(Enum):
    """Why nobody knows whose request a mail is."""

    NO_SENDER = auto()  # none, or one that cannot be read
    SEVERAL_SENDERS = auto()
    MAILING_LIST = auto()  # it may have replaced the sender
    COMPANY = auto()  # it is the company's own address, as in the mail of a form of its web site
    HEED = auto()  # Heed forwarded the mail, and it was returned


@dataclass(frozen=True, slots=True)
class UnknownSender:
    """Nobody knows whose request the mail is. A person decides."""

    reason: UnknownReason


Attribution = (
    VirusMail
    | LinkOptOut
    | LinkInDoubt
    | ReportedFeedback
    | AutomaticMail
    | PerhapsAutomaticMail
    | SenderMail
    | UnknownSender
)


def attribute_mail(
    mail: InboundMail, receipt: Receipt, key_for: KeyLookup, company: CompanyAddresses
) -> Attribution:
    """Returns whose request a mail is.

    A signed link comes before every other rule but the one for viruses, because unsubscribe buttons call
    their mail automatic, and mail that was routed on fails the checks of its sender.

    Args:
        mail: the mail.
        receipt: what SES reports about it.
        key_for: returns the key of a link.
        company: the company's own addresses, of which no mail is a request.

    Raises:
        KeysUnavailable: The link keys are not available.
    """
    if receipt.virus is Verdict.FAIL:
        return VirusMail()
    if tokens := _verified_tokens([*receipt.recipients, mail.subject], key_for):
        if is_automatic(mail, receipt) and not is_unsubscribe_button(mail):
            return LinkInDoubt(tokens)
        return LinkOptOut(tokens)
    if was_forwarded(mail):
        return UnknownSender(UnknownReason.HEED)
    if is_automatic(mail, receipt) and not is_marked_button(mail):
        if not is_certainly_automatic(mail, receipt) and receipt.dmarc is Verdict.PASS:
            sender = _find_sender(mail, company)
            return PerhapsAutomaticMail(sender if isinstance(sender, str) else "")
        event = parse_feedback_report(mail, receipt, key_for)
        return AutomaticMail(automatic_kind(mail)) if event is None else ReportedFeedback(event)
    sender = _find_sender(mail, company)
    return SenderMail(sender, _trust(receipt.dmarc)) if isinstance(sender, str) else UnknownSender(sender)


def _find_sender(mail: InboundMail, company: CompanyAddresses) -> str | UnknownReason:
    if is_list_mail(mail):
        return UnknownReason.MAILING_LIST
    if len(mail.senders) > 1:
        return UnknownReason.SEVERAL_SENDERS
    if not mail.senders or mail.senders[0] is None:
        return UnknownReason.NO_SENDER
    return UnknownReason.COMPANY if company.include(mail.senders[0]) else mail.senders[0]


def _trust(dmarc: Verdict) -> SenderTrust:
    """Returns what the verdict about DMARC proves.

    It passes by SPF or by DKIM, so it also passes for mail that was routed on and kept its signature. A
    sender with a verdict that is not conclusive (GRAY) may be forged. For an opt-out that risk is small: it
    only stops mail. All else proves nothing.
    """
    match dmarc:
        case Verdict.PASS:
            return SenderTrust.AUTHENTICATED
        case Verdict.GRAY:
            return SenderTrust.OPT_OUT_ONLY
        case Verdict.FAIL | Verdict.UNKNOWN:
            return SenderTrust.NOT_AUTHENTICATED
        case _:
            assert_never(dmarc)


def _verified_tokens(texts: Iterable[str], key_for: KeyLookup) -> tuple[LinkToken, ...]:
    """Returns the content of each valid token in these texts, without repetition."""
    found = dict.fromkeys(token.lower() for text in texts for token in _TOKEN.findall(text))
    return tuple(dict.fromkeys(_verify([*found][:_MAX_TOKENS], key_for)))


def _verify(tokens: Iterable[str], key_for: KeyLookup) -> Iterator[LinkToken]:
    for token in tokens:
        try:
            yield verify_link_token(token, TokenPurpose.MAILTO, key_for)
        except InvalidToken:
            continue
