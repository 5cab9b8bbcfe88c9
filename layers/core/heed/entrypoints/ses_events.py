"""SES events as they arrive, by whatever transport, turned into the domain's.

Feedback notifications (`notificationType`) and published events (`eventType`) differ in their
envelope alone. Transports: SNS (also as AWS Lambda's own record), SNS in SQS, raw in SQS, EventBridge,
EventBridge in SQS, EventBridge in SNS, the bare event.

What decides must have the documented form, or the message is Malformed; what would only be evidence
may be absent or odd. An envelope's signature is not looked at: nobody but the topic may write to the
queue (its policy), and there is no entrance over HTTP.
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
from heed.domain.recipients.recipient import MESSAGE_TAG

Json = dict[str, Any]

_BY_AWS = OtherEvent(TOPIC_TEST)  # a test, a confirmation of a subscription
_TEST = "Successfully validated SNS topic"  # plain text, sent when a topic is attached
_SNS_OWN = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
_SES_OWN = "AmazonSnsSubscriptionSucceeded"

# The event inside is not documented by AWS; where it does not name its type, the envelope does.
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


def parse_ses_event(message: object, sent: int | None = None) -> FeedbackEvent:
    """The event in a message.

    Args:
        message: JSON as text (the body of an SQS message), or parsed (what Lambda is invoked with).
        sent: when the queue took the message, milliseconds. The earliest of it and of the stamps of
            the envelopes is the latest that an event can have happened.

    Raises:
        Malformed: it can never be understood.
    """
    content = _parsed(message) if isinstance(message, str) else message
    if isinstance(content, dict):
        if "Message" in content and "Type" in content:
            return _from_sns(content, sent)
        return _from_eventbridge_or_ses(content, sent)
    raise MalformedMessage("not a JSON object")


def _from_sns(envelope: Json, sent: int | None) -> FeedbackEvent:
    message = envelope["Message"]
    if not isinstance(message, str):
        raise MalformedMessage("the message is not text")
    if envelope["Type"] in _SNS_OWN or message.startswith(_TEST):
        return _BY_AWS
    content = _parsed(message)
    if not isinstance(content, dict):
        raise MalformedMessage("the message is not a JSON object")
    return _from_eventbridge_or_ses(content, _earlier(parse_aws_time(envelope.get("Timestamp")), sent))


def _from_eventbridge_or_ses(content: Json, stamp: int | None) -> FeedbackEvent:
    if "detail-type" not in content:
        return _from_ses(content, None, stamp)
    detail, named = content.get("detail"), content["detail-type"]
    if content.get("source") != "aws.ses" or not isinstance(named, str):
        raise MalformedMessage("an event of another source")
    if not isinstance(detail, dict):
        raise MalformedMessage("the detail is not a JSON object")
    stamp = _earlier(parse_aws_time(content.get("time")), stamp)
    return _from_ses(detail, _DETAIL_TYPES.get(named, named), stamp)


def _from_ses(content: Json, named: str | None, stamp: int | None) -> FeedbackEvent:
    kind = content.get("eventType") or content.get("notificationType") or named
    if not isinstance(kind, str):
        raise MalformedMessage("not an SES event")
    read = _READERS.get(normalise_word(kind))
    if read is None:
        return _BY_AWS if kind == _SES_OWN else OtherEvent(kind)
    mail = content.get("mail")
    return read(content, mail if isinstance(mail, dict) else {}, stamp)


def _bounce(content: Json, mail: Json, stamp: int | None) -> FeedbackEvent:
    bounce = _object(content, "bounce")
    kind = bounce.get("bounceType")
    if not isinstance(kind, str):
        raise MalformedMessage("a bounce without a type")
    return Bounce(
        _at(bounce, stamp),
        kind,
        _text(bounce.get("bounceSubType")),
        [_bounced(entry) for entry in _entries(bounce, "bouncedRecipients")],
        _text(bounce.get("feedbackId")),
        _mail(mail),
    )


def _bounced(entry: object) -> BouncedRecipient:
    if not isinstance(entry, dict):
        return BouncedRecipient(None)
    address, action, status = entry.get("emailAddress"), entry.get("action"), entry.get("status")
    if (action is None or isinstance(action, str)) and (status is None or isinstance(status, str)):
        return BouncedRecipient(_text(address), action, status)
    return BouncedRecipient(None)


def _complaint(content: Json, mail: Json, stamp: int | None) -> FeedbackEvent:
    complaint = _object(content, "complaint")
    return Complaint(
        _at(complaint, stamp),
        _text(complaint.get("complaintFeedbackType")),
        _text(complaint.get("complaintSubType")),
        [
            _text(entry.get("emailAddress")) if isinstance(entry, dict) else None
            for entry in _entries(complaint, "complainedRecipients")
        ],
        _text(complaint.get("feedbackId")),
        _mail(mail),
    )


def _mail(mail: Json) -> FeedbackMail:
    listed = mail.get("destination")
    destination = (
        [one if isinstance(one, str) else None for one in listed] if isinstance(listed, list) else None
    )
    return FeedbackMail(destination, _tag(mail), _text(mail.get("messageId")))


def _subscription(content: Json, mail: Json, stamp: int | None) -> FeedbackEvent:
    """The defaults of a list (`topicDefaultSubscriptionStatus`) are no choice of the person's."""
    subscription = _object(content, "subscription")
    chosen = _object(subscription, "newTopicPreferences")
    everything = chosen.get("unsubscribeAll") or False
    if not isinstance(everything, bool):
        raise MalformedMessage("unsubscribeAll is neither true nor false")
    statuses = chosen.get("topicSubscriptionStatus")
    destination = mail.get("destination")  # the event itself names no address
    return ContactListOptOut(
        _at(subscription, stamp),
        _text(destination[0]) if isinstance(destination, list) and destination else None,
        _text(subscription.get("source")),
        everything,
        [] if statuses is None else _stopped(statuses),
        _text(mail.get("messageId")),
    )


def _stopped(statuses: object) -> list[str | None]:
    """Names of the topics that are off, None for an entry not understood: it might be one of them."""
    stopped: list[str | None] = []
    for entry in statuses if isinstance(statuses, list) else [statuses]:
        topic = entry if isinstance(entry, dict) else {}
        status = normalise_word(_text(topic.get("subscriptionStatus")) or "")
        if status != "optin":
            stopped.append(_text(topic.get("topicName")) if status == "optout" else None)
    return stopped


_READERS: dict[str, Callable[[Json, Json, int | None], FeedbackEvent]] = {
    "bounce": _bounce,
    "complaint": _complaint,
    "subscription": _subscription,
}


def _parsed(text: str) -> object:
    """Quickly where it can be; by the standard library where it may still be read.

    A header that SES cut in the middle of a character has half a surrogate pair at its end. That is
    no Unicode, and orjson refuses it, but whom the event is about stands elsewhere in it.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # a ValueError also for a number of thousands of digits
        raise MalformedMessage("not JSON") from None  # the cause holds the text


def _object(content: Json, name: str) -> Json:
    found = content.get(name)
    if isinstance(found, dict):
        return found
    raise MalformedMessage(f"no {name}")


def _entries(content: Json, name: str) -> list[Any]:
    """A list of whom it is about; nobody where it is none, which `heed.domain.feedback` knows to judge."""
    found = content.get(name)
    return found if isinstance(found, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _tag(mail: Json) -> str | None:
    """The one value of our message tag; several would name nobody."""
    tags = mail.get("tags")
    values = tags.get(MESSAGE_TAG) if isinstance(tags, dict) else None
    if isinstance(values, list) and len(values) == 1:
        return _text(values[0])
    return None


def _at(event: Json, stamp: int | None) -> int:
    """When it happened: by SES's word, but not after the stamp that travels with the event.

    Never by the handler's clock: a redelivery must give the same instant.
    """
    at = _earlier(parse_aws_time(event.get("timestamp")), stamp)
    if at is None:
        raise MalformedMessage("no time")
    return at


def _earlier(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_aws_time(text: object) -> int | None:
    """An AWS timestamp: `2026-03-05T00:41:02.669Z`, `2018-10-08T14:05:45 +0000`; None if it is none."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" +", "+"))
    except ValueError:
        return _leap_second(text)
    if moment.tzinfo is None:  # AWS writes UTC
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    at = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    return at if 0 <= at < rfc3339.END_OF_TIME else None


def _leap_second(text: str) -> int | None:
    """What Python's own reader does not know, and RFC 3339 does."""
    try:
        return rfc3339.parse_time(text).first
    except InvalidTime:
        return None
