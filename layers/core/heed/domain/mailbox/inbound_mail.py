"""A mail that people or programs sent to Heed, and what SES found out when it arrived.

Everything in `InboundMail` is the sender's own text, and proves nothing. Only the `Receipt` is from SES.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from heed.domain.milliseconds import Millis

MAX_MAIL = 1_048_576
"""The bytes of a mail that are read. What follows is left out."""


class Verdict(Enum):
    """The result of one check of SES. Every result that is not one of the first three is `UNKNOWN`."""

    PASS = auto()
    FAIL = auto()
    GRAY = auto()  # not conclusive, as for a domain without a DMARC policy
    UNKNOWN = auto()  # missing, disabled, failed, or a new word


@dataclass(frozen=True, slots=True)
class Receipt:
    """What SES reports about a mail that it received. The sender cannot write it.

    The verdicts about SPF and DKIM are not here. They do not name the domain that passed, so each sender can
    pass them for a domain of their own. The verdict about DMARC compares that domain with the `From` address.

    Attributes:
        message_id: the id that SES gave the mail.
        at: when SES received the mail, milliseconds.
        recipients: the addresses of the envelope (`RCPT TO`) that SES accepted.
        has_return_path: whether a reply to the envelope is possible. Bounce notices have a null return path.
        spam: the verdict about spam.
        virus: the verdict about viruses.
        dmarc: the verdict about DMARC. It passes if SPF or DKIM passed for the domain of the `From` address.
    """

    message_id: str
    at: Millis
    recipients: tuple[str, ...] = ()
    has_return_path: bool = True
    spam: Verdict = Verdict.UNKNOWN
    virus: Verdict = Verdict.UNKNOWN
    dmarc: Verdict = Verdict.UNKNOWN


@dataclass(frozen=True, slots=True)
class MailHeaders:
    """The header fields of a mail or of a report: the values of each name in lower case, in their order."""

    values: Mapping[str, list[str]] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def all(self, name: str) -> list[str]:
        """Returns all values of a field."""
        return self.values.get(name, [])

    def first(self, name: str) -> str:
        """Returns the first value of a field, or ""."""
        return next(iter(self.all(name)), "")

    def word(self, name: str) -> str:
        """Returns the first value of a field in lower case, without parameters and comments."""
        return self.first(name).split(";")[0].split("(")[0].strip().lower()


class ReportKind(Enum):
    """The kinds of a machine's report: `multipart/report` (RFC 6522)."""

    DELIVERY = auto()  # a delivery status notification, RFC 3464
    COMPLAINT = auto()  # an abuse report (ARF), RFC 5965
    OTHER = auto()  # a read receipt (RFC 8098), or a kind that Heed does not know


@dataclass(frozen=True, slots=True)
class MailReport:
    """A report in a mail.

    Attributes:
        kind: the kind of the report.
        blocks: the fields of the report. A delivery report has one block about the mail, and one for each
            recipient.
    """

    kind: ReportKind
    blocks: tuple[MailHeaders, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail.

    Attributes:
        name: the name that the sender gave it, or "".
        size: its size in bytes, as far as the mail was read. It is an estimate.
    """

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class InboundMail:
    """The content of a mail. Each part has a limit (`heed/entrypoints/inbound_mail/mime.py`).

    Attributes:
        headers: the header fields.
        senders: the addresses in `From`, normalised; None in place of an address that cannot be read.
        subject: the subject, decoded.
        text: the plain text, or the text of the HTML if there is no plain text.
        attachments: the files. A forwarded mail is a file.
        report: the report, if the mail is one.
        original: the header fields of the first mail that is embedded. A report embeds what it is about.
    """

    headers: MailHeaders
    senders: tuple[str | None, ...] = ()
    subject: str = ""
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    report: MailReport | None = None
    original: MailHeaders | None = None


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail and what is known about it.

    Attributes:
        raw: the mail, or the first `MAX_MAIL` bytes of it.
        content: what the mail contains.
        text: the subject and the new text.
        sender: the address of the one sender, normalised; "" if nobody knows it.
        receipt: what SES reports about the mail.
    """

    raw: bytes
    content: InboundMail
    text: str
    sender: str
    receipt: Receipt

    @property
    def is_cut(self) -> bool:
        """Whether the mail may be longer than what was read."""
        return len(self.raw) >= MAX_MAIL
