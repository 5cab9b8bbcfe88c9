"""The names under which the effects of feedback are counted: a closed set without dimensions."""

from __future__ import annotations

from typing import assert_never

from heed.domain.feedback.rules import Count


def feedback_metric(effect: Count) -> str:  # noqa: C901 - a table, held by mypy
    """The name of the metric; the most frequent one comes first."""
    match effect:
        case Count.EVENT_IGNORED:
            return "EventIgnored"
        case Count.BOUNCE_RECORDED:
            return "BounceRecorded"
        case Count.SOFT_BOUNCE_RECORDED:
            return "SoftBounceRecorded"
        case Count.COMPLAINT_RECORDED:
            return "ComplaintRecorded"
        case Count.OPT_OUT_RECORDED:
            return "OptOutRecorded"
        case Count.BOUNCE_IGNORED:
            return "BounceIgnored"
        case Count.COMPLAINT_IGNORED:
            return "ComplaintIgnored"
        case Count.CONTENT_REFUSED:
            return "ContentRefused"
        case Count.FRAUD_REPORTED:
            return "FraudReported"
        case Count.TOPIC_NOT_KNOWN:
            return "TopicNotKnown"
        case Count.RECIPIENT_NOT_READ:
            return "RecipientNotRead"
        case Count.RECIPIENT_NOT_MAILED:
            return "RecipientNotMailed"
        case Count.UNKNOWN_TYPE_MET:
            return "UnknownTypeMet"
        case _:
            assert_never(effect)
