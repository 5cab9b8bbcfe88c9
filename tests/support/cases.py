"""Cases, as the mailbox opens them."""

from __future__ import annotations

from email.message import EmailMessage

from heed.domain.mailbox.case import Case, CaseKind, new_case
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import DAY_MS
from tests.support.aws_calls import outside_handlers
from tests.support.deployment import NOW, World, client, parts

SENDER = "jane.doe@example.com"
RECEIVED = Millis(NOW - DAY_MS)


def mail_of(
    sender: str, text: str, *, file: bytes | None = None, name: str = "form.pdf", subject: str = "mail"
) -> bytes:
    """Returns a mail, with one attachment if `file` is given."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "privacy@example.com", subject
    mail.set_content(text)
    if file is not None:
        mail.add_attachment(file, maintype="application", subtype="pdf", filename=name)
    return bytes(mail)


def open_case(
    world: World,
    kind: CaseKind,
    address: str | None = SENDER,
    mail: bytes | None = None,
    *,
    message: str = "message",
    received_at: Millis = RECEIVED,
) -> Case:
    """Opens a case for a mail.

    Args:
        world: The deployment.
        kind: What the mail requests.
        address: Whom the mail is about; None if nobody knows.
        mail: The mail, if its text matters.
        message: The id of the mail. Another id is another case.
        received_at: When the mail arrived, milliseconds.
    """
    recipient = world.recipient(address) if address else ""
    case = new_case(kind, message, recipient, received_at)
    raw = mail_of(address or SENDER, "please") if mail is None else mail
    with outside_handlers():
        assert parts().open_case(case, raw, "", received_at)
    return case


def mails_of_cases() -> list[str]:
    """Returns the names of the mails that are kept for cases."""
    objects = client("s3").list_objects_v2(Bucket="mailbox", Prefix="cases/").get("Contents", ())
    return [item["Key"] for item in objects]
