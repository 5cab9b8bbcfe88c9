"""Texts that are expensive to parse. Each is a function that returns a text of about a given length."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from tests.support.forms import URLENCODED


def repeat_text(pattern: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda n: before + pattern * (n // len(pattern)) + after


ADDRESSES = {
    "dots": repeat_text("a.", after="@example.com"),
    "labels": repeat_text("a-a.", "a@"),
    "a label": repeat_text("a-", "a@"),
    "quotes": repeat_text('"', after='"@example.com'),
    "escaped quotes": repeat_text('\\"', '"', "@example.com"),
    "an open quote": repeat_text("\\\\", '"', "@example.com"),
    "brackets": repeat_text("<", after=">"),
    "brackets in quotes": repeat_text('"<', after=">"),
    "names": repeat_text('"a" <a@', after=">"),
    "prefixes": repeat_text("rfc822 ;", "rfc822;"),
    "spaces": repeat_text(" ", "rfc822", "a@example.com"),
    "accents": repeat_text("\u0301\u0316\u0327", "a", "@example.com"),
    "a domain of letters": repeat_text("ß.", "a@"),
    "a domain of accents": repeat_text("\u0301\u0316", "a@é"),
    "joiners": repeat_text("\u200d\u0915", "a", "@example.com"),
}


MULTIPART = "multipart/form-data; boundary=b"
LONG = f"multipart/form-data; boundary={'b' * 70}"
PART = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n'
FORMS = {
    "percent signs": (URLENCODED, repeat_text("%")),
    "percent-encoded": (URLENCODED, repeat_text("%41", "a=")),
    "ampersands": (URLENCODED, repeat_text("&")),
    "semicolons": (URLENCODED, repeat_text(";")),
    "fields": (URLENCODED, repeat_text("a=b&")),
    "no value": (URLENCODED, repeat_text("=")),
    "plus signs": (URLENCODED, repeat_text("+", "a=")),
    "spaces": (URLENCODED, repeat_text(" ", "a", "b")),
    "almost a field that stops": (URLENCODED, repeat_text("scope = ", "\0")),
    "almost parts that stop": (URLENCODED, repeat_text('name="scope"\r\n', "\0")),
    "almost a part that stops": (URLENCODED, repeat_text("a\r\n", '\0name="scope"')),
    "one line of such names": (URLENCODED, repeat_text("name=scope", "\0")),
    "lines behind such names": (URLENCODED, repeat_text('name="scope"\r\na\r\na\r\na\r\n', "\0")),
    "boundaries": (MULTIPART, repeat_text("--b\r\n")),
    "boundaries at once": (MULTIPART, repeat_text("--b", "--b\r\n")),
    "almost boundaries": (LONG, repeat_text("\r\n--" + "b" * 69 + "c", "--" + "b" * 70 + "\r\n")),
    "long boundaries": (LONG, repeat_text("b")),
    "parts": (MULTIPART, repeat_text(PART.format("a"))),
    "parts in parts": (
        MULTIPART,
        repeat_text("--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"),
    ),
    "parameters without end": (MULTIPART, repeat_text(";", PART.format('"')[:-5])),
    "parameters": (MULTIPART, repeat_text(';a="\\', PART.format("a")[:-5])),
    "lines": (MULTIPART, repeat_text("\r\n", PART.format("a"))),
    "headers": (MULTIPART, repeat_text("a:b\r\n", "--b\r\n")),
}
CONTENT_TYPES = {
    "an open quote": repeat_text(";", 'multipart/form-data;"'),
    "open quotes": repeat_text(';a="\\', "multipart/form-data"),
    "parameters": repeat_text(";a=b", "multipart/form-data"),
    "spaces": repeat_text("; ", "multipart/form-data"),
    "boundary": repeat_text("b", "multipart/form-data; boundary="),
}
DOCUMENTS = {
    "lists in lists": repeat_text("["),
    "objects in objects": repeat_text('{"a":'),
    "a number": repeat_text("9"),
    "numbers": repeat_text("9" * 4_000 + ",", "[", "0]"),
    "a fraction": repeat_text("1", "0."),
    "fractions": repeat_text("1." + "1" * 400 + ",", "[", "0]"),
    "an exponent": repeat_text("9", "1e"),
    "escapes": repeat_text("\\u0041", '"', '"'),
    "half characters": repeat_text("\\ud800", '"', '"'),
    "members of one name": repeat_text('"a":0,', "{", '"a":0}'),
    "members": lambda n: json.dumps({f"member-{number}": 0 for number in range(n // 16)}),
    "backslashes": repeat_text("\\", '"'),
    "spaces": repeat_text(" "),
}
PLAIN = {
    "letters": repeat_text("a"),
    "digits": repeat_text("9"),
    "spaces": repeat_text(" "),
    "commas": repeat_text(","),
    "semicolons": repeat_text(";q=0.1,", "de"),
    "words": repeat_text("a "),
    "slashes": repeat_text("/a"),
    "braces": repeat_text("{a}"),
    "equals signs and question marks": repeat_text("=?"),
    "a time": repeat_text("0", "2026-03-05T00:41:02.", "Z"),
    "two times": repeat_text("2026-03-05T00:41:02Z"),
    "encoded words": repeat_text("=?a?b?c?="),
    "at signs": repeat_text("a@ "),
    "at signs and spaces": repeat_text("@ "),
    "percent signs": repeat_text("a%40"),
    "beyond ASCII": repeat_text("ſK"),
    "cursors": lambda n: base64.urlsafe_b64encode(b"[" * (n // 4 * 3)).decode(),
}
