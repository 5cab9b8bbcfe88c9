"""Parses the form in the body of a request, in linear time and with limits.

It parses the two content types of HTML forms: `application/x-www-form-urlencoded` (also if no type is
given, as some mail clients do) and `multipart/form-data` (RFC 7578). A multipart body is split only by its
own boundary: a part within a part is not a form. The caller verifies the token of the link before it calls
this module (docs/decisions/0041-form-parsing.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heed.domain.preferences.catalogue import Catalogue
from heed.entrypoints.http import request

MAX_FIELD_BYTES = 1_024
"""Bytes of one field. A multipart field of a page needs about 150 bytes more than its name and value."""

MAX_SCANNED_BYTES = 32 * 1024
"""Bytes at each end of an incomplete body that are searched for an opt-out."""

_MAX_HEADERS = 1_024  # bytes of the headers of one part, and characters of the header with the boundary
_MAX_BOUNDARY = 70  # characters, RFC 2046 §5.1.1
_PARAMETER = re.compile(r';[ \t]*([\w!#$&^.+*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))', re.ASCII)
# Bytes that no encoder leaves in a urlencoded body. Multipart, UTF-16, gzip and cut bodies contain them.
_UNENCODED = re.compile(rb"[\x00-\x20\x7f]|%(?![0-9A-Fa-f]{2})")
_ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NO_NAME = re.compile(r'[\x00-\x1f\x7f"<>{}\\]')


@dataclass(frozen=True, slots=True)
class PostedForm:
    """The form in a body.

    Attributes:
        fields: Names and values in the order of the body. An incomplete form has the fields that were parsed.
        complete: Whether the whole body was parsed. An empty body is a complete form.
        unread: Of an incomplete form, the two ends of the body, decoded and in lower case.
    """

    fields: list[tuple[str, str]]
    complete: bool
    unread: bytes = field(default=b"", repr=False)

    def has_value(self, name: str, value: str) -> bool:
        """Returns whether a field has this value. Upper and lower case are equal.

        In an incomplete form, the name and the value only need to be next to each other at one end of the
        body: percent-encoded or not, as urlencoded, multipart or JSON, or with two bytes per character.
        Callers use this method only to decide what to stop.
        """
        pair = name.lower(), value.lower()
        if any((field.strip().lower(), text.strip().lower()) == pair for field, text in self.fields):
            return True
        return not self.complete and _contains(*pair, self.unread)


def max_fields(catalogue: Catalogue) -> int:
    """Returns how many fields a form may have: two per topic, as in the preference centre, and some more."""
    return 2 * len(catalogue.topics) + 50


def read_form(event: Mapping[str, Any], limit: int) -> PostedForm:
    """Returns the form of a request.

    Args:
        event: The event of Lambda, payload format 2.0.
        limit: The maximum number of fields. A body of more than `limit * MAX_FIELD_BYTES` is not parsed.
    """
    raw = request.read_body(event)
    if not raw and event.get("body"):  # invalid base64
        return PostedForm([], False, _keep_ends(str(event["body"]).encode("utf-8", "surrogatepass")))
    fields, complete = _parse(request.read_header(event, "content-type"), raw.strip(), limit)
    encoded = request.read_header(event, "content-encoding").strip().lower() not in ("", "identity")
    return (
        PostedForm(fields, True) if complete and not encoded else PostedForm(fields, False, _keep_ends(raw))
    )


Fields = list[tuple[str, str]]


def _parse(content_type: str, raw: bytes, limit: int) -> tuple[Fields, bool]:
    """Returns the fields, and whether they are the whole body."""
    if not raw:
        return [], True
    if len(raw) > limit * MAX_FIELD_BYTES or len(content_type) > _MAX_HEADERS:
        return [], False
    kind, parameters = _parse_parameters(content_type)
    if kind == "multipart/form-data":
        return _parse_multipart(parameters.get("boundary", ""), raw, limit)
    fields, complete = _parse_urlencoded(raw, limit)
    return fields, complete and kind in ("application/x-www-form-urlencoded", "")


def _parse_urlencoded(raw: bytes, limit: int) -> tuple[Fields, bool]:
    pieces = raw.split(b"&", limit)
    complete = len(pieces) <= limit and not _UNENCODED.search(raw)
    fields: Fields = []
    for piece in pieces[:limit]:
        if piece:
            name, equals, value = piece.replace(b"+", b" ").partition(b"=")
            is_text = _add_field(fields, _percent_decode(name), _percent_decode(value))
            complete = complete and is_text and bool(equals)
    return fields, complete


def _parse_multipart(boundary: str, raw: bytes, limit: int) -> tuple[Fields, bool]:
    """Returns the fields of all parts. The form is incomplete if text is outside of the parts."""
    if not 0 < len(boundary) <= _MAX_BOUNDARY:
        return [], False
    before, *parts = (b"\r\n" + raw).split(b"\r\n--" + boundary.encode("utf-8", "surrogatepass"), limit + 1)
    fields: Fields = []
    complete = not before and bool(parts) and parts[-1].strip() == b"--"
    for part in parts[:limit] if not complete else parts[:-1]:
        complete = _add_part(fields, part) and complete
    return fields, complete


def _add_part(fields: Fields, part: bytes) -> bool:
    """Adds the field of a part. Returns whether the part is valid."""
    start, line, part = part.partition(b"\r\n")
    headers, end, value = part.partition(b"\r\n\r\n")
    if start.strip() or not line or not end or len(headers) > _MAX_HEADERS:
        return False
    name, is_plain = "", True
    for header_line in headers.decode("utf-8", "replace").split("\r\n"):
        header, _, content = header_line.partition(":")
        if header.strip().lower() == "content-disposition":
            kind, parameters = _parse_parameters(content)
            name = parameters.get("name", "") if kind == "form-data" else ""
        elif header.strip().lower() == "content-transfer-encoding":  # deprecated, RFC 7578 §4.7
            is_plain = is_plain and content.strip().lower() in ("7bit", "8bit", "binary")
    return _add_field(fields, name.encode(), value) and is_plain


def _add_field(fields: Fields, name: bytes, value: bytes) -> bool:
    """Adds a field. Returns whether its name and its value are valid text."""
    try:
        texts, is_text = (name.decode(), value.decode()), True
    except UnicodeDecodeError:
        texts, is_text = (
            (name.decode("utf-8", "replace"), value.decode("utf-8", "replace")),
            False,
        )
    fields.append(texts)
    return is_text and bool(name) and not _NO_NAME.search(texts[0]) and not _CONTROL.search(texts[1])


def _parse_parameters(header: str) -> tuple[str, dict[str, str]]:
    """Returns the value of a header in lower case, and its parameters (RFC 9110 §5.6.6)."""
    value, semicolon, rest = header.partition(";")
    parameters = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) or bare
        for name, quoted, bare in _PARAMETER.findall(semicolon + rest)
    }
    return value.strip().lower(), parameters


def _percent_decode(raw: bytes) -> bytes:
    """Removes percent-encoding. A percent sign without two hex digits is kept."""
    return _ENCODED.sub(lambda match: bytes((int(match[1], 16),)), raw)


def _keep_ends(raw: bytes) -> bytes:
    """Returns the ends of an incomplete body: decoded, in lower case, UTF-16 reduced to one byte."""
    if len(raw) > 2 * MAX_SCANNED_BYTES:
        raw = b"%b&%b" % (raw[:MAX_SCANNED_BYTES], raw[-MAX_SCANNED_BYTES:])
    return _percent_decode(raw).replace(b"\0", b"").lower()


def _contains(name: str, value: str, text: bytes) -> bool:
    """Returns whether a text contains a field. The pattern is linear: each repetition has a limit."""
    key, quoted_value = re.escape(name).encode(), re.escape(value).encode() + rb"(?![\w.-])"
    pair = rb"(?<![\w.-])%b[\"']?[ \t]{0,9}[=:][ \t]{0,9}[\"']?%b" % (key, quoted_value)
    rest_of_headers = rb"[^\r\n]{0,200}\r?\n(?:[^\r\n]{1,200}\r?\n){0,4}\r?\n[ \t]{0,9}"
    part = rb"name=\"?%b(?![\w.-])%b%b" % (key, rest_of_headers, quoted_value)
    return re.search(rb"%b|%b" % (pair, part), text) is not None
