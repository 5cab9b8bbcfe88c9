"""What each kind of bounce and complaint does: the rule as data.

The types and subtypes are those of the SES Developer Guide ("Amazon SNS notification contents for
Amazon SES"), read for one question alone: does mail still arrive, and does the person want it?
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from heed.domain.preferences.register import COMPLAINT, SOFT_BOUNCE, UNDELIVERABLE, Register


class FeedbackEffect(Enum):
    """What happens because of feedback, as it is counted."""

    BOUNCE_RECORDED = auto()
    SOFT_BOUNCE_RECORDED = auto()
    COMPLAINT_RECORDED = auto()
    OPT_OUT_RECORDED = auto()
    BOUNCE_IGNORED = auto()
    COMPLAINT_IGNORED = auto()
    CONTENT_REFUSED = auto()  # the sender's matter: what was sent, not to whom
    FRAUD_REPORTED = auto()  # the sender's matter: somebody may be abusing the domain
    TOPIC_NOT_KNOWN = auto()
    RECIPIENT_NOT_READ = auto()
    RECIPIENT_NOT_MAILED = auto()  # a forwarding target, or the report is forged
    EVENT_IGNORED = auto()  # a delivery, an open, a click …
    UNKNOWN_TYPE_MET = auto()


_LONGEST_WORD = 64  # characters: of those that SES has, and of what is remembered


def normalise_word(text: str) -> str:
    """A type, subtype or status as it is compared: SES spells one word in several ways.

    Its events say `OptOut` and `Rendering Failure` where its API says `OPT_OUT` and `RENDERING_FAILURE`.
    """
    return _word(text) if len(text) <= _LONGEST_WORD else _without_spelling(text)


def _without_spelling(text: str) -> str:
    return "".join(text.lower().replace("_", " ").replace("-", " ").split())


_word = lru_cache(maxsize=256)(_without_spelling)


def _of_everybody(action: str | None, status: str | None) -> bool:  # noqa: ARG001
    return True


def _given_up(action: str | None, status: str | None) -> bool:
    """Whether delivery was given up; SES lists who is merely late too. What the report calls it decides."""
    if action is None:
        return not _of_class("4", status)
    return normalise_word(action) == "failed"


def _reported(action: str | None, status: str | None) -> bool:
    """Whether something that SES calls passing was a delivery given up: out-of-office replies say nothing."""
    return (action is not None and normalise_word(action) == "failed") or _of_class("5", status)


def _of_class(digit: str, status: str | None) -> bool:
    return status is not None and status.lstrip().startswith(digit)


class FeedbackRule(NamedTuple):
    """What one kind of event does.

    Attributes:
        register: what it sets, if anything.
        counted: what is counted where it sets it, or where it sets nothing at all.
        also: what is counted besides, whatever becomes of it.
        means: whether it means one of those listed, by what is reported of this one: the action and the
            status of RFC 3464, as far as they are given.
    """

    register: Register | None
    counted: FeedbackEffect
    also: FeedbackEffect | None = None
    means: Callable[[str | None, str | None], bool] = _of_everybody


_DEAD = FeedbackRule(UNDELIVERABLE, FeedbackEffect.BOUNCE_RECORDED, means=_given_up)
_LATE = FeedbackRule(SOFT_BOUNCE, FeedbackEffect.SOFT_BOUNCE_RECORDED, means=_reported)
_FULL = FeedbackRule(SOFT_BOUNCE, FeedbackEffect.SOFT_BOUNCE_RECORDED)
_PASSING = FeedbackRule(None, FeedbackEffect.BOUNCE_IGNORED)
_REFUSED = FeedbackRule(None, FeedbackEffect.BOUNCE_IGNORED, FeedbackEffect.CONTENT_REFUSED)

BOUNCE_RULES: dict[tuple[str, str], FeedbackRule] = {
    ("Permanent", "General"): _DEAD,
    ("Permanent", "NoEmail"): _DEAD,
    # Echoes: the provider will not deliver. Evidence of that, never a complaint and never a wish.
    ("Permanent", "Suppressed"): _DEAD,
    ("Permanent", "OnAccountSuppressionList"): _DEAD,
    ("Permanent", "OnTenantSuppressionList"): _DEAD,
    ("Permanent", "EmailValidationSuppressed"): _DEAD,
    ("Permanent", "UnsubscribedRecipient"): _DEAD,
    ("Transient", "General"): _LATE,  # out-of-office replies come as this too
    ("Transient", "MailboxFull"): _FULL,
    ("Transient", "CustomTimeoutExceeded"): _FULL,
    ("Transient", "MessageTooLarge"): _REFUSED,
    ("Transient", "ContentRejected"): _REFUSED,
    ("Transient", "AttachmentRejected"): _REFUSED,
    ("Undetermined", "Undetermined"): _PASSING,
}
BOUNCE_TYPE_RULES = {"Permanent": _DEAD, "Transient": _LATE, "Undetermined": _PASSING}
"""Of a subtype that is not in the table."""

_COMPLAINED = FeedbackRule(COMPLAINT, FeedbackEffect.COMPLAINT_RECORDED)
_NOT_COMPLAINED = FeedbackRule(None, FeedbackEffect.COMPLAINT_IGNORED)

COMPLAINT_RULES: dict[str | None, FeedbackRule] = {  # by feedback type; one not in the table is a complaint
    None: _COMPLAINED,
    "abuse": _COMPLAINED,
    "other": _COMPLAINED,
    "fraud": FeedbackRule(COMPLAINT, FeedbackEffect.COMPLAINT_RECORDED, FeedbackEffect.FRAUD_REPORTED),
    "virus": FeedbackRule(COMPLAINT, FeedbackEffect.COMPLAINT_RECORDED, FeedbackEffect.FRAUD_REPORTED),
    "not-spam": _NOT_COMPLAINED,
    "auth-failure": FeedbackRule(None, FeedbackEffect.COMPLAINT_IGNORED, FeedbackEffect.FRAUD_REPORTED),
}
LIST_SUBTYPES = ("OnAccountSuppressionList", "OnTenantSuppressionList")  # complaint subtypes

TOPIC_TEST = "TopicTest"  # what SNS and SES write to a topic by themselves; a name of our own
IGNORED_TYPES = (
    "Delivery",
    "Send",
    "Reject",
    "Open",
    "Click",
    "Rendering Failure",
    "DeliveryDelay",
    # Of the account and of nobody's mail, by EventBridge.
    "Advisor Recommendation Status Open",
    "Advisor Recommendation Status Resolved",
    "Sending Status Enabled",
    "Sending Status Disabled",
    TOPIC_TEST,
)

_BOUNCES = {
    (normalise_word(kind), normalise_word(subtype)): rule for (kind, subtype), rule in BOUNCE_RULES.items()
}
_BOUNCES_OF_TYPE = {normalise_word(kind): rule for kind, rule in BOUNCE_TYPE_RULES.items()}
_COMPLAINTS = {normalise_word(kind or ""): rule for kind, rule in COMPLAINT_RULES.items()}
_ECHOES = frozenset(map(normalise_word, LIST_SUBTYPES))
_NOT_ACTED_ON = frozenset(map(normalise_word, IGNORED_TYPES))


def rule_for_bounce(kind: str, subtype: str | None) -> FeedbackRule | None:
    """The rule of a bounce; None for a type unheard of.

    SES adds subtypes, so that one unheard of falls back on its type.
    """
    named = normalise_word(kind)
    return _BOUNCES.get((named, normalise_word(subtype or ""))) or _BOUNCES_OF_TYPE.get(named)


def rule_for_complaint(feedback_type: str | None) -> FeedbackRule:
    """The rule of a complaint."""
    return _COMPLAINTS.get(normalise_word(feedback_type or ""), _COMPLAINED)


def is_echo(subtype: str | None) -> bool:
    """Whether a complaint is the echo of a provider's list: an older one stands there."""
    return subtype is not None and normalise_word(subtype) in _ECHOES


def is_ignored_type(kind: str) -> bool:
    """Whether an event of that type is known, and changes nothing."""
    return normalise_word(kind) in _NOT_ACTED_ON
