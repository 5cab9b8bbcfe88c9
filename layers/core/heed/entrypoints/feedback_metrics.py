"""The names under which the effects of feedback are counted: a closed set without dimensions."""

from __future__ import annotations

from typing import assert_never

from heed.domain.feedback.rules import FeedbackEffect


def feedback_metric(effect: FeedbackEffect) -> str:  # noqa: C901 - a table, held by mypy
    """The name of the metric; the most frequent one comes first."""
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
        case FeedbackEffect.TOPIC_NOT_KNOWN:
            return "UnknownTopicFound"
        case FeedbackEffect.RECIPIENT_NOT_READ:
            return "RecipientUnreadable"
        case FeedbackEffect.RECIPIENT_NOT_MAILED:
            return "RecipientNotAddressed"
        case FeedbackEffect.UNKNOWN_TYPE_MET:
            return "UnknownTypeFound"
        case _:
            assert_never(effect)
