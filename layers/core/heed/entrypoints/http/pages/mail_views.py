"""The views of mails: for each part of a mail a class with the values that it shows (see `views`)."""

from __future__ import annotations

from dataclasses import dataclass

from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_token import Intent


@dataclass(frozen=True, slots=True, kw_only=True)
class MailView:
    """What all mails have."""

    language: str
    brand: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationMailView(MailView):
    """The confirmation mail."""

    intent: Intent
    topics: tuple[str, ...]  # names of the topics; an opt-out without any stops all marketing
    signals: tuple[str, ...] = ()  # names of what the opt-in turns on and is not mail
    resume: bool = False  # the confirmation ends a pause
    confirm_url: str
    unsubscribe_url: str  # stops all marketing, and never expires


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMailView(MailView):
    """The answer to a mail."""

    opted_out: bool
    topics: tuple[str, ...] = ()  # names of the topics; an opt-out without any stops all marketing
    due_at: Millis | None = None  # when a person has decided about the mail; None: nobody has to


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardedMailView(MailView):
    """The text beside a mail that is forwarded to the company."""

    case_id: str = ""  # the case that has the mail, if the mail is too large to be attached


MAIL_VIEWS: dict[str, type[MailView]] = {
    "mail-subject.txt": ConfirmationMailView,
    "mail.txt": ConfirmationMailView,
    "mail.html": ConfirmationMailView,
    "mail-answer-subject.txt": AnswerMailView,
    "mail-answer.txt": AnswerMailView,
    "mail-forwarded-subject.txt": ForwardedMailView,
    "mail-forwarded.txt": ForwardedMailView,
}
"""The view of each part of a mail. Each part is a file in layers/brand/pages."""
