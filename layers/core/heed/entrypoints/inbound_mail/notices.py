"""Parses the notice of SES about a mail that it received.

The receipt rule of the template stores the mail in a bucket and publishes a notice (S3 action). The notice
may be in an envelope of SNS, or raw. A rule may also publish the mail itself (SNS action). A notice of the
bucket (`ObjectCreated`) has no verdicts, so everything about its sender is in doubt. A Lambda action names no
stored mail.

Where the mail is must be in the notice; otherwise the message is malformed. Anything else may be missing,
because an opt-out is never lost for its form. Like `heed.entrypoints.ses_events`, this module trusts the
policy of the queue and verifies no signature.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from urllib.parse import unquote_plus

from heed.domain.errors import MalformedMessage
from heed.domain.mailbox.inbound_mail import Receipt, Verdict
from heed.domain.milliseconds import Millis
from heed.entrypoints.ses_events import Json, parse_aws_time

_SETUP_OBJECT = "AMAZON_SES_SETUP_NOTIFICATION"  # SES writes it when a rule with an S3 action is created
_SNS_MESSAGE_TYPES = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
_TEST_TEXT = "Successfully validated SNS topic"  # the plain text that SES sends when a topic is attached
_SES_TEST_TYPE = "AmazonSnsSubscriptionSucceeded"
_VERDICTS = {verdict.name: verdict for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.GRAY)}


@dataclass(frozen=True, slots=True)
class StoredMail:
    """The object of a bucket that is the mail."""

    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class MailNotice:
    """A notice of SES.

    Attributes:
        receipt: what SES reports about the mail.
        mail: the mail, or the place where it is stored.
        header: the header of the mail, as far as the notice has it, in case the mail is missing.
    """

    receipt: Receipt
    mail: StoredMail | bytes
    header: bytes


def parse_mail_notices(body: str, queued_at: Millis) -> list[MailNotice]:
    """Parses the notices in a message of the queue. A test message has none.

    Args:
        body: the body of the message.
        queued_at: when the queue received it, milliseconds. It replaces a missing time of receipt.

    Raises:
        MalformedMessage: The message cannot be parsed, or it names no mail. A retry cannot succeed.
    """
    content = _open_envelope(_parse_object(body))
    records = content.get("Records")
    notices = []
    for record in records if isinstance(records, list) else [content]:
        envelope = _member_or_itself(record if isinstance(record, dict) else {}, "Sns")
        notice = _member_or_itself(_open_envelope(envelope), "ses")
        if not _is_test(notice):
            notices.append(_parse_notice(notice, queued_at))
    return notices


def _open_envelope(content: Json) -> Json:
    """Returns what is in an envelope of SNS, or the content itself if it has none."""
    if "Message" not in content or "Type" not in content:
        return content
    message = content["Message"]
    if not isinstance(message, str):
        raise MalformedMessage("the message in the envelope is not text")
    if content["Type"] in _SNS_MESSAGE_TYPES or message.startswith(_TEST_TEXT):
        return {"notificationType": _SES_TEST_TYPE}
    return _parse_object(message)


def _member_or_itself(content: Json, name: str) -> Json:
    member = content.get(name)
    return member if isinstance(member, dict) else content


def _is_test(notice: Json) -> bool:
    """Whether AWS sent this only to test the way: a test message, or the object of SES's own test."""
    if notice.get("Event") == "s3:TestEvent" or notice.get("notificationType") == _SES_TEST_TYPE:
        return True
    return _find_key(notice).endswith(_SETUP_OBJECT)


def _parse_notice(notice: Json, queued_at: Millis) -> MailNotice:
    receipt, mail = _get_object(notice, "receipt"), _get_object(notice, "mail")
    at = parse_aws_time(receipt.get("timestamp")) or parse_aws_time(notice.get("eventTime")) or queued_at
    recipients = receipt.get("recipients")
    source = mail.get("source")
    return MailNotice(
        Receipt(
            _text(mail.get("messageId")) or _find_key(notice).rpartition("/")[2],
            min(at, queued_at),
            tuple(map(_text, recipients)) if isinstance(recipients, list) else (),
            has_return_path=not isinstance(source, str) or source.strip("<> ") != "",
            spam=_parse_verdict(receipt, "spamVerdict"),
            virus=_parse_verdict(receipt, "virusVerdict"),
            dmarc=_parse_verdict(receipt, "dmarcVerdict"),
        ),
        _parse_content(notice) if "content" in notice else _find_stored_mail(notice),
        _write_header(mail),
    )


def _write_header(mail: Json) -> bytes:
    """Returns the fields in a notice as the header of a mail. SES leaves out what exceeds its limit."""
    fields = mail.get("headers")
    listed = [field for field in fields if isinstance(field, dict)] if isinstance(fields, list) else []
    lines = [f"{_text(field.get('name'))}: {_text(field.get('value'))}" for field in listed]
    subject = f"Subject: {_text(_get_object(mail, 'commonHeaders').get('subject'))}"
    return "".join(" ".join(line.split()) + "\r\n" for line in lines or [subject]).encode(errors="replace")


def _find_stored_mail(notice: Json) -> StoredMail:
    action = _get_object(_get_object(notice, "receipt"), "action")
    bucket = action.get("bucketName") or _get_object(_get_object(notice, "s3"), "bucket").get("name")
    key = _find_key(notice)
    if not isinstance(bucket, str) or not key:
        raise MalformedMessage("the notice does not say where the mail is")
    return StoredMail(bucket, key)


def _find_key(notice: Json) -> str:
    """Returns the key of the stored mail, or "". In a notice of the bucket it is encoded like a URL."""
    action = _get_object(_get_object(notice, "receipt"), "action")
    encoded = _get_object(_get_object(notice, "s3"), "object").get("key")
    return _text(action.get("objectKey")) or unquote_plus(_text(encoded))


def _parse_content(notice: Json) -> bytes:
    content = _text(notice["content"])
    action = _get_object(_get_object(notice, "receipt"), "action")
    if _text(action.get("encoding")).upper() != "BASE64":
        return content.encode(errors="replace")
    try:
        return base64.b64decode(content)
    except ValueError:
        raise MalformedMessage("the mail in the notice is not base64") from None


def _parse_verdict(receipt: Json, name: str) -> Verdict:
    return _VERDICTS.get(_text(_get_object(receipt, name).get("status")), Verdict.UNKNOWN)


def _parse_object(text: str) -> Json:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedMessage("the message is not JSON") from None  # the cause would contain the text
    if not isinstance(content, dict):
        raise MalformedMessage("the message is not a JSON object")
    return content


def _get_object(content: Json, name: str) -> Json:
    value = content.get(name)
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
