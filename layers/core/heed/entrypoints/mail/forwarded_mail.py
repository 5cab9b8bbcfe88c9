"""Renders the message that forwards a mail to the company."""

from __future__ import annotations

import secrets

from heed.domain.mailbox.automatic_mail import FORWARDED_FIELD
from heed.domain.mailbox.inbound_mail import ReceivedMail
from heed.domain.preferences.catalogue import Catalogue
from heed.domain.recipients.address import is_mailable
from heed.entrypoints.http.pages.mail_views import ForwardedMailView
from heed.entrypoints.http.pages.pages import Pages
from heed.entrypoints.mail.messages import start_message
from heed.override import override
from heed.use_cases.ports.mailbox import ForwardRenderer

_MAX_SUBJECT = 200  # characters


class ForwardedMailRenderer(ForwardRenderer):
    """Renders a forwarded mail. A reply to it goes to the sender of the mail.

    Args:
        pages: The pages of the brand, with the parts of the mail.
        catalogue: The brands.
        sender: The address in `From`.
    """

    def __init__(self, pages: Pages, catalogue: Catalogue, sender: str) -> None:
        self._pages = pages
        self._catalogue = catalogue
        self._sender = sender

    @override
    def __call__(self, mail: ReceivedMail, to: str, case_id: str) -> bytes:
        catalogue = self._catalogue
        title = catalogue.brands[catalogue.default_brand].title
        view = ForwardedMailView(language=catalogue.default_language, brand=title, case_id=case_id)
        subject = mail.content.subject[:_MAX_SUBJECT] or self._pages.mail("mail-forwarded-subject.txt", view)
        message = start_message(title, self._sender, to, subject)
        if mail.sender and is_mailable(mail.sender):
            message["Reply-To"] = mail.sender
        message[FORWARDED_FIELD] = "yes"
        message.set_content(self._pages.mail("mail-forwarded.txt", view), cte="quoted-printable")
        if case_id:
            return message.as_bytes()
        boundary = secrets.token_hex(16)  # the sender of the mail cannot know it
        message.make_mixed(boundary)
        message["Content-Transfer-Encoding"] = "8bit"
        return _attach(mail.raw, message.as_bytes(), boundary.encode())


def _attach(original: bytes, message: bytes, boundary: bytes) -> bytes:
    """Returns a message with a mail as its last part.

    The mail stays as it is. Python would parse it and write it anew, which a hostile mail could make fail,
    and which breaks signatures.
    """
    end = b"--" + boundary + b"--"
    parts, _, _ = message.rpartition(end)
    header = (
        b"Content-Type: message/rfc822\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n"
        b'Content-Disposition: attachment; filename="message.eml"\r\n'
    )
    return b"".join((parts, b"--", boundary, b"\r\n", header, b"\r\n", original, b"\r\n", end, b"\r\n"))
