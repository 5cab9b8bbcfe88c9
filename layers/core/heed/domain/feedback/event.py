"""What SES says of a mail, by whatever transport and in whatever envelope it came."""

from __future__ import annotations

from typing import NamedTuple


class FeedbackMail(NamedTuple):
    """The mail that an event is about, as it was sent from here.

    Attributes:
        destination: whom it was addressed to, None in place of what is not text; None as a whole
            where the event does not say it.
        tag: the message tag that names whom it was for.
        id: SES's own.
    """

    destination: list[str | None] | None
    tag: str | None
    id: str | None


class BouncedRecipient(NamedTuple):
    """One of `bouncedRecipients`; no address where the entry is not of the documented form."""

    address: str | None
    action: str | None = None
    status: str | None = None


class Bounce(NamedTuple):
    """A bounce, `at` in milliseconds; no recipients where the list is not of the documented form."""

    at: int
    type: str
    subtype: str | None
    recipients: list[BouncedRecipient]
    feedback: str | None
    mail: FeedbackMail


class Complaint(NamedTuple):
    """A complaint; an address is None, or the list empty, where it is not of the documented form."""

    at: int
    type: str | None
    subtype: str | None
    addresses: list[str | None]
    feedback: str | None
    mail: FeedbackMail


class ContactListOptOut(NamedTuple):
    """A choice made in an SES contact list: all of it off, or the topics named.

    A topic is None where its entry is not of the documented form: it may be one that is off.
    """

    at: int
    address: str | None
    by: str | None
    everything: bool
    topics: list[str | None]
    message: str | None


class OtherEvent(NamedTuple):
    """An event of any other type."""

    type: str


FeedbackEvent = Bounce | Complaint | ContactListOptOut | OtherEvent
