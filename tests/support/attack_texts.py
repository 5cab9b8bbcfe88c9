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


_MIXED = "Content-Type: multipart/mixed; boundary=b\n\n"
_PART_IN_PART = "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
MAILS = {
    "a field": repeat_text("a", "Subject: "),
    "fields": repeat_text("a:b\n"),
    "lines that are no fields": repeat_text("a\n", "a:b\n"),
    "folds": repeat_text("\n ", "Subject: a"),
    "spaces of a fold": repeat_text(" ", "Subject: a\n"),
    "carriage returns": repeat_text("\r", "Subject: a"),
    "encoded words": repeat_text("=?utf-8?q?a?= ", "Subject: "),
    "character sets of words": repeat_text("=?latin1?q?=E9?= =?utf-8?b?w6Q=?= ", "Subject: "),
    "words without an end": repeat_text("=?a?b?", "Subject: "),
    "question marks": repeat_text("=?", "Subject: "),
    "senders": repeat_text("a@b.example,", "From: "),
    "comments in comments": repeat_text("(", "From: "),
    "quotes": repeat_text('"', "From: "),
    "escaped quotes": repeat_text('\\"', 'From: "'),
    "brackets": repeat_text("<", "From: "),
    "many senders": repeat_text("From: a@b.example\n"),
    "links": repeat_text("u+" + "a" * 58 + "@", "Subject: "),
    "almost a link": repeat_text("a", "Subject: u+"),
    "parameters": repeat_text(";a=b", "Content-Type: multipart/mixed"),
    "semicolons in quotes": repeat_text(";", 'Content-Type: multipart/mixed; a="'),
    "pieces of a parameter": repeat_text("; a*1=b", "Content-Type: text/plain"),
    "a piece with a number": repeat_text("9", "Content-Disposition: attachment; filename*"),
    "parts": repeat_text("--b\n\n", _MIXED),
    "parts of one line": repeat_text("--b", _MIXED),
    "almost delimiters": repeat_text("\n--b" + " " * 70 + "c", _MIXED),
    "spaces of a delimiter": repeat_text(" ", _MIXED + "--b", "c"),
    "multiparts in one multipart": repeat_text(_PART_IN_PART, _MIXED + "--b\n"),
    "lines in multiparts": repeat_text("\n", _PART_IN_PART * 60),
    "fields of parts": repeat_text("a:b\n", _MIXED + "--b\n"),
    "mails in mails": repeat_text("Content-Type: message/rfc822\n\n"),
    "the header of an embedded mail": repeat_text("a:b\n", "Content-Type: message/rfc822\n\n"),
    "blocks": repeat_text("a:b\n\n", "Content-Type: message/delivery-status\n\n"),
    "fields of a block": repeat_text("action: failed\n", "Content-Type: message/delivery-status\n\n"),
    "links of an original": repeat_text("<https://a/u/" + "a" * 54 + ">,", "List-Unsubscribe: "),
    "base64": repeat_text("AAAA", "Content-Transfer-Encoding: base64\n\n"),
    "padding": repeat_text("=", "Content-Transfer-Encoding: base64\n\n"),
    "quoted-printable": repeat_text("=", "Content-Transfer-Encoding: quoted-printable\n\n"),
    "soft breaks": repeat_text("=\n", "Content-Transfer-Encoding: quoted-printable\n\n"),
    "trailing spaces": repeat_text(" ", "Content-Transfer-Encoding: quoted-printable\n\n", "a"),
    "escapes of Japanese": repeat_text("\x1b$B\x1b(B", "Content-Type: text/plain; charset=iso-2022-jp\n\n"),
    "a slow character set": repeat_text("a-9", "Content-Type: text/plain; charset=punycode\n\n"),
    **{
        name: repeat_text(pattern, "Content-Type: text/html\n\n" + before)
        for name, (before, pattern) in {
            "open tags": ("", "<a "),
            "open attributes": ("", '<a b="'),
            "less-than signs": ("", "<"),
            "a long name of a tag": ("<", "a"),
            "comments without an end": ("", "<!--"),
            "comments": ("", "<!-- -->"),
            "styles without an end": ("", "<style "),
            "styles": ("", "<style></style>"),
            "almost the end of a script": ("<script>", "</script "),
            "quotations": ("", "<blockquote>"),
            "line breaks": ("", "a<br>"),
            "character references": ("", "&#x41;"),
            "a long reference": ("&#", "9"),
            "ampersands": ("", "&"),
            "white space": ("", " \n"),
        }.items()
    },
}
