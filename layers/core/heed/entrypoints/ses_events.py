"""Parses SES events from any transport into feedback events.

Feedback notifications (`notificationType`) and published events (`eventType`) differ only in their
envelope. The transports are SNS (also the record that Lambda receives), SNS in SQS, raw in SQS,
EventBridge, EventBridge in SQS, EventBridge in SNS, and the event without an envelope.

Fields that decide must have the documented form; otherwise the message is malformed. Fields that are only
evidence may be absent or invalid. The signature of an envelope is not verified: the policy of the queue
accepts messages only from the topic, and there is no HTTP entry point.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from heed.domain import rfc3339
from heed.domain.errors import InvalidTime, MalformedMessage
from heed.domain.feedback.event import (
    Bounce,
    BouncedRecipient,
    Complaint,
    ContactListOptOut,
    FeedbackEvent,
    FeedbackMail,
    OtherEvent,
)
from heed.domain.feedback.rules import TOPIC_TEST, normalise_word
from heed.domain.links.link_hints import REF_TAG, parse_ref
from heed.domain.milliseconds import Millis
from heed.domain.recipients.recipient import MESSAGE_TAG

Json = dict[str, Any]

_FROM_AWS = OtherEvent(TOPIC_TEST)  # a test, or the confirmation of a subscription
_TEST = "Successfully validated SNS topic"  # the plain text that SES sends when a topic is attached
_SNS_MESSAGE_TYPES = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
_SES_TEST_TYPE = "AmazonSnsSubscriptionSucceeded"

# AWS does not document the event inside. If the event has no type, the envelope has it.
_DETAIL_TYPES = {
    "Email Bounced": "Bounce",
    "Email Complaint Received": "Complaint",
    "Email Subscribed": "Subscription",
    "Email Delivered": "Delivery",
    "Email Sent": "Send",
    "Email Rejected": "Reject",
    "Email Opened": "Open",
    "Email Clicked": "Click",
    "Email Rendering Failed": "Rendering Failure",
    "Email Delivery Delayed": "DeliveryDelay",
}


def parse_ses_event(message: object, queued_at: Millis | None = None) -> FeedbackEvent:
    """Parses the event in a message.

    Args:
        message: JSON as text (the body of an SQS message) or parsed JSON (the event of Lambda).
        queued_at: When the queue received the message, in milliseconds. An event cannot have happened
            after this time, nor after the timestamp of an envelope.

    Raises:
        MalformedMessage: The message cannot be parsed. A retry cannot succeed.
    """
    content = _parse_json(message) if isinstance(message, str) else message
    if isinstance(content, dict):
        if "Message" in content and "Type" in content:
            return _parse_sns(content, queued_at)
        return _parse_eventbridge_or_ses(content, queued_at)
    raise MalformedMessage("the message is not a JSON object")


def _parse_sns(envelope: Json, queued_at: Millis | None) -> FeedbackEvent:
    message = envelope["Message"]
    if not isinstance(message, str):
        raise MalformedMessage("the message in the envelope is not text")
    if envelope["Type"] in _SNS_MESSAGE_TYPES or message.startswith(_TEST):
        return _FROM_AWS
    content = _parse_json(message)
    if not isinstance(content, dict):
        raise MalformedMessage("the message is not a JSON object")
    return _parse_eventbridge_or_ses(
        content, _earlier_of(parse_aws_time(envelope.get("Timestamp")), queued_at)
    )


def _parse_eventbridge_or_ses(content: Json, latest_possible: Millis | None) -> FeedbackEvent:
    if "detail-type" not in content:
        return _parse_ses(content, None, latest_possible)
    detail, detail_type = content.get("detail"), content["detail-type"]
    if content.get("source") != "aws.ses" or not isinstance(detail_type, str):
        raise MalformedMessage("the event is not from SES")
    if not isinstance(detail, dict):
        raise MalformedMessage("the detail is not a JSON object")
    latest_possible = _earlier_of(parse_aws_time(content.get("time")), latest_possible)
    return _parse_ses(detail, _DETAIL_TYPES.get(detail_type, detail_type), latest_possible)


def _parse_ses(content: Json, default_type: str | None, latest_possible: Millis | None) -> FeedbackEvent:
    kind = content.get("eventType") or content.get("notificationType") or default_type
    if not isinstance(kind, str):
        raise MalformedMessage("the event has no type")
    parse = _PARSERS.get(normalise_word(kind))
    if parse is None:
        return _FROM_AWS if kind == _SES_TEST_TYPE else OtherEvent(kind)
    mail = content.get("mail")
    return parse(content, mail if isinstance(mail, dict) else {}, latest_possible)


def _parse_bounce(content: Json, mail: Json, latest_possible: Millis | None) -> FeedbackEvent:
    bounce = _get_object(content, "bounce")
    kind = bounce.get("bounceType")
    if not isinstance(kind, str):
        raise MalformedMessage("the bounce has no type")
    return Bounce(
        _event_time(bounce, latest_possible),
        kind,
        _text_or_none(bounce.get("bounceSubType")),
        [_parse_bounced_recipient(entry) for entry in _get_recipients(bounce, "bouncedRecipients")],
        _text_or_none(bounce.get("feedbackId")),
        _parse_mail(mail),
    )


def _parse_bounced_recipient(entry: object) -> BouncedRecipient:
    if not isinstance(entry, dict):
        return BouncedRecipient(None)
    address, action, status = entry.get("emailAddress"), entry.get("action"), entry.get("status")
    if (action is None or isinstance(action, str)) and (status is None or isinstance(status, str)):
        return BouncedRecipient(_text_or_none(address), action, status)
    return BouncedRecipient(None)


def _parse_complaint(content: Json, mail: Json, latest_possible: Millis | None) -> FeedbackEvent:
    complaint = _get_object(content, "complaint")
    return Complaint(
        _event_time(complaint, latest_possible),
        _text_or_none(complaint.get("complaintFeedbackType")),
        _text_or_none(complaint.get("complaintSubType")),
        [
            _text_or_none(entry.get("emailAddress")) if isinstance(entry, dict) else None
            for entry in _get_recipients(complaint, "complainedRecipients")
        ],
        _text_or_none(complaint.get("feedbackId")),
        _parse_mail(mail),
    )


def _parse_mail(mail: Json) -> FeedbackMail:
    destination = mail.get("destination")
    addresses = [_text_or_none(address) for address in destination] if isinstance(destination, list) else None
    recipient, ref = (_parse_message_tag(mail, name) for name in (MESSAGE_TAG, REF_TAG))
    return FeedbackMail(addresses, recipient, _text_or_none(mail.get("messageId")), parse_ref(ref or ""))


def _parse_subscription(content: Json, mail: Json, latest_possible: Millis | None) -> FeedbackEvent:
    """Parses an opt-out. List defaults (`topicDefaultSubscriptionStatus`) are not choices of the person."""
    subscription = _get_object(content, "subscription")
    preferences = _get_object(subscription, "newTopicPreferences")
    all_marketing = preferences.get("unsubscribeAll") or False
    if not isinstance(all_marketing, bool):
        raise MalformedMessage("unsubscribeAll is neither true nor false")
    statuses = preferences.get("topicSubscriptionStatus")
    destination = mail.get("destination")  # the event itself names no address
    return ContactListOptOut(
        _event_time(subscription, latest_possible),
        _text_or_none(destination[0]) if isinstance(destination, list) and destination else None,
        _text_or_none(subscription.get("source")),
        all_marketing,
        [] if statuses is None else _parse_stopped_topics(statuses),
        _text_or_none(mail.get("messageId")),
    )


def _parse_stopped_topics(statuses: object) -> list[str | None]:
    """Returns the topics that are off. None replaces an invalid entry, which might be such a topic."""
    stopped: list[str | None] = []
    for entry in statuses if isinstance(statuses, list) else [statuses]:
        topic = entry if isinstance(entry, dict) else {}
        status = normalise_word(_text_or_none(topic.get("subscriptionStatus")) or "")
        if status != "optin":
            stopped.append(_text_or_none(topic.get("topicName")) if status == "optout" else None)
    return stopped


_PARSERS: dict[str, Callable[[Json, Json, Millis | None], FeedbackEvent]] = {
    "bounce": _parse_bounce,
    "complaint": _parse_complaint,
    "subscription": _parse_subscription,
}


def _parse_json(text: str) -> object:
    """Parses JSON with orjson, which is faster, or with the standard library if orjson refuses the text.

    SES may cut a header in the middle of a character, which leaves half of a surrogate pair. orjson refuses
    such text because it is not Unicode. The addresses are in other fields, so the event is still useful.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # ValueError: also a number with thousands of digits
        raise MalformedMessage("the message is not JSON") from None  # the cause would contain the text


def _get_object(content: Json, name: str) -> Json:
    value = content.get(name)
    if isinstance(value, dict):
        return value
    raise MalformedMessage(f"the event has no {name}")


def _get_recipients(content: Json, name: str) -> list[Any]:
    """Returns a list of recipients, or an empty list. `heed.domain.feedback` decides about an empty list."""
    value = content.get(name)
    return value if isinstance(value, list) else []


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _parse_message_tag(mail: Json, name: str) -> str | None:
    """Returns the value of a message tag, or None if it has no value or several."""
    tags = mail.get("tags")
    values = tags.get(name) if isinstance(tags, dict) else None
    if isinstance(values, list) and len(values) == 1:
        return _text_or_none(values[0])
    return None


def _event_time(event: Json, latest_possible: Millis | None) -> Millis:
    """Returns when the event happened, in milliseconds: SES's time, but not later than `latest_possible`.

    The handler's clock is not used, because a retry must give the same time.
    """
    at = _earlier_of(parse_aws_time(event.get("timestamp")), latest_possible)
    if at is None:
        raise MalformedMessage("the event has no time")
    return at


def _earlier_of(first: Millis | None, second: Millis | None) -> Millis | None:
    if first is None or second is None:
        return second if first is None else first
    return min(first, second)


_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_aws_time(text: object) -> Millis | None:
    """Parses an AWS timestamp, such as `2026-03-05T00:41:02.669Z` or `2018-10-08T14:05:45 +0000`.

    Returns:
        Milliseconds since the Unix epoch, or None if the text is not a timestamp.
    """
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" +", "+"))
    except ValueError:
        return _parse_leap_second(text)
    if moment.tzinfo is None:  # AWS writes UTC
        moment = moment.replace(tzinfo=UTC)
    since = moment - _UNIX_EPOCH
    at = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    return Millis(at) if 0 <= at < rfc3339.END_OF_TIME else None


def _parse_leap_second(text: str) -> Millis | None:
    """Parses a time with a leap second, which RFC 3339 permits and `datetime` does not support."""
    try:
        return rfc3339.parse_time(text).first
    except InvalidTime:
        return None
