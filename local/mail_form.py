"""Reads the form of `/_local/` that delivers a mail."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.utils import getaddresses

from heed.domain.errors import MalformedMessage
from heed.entrypoints.inbound_mail.mime import parse_mail
from local.adapt import MAIL_DOMAIN
from local.inbound_mail import CHECKS, MAILBOX, VERDICTS, LocalMail

_NAME = re.compile(rb';\s*name="([^"]*)"')


class MailRefused(Exception):
    """SES would not receive the mail. The text is the name of the reason."""


def parse_mail_form(content_type: str, body: bytes) -> LocalMail:
    """Returns the mail in a form, with the recipient and the verdicts that the person chose.

    A file replaces the text. Without a recipient, the mail goes to the first address of the domain in its
    field `To`, or else to the mailbox.

    Raises:
        MailRefused: It is no mail, or its recipient is in another domain.
    """
    fields = _parse_fields(content_type, body)
    raw = fields.get("file") or fields.get("mail", b"")
    try:
        to = parse_mail(raw).headers.first("to")
    except MalformedMessage:
        raise MailRefused("no-mail") from None
    known = [address for _, address in getaddresses([to]) if _is_here(address)]
    recipient = fields.get("recipient", b"").decode(errors="replace").strip() or next(iter(known), MAILBOX)
    if not _is_here(recipient):
        raise MailRefused("elsewhere")
    chosen = {check: fields.get(check, b"").decode(errors="replace") for check in CHECKS}
    verdicts = {check: word if word in VERDICTS else "PASS" for check, word in chosen.items()}
    return LocalMail(raw, recipient, verdicts)


def _is_here(address: str) -> bool:
    return address.lower().endswith(f"@{MAIL_DOMAIN}")


def _parse_fields(content_type: str, body: bytes) -> dict[str, bytes]:
    """Returns the fields of a form with files (`multipart/form-data`), byte for byte."""
    header = EmailMessage()
    header["Content-Type"] = content_type
    parts = (b"\r\n" + body).split(f"\r\n--{header.get_boundary()}".encode())[1:-1]
    fields = {}
    for part in parts:
        head, _, value = part.partition(b"\r\n\r\n")
        if name := _NAME.search(head):
            fields[name[1].decode(errors="replace")] = value
    return fields
