"""Bounces and complaints about a campaign mail in the event publishing format of SES.

Source: "Contents of event data that Amazon SES publishes to Amazon SNS", AWS's documentation.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from heed.domain.recipients.recipient import MESSAGE_TAG
from local.places import ACCOUNT, REGION

if TYPE_CHECKING:
    from local.sample import SampleMail


def make_bounce_event(mail: SampleMail, now: datetime) -> dict[str, Any]:
    """Returns a permanent bounce: the mailbox does not exist."""
    return _make_bounce(mail, now, ("Permanent", "NoEmail"), ("5.1.1", "smtp; 550 5.1.1 user unknown"))


def make_full_mailbox_event(mail: SampleMail, now: datetime) -> dict[str, Any]:
    """Returns a bounce that may pass: the mailbox is full."""
    return _make_bounce(mail, now, ("Transient", "MailboxFull"), ("5.2.2", "smtp; 552 5.2.2 mailbox full"))


def _make_bounce(
    mail: SampleMail, now: datetime, kinds: tuple[str, str], diagnosis: tuple[str, str]
) -> dict[str, Any]:
    status, diagnostic_code = diagnosis
    details = {
        "bounceType": kinds[0],
        "bounceSubType": kinds[1],
        "bouncedRecipients": [
            {
                "emailAddress": _get_header(mail, "To"),
                "action": "failed",
                "status": status,
                "diagnosticCode": diagnostic_code,
            }
        ],
        "timestamp": _format_time(now),
        "feedbackId": str(uuid.uuid4()),
        "reportingMTA": "dsn; mta.example.com",
    }
    return {"eventType": "Bounce", "bounce": details, "mail": _make_mail_object(mail, now)}


def make_complaint_event(mail: SampleMail, now: datetime) -> dict[str, Any]:
    """Returns a complaint: the recipient pressed "spam"."""
    details = {
        "complainedRecipients": [{"emailAddress": _get_header(mail, "To")}],
        "timestamp": _format_time(now),
        "feedbackId": str(uuid.uuid4()),
        "complaintSubType": None,
        "userAgent": "ExampleCorp Feedback Loop (V0.01)",
        "complaintFeedbackType": "abuse",
        "arrivalDate": _format_time(now),
    }
    return {"eventType": "Complaint", "complaint": details, "mail": _make_mail_object(mail, now)}


def _make_mail_object(mail: SampleMail, now: datetime) -> dict[str, Any]:
    sender, to = _get_header(mail, "From"), _get_header(mail, "To")
    message_id = str(uuid.uuid4())
    return {
        "timestamp": _format_time(now),
        "source": sender,
        "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com",
        "sendingAccountId": ACCOUNT,
        "messageId": message_id,
        "destination": [to],
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in mail.headers],
        "commonHeaders": {
            "from": [sender],
            "to": [to],
            "messageId": message_id,
            "subject": _get_header(mail, "Subject"),
        },
        "tags": {"ses:configuration-set": ["local"], MESSAGE_TAG: [mail.recipient]},
    }


def _get_header(mail: SampleMail, name: str) -> str:
    return dict(mail.headers)[name]


def _format_time(moment: datetime) -> str:
    """Returns a time as SES writes it: UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
