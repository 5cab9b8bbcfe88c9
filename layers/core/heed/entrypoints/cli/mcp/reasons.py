"""What each reason of a check means, in a sentence for a person who asks."""

from __future__ import annotations

from heed.domain.preferences.reasons import Reason

INVALID, UNREADABLE = "invalid", "unreadable"
"""The reasons of a check without a decision."""

MEANINGS: dict[str, str] = {
    Reason.MINOR: (
        "The address was reported as that of a person under 13. Nothing may be sent, also no service mail. "
        "Only two privacy officers together can lift this."
    ),
    Reason.HOLD: (
        "A legal hold stops all mail, also service mail, and preserves the record. A privacy officer can "
        "lift it."
    ),
    Reason.UNDELIVERABLE: (
        "Mails to the address came back: a hard bounce, or soft bounces on 5 days within 30. Nothing may be "
        "sent, also no service mail. A privacy officer can lift it, and a confirmed opt-in ends it. With "
        "`until` it ends by itself."
    ),
    Reason.COMPLAINED: (
        "The person marked a mail as spam. Only a confirmed opt-in by the person, or a lift after a written "
        "request, permits mail again."
    ),
    Reason.UNSUBSCRIBED: "The person opted out of everything, or of all mail of the brand.",
    Reason.TOPIC_UNSUBSCRIBED: "The person opted out of this topic. Other topics may still be permitted.",
    Reason.PAUSED: "The person paused this mail until the time in `until`. Then what counted before counts.",
    Reason.NO_CONSENT: "This topic needs a yes, and the person has not said it. That is no opt-out.",
    Reason.OK: "Nothing stops this topic: it may be sent now.",
    INVALID: "This is neither a valid address nor a recipient id. Nothing may be sent to it.",
    UNREADABLE: "The stored record is damaged, so nothing may be sent. An operator has to look at it.",
}

UNKNOWN_REASON = "A newer version of Heed gives this reason. Nothing may be sent."


def explain_reason(reason: str, *, is_sendable: bool) -> str:
    """Returns what a reason means. An unknown reason never means that a mail may be sent."""
    if is_sendable:
        return MEANINGS[Reason.OK]
    return MEANINGS.get(reason, UNKNOWN_REASON)
