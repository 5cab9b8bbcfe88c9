"""What each kind of bounce and complaint does: the rule as data.

The types and subtypes are those of the SES Developer Guide ("Amazon SNS notification contents for
Amazon SES"), read for one question alone: does mail still arrive, and does the person want it?
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from heed.domain.register import COMPLAINT, SOFT, UNDELIVERABLE


class Count(StrEnum):
    """What is counted of feedback: the names of the metrics, a closed set without dimensions."""

    BOUNCE_RECORDED = "BounceRecorded"
    SOFT_BOUNCE_RECORDED = "SoftBounceRecorded"
    COMPLAINT_RECORDED = "ComplaintRecorded"
    OPT_OUT_RECORDED = "OptOutRecorded"
    BOUNCE_IGNORED = "BounceIgnored"
    COMPLAINT_IGNORED = "ComplaintIgnored"
    CONTENT_REFUSED = "ContentRefused"  # the sender's matter: what was sent, not to whom
    FRAUD_REPORTED = "FraudReported"  # the sender's matter: somebody may be abusing the domain
    TOPIC_NOT_KNOWN = "TopicNotKnown"
    RECIPIENT_NOT_READ = "RecipientNotRead"
    RECIPIENT_NOT_MAILED = "RecipientNotMailed"  # a forwarding target, or the report is forged
    EVENT_IGNORED = "EventIgnored"  # a delivery, an open, a click …
    UNKNOWN_EVENT_DROPPED = "UnknownEventDropped"


class Rule(NamedTuple):
    """What one kind of event does: the register it sets, if any, and what is counted."""

    register: str | None
    counted: Count
    also: Count | None = None


_DEAD = Rule(UNDELIVERABLE, Count.BOUNCE_RECORDED)
_FULL = Rule(SOFT, Count.SOFT_BOUNCE_RECORDED)
_PASSING = Rule(None, Count.BOUNCE_IGNORED)
_REFUSED = Rule(None, Count.BOUNCE_IGNORED, Count.CONTENT_REFUSED)

BOUNCES: dict[tuple[str, str], Rule] = {
    ("Permanent", "General"): _DEAD,
    ("Permanent", "NoEmail"): _DEAD,
    # Echoes: the provider will not deliver. Evidence of that, never a complaint and never a wish.
    ("Permanent", "Suppressed"): _DEAD,
    ("Permanent", "OnAccountSuppressionList"): _DEAD,
    ("Permanent", "OnTenantSuppressionList"): _DEAD,
    ("Permanent", "EmailValidationSuppressed"): _DEAD,
    ("Permanent", "UnsubscribedRecipient"): _DEAD,
    ("Transient", "General"): _PASSING,  # out-of-office replies come as this
    ("Transient", "MailboxFull"): _FULL,
    ("Transient", "CustomTimeoutExceeded"): _FULL,
    ("Transient", "MessageTooLarge"): _REFUSED,
    ("Transient", "ContentRejected"): _REFUSED,
    ("Transient", "AttachmentRejected"): _REFUSED,
    ("Undetermined", "Undetermined"): _PASSING,
}
BOUNCES_OF_TYPE = {"Permanent": _DEAD}  # a subtype not in the table; any other type: passing

_COMPLAINED = Rule(COMPLAINT, Count.COMPLAINT_RECORDED)
_NOT_COMPLAINED = Rule(None, Count.COMPLAINT_IGNORED)

COMPLAINTS: dict[str | None, Rule] = {  # by feedback type; one not in the table is a complaint
    None: _COMPLAINED,
    "abuse": _COMPLAINED,
    "other": _COMPLAINED,
    "fraud": Rule(COMPLAINT, Count.COMPLAINT_RECORDED, Count.FRAUD_REPORTED),
    "virus": Rule(COMPLAINT, Count.COMPLAINT_RECORDED, Count.FRAUD_REPORTED),
    "not-spam": _NOT_COMPLAINED,
    "auth-failure": Rule(None, Count.COMPLAINT_IGNORED, Count.FRAUD_REPORTED),
}
ECHOES = frozenset({"OnAccountSuppressionList", "OnTenantSuppressionList"})  # complaint subtypes

TOPIC_TEST = "TopicTest"  # what SNS and SES write to a topic by themselves; a name of our own
NOT_ACTED_ON = frozenset(
    {
        "Delivery",
        "Send",
        "Reject",
        "Open",
        "Click",
        "Rendering Failure",
        "DeliveryDelay",
        TOPIC_TEST,
    }
)


def of_bounce(kind: str, subtype: str | None) -> Rule:
    """The rule of a bounce; SES adds subtypes, so that one unheard of falls back on its type."""
    return BOUNCES.get((kind, subtype or "")) or BOUNCES_OF_TYPE.get(kind, _PASSING)


def of_complaint(feedback_type: str | None, subtype: str | None) -> Rule:
    """The rule of a complaint. The echo of a provider's list says that an older complaint stands."""
    return _NOT_COMPLAINED if subtype in ECHOES else COMPLAINTS.get(feedback_type, _COMPLAINED)
