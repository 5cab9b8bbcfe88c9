"""Mails that are no request go to the company's own mailbox, and never back to Heed."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
import time_machine
from botocore.exceptions import ClientError, ReadTimeoutError
from moto.ses.models import ses_backends

from heed.adapters.dynamodb.daily_counts import CountPrefix
from heed.domain.mailbox.case import CaseKind
from heed.domain.mailbox.inbound_mail import MAX_MAIL
from heed.domain.rfc3339 import format_day
from tests.functions.test_mailbox import NO_FAILURES, mail, metrics
from tests.support.deployment import MAIL_FROM, NOW, World, client, parts, restart
from tests.support.inbound_mailbox import KEY, SENDER, Mailbox
from tests.support.mailbox import ACCOUNT, mail_text, parse_mail, sent_mails

COMPANY = "service@company.example"
QUESTION = mail("How long is the warranty of my watch?", "Warranty")
DAY_MS = 86_400_000


@pytest.fixture
def mailbox(world: World) -> Mailbox:
    world.context.milliseconds_left = 60_000
    restart(FORWARD_TO=COMPANY)
    return Mailbox(world)


def sent_raw() -> bytes:
    """Returns the bytes of the only mail that was sent."""
    (message,) = ses_backends[ACCOUNT]["us-east-1"].sent_messages
    return bytes(message.raw_data.encode())


def forwarded() -> EmailMessage:
    return parse_mail(sent_raw())


def original(message: EmailMessage) -> EmailMessage:
    """Returns the mail that is attached."""
    (part,) = (part for part in message.walk() if part.get_content_type() == "message/rfc822")
    content = part.get_content()
    assert isinstance(content, EmailMessage)
    return content


def test_a_question_is_forwarded_with_the_mail_attached(
    mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mailbox.receive(QUESTION) == NO_FAILURES
    sent = forwarded()
    assert (sent["From"], sent["To"]) == ("Meridian Watches <preferences@example.com>", COMPANY)
    assert (sent["Reply-To"], sent["Subject"]) == (SENDER, "Warranty")
    assert "Auto-Submitted" not in sent  # a ticket system would leave it out
    assert "isn’t a request about email preferences" in mail_text(sent)
    assert QUESTION in sent_raw() and original(sent)["From"] == SENDER
    assert (mailbox.objects(), mailbox.cases()) == ([], [])
    assert metrics(capsys) == {"MailForwarded": 1}


def test_without_a_mailbox_of_the_company_a_question_is_a_case(mailbox: Mailbox) -> None:
    restart(FORWARD_TO="")
    mailbox.receive(QUESTION)
    assert [case.kind for case in mailbox.cases()] == [CaseKind.OTHER]


@pytest.mark.parametrize("event", ["dmarc-gray", "dmarc-fail"])
def test_a_question_of_a_sender_who_is_not_authenticated_is_forwarded(mailbox: Mailbox, event: str) -> None:
    mailbox.receive(QUESTION, event)
    assert forwarded()["Reply-To"] == SENDER


def test_a_mail_of_several_senders_is_forwarded_without_an_address_for_replies(mailbox: Mailbox) -> None:
    mailbox.receive(b"From: other@example.net\r\n" + QUESTION)
    assert "Reply-To" not in forwarded()


@pytest.mark.parametrize(
    "subject",
    [
        "=?ISO-2022-JP?B?GyRCSl0+WiRLJEQkJCRGGyhC?=",
        "=?utf-8?b?5L+d6Ki844Gr44Gk44GE44Gm?=",
        "保証について",
    ],
)
def test_a_japanese_subject_stays_readable(mailbox: Mailbox, subject: str) -> None:
    mailbox.receive(mail("時計の保証期間を教えてください。", subject))
    assert forwarded()["Subject"] == "保証について"


def test_a_mail_without_a_subject_is_forwarded_with_one(mailbox: Mailbox) -> None:
    mailbox.receive(mail("How long is the warranty of my watch?"))
    assert forwarded()["Subject"] == "Email to Meridian Watches"


def test_an_eight_bit_mail_is_forwarded_byte_for_byte(mailbox: Mailbox) -> None:
    raw = QUESTION.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xc3\xbc\xc3\x9fe ")
    mailbox.receive(raw)
    assert raw in sent_raw()


ENCODED = "=?utf-8?q?a=0D=0ABcc=3A_victim=40example=2Eorg?="


@pytest.mark.parametrize(
    "raw",
    [
        mail("Where is my watch?", ENCODED, f"{ENCODED} <{SENDER}>"),
        mail("Where is my watch?", "a\r\n Bcc: victim@example.org", f'"a\r\n b" <{SENDER}>'),
        mail("Where is my watch?", "a\rBcc: victim@example.org"),
        mail("Where is my watch?", "a\x00\x0b\x85\u2028Bcc: victim@example.org"),
        mail("Where is my watch?", "a", f"{ENCODED}@example.net"),
    ],
)
def test_no_header_of_the_mail_adds_one_to_the_message(mailbox: Mailbox, raw: bytes) -> None:
    mailbox.receive(raw)
    sent = forwarded()
    assert [address.addr_spec for address in sent["To"].addresses] == [COMPANY]
    assert set(sent.keys()) <= {
        "From",
        "To",
        "Reply-To",
        "Subject",
        "X-Heed-Forwarded",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    }


def test_a_mail_cannot_end_the_part_in_which_it_is_attached(mailbox: Mailbox) -> None:
    mailbox.receive(QUESTION)
    boundary = forwarded().get_boundary()
    other = QUESTION + f"--{boundary}--\r\n--{boundary}\r\n\r\nevil".encode()
    ses_backends[ACCOUNT]["us-east-1"].sent_messages.clear()
    mailbox.receive(other)
    assert [part.get_content_type() for part in forwarded().iter_parts()] == ["text/plain", "message/rfc822"]
    assert other in sent_raw()


@pytest.mark.threat(
    "T32",
    "A rule of the company's mailbox returns forwarded mail to Heed, and the mail goes round for ever.",
    "A mail with the field of forwarded mail becomes a case. 500 mails a day are forwarded at the most.",
)
def test_a_mail_that_comes_back_is_a_case_and_is_not_forwarded_again(mailbox: Mailbox) -> None:
    mailbox.receive(QUESTION)
    mailbox.receive(sent_raw(), message_id="m2")
    assert len(sent_mails()) == 1
    assert [case.kind for case in mailbox.cases()] == [CaseKind.OTHER]


@pytest.mark.threat(
    "T43",
    "A form on the company's web site sends requests of others from the company's address.",
    "A mail from an address of the company is nobody's request. A person decides; nobody gets an answer.",
)
@pytest.mark.parametrize(
    "text", ["Please unsubscribe me.", "How long is the warranty?", "I am 11 years old."]
)
@pytest.mark.parametrize("event", ["sender-authenticated", "dmarc-gray", "dmarc-fail"])
@pytest.mark.parametrize("sender", [COMPANY, MAIL_FROM, "form@mail.example.com"])
def test_a_mail_from_the_company_is_a_case_about_nobody_and_nobody_gets_a_mail(
    mailbox: Mailbox, sender: str, event: str, text: str
) -> None:
    assert mailbox.receive(mail(text, sender=sender), event) == NO_FAILURES
    assert [case.recipient for case in mailbox.cases()] == [""]
    assert (mailbox.registers(sender), mailbox.requests(), sent_mails()) == (set(), [], [])


@pytest.mark.parametrize(
    ("address", "is_forwarded"),
    [
        ("service@mail.example.com", False),
        ("service@help.mail.example.com", False),
        ("Service@mail.example.com", False),
        ("service@hotmail.example.com", True),
        ("service@example.com", True),
    ],
)
def test_nothing_is_forwarded_into_the_domain_of_the_mailbox(
    mailbox: Mailbox, address: str, *, is_forwarded: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    restart(FORWARD_TO=address)
    mailbox.receive(QUESTION, "dmarc-gray")
    assert len(sent_mails()) == int(is_forwarded) == 1 - len(mailbox.cases())
    assert metrics(capsys) == {"MailForwarded" if is_forwarded else "MailForwardFailed": 1}


def test_spam_is_never_forwarded(mailbox: Mailbox) -> None:
    for number, text in enumerate(("Buy cheap pills now", "How long is the warranty?")):
        mailbox.receive(mail(text), "spam-and-dmarc-fail", message_id=str(number))
    assert sent_mails() == []


def test_a_mail_that_is_too_large_is_a_case_and_a_notice_names_it(mailbox: Mailbox) -> None:
    mailbox.receive(QUESTION + b"a" * MAX_MAIL, "dmarc-gray")
    (case,) = mailbox.cases()
    sent = forwarded()
    assert (sent["Reply-To"], sent["Subject"], sent.get_content_type()) == (SENDER, "Warranty", "text/plain")
    assert f"heed case show {case.id}" in mail_text(sent)


def test_a_mail_just_below_the_limit_is_attached(mailbox: Mailbox) -> None:
    mailbox.receive(QUESTION + b"a" * (MAX_MAIL - len(QUESTION) - 1))
    assert original(forwarded())["Subject"] == "Warranty"


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "MessageRejected"}}, "SendEmail"),
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "SendEmail"),
        ReadTimeoutError(endpoint_url="https://ses"),
    ],
)
def test_a_mail_that_cannot_be_forwarded_is_a_case(
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(parts().client("sesv2", once=True), "send_email", fail)
    assert mailbox.receive(QUESTION, "dmarc-gray") == NO_FAILURES
    assert [case.kind for case in mailbox.cases()] == [CaseKind.OTHER]
    assert (mailbox.objects(), metrics(capsys)) == ([], {"MailForwardFailed": 1})


def test_five_hundred_mails_a_day_are_forwarded(mailbox: Mailbox) -> None:
    with time_machine.travel(NOW / 1000, tick=False):
        key = f"{CountPrefix.FORWARDS}{format_day(NOW // DAY_MS)}#mail"
        client("dynamodb").put_item(TableName="Control", Item={"pk": {"S": key}, "n": {"N": "499"}})
        for number in range(2):
            mailbox.receive(QUESTION, "dmarc-gray", message_id=str(number))
    assert len(sent_mails()) == len(mailbox.cases()) == 1


def test_after_a_crash_a_mail_is_forwarded_twice_and_not_never(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://s3")

    with monkeypatch.context() as broken:
        broken.setattr(parts().client("s3"), "delete_object", fail)
        assert mailbox.receive(QUESTION)["batchItemFailures"]
        assert (len(sent_mails()), mailbox.objects()) == (1, [KEY])
    assert mailbox.notify() == NO_FAILURES
    assert (len(sent_mails()), mailbox.objects(), mailbox.cases()) == (2, [], [])
