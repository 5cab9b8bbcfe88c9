"""Texts that are expensive to parse. Each is a function that returns a text of about a given length."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from tests.support.forms import URLENCODED


def times_over(pattern: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda n: before + pattern * (n // len(pattern)) + after


ADDRESSES = {
    "dots": times_over("a.", after="@example.com"),
    "labels": times_over("a-a.", "a@"),
    "a label": times_over("a-", "a@"),
    "quotes": times_over('"', after='"@example.com'),
    "escaped quotes": times_over('\\"', '"', "@example.com"),
    "an open quote": times_over("\\\\", '"', "@example.com"),
    "brackets": times_over("<", after=">"),
    "brackets in quotes": times_over('"<', after=">"),
    "names": times_over('"a" <a@', after=">"),
    "prefixes": times_over("rfc822 ;", "rfc822;"),
    "spaces": times_over(" ", "rfc822", "a@example.com"),
    "accents": times_over("\u0301\u0316\u0327", "a", "@example.com"),
    "a domain of letters": times_over("ß.", "a@"),
    "a domain of accents": times_over("\u0301\u0316", "a@é"),
    "joiners": times_over("\u200d\u0915", "a", "@example.com"),
}


MULTIPART = "multipart/form-data; boundary=b"
LONG = f"multipart/form-data; boundary={'b' * 70}"
PART = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n'
FORMS = {
    "percent signs": (URLENCODED, times_over("%")),
    "percent-encoded": (URLENCODED, times_over("%41", "a=")),
    "ampersands": (URLENCODED, times_over("&")),
    "semicolons": (URLENCODED, times_over(";")),
    "fields": (URLENCODED, times_over("a=b&")),
    "no value": (URLENCODED, times_over("=")),
    "plus signs": (URLENCODED, times_over("+", "a=")),
    "spaces": (URLENCODED, times_over(" ", "a", "b")),
    "almost a field that stops": (URLENCODED, times_over("scope = ", "\0")),
    "almost parts that stop": (URLENCODED, times_over('name="scope"\r\n', "\0")),
    "almost a part that stops": (URLENCODED, times_over("a\r\n", '\0name="scope"')),
    "one line of such names": (URLENCODED, times_over("name=scope", "\0")),
    "lines behind such names": (URLENCODED, times_over('name="scope"\r\na\r\na\r\na\r\n', "\0")),
    "boundaries": (MULTIPART, times_over("--b\r\n")),
    "boundaries at once": (MULTIPART, times_over("--b", "--b\r\n")),
    "almost boundaries": (LONG, times_over("\r\n--" + "b" * 69 + "c", "--" + "b" * 70 + "\r\n")),
    "long boundaries": (LONG, times_over("b")),
    "parts": (MULTIPART, times_over(PART.format("a"))),
    "parts in parts": (
        MULTIPART,
        times_over("--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"),
    ),
    "parameters without end": (MULTIPART, times_over(";", PART.format('"')[:-5])),
    "parameters": (MULTIPART, times_over(';a="\\', PART.format("a")[:-5])),
    "lines": (MULTIPART, times_over("\r\n", PART.format("a"))),
    "headers": (MULTIPART, times_over("a:b\r\n", "--b\r\n")),
}
CONTENT_TYPES = {
    "an open quote": times_over(";", 'multipart/form-data;"'),
    "open quotes": times_over(';a="\\', "multipart/form-data"),
    "parameters": times_over(";a=b", "multipart/form-data"),
    "spaces": times_over("; ", "multipart/form-data"),
    "boundary": times_over("b", "multipart/form-data; boundary="),
}
DOCUMENTS = {
    "lists in lists": times_over("["),
    "objects in objects": times_over('{"a":'),
    "a number": times_over("9"),
    "numbers": times_over("9" * 4_000 + ",", "[", "0]"),
    "a fraction": times_over("1", "0."),
    "fractions": times_over("1." + "1" * 400 + ",", "[", "0]"),
    "an exponent": times_over("9", "1e"),
    "escapes": times_over("\\u0041", '"', '"'),
    "half characters": times_over("\\ud800", '"', '"'),
    "members of one name": times_over('"a":0,', "{", '"a":0}'),
    "members": lambda n: json.dumps({f"member-{number}": 0 for number in range(n // 16)}),
    "backslashes": times_over("\\", '"'),
    "spaces": times_over(" "),
}
PLAIN = {
    "letters": times_over("a"),
    "digits": times_over("9"),
    "spaces": times_over(" "),
    "commas": times_over(","),
    "semicolons": times_over(";q=0.1,", "de"),
    "words": times_over("a "),
    "slashes": times_over("/a"),
    "braces": times_over("{a}"),
    "equals signs and question marks": times_over("=?"),
    "a time": times_over("0", "2026-03-05T00:41:02.", "Z"),
    "two times": times_over("2026-03-05T00:41:02Z"),
    "encoded words": times_over("=?a?b?c?="),
    "at signs": times_over("a@ "),
    "at signs and spaces": times_over("@ "),
    "percent signs": times_over("a%40"),
    "beyond ASCII": times_over("ſK"),
    "cursors": lambda n: base64.urlsafe_b64encode(b"[" * (n // 4 * 3)).decode(),
}
