"""The texts of a mail: encoded words, character sets, transfer encodings, HTML."""

from __future__ import annotations

import pytest

from heed.entrypoints.inbound_mail.mime import parse_mail
from tests.support.inbound_mails import sample


def parse(*lines: str) -> tuple[str, str]:
    mail = parse_mail("\r\n".join(["From: a@example.net", *lines]).encode())
    return mail.subject, mail.text.strip()


def text_of(*lines: str) -> str:
    return parse(*lines)[1]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("=?utf-8?b?w6TDtg==?= =?utf-8?b?w7w=?=", "äöü"),
        ("=?utf-8?b?w6TD?= =?utf-8?b?tsO8?=", "äöü"),  # a character in two words
        ("Re: =?iso-8859-1?q?d=E9sabonner_moi?= now", "Re: désabonner moi now"),
        ("=?iso-2022-jp?b?GyRCR1s/LkRkO18bKEI=?=", "配信停止"),
        ("=?utf-8*de?q?Abmelden?=", "Abmelden"),
        ("=?utf-8?b?w6T?=", "ä"),  # without padding
        ("=?x-unknown?q?stop?=", "stop"),
        ("=?punycode?q?stop-?=", "stop-"),
        ("=?utf-8?q?stop", "=?utf-8?q?stop"),
        ("=?utf-8?x?stop?=", "=?utf-8?x?stop?="),
    ],
)
def test_encoded_words_are_decoded(subject: str, expected: str) -> None:
    assert parse(f"Subject: {subject}", "", "")[0] == expected


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("utf-8", "désabonner".encode("latin-1"), "d\ufffdsabonner"),
        ("us-ascii", "désabonner".encode(), "désabonner"),
        ("unknown-8bit", "désabonner".encode(), "désabonner"),
        ("", "désabonner".encode("latin-1"), "désabonner"),
        ("unicode_escape", rb"\x41\d", r"\x41\d"),
        ("utf-7", b"+2AA-", "+2AA-"),
        ("rot13", b"stop", "stop"),
        ("shift_jis", "配信停止".encode("shift_jis"), "配信停止"),
        ("cp9999", b"stop", "stop"),
    ],
)
def test_a_wrong_or_unknown_character_set_is_no_error(charset: str, raw: bytes, text: str) -> None:
    header = f"From: a@example.net\nContent-Type: text/plain; charset={charset}\n\n".encode()
    assert parse_mail(header + raw).text == text


def test_broken_transfer_encodings_are_decoded_as_far_as_possible() -> None:
    base64 = ("Content-Transfer-Encoding: BASE64", "")
    assert text_of(*base64, "c3Rv", "cA") == "stop"
    assert text_of(*base64, "c3Rv!cA===", "--x--") != ""
    assert text_of("Content-Transfer-Encoding: quoted-printable", "", "st=6Fp =ZZ", "=") == "stop =ZZ"


def test_html_alone_becomes_text_with_its_quotations_marked() -> None:
    assert sample("html-alone").text.splitlines() == [
        "Please stop these mails.",
        "> Spring sale!",
        "> To unsubscribe, reply with UNSUBSCRIBE.",
    ]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<style>stop", "stop"),
        ("<!-- stop", "<!-- stop"),
        ("&#99999999999;&lt;b&gt;", "\ufffd<b>"),
        ("1 < 2 and <b>3</b> > 2", "1 < 2 and 3 > 2"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote></blockquote>c", "> a\n> b\nc"),
        ("stop" + "<a", "stop<a"),
    ],
)
def test_broken_html_loses_no_words(markup: str, text: str) -> None:
    assert text_of("Content-Type: text/html", "", markup) == text


def alternative(plain: str, markup: str) -> str:
    return text_of(
        "Content-Type: multipart/alternative; boundary=b",
        "",
        "--b",
        "",
        plain,
        "--b",
        "Content-Type: text/html",
        "",
        markup,
        "--b--",
    )


def test_html_counts_only_if_its_plain_text_is_empty() -> None:
    assert alternative("stop", "<p>go on</p>") == "stop"
    assert alternative(" ", "<p>stop</p>") == "stop"


def test_the_html_of_a_person_counts_beside_the_plain_footer_of_a_gateway() -> None:
    mixed = ("Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/html", "", "<p>stop")
    assert text_of(*mixed, "--b", "", "Checked for viruses.", "--b--") == "stop\nChecked for viruses."


def test_a_multipart_without_its_delimiters_is_text() -> None:
    assert text_of("Content-Type: multipart/mixed; boundary=b", "", "stop") == "stop"
    assert text_of("Content-Type: multipart/mixed", "", "stop") == "stop"
