"""Messages for the doctor: a good one, and what makes a bad one of it."""

from __future__ import annotations

import re

URL = "https://preferences.example.com/u/token"
GOOD = f"""\
Return-Path: <bounces@mail.example.com>\r
DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=one;\r
 h=From:To:Subject:List-Unsubscribe:List-Unsubscribe-Post;\r
 bh=AAAA; b=BBBB\r
From: Meridian <news@example.com>\r
To: ada@example.org\r
Subject: Offers of the week\r
List-Unsubscribe: <{URL}>, <mailto:u+token@mail.example.com?subject=unsubscribe>\r
List-Unsubscribe-Post: List-Unsubscribe=One-Click\r
List-Id: Offers <offers.meridian.example.com>\r
Feedback-ID: spring:offers:bulk:meridian\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary=limit\r
\r
--limit\r
Content-Type: text/plain\r
\r
Lamps are cheaper this week.\r
--limit\r
Content-Type: text/html; charset=utf-8\r
\r
<p>Lamps are cheaper this week.<a href="{URL}">Unsubscribe</a>\r
--limit--\r
""".encode()
RECORDS = {
    "one._domainkey.example.com": ["v=DKIM1; k=rsa; p=" + "A" * 400],
    "_dmarc.example.com": ["v=DMARC1; p=reject"],
}


def without_field(name: str, raw: bytes = GOOD) -> bytes:
    """Returns a message without a field."""
    return with_field(name, b"", raw)


def with_field(name: str, lines: bytes, raw: bytes = GOOD) -> bytes:
    """Returns a message with other lines in place of a field."""
    pattern = re.compile(rb"^" + name.encode() + rb":.*\r\n(?:[ \t].*\r\n)*", re.MULTILINE)
    changed, number = pattern.subn(lambda _: lines, raw, count=1)
    assert number == 1, name
    return changed


def with_body(text: str, kind: str = "text/html", raw: bytes = GOOD) -> bytes:
    """Returns a message with one part."""
    header = with_field("Content-Type", f"Content-Type: {kind}; charset=utf-8\r\n".encode(), raw)
    return header.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + text.encode()
