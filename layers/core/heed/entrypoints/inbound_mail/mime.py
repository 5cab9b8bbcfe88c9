"""Parses a mail (RFC 5322, MIME) within limits, so that no mail can stall the function or use up its memory.

The tree of parts is read here, in one pass for each level, and not by the standard library's parser: its cost
is lines times depth, it makes an object of each part, it fails at a depth of a few hundred, and it stops
reading the header at the first line that is not a field (docs/decisions/0064-parsing-mail.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from heed.domain.errors import MalformedMessage
from heed.domain.mailbox.inbound_mail import (
    MAX_MAIL,
    Attachment,
    InboundMail,
    MailHeaders,
    MailReport,
    ReportKind,
)
from heed.entrypoints.inbound_mail.decoding import decode_charset, decode_header, decode_transfer
from heed.entrypoints.inbound_mail.html_text import html_to_text
from heed.entrypoints.inbound_mail.parameters import parse_parameter_field
from heed.entrypoints.inbound_mail.senders import parse_senders

MAX_MAIL_TEXT = 65_536  # characters of text
_MAX_DEPTH = 64  # multiparts within multiparts
_MAX_PARTS = 200
_MAX_HEADER = 65_536  # bytes of the header of a mail or a part
_MAX_FIELDS = 500
_MAX_VALUE = 8_192  # characters of a field
_MAX_SUBJECT = 1_000  # characters
_MAX_BLOCKS = 100  # of a report
_MAX_EMBEDDED = 65_536  # bytes of a report, or of the header of an embedded mail
_MAX_NAME = 200  # characters of the name of a file

_HEADER_END = re.compile(rb"\n\r?\n")
_BLOCK_END = re.compile(rb"(?:\r?\n){2,}")
_FOLD = re.compile(r"\r?\n[ \t]+")
_BARE_RETURN = re.compile(rb"\r(?!\n|\Z)")
_FIELD_NAME = re.compile(r"[!-9;-~]+")
_REPORT_KINDS = {
    "message/delivery-status": ReportKind.DELIVERY,
    "message/global-delivery-status": ReportKind.DELIVERY,
    "message/feedback-report": ReportKind.COMPLAINT,
    "message/disposition-notification": ReportKind.OTHER,
    "message/global-disposition-notification": ReportKind.OTHER,
}
_EMBEDDED_MAILS = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")


def parse_mail(raw: bytes) -> InboundMail:
    """Parses the first `MAX_MAIL` bytes of a mail. What exceeds a limit is left out.

    Raises:
        MalformedMessage: It is no mail: it has no header field.
    """
    parts = _Parts(b"\n" + raw[:MAX_MAIL])  # so that each part follows the end of a line
    header = parts.header_at(0, len(parts.data))
    fields = _parse_fields(header.raw)
    if not fields.values:
        raise MalformedMessage("the object is not a mail")
    parts.add(fields, header.end, len(parts.data), depth=0)
    if parts.report is None and fields.word("content-type") == "multipart/report":
        parts.report = MailReport(ReportKind.OTHER)
    return InboundMail(
        fields,
        (None,) if _may_hide_sender(header.raw, fields) else parse_senders(fields.all("from")),
        decode_header(fields.first("subject"))[:_MAX_SUBJECT],
        parts.text(),
        tuple(parts.attachments),
        parts.report,
        parts.original,
    )


class MailText(NamedTuple):
    """A text of a mail, with its markup if it is HTML."""

    content: str
    is_html: bool


def read_mail_texts(raw: bytes) -> list[MailText]:
    """Returns all texts of the first `MAX_MAIL` bytes of a mail, also those that are alternatives."""
    parts = _Parts(b"\n" + raw[:MAX_MAIL], keeps_alternatives=True)
    header = parts.header_at(0, len(parts.data))
    parts.add(_parse_fields(header.raw), header.end, len(parts.data), depth=0)
    return parts.texts()


def _may_hide_sender(header: bytes, fields: MailHeaders) -> bool:
    """Whether another reader, such as SES, may find another `From` in this header.

    There may be one beyond a limit. Some readers also end a line at a carriage return without a line feed.
    """
    return (
        len(header) >= _MAX_HEADER
        or sum(map(len, fields.values.values())) >= _MAX_FIELDS
        or any(len(value) >= _MAX_VALUE for value in fields.all("from"))
        or _BARE_RETURN.search(header) is not None
    )


def _parse_fields(header: bytes) -> MailHeaders:
    """Parses header fields. A line that is no field is left out."""
    values: dict[str, list[str]] = {}
    number = 0
    for line in _FOLD.sub(" ", decode_charset(header, "")).split("\n"):
        name, colon, value = line.partition(":")
        name = name.rstrip(" \t")  # no other space: for other readers such a line is no field
        if colon and _FIELD_NAME.fullmatch(name) and number < _MAX_FIELDS:
            values.setdefault(name.lower(), []).append(value.strip()[:_MAX_VALUE])
            number += 1
    return MailHeaders(values)


class _Header(NamedTuple):
    """A header without the empty line after it, and the position of that line's end."""

    raw: bytes
    end: int


class _Text(NamedTuple):
    """A part of text, not yet decoded."""

    raw: bytes
    is_html: bool
    encoding: str
    charset: str

    def decode(self) -> str:
        text = self.decode_markup()
        if self.is_html:
            text = html_to_text(text)
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def decode_markup(self) -> str:
        return decode_charset(decode_transfer(self.raw, self.encoding), self.charset)


@dataclass(slots=True)
class _Parts:
    """Collects what the parts of a mail contain."""

    data: bytes
    attachments: list[Attachment] = field(default_factory=list)
    report: MailReport | None = None
    original: MailHeaders | None = None
    keeps_alternatives: bool = False
    _texts: list[_Text] = field(default_factory=list)
    _number: int = 0

    def header_at(self, start: int, end: int) -> _Header:
        """Returns the header of the part between two positions. At the first, the line before it ends."""
        empty_line = _HEADER_END.search(self.data, start, end)
        header_end, body = (end, end) if empty_line is None else empty_line.span()
        return _Header(self.data[start + 1 : min(header_end, start + 1 + _MAX_HEADER)], body)

    def add(self, fields: MailHeaders, start: int, end: int, *, depth: int) -> None:
        """Adds the part with this header, whose body is between two positions."""
        content = parse_parameter_field(fields.first("content-type"))
        kind = content.word if "/" in content.word else "text/plain"
        if kind.startswith("multipart/"):
            first_text = len(self._texts)
            if self._add_children(content.get("boundary").rstrip(), start, end, depth):
                if kind == "multipart/alternative" and not self.keeps_alternatives:
                    self._keep_plain(first_text)
                return
            kind = "text/plain"  # without its delimiters it is text
        raw, encoding = self.data[start:end], fields.word("content-transfer-encoding")
        if kind in _REPORT_KINDS:
            self.report = self.report or _parse_report(kind, decode_transfer(raw[:_MAX_EMBEDDED], encoding))
            return
        if kind in _EMBEDDED_MAILS:
            embedded = b"\n" + decode_transfer(raw[:_MAX_EMBEDDED], encoding)
            header = _Parts(embedded).header_at(0, len(embedded))
            self.original = self.original or _parse_fields(header.raw)
        disposition = parse_parameter_field(fields.first("content-disposition"))
        name = disposition.get("filename")
        is_file = name or disposition.word == "attachment"
        if is_file or kind not in ("text/plain", "text/html"):
            size = len(raw) * 3 // 4 if encoding == "base64" else len(raw)
            name = decode_header(name or content.get("name"))
            self.attachments.append(Attachment(name[:_MAX_NAME], size))
        else:
            self._texts.append(_Text(raw, kind == "text/html", encoding, content.get("charset")))

    def _add_children(self, boundary: str, start: int, end: int, depth: int) -> bool:
        """Adds the parts of a multipart. Returns False if there is none."""
        if not boundary:
            return False
        escaped = re.escape(boundary.encode(errors="replace"))
        delimiters = re.compile(rb"\n--" + escaped + rb"(--)?[ \t]*\r?(?=\n|\Z)")
        before = self._number
        child = -1
        for delimiter in delimiters.finditer(self.data, max(start - 1, 0), end):
            if child >= 0:
                self._add_child(child, delimiter.start(), depth + 1)
            child = -1 if delimiter[1] else delimiter.end()
            if delimiter[1] or self._number >= _MAX_PARTS:
                break
        if child >= 0:
            self._add_child(child, end, depth + 1)
        return self._number > before

    def _add_child(self, start: int, end: int, depth: int) -> None:
        self._number += 1
        if self._number <= _MAX_PARTS and depth <= _MAX_DEPTH:
            header = self.header_at(start, end)
            self.add(_parse_fields(header.raw), header.end, end, depth=depth)

    def _keep_plain(self, first: int) -> None:
        """Leaves out the HTML of a `multipart/alternative` that has plain text."""
        plain = [text for text in self._texts[first:] if not text.is_html and text.raw.strip()]
        if plain:
            self._texts[first:] = plain

    def texts(self) -> list[MailText]:
        """Returns the texts of the mail, each with its markup."""
        return [MailText(text.decode_markup(), text.is_html) for text in self._texts]

    def text(self) -> str:
        """Returns the text of the mail."""
        return "\n".join(text.decode()[:MAX_MAIL_TEXT] for text in self._texts)[:MAX_MAIL_TEXT]


def _parse_report(kind: str, raw: bytes) -> MailReport:
    blocks = _BLOCK_END.split(raw, _MAX_BLOCKS)[:_MAX_BLOCKS]
    return MailReport(_REPORT_KINDS[kind], tuple(map(_parse_fields, blocks)))
