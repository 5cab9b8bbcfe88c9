from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from heed.domain.mailbox.attribution import LinkOptOut, SenderMail, SenderTrust, attribute_mail
from heed.domain.mailbox.inbound_mail import Receipt, Verdict
from heed.entrypoints.inbound_mail.mime import parse_mail
from heed.entrypoints.inbound_mail.notices import MailNotice, StoredMail, parse_mail_notices
from local import sample
from local.inbound_mail import (
    CHECKS,
    MAILBOX,
    PARENT,
    SAMPLES,
    VERDICTS,
    LocalMail,
    make_apple_mail,
    make_notice,
)
from local.mail_form import MailRefused, parse_mail_form
from tests.support.inbound_mails import COMPANY, RECEIVED, TOKEN, link_key, token_address

LINK = {
    "address": sample.ADDRESS,
    "recipient": TOKEN.recipient,
    "unsubscribe_url": "http://127.0.0.1:8000/u/visible",
    "preferences_url": "http://127.0.0.1:8000/p/visible",
    "headers": {
        "List-Unsubscribe": f"<http://127.0.0.1:8000/u/x>, <mailto:{token_address()}?subject=unsubscribe>"
    },
    "tags": {},
}
CAMPAIGN = sample.make_sample_mail(LINK, datetime(2026, 3, 5, tzinfo=UTC))
BOUNDARY = "----form7"


def notice_of(mail: LocalMail) -> MailNotice:
    (notice,) = parse_mail_notices(json.dumps(make_notice(mail, "id", "bucket", RECEIVED)), RECEIVED)
    return notice


def form(**fields: bytes) -> tuple[str, bytes]:
    """Returns the content type and the body of a form as a browser sends it."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        + (b'; filename="x.eml"\r\nContent-Type: message/rfc822' if name == "file" else b"")
        + b"\r\n\r\n"
        + value
        + b"\r\n"
        for name, value in fields.items()
    ]
    return f"multipart/form-data; boundary={BOUNDARY}", b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def test_the_notice_of_a_mail_says_what_ses_would_say() -> None:
    mail = LocalMail(b"From: a@example.com\r\n\r\n", MAILBOX, dict.fromkeys(CHECKS, "GRAY"))

    receipt = Receipt("id", RECEIVED, (MAILBOX,), spam=Verdict.GRAY, virus=Verdict.GRAY, dmarc=Verdict.GRAY)
    assert notice_of(mail) == MailNotice(
        receipt, StoredMail("bucket", "inbound/id"), b"from: a@example.com\r\n"
    )


@pytest.mark.parametrize(
    ("header", "has_return_path"),
    [
        (b"From: a@example.com", True),
        (b"Return-Path: <>\r\nFrom: a@example.com", False),
        (b"Subject: no sender", False),
    ],
)
def test_the_return_path_of_a_mail_is_that_of_its_envelope(header: bytes, has_return_path: bool) -> None:
    assert notice_of(LocalMail(header + b"\r\n\r\n")).receipt.has_return_path is has_return_path


def test_apples_sample_is_an_opt_out_by_the_link_of_the_campaign() -> None:
    mail = make_apple_mail(CAMPAIGN)
    parsed = parse_mail(mail.raw)

    assert parsed.headers.first("auto-submitted") == "auto-replied"
    assert attribute_mail(parsed, notice_of(mail).receipt, link_key, COMPANY) == LinkOptOut((TOKEN,))


@pytest.mark.parametrize(("name", "sender"), [("reply", sample.ADDRESS), ("parent", PARENT)])
def test_another_sample_is_from_an_authenticated_sender(name: str, sender: str) -> None:
    mail = SAMPLES[name](CAMPAIGN)

    attribution = attribute_mail(parse_mail(mail.raw), notice_of(mail).receipt, link_key, COMPANY)
    assert attribution == SenderMail(sender, SenderTrust.AUTHENTICATED)


def test_a_form_delivers_a_pasted_mail_with_the_chosen_recipient_and_verdicts() -> None:
    raw = b"From: a@example.com\r\n\r\n\xffstop"
    verdicts = {"dmarc": b"FAIL", "spam": b"GRAY", "virus": b"PASS"}

    mail = parse_mail_form(*form(mail=raw, file=b"", recipient=b" u@mail.example.com ", **verdicts))

    assert mail == LocalMail(
        raw, "u@mail.example.com", {check: verdict.decode() for check, verdict in verdicts.items()}
    )


def test_a_file_replaces_the_text_and_arrives_byte_for_byte() -> None:
    file = b"From: a@example.com\n\n--x\r\n\x00\xff\r\n\r\n"

    assert parse_mail_form(*form(mail=b"From: b@example.com", file=file)).raw == file


@pytest.mark.parametrize(
    ("to", "recipient"),
    [
        (b"To: Heed <U+x@Mail.Example.com>", "U+x@Mail.Example.com"),
        (b"To: a@example.com, u@mail.example.com", "u@mail.example.com"),
        (b"To: a@example.com", MAILBOX),
        (b"Subject: nobody", MAILBOX),
    ],
)
def test_without_a_recipient_the_field_to_decides_or_else_it_is_the_mailbox(
    to: bytes, recipient: str
) -> None:
    mail = parse_mail_form(*form(mail=to + b"\r\n\r\n", recipient=b""))

    assert (mail.recipient, mail.verdicts) == (recipient, dict.fromkeys(CHECKS, VERDICTS[0]))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"mail": b"no header"}, "no-mail"),
        ({}, "no-mail"),
        ({"mail": b"From: a@example.com", "recipient": b"privacy@example.com"}, "elsewhere"),
    ],
)
def test_what_ses_would_not_receive_is_refused(fields: dict[str, bytes], reason: str) -> None:
    with pytest.raises(MailRefused, match=reason):
        parse_mail_form(*form(**fields))


def test_a_body_that_is_no_form_with_files_is_refused() -> None:
    with pytest.raises(MailRefused, match="no-mail"):
        parse_mail_form("text/plain", b"From: a@example.com")
