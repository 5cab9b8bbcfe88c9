"""The effect of each kind of bounce and complaint: the rules as data.

The types and subtypes are those of the SES Developer Guide ("Amazon SNS notification contents for
Amazon SES"). Only two questions matter: does mail still arrive, and does the person want it?
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from heed.domain.preferences.register import COMPLAINT, SOFT_BOUNCE, UNDELIVERABLE, Register


class FeedbackEffect(Enum):
    """The effect of feedback. The value is the metric that counts it."""

    BOUNCE_RECORDED = "BounceRecorded"
    SOFT_BOUNCE_RECORDED = "SoftBounceRecorded"
    COMPLAINT_RECORDED = "ComplaintRecorded"
    OPT_OUT_RECORDED = "OptOutRecorded"
    BOUNCE_IGNORED = "BounceIgnored"
    COMPLAINT_IGNORED = "ComplaintIgnored"
    CONTENT_REFUSED = "ContentRefused"  # the sender has to act: the content was the reason, not the recipient
    FRAUD_REPORTED = "FraudReported"  # the sender has to act: somebody may be abusing the domain
    UNKNOWN_TOPIC_FOUND = "UnknownTopicFound"
    RECIPIENT_UNREADABLE = "RecipientUnreadable"
    RECIPIENT_NOT_ADDRESSED = "RecipientNotAddressed"  # a forwarding target, or the report is forged
    EVENT_IGNORED = "EventIgnored"  # a delivery, an open, a click …
    UNKNOWN_TYPE_FOUND = "UnknownTypeFound"


_MAX_CACHED_LENGTH = 64  # characters; all words of SES are shorter


def normalise_word(text: str) -> str:
    """Returns a type, subtype or status in the form used for comparison.

    SES spells the same word in several ways. Its events use `OptOut` and `Rendering Failure`; its API uses
    `OPT_OUT` and `RENDERING_FAILURE`.
    """
    return _normalise_cached(text) if len(text) <= _MAX_CACHED_LENGTH else _normalise(text)


def _normalise(text: str) -> str:
    return "".join(text.lower().replace("_", " ").replace("-", " ").split())


_normalise_cached = lru_cache(maxsize=256)(_normalise)


def _always(action: str | None, status: str | None) -> bool:  # noqa: ARG001
    return True


def _failed_unless_delayed(action: str | None, status: str | None) -> bool:
    """Whether delivery failed. Without action or status, it did.

    SES also lists recipients whose mail is only delayed. The action of the report decides.
    """
    if action is None:
        return not _has_status_class("4", status)
    return normalise_word(action) == "failed"


def _failed_if_reported(action: str | None, status: str | None) -> bool:
    """Whether delivery failed, although SES calls the bounce transient. It did not without action or status.

    An out-of-office reply has no such action or status.
    """
    return (action is not None and normalise_word(action) == "failed") or _has_status_class("5", status)


def _has_status_class(digit: str, status: str | None) -> bool:
    return status is not None and status.lstrip().startswith(digit)


class FeedbackRule(NamedTuple):
    """The effect of one kind of event.

    Attributes:
        register: the register that the event sets, or None.
        effect: what is counted for each recipient whose record the event changes.
        extra_effect: what is counted once for each event, in addition.
        applies_to: whether the event applies to a listed recipient, by the action and status (RFC 3464) that
            the report gives for this recipient.
    """

    register: Register | None
    effect: FeedbackEffect
    extra_effect: FeedbackEffect | None = None
    applies_to: Callable[[str | None, str | None], bool] = _always


_HARD_BOUNCE = FeedbackRule(UNDELIVERABLE, FeedbackEffect.BOUNCE_RECORDED, applies_to=_failed_unless_delayed)
_SOFT_IF_FAILED = FeedbackRule(
    SOFT_BOUNCE, FeedbackEffect.SOFT_BOUNCE_RECORDED, applies_to=_failed_if_reported
)
_SOFT_BOUNCE = FeedbackRule(SOFT_BOUNCE, FeedbackEffect.SOFT_BOUNCE_RECORDED)
_IGNORED = FeedbackRule(None, FeedbackEffect.BOUNCE_IGNORED)
_CONTENT_REFUSED = FeedbackRule(None, FeedbackEffect.BOUNCE_IGNORED, FeedbackEffect.CONTENT_REFUSED)

BOUNCE_RULES: dict[tuple[str, str], FeedbackRule] = {
    ("Permanent", "General"): _HARD_BOUNCE,
    ("Permanent", "NoEmail"): _HARD_BOUNCE,
    # Echoes: the provider will not deliver. They prove only that, never a complaint or an opt-out.
    ("Permanent", "Suppressed"): _HARD_BOUNCE,
    ("Permanent", "OnAccountSuppressionList"): _HARD_BOUNCE,
    ("Permanent", "OnTenantSuppressionList"): _HARD_BOUNCE,
    ("Permanent", "EmailValidationSuppressed"): _HARD_BOUNCE,
    ("Permanent", "UnsubscribedRecipient"): _HARD_BOUNCE,
    ("Transient", "General"): _SOFT_IF_FAILED,  # out-of-office replies have this type too
    ("Transient", "MailboxFull"): _SOFT_BOUNCE,
    ("Transient", "CustomTimeoutExceeded"): _SOFT_BOUNCE,
    ("Transient", "MessageTooLarge"): _CONTENT_REFUSED,
    ("Transient", "ContentRejected"): _CONTENT_REFUSED,
    ("Transient", "AttachmentRejected"): _CONTENT_REFUSED,
    ("Undetermined", "Undetermined"): _IGNORED,
}
BOUNCE_TYPE_RULES = {"Permanent": _HARD_BOUNCE, "Transient": _SOFT_IF_FAILED, "Undetermined": _IGNORED}
"""The rules for subtypes that are not in the table."""

_COMPLAINED = FeedbackRule(COMPLAINT, FeedbackEffect.COMPLAINT_RECORDED)
_NOT_COMPLAINED = FeedbackRule(None, FeedbackEffect.COMPLAINT_IGNORED)

COMPLAINT_RULES: dict[str | None, FeedbackRule] = {  # by feedback type; an unknown type is a complaint
    None: _COMPLAINED,
    "abuse": _COMPLAINED,
    "other": _COMPLAINED,
    "fraud": FeedbackRule(COMPLAINT, FeedbackEffect.COMPLAINT_RECORDED, FeedbackEffect.FRAUD_REPORTED),
    "virus": FeedbackRule(COMPLAINT, FeedbackEffect.COMPLAINT_RECORDED, FeedbackEffect.FRAUD_REPORTED),
    "not-spam": _NOT_COMPLAINED,
    "auth-failure": FeedbackRule(None, FeedbackEffect.COMPLAINT_IGNORED, FeedbackEffect.FRAUD_REPORTED),
}
LIST_SUBTYPES = ("OnAccountSuppressionList", "OnTenantSuppressionList")  # complaint subtypes

TOPIC_TEST = "TopicTest"  # Heed's name for the test messages that SNS and SES send to a topic
IGNORED_TYPES = (
    "Delivery",
    "Send",
    "Reject",
    "Open",
    "Click",
    "Rendering Failure",
    "DeliveryDelay",
    # Events about the account, not about a mail, from EventBridge.
    "Advisor Recommendation Status Open",
    "Advisor Recommendation Status Resolved",
    "Sending Status Enabled",
    "Sending Status Disabled",
    TOPIC_TEST,
)

_BY_SUBTYPE = {
    (normalise_word(kind), normalise_word(subtype)): rule for (kind, subtype), rule in BOUNCE_RULES.items()
}
_BY_TYPE = {normalise_word(kind): rule for kind, rule in BOUNCE_TYPE_RULES.items()}
_BY_FEEDBACK_TYPE = {normalise_word(kind or ""): rule for kind, rule in COMPLAINT_RULES.items()}
_ECHO_SUBTYPES = frozenset(map(normalise_word, LIST_SUBTYPES))
_IGNORED_TYPES = frozenset(map(normalise_word, IGNORED_TYPES))


def rule_for_bounce(kind: str, subtype: str | None) -> FeedbackRule | None:
    """Returns the rule of a bounce; None for an unknown type.

    SES adds subtypes. An unknown subtype has the rule of its type.
    """
    bounce_type = normalise_word(kind)
    return _BY_SUBTYPE.get((bounce_type, normalise_word(subtype or ""))) or _BY_TYPE.get(bounce_type)


def rule_for_complaint(feedback_type: str | None) -> FeedbackRule:
    """Returns the rule of a complaint."""
    return _BY_FEEDBACK_TYPE.get(normalise_word(feedback_type or ""), _COMPLAINED)


def is_echo(subtype: str | None) -> bool:
    """Whether a complaint is an echo: SES reports that an older complaint put the address on its list."""
    return subtype is not None and normalise_word(subtype) in _ECHO_SUBTYPES


def is_ignored_type(kind: str) -> bool:
    """Whether the event type is known and changes nothing."""
    return normalise_word(kind) in _IGNORED_TYPES
