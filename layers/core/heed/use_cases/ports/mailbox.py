"""The ports of mails that Heed sends because of an inbound mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from heed.domain.mailbox.inbound_mail import ReceivedMail
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import ScopeNumber


@dataclass(frozen=True, slots=True)
class MailAnswer:
    """The content of the answer to a mail.

    Attributes:
        to: the address of the sender, normalised and ASCII.
        language: the language of the mail, or "". The answer has the nearest language that the brand has.
        opted_out: whether an opt-out of the sender was recorded.
        topics: numbers of the topics of the opt-out; empty for all marketing.
        due_at: the time until which a person decides about the mail, milliseconds; None if nobody has to.
        in_reply_to: the field `Message-ID` of the mail, as its sender wrote it.
    """

    to: str
    language: str
    opted_out: bool
    topics: tuple[ScopeNumber, ...]
    due_at: Millis | None
    in_reply_to: str


class AnswerRenderer(Protocol):
    """Turns the content of an answer into the message that is sent."""

    def __call__(self, answer: MailAnswer) -> bytes:
        """Returns the complete message (RFC 5322)."""
        ...


class ForwardRenderer(Protocol):
    """Turns an inbound mail into the message that forwards it."""

    def __call__(self, mail: ReceivedMail, to: str, case_id: str) -> bytes:
        """Returns the complete message (RFC 5322).

        Args:
            mail: the mail.
            to: the address of the company.
            case_id: the case that has the mail. Then the message is a notice without the mail. "": the mail
                is attached.
        """
        ...
