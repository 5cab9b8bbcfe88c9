"""What the standard library composes as a mail, the parser reads back."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.entrypoints.inbound_mail.mime import parse_mail
from tests.support.inbound_mails import MAILS
from tests.support.mailbox import mail_text
from tests.support.mailbox import parse_mail as parse_as_mail_program

# The standard library itself loses some characters: lone surrogates, control characters, other line ends.
WORDS = st.text(st.characters(exclude_categories=["C", "Z"], codec="utf-8"), min_size=1, max_size=12)
LINES = st.lists(WORDS, max_size=6).map(" ".join)
TEXTS = st.builds(lambda word, lines: "\n".join([word, *lines]), WORDS, st.lists(LINES, max_size=8))
NAMES = st.from_regex(r"[a-zé配]{1,60}\.txt", fullmatch=True)


@given(
    LINES,
    LINES,
    TEXTS,
    st.sampled_from(["7bit", "8bit", "quoted-printable", "base64"]),
    st.lists(NAMES, max_size=2),
)
def test_a_composed_mail_is_read_back(
    name: str, subject: str, text: str, encoding: str, files: list[str]
) -> None:
    mail = EmailMessage(SMTP)
    mail["From"] = Address(name, "joan", "example.net")
    mail["Subject"] = subject
    mail.set_content(text, cte=encoding if text.isascii() or encoding != "7bit" else "base64")
    mail.add_alternative("<p>other</p>", subtype="html")
    for file in files:
        mail.add_attachment(b"\x00\xff", "application", "octet-stream", filename=file)
    read = parse_mail(mail.as_bytes())
    assert read.senders == ("joan@example.net",)
    assert read.subject == subject
    assert read.text.rstrip("\n") == text.rstrip("\n")
    assert [file.name for file in read.attachments] == files


@pytest.mark.parametrize("file", sorted((MAILS / "inbound").glob("*.eml")), ids=lambda file: file.stem)
def test_a_sample_is_read_as_a_mail_program_reads_it(file: Path) -> None:
    raw = file.read_bytes()
    read, expected = parse_mail(raw), parse_as_mail_program(raw)
    assert read.subject.split() == (expected["Subject"] or "").split()
    addresses = expected["From"].addresses if expected["From"] else ()
    assert [*read.senders] == [address.addr_spec for address in addresses]
    body = expected.get_body(("plain",))
    if body is not None:
        assert read.text.split() == mail_text(expected).split()
