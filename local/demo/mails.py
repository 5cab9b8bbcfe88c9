"""Mails that people write to the sample brand, and what the privacy office decides about them."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr
from typing import TYPE_CHECKING

from heed.domain.mailbox.case import CaseDecision, CaseKind
from local.inbound_mail import MAILBOX, LocalMail

if TYPE_CHECKING:
    from local.demo.people import InventedPerson


@dataclass(frozen=True)
class MailTemplate:
    """A mail that becomes a case, without its sender.

    Attributes:
        kind: The kind of the case that it becomes.
        decision: What the privacy office decides.
        reason: Why.
        subject: The subject.
        text: The text. `{child}` is an address of another person.
    """

    kind: CaseKind
    decision: CaseDecision
    reason: str
    subject: str
    text: str


QUESTION = MailTemplate(
    CaseKind.OTHER,
    CaseDecision.FORWARDED,
    "the workshop answers",
    "My repair",
    "Hello, is my watch ready? The repair number is R-20418.",
)
DOUBTFUL_STOP = MailTemplate(
    CaseKind.OPT_OUT_DOUBTFUL,
    CaseDecision.OPT_OUT,
    "this is an opt-out",
    "Last warning",
    "If I get one more of these on a Sunday morning I will unsubscribe. You have been warned!",
)
ACCESS = MailTemplate(
    CaseKind.ACCESS,
    CaseDecision.FORWARDED,
    "answered with the report of the look-up",
    "Subject access request",
    "Please provide a copy of all the information you hold about me, where you got it, and who you have "
    "shared it with.",
)
COMPLAINT = MailTemplate(
    CaseKind.COMPLAINT,
    CaseDecision.FORWARDED,
    "the manager of the store phones",
    "rude staff",
    "I came into your shop on Saturday and was told to come back when I can afford it. I have never been so "
    "insulted. What do you intend to do about it?",
)
ERASURE = MailTemplate(
    CaseKind.ERASURE,
    CaseDecision.ERASE,
    "the order history is deleted, too",
    "Request under Article 17",
    "Please delete all personal data you hold about me, including my order history and any copies with your "
    "service providers, and confirm when this has been done.",
)
CHILD = MailTemplate(
    CaseKind.CHILD_REPORT,
    CaseDecision.MINOR,
    "the mother sent a copy of the birth certificate",
    "My child's data",
    "My daughter is 11 and signed up as {child}. Delete everything you hold about her.",
)


def write_mail(
    sender: InventedPerson, subject: str, text: str, recipient: str = MAILBOX, **more: str
) -> LocalMail:
    """Returns a mail of a person, with more fields in its header."""
    mail = EmailMessage()
    fields = {"From": formataddr((sender.name, sender.address)), "To": recipient, "Subject": subject, **more}
    for name, value in fields.items():
        mail[name] = value
    mail.set_content(text)
    return LocalMail(mail.as_bytes(), recipient)
