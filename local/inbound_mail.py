"""Mail to the local mailbox: samples, and what SES publishes about a mail that it received.

The emulator has no receipt rules. So the page `/_local/` does what the rule of the template does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from heed.domain import rfc3339
from heed.entrypoints.inbound_mail.mime import parse_mail
from local import sample
from local.adapt import MAIL_DOMAIN
from local.mails import list_unsubscribe_uris

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heed.domain.milliseconds import Millis
    from local.sample import SampleMail

MAILBOX = f"privacy@{MAIL_DOMAIN}"
PARENT = "parent@example.com"
CHILD = "kid@example.com"
CHECKS = {"dmarc": "DMARC", "spam": "Spam", "virus": "Virus"}
"""The checks of SES that Heed reads, with their names for people."""
VERDICTS = ("PASS", "GRAY", "FAIL")


@dataclass(frozen=True)
class LocalMail:
    """A mail that SES receives.

    Attributes:
        raw: The mail, with its header.
        recipient: The address of the envelope.
        verdicts: The verdict of SES for each of `CHECKS`.
    """

    raw: bytes
    recipient: str = MAILBOX
    verdicts: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(CHECKS, "PASS"))


def make_apple_mail(campaign: SampleMail) -> LocalMail:
    """Returns the mail of the unsubscribe button of an Apple device, which calls itself automatic."""
    uris = list_unsubscribe_uris(dict(campaign.headers))
    address = next(urlsplit(uri).path for uri in uris if uri.startswith("mailto:"))
    marks = {"Auto-Submitted": "auto-replied", "X-Apple-Unsubscribe": "true"}
    text = "The mail program of this phone sent this message, to unsubscribe."
    reader = dict(campaign.headers)["To"]
    return LocalMail(_compose(reader, address, "unsubscribe", text, **marks), address)


def make_reply(campaign: SampleMail) -> LocalMail:
    """Returns a reply to the campaign mail."""
    reader = dict(campaign.headers)["To"]
    return LocalMail(_compose(reader, MAILBOX, f"Re: {sample.SUBJECT}", "Please stop."))


def make_parent_mail(_: SampleMail) -> LocalMail:
    """Returns the mail of a parent who reports the address of a child."""
    text = f"My daughter is 11 and signed up as {CHILD}. Delete everything you hold about her."
    return LocalMail(_compose(PARENT, MAILBOX, "My child's data", text))


SAMPLES = {"apple": make_apple_mail, "reply": make_reply, "parent": make_parent_mail}


def make_notice(mail: LocalMail, message_id: str, bucket: str, at: Millis) -> dict[str, Any]:
    """Returns the notice about a mail that SES stored in a bucket.

    It has the members that Heed reads. Source: "Contents of notifications for Amazon SES email receiving",
    AWS's documentation.
    """
    parsed, time = parse_mail(mail.raw), rfc3339.format_time(at)
    senders = [sender for sender in parsed.senders if sender]
    return_path = parsed.headers.first("return-path") or next(iter(senders), "")
    return {
        "notificationType": "Received",
        "receipt": {
            "timestamp": time,
            "recipients": [mail.recipient],
            **{f"{check}Verdict": {"status": verdict} for check, verdict in mail.verdicts.items()},
            "action": {"type": "S3", "bucketName": bucket, "objectKey": f"inbound/{message_id}"},
        },
        "mail": {
            "timestamp": time,
            "source": return_path,
            "messageId": message_id,
            "headers": [
                {"name": name, "value": value}
                for name, values in parsed.headers.values.items()
                for value in values
            ],
        },
    }


def _compose(sender: str, recipient: str, subject: str, text: str, **more: str) -> bytes:
    mail = EmailMessage()
    for name, value in {"From": sender, "To": recipient, "Subject": subject, **more}.items():
        mail[name] = value
    mail.set_content(text)
    return mail.as_bytes()
