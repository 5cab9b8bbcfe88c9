"""SES events about mails, independent of transport and envelope."""

from __future__ import annotations

from typing import NamedTuple

from heed.domain.milliseconds import Millis


class FeedbackMail(NamedTuple):
    """The mail that an event is about.

    Attributes:
        destination: the addresses to which it was sent. An entry that is not a string is None. The whole is
            None if the event does not contain a list.
        tag: the message tag that names the recipient.
        id: the message id of SES.
        ref: the ref in the message tags, or "".
    """

    destination: list[str | None] | None
    tag: str | None
    id: str | None
    ref: str = ""


class BouncedRecipient(NamedTuple):
    """An entry of `bouncedRecipients`.

    The address is None if the entry does not have the documented format.
    """

    address: str | None
    action: str | None = None
    status: str | None = None


class Bounce(NamedTuple):
    """A bounce.

    Attributes:
        at: the time of the bounce, milliseconds.
        type: the bounce type of SES.
        subtype: the bounce subtype of SES.
        recipients: empty if the list does not have the documented format.
        feedback_id: the id of the report.
        mail: the mail that bounced.
    """

    at: Millis
    type: str
    subtype: str | None
    recipients: list[BouncedRecipient]
    feedback_id: str | None
    mail: FeedbackMail


class Complaint(NamedTuple):
    """A complaint.

    Attributes:
        at: the time of the complaint, milliseconds.
        type: the feedback type of the report.
        subtype: the complaint subtype of SES.
        addresses: None in place of an address, or an empty list, if the documented format is not followed.
        feedback_id: the id of the report.
        mail: the mail that the complaint is about.
    """

    at: Millis
    type: str | None
    subtype: str | None
    addresses: list[str | None]
    feedback_id: str | None
    mail: FeedbackMail


class ContactListOptOut(NamedTuple):
    """A choice in an SES contact list: an opt-out of all marketing, or of the named topics.

    Attributes:
        at: the time of the choice, milliseconds.
        address: the person's address.
        trigger: the way in which the person made the choice, in the words of SES.
        all_marketing: whether the person opted out of all marketing (`unsubscribeAll`).
        topics: names of the topics that are off. An entry without the documented format is None, because its
            topic may be off as well.
        message_id: the message id of SES.
    """

    at: Millis
    address: str | None
    trigger: str | None
    all_marketing: bool
    topics: list[str | None]
    message_id: str | None


class OtherEvent(NamedTuple):
    """An event of any other type."""

    type: str


FeedbackEvent = Bounce | Complaint | ContactListOptOut | OtherEvent
