"""Decodes the texts of a mail: transfer encodings, character sets and encoded words.

Nothing here fails: what cannot be decoded is replaced by U+FFFD. Each function is linear.
"""

from __future__ import annotations

import binascii
import re
import string

_BASE64 = string.ascii_letters + string.digits + "+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64.encode()))
# The character sets that mail uses. Python has further codecs, which are not for mail. Some of them are
# quadratic (punycode, idna), warn (unicode_escape), or produce what no text has (utf-7). Python also caches
# each name that it does not know.
_CHARSET = re.compile(
    r"(?:us-?)?ascii|utf-?8|utf-?16(?:-?[bl]e)?|iso-?8859-?\d{1,2}|latin-?\d|(?:windows|cp)-?\d{3,4}|koi8-?[rut]"
    r"|iso-?2022-?(?:jp(?:-(?:[123]|2004|3|ext))?|kr)|(?:x-)?s(?:hift)?_?-?jis|euc-?(?:jp|kr)|gb-?2312|gbk"
    r"|gb-?18030|hz(?:-gb-2312)?|big-?5(?:-?hkscs)?|ks_c_5601(?:-1987)?|tis-?620|macintosh",
    re.ASCII,
)
# An encoded word (RFC 2047). Neither part contains a question mark, so the search is linear.
_ENCODED_WORD = re.compile(r"=\?([\w.:*-]{1,40})\?([bq])\?([^?]*)\?=", re.ASCII | re.IGNORECASE)


def decode_charset(raw: bytes, charset: str) -> str:
    """Returns the text of bytes. An unknown character set is UTF-8 or, if that fails, Windows-1252."""
    name = charset.strip().lower()
    if _CHARSET.fullmatch(name) and "ascii" not in name:
        try:
            return raw.decode(name.removeprefix("x-"), "replace")
        except LookupError:  # such as cp9999
            pass
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def decode_transfer(raw: bytes, encoding: str) -> bytes:
    """Returns the bytes of a `Content-Transfer-Encoding`. The bytes of an unknown encoding are unchanged."""
    match encoding.strip().lower():
        case "base64":
            return _decode_base64(raw)
        case "quoted-printable":
            return binascii.a2b_qp(raw)
        case _:
            return raw


def _decode_base64(raw: bytes) -> bytes:
    """Decodes base64 with foreign characters, wrong padding, or without its end."""
    clean = raw.translate(None, _NOT_BASE64)
    clean = clean[:-1] if len(clean) % 4 == 1 else clean
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def decode_header(value: str) -> str:
    """Returns the text of a header field with its encoded words decoded.

    Adjacent words of one character set are decoded together, because some mail programs split characters.
    `email.header.decode_header` does not, and raises an error for incomplete base64.
    """
    texts: list[str] = []
    pending, pending_charset, end = b"", "", 0
    for word in _ENCODED_WORD.finditer(value):
        between = value[end : word.start()]
        charset = word[1].partition("*")[0]  # RFC 2231 adds a language
        if between.strip() or charset != pending_charset:
            texts.append(decode_charset(pending, pending_charset))
            texts.append(between if between.strip() or not end else "")
            pending, pending_charset = b"", charset
        raw = word[3].encode()
        pending += _decode_base64(raw) if word[2] in "Bb" else binascii.a2b_qp(raw, header=True)
        end = word.end()
    return "".join([*texts, decode_charset(pending, pending_charset), value[end:]])
