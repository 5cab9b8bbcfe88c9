"""The metrics of feedback: one name per effect, without dimensions."""

from __future__ import annotations

from typing import assert_never

from heed.domain.feedback.rules import FeedbackEffect


def feedback_metric(effect: FeedbackEffect) -> str:  # noqa: C901 - a table; mypy checks that it is complete
    """Returns the metric of an effect. The most frequent effect is the first case."""
    match effect:
        case FeedbackEffect.EVENT_IGNORED:
            return "EventIgnored"
        case FeedbackEffect.BOUNCE_RECORDED:
            return "BounceRecorded"
        case FeedbackEffect.SOFT_BOUNCE_RECORDED:
            return "SoftBounceRecorded"
        case FeedbackEffect.COMPLAINT_RECORDED:
            return "ComplaintRecorded"
        case FeedbackEffect.OPT_OUT_RECORDED:
            return "OptOutRecorded"
        case FeedbackEffect.BOUNCE_IGNORED:
            return "BounceIgnored"
        case FeedbackEffect.COMPLAINT_IGNORED:
            return "ComplaintIgnored"
        case FeedbackEffect.CONTENT_REFUSED:
            return "ContentRefused"
        case FeedbackEffect.FRAUD_REPORTED:
            return "FraudReported"
        case FeedbackEffect.UNKNOWN_TOPIC_FOUND:
            return "UnknownTopicFound"
        case FeedbackEffect.RECIPIENT_UNREADABLE:
            return "RecipientUnreadable"
        case FeedbackEffect.RECIPIENT_NOT_ADDRESSED:
            return "RecipientNotAddressed"
        case FeedbackEffect.UNKNOWN_TYPE_FOUND:
            return "UnknownTypeFound"
        case _:
            assert_never(effect)
