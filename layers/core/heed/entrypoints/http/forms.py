"""The form in a request's body: read in linear time, under limits, and never taken for more than was read.

Two kinds are read, as HTML defines them: `application/x-www-form-urlencoded` (also where no type is
named, as some mail clients send) and `multipart/form-data` (RFC 7578), which is split flat by its
boundary: a part within a part is not a form. Whoever reads the form of a link asks first whose it is:
nothing here is called before its token is known (docs/decisions/0041-form-parsing.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heed.domain.preferences.catalogue import Catalogue
from heed.entrypoints.http import request

MAX_FIELD_BYTES = 1_024
"""A part of multipart has about 150 bytes around a name and a value of ours, which the build bounds."""

MAX_SCANNED_BYTES = 32 * 1024
"""Bytes at each end of a body that was not understood, where it is seen what that asks to stop."""

_HEADERS = 1_024  # bytes of one part's headers, and characters of the header that names the boundary
_BOUNDARY = 70  # characters, RFC 2046 §5.1.1
_PARAMETER = re.compile(r';[ \t]*([\w!#$&^.+*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))', re.ASCII)
# What no encoder leaves in a urlencoded body: multipart, UTF-16 and gzip have it, and a body that was cut.
_UNENCODED = re.compile(rb"[\x00-\x20\x7f]|%(?![0-9A-Fa-f]{2})")
_ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NO_NAME = re.compile(r'[\x00-\x1f\x7f"<>{}\\]')


@dataclass(frozen=True, slots=True)
class PostedForm:
    """What a body says.

    Attributes:
        fields: names and values as they came, in order; of an incomplete form those that could be read.
        complete: whether all of the body was understood. An empty body is a complete form.
        unread: the two ends of the body, decoded and in lower case, where it was not understood.
    """

    fields: list[tuple[str, str]]
    complete: bool
    unread: bytes = field(default=b"", repr=False)

    def has_value(self, name: str, value: str) -> bool:
        """Whether a field has this value, in any case; seen also in a body that could not be read.

        Of such a body it is enough that the two stand beside each other, percent-encoded or not, as
        urlencoded, as multipart, as JSON, or in two bytes a character, at its beginning or at its end: it
        decides what stops, nothing else.
        """
        wanted = name.lower(), value.lower()
        if any((n.strip().lower(), v.strip().lower()) == wanted for n, v in self.fields):
            return True
        return not self.complete and _stands(*wanted, self.unread)


def max_fields(catalogue: Catalogue) -> int:
    """How many fields a form may have: two a topic, as the preference centre sends, and some beside."""
    return 2 * len(catalogue.topics) + 50


def read_form(event: Mapping[str, Any], most: int) -> PostedForm:
    """The form of a request.

    Args:
        event: of Lambda, payload format 2.0.
        most: fields that are read, and by `BYTES_A_FIELD` how long a body is read at all.
    """
    raw = request.read_body(event)
    if not raw and event.get("body"):  # base64 that cannot be read
        return PostedForm([], False, _ends(str(event["body"]).encode("utf-8", "surrogatepass")))
    found, complete = _read(request.read_header(event, "content-type"), raw.strip(), most)
    encoded = request.read_header(event, "content-encoding").strip().lower() not in ("", "identity")
    return PostedForm(found, True) if complete and not encoded else PostedForm(found, False, _ends(raw))


Fields = list[tuple[str, str]]


def _read(content_type: str, raw: bytes, most: int) -> tuple[Fields, bool]:
    """The fields, and whether they are everything."""
    if not raw:
        return [], True
    if len(raw) > most * MAX_FIELD_BYTES or len(content_type) > _HEADERS:
        return [], False
    kind, parameters = _parameters(content_type)
    if kind == "multipart/form-data":
        return _multipart(parameters.get("boundary", ""), raw, most)
    found, complete = _urlencoded(raw, most)
    return found, complete and kind in ("application/x-www-form-urlencoded", "")


def _urlencoded(raw: bytes, most: int) -> tuple[Fields, bool]:
    pieces = raw.split(b"&", most)
    complete = len(pieces) <= most and not _UNENCODED.search(raw)
    found: Fields = []
    for piece in pieces[:most]:
        if piece:
            name, equals, value = piece.replace(b"+", b" ").partition(b"=")
            understood = _add(found, _decoded(name), _decoded(value))
            complete = complete and understood and bool(equals)
    return found, complete


def _multipart(boundary: str, raw: bytes, most: int) -> tuple[Fields, bool]:
    """Each part by itself: what lies before the first and behind the last is no part of a form."""
    if not 0 < len(boundary) <= _BOUNDARY:
        return [], False
    before, *parts = (b"\r\n" + raw).split(b"\r\n--" + boundary.encode("utf-8", "surrogatepass"), most + 1)
    found: Fields = []
    complete = not before and bool(parts) and parts[-1].strip() == b"--"
    for part in parts[:most] if not complete else parts[:-1]:
        complete = _add_part(found, part) and complete
    return found, complete


def _add_part(found: Fields, part: bytes) -> bool:
    """Note the field of a part; whether it was understood."""
    start, line, part = part.partition(b"\r\n")
    headers, end, value = part.partition(b"\r\n\r\n")
    if start.strip() or not line or not end or len(headers) > _HEADERS:
        return False
    name, is_plain = "", True
    for each in headers.decode("utf-8", "replace").split("\r\n"):
        header, _, content = each.partition(":")
        if header.strip().lower() == "content-disposition":
            kind, parameters = _parameters(content)
            name = parameters.get("name", "") if kind == "form-data" else ""
        elif header.strip().lower() == "content-transfer-encoding":  # deprecated, RFC 7578 §4.7
            is_plain = is_plain and content.strip().lower() in ("7bit", "8bit", "binary")
    return _add(found, name.encode(), value) and is_plain


def _add(found: Fields, name: bytes, value: bytes) -> bool:
    """Note a field; whether its name and its value are text."""
    try:
        texts, understood = (name.decode(), value.decode()), True
    except UnicodeDecodeError:
        texts, understood = (
            (name.decode("utf-8", "replace"), value.decode("utf-8", "replace")),
            False,
        )
    found.append(texts)
    return understood and bool(name) and not _NO_NAME.search(texts[0]) and not _CONTROL.search(texts[1])


def _parameters(header: str) -> tuple[str, dict[str, str]]:
    """A header's value in lower case, and its parameters (RFC 9110 §5.6.6)."""
    value, semicolon, rest = header.partition(";")
    parameters = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) or bare
        for name, quoted, bare in _PARAMETER.findall(semicolon + rest)
    }
    return value.strip().lower(), parameters


def _decoded(raw: bytes) -> bytes:
    """Without percent-encoding; a percent sign that encodes nothing stays."""
    return _ENCODED.sub(lambda found: bytes((int(found[1], 16),)), raw)


def _ends(raw: bytes) -> bytes:
    """What is looked at of a body that is no form: decoded, and of two bytes a character one."""
    if len(raw) > 2 * MAX_SCANNED_BYTES:
        raw = b"%b&%b" % (raw[:MAX_SCANNED_BYTES], raw[-MAX_SCANNED_BYTES:])
    return _decoded(raw).replace(b"\0", b"").lower()


def _stands(name: str, value: str, text: bytes) -> bool:
    """Whether a field stands in what is no form; every repetition is bounded, so it is linear."""
    key, wanted = re.escape(name).encode(), re.escape(value).encode() + rb"(?![\w.-])"
    pair = rb"(?<![\w.-])%b[\"']?[ \t]{0,9}[=:][ \t]{0,9}[\"']?%b" % (key, wanted)
    rest_of_headers = rb"[^\r\n]{0,200}\r?\n(?:[^\r\n]{1,200}\r?\n){0,4}\r?\n[ \t]{0,9}"
    part = rb"name=\"?%b(?![\w.-])%b%b" % (key, rest_of_headers, wanted)
    return re.search(rb"%b|%b" % (pair, part), text) is not None
