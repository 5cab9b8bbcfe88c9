"""Tells automatic mail from the mail of a person, by header fields alone.

The sender writes these fields. That is safe: a mail that calls itself automatic only counts for less.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import assert_never

from heed.domain.mailbox.inbound_mail import InboundMail, Receipt, ReportKind


class AutomaticKind(Enum):
    """The kinds of automatic mail that change nothing."""

    AUTO_REPLY = auto()  # an out-of-office reply, a receipt, or a bounce notice without a report
    READ_RECEIPT = auto()
    DELIVERY_REPORT = auto()  # about a delay or a delivery, or about a mail that is not from Heed's links
    COMPLAINT_REPORT = auto()  # about a mail that is not from Heed's links


FORWARDED_FIELD = "X-Heed-Forwarded"
"""The header field of each mail that Heed forwards."""
_BULK_PRECEDENCE = frozenset({"bulk", "junk"})
_AUTOMATIC_FIELDS = frozenset(
    {"x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-failed-recipients"}
)
_LIST_FIELDS = frozenset({"list-id", "list-post", "list-unsubscribe", "mailing-list", "x-mailing-list"})
_NO = frozenset({"", "no"})
_DAEMON = re.compile(r"mailer-daemon(?:@.*)?")
_NULL_PATH = re.compile(r"[<> \t]+")
_POSTMASTER = re.compile(r"postmaster(?:@.*)?")


def is_automatic(mail: InboundMail, receipt: Receipt) -> bool:
    """Whether a program sent the mail, or perhaps a person: a postmaster, or a gateway marks all mail."""
    return (
        is_certainly_automatic(mail, receipt)
        or mail.headers.word("precedence") in _BULK_PRECEDENCE
        or _comes_from(_POSTMASTER, mail)
    )


def is_certainly_automatic(mail: InboundMail, receipt: Receipt) -> bool:
    """Whether a program sent the mail for certain: a report, a reply, or a notice (RFC 3834)."""
    headers = mail.headers
    return (
        mail.report is not None
        or not receipt.has_return_path
        or _NULL_PATH.fullmatch(headers.first("return-path")) is not None
        or headers.word("auto-submitted") not in _NO
        or headers.word("precedence") == "auto_reply"
        or any(headers.word(name) not in _NO for name in _AUTOMATIC_FIELDS)
        or _comes_from(_DAEMON, mail)
    )


def _comes_from(local_part: re.Pattern[str], mail: InboundMail) -> bool:
    """Whether the sender or the return path is such a mailbox. A server replaces a null path by its own."""
    return_path = mail.headers.first("return-path").strip("<> \t").lower()
    return any(local_part.fullmatch(address or "") for address in (return_path, *mail.senders))


def is_list_mail(mail: InboundMail) -> bool:
    """Whether a mailing list or a group distributed the mail. It may have replaced the sender."""
    return mail.headers.word("precedence") == "list" or any(name in mail.headers for name in _LIST_FIELDS)


def was_forwarded(mail: InboundMail) -> bool:
    """Whether Heed itself forwarded the mail. A rule of the company's mailbox returned it."""
    return FORWARDED_FIELD.lower() in mail.headers


def is_marked_button(mail: InboundMail) -> bool:
    """Whether the mail has the mark of Apple's unsubscribe button."""
    return mail.headers.word("x-apple-unsubscribe") == "true"


def is_unsubscribe_button(mail: InboundMail) -> bool:
    """Whether an automatic mail to the address of a link is an unsubscribe button, and not a reply.

    Apple's button calls its mail `auto-replied` and marks it. Any other button sends the subject of the link
    or none, and is no reply. An out-of-office reply has another subject, or names the mail it replies to.
    """
    if is_marked_button(mail):
        return True
    is_reply = "in-reply-to" in mail.headers or "references" in mail.headers
    return not is_reply and mail.subject.strip().lower() in ("", "unsubscribe")


def automatic_kind(mail: InboundMail) -> AutomaticKind:
    """Returns the kind of an automatic mail."""
    if mail.report is None:
        return AutomaticKind.AUTO_REPLY
    match mail.report.kind:
        case ReportKind.DELIVERY:
            return AutomaticKind.DELIVERY_REPORT
        case ReportKind.COMPLAINT:
            return AutomaticKind.COMPLAINT_REPORT
        case ReportKind.OTHER:
            return AutomaticKind.READ_RECEIPT
        case _:
            assert_never(mail.report.kind)
