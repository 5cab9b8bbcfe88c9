"""The answer to a mail: one a day, to people who are authenticated, and never to a program."""

from __future__ import annotations

import time
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ReadTimeoutError
from moto.ses.models import ses_backends

from heed.adapters.dynamodb.daily_counts import CountPrefix
from heed.domain.links.link_token import TokenPurpose
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import HOLD, Change, Entry, Source
from heed.domain.rfc3339 import format_day
from tests.functions.test_mailbox import NO_FAILURES, mail, metrics
from tests.support.deployment import NOW, World, client, parts, restart
from tests.support.inbound_mailbox import SENDER, Mailbox
from tests.support.inbound_mails import mint, read_mail
from tests.support.mailbox import ACCOUNT, mail_text, sent_mails
from tests.support.registers import out

DAY = 86_400
STOP = "Please unsubscribe me from all marketing emails."


@pytest.fixture
def mailbox(world: World) -> Mailbox:
    world.context.milliseconds_left = 60_000
    return Mailbox(world)


def answers() -> list[EmailMessage]:
    return [sent for sent in sent_mails() if sent["Auto-Submitted"] == "auto-replied"]


def answer(mailbox: Mailbox, raw: bytes) -> EmailMessage:
    mailbox.receive(raw)
    (sent,) = answers()
    return sent


def test_an_opt_out_is_answered_in_plain_text(mailbox: Mailbox, capsys: pytest.CaptureFixture[str]) -> None:
    sent = answer(mailbox, b"Message-ID: <1.a@example.net>\r\n" + mail(STOP))
    assert (sent["From"], sent["To"]) == ("Meridian Watches <preferences@example.com>", SENDER)
    assert sent["Reply-To"] == "preferences@example.com"
    assert sent["In-Reply-To"] == sent["References"] == "<1.a@example.net>"
    assert sent["Subject"] == "Your email to Meridian Watches"
    assert sent.get_content_type() == "text/plain"
    text = mail_text(sent)
    assert "unsubscribed this address from all marketing emails from Meridian Watches." in text
    assert "emails about your own orders" in text and "A member of our team" not in text
    assert metrics(capsys) == {"MailOptOutRecorded": 1, "MailAnswered": 1}


def test_the_answer_names_the_topics_of_the_opt_out(mailbox: Mailbox) -> None:
    text = mail_text(answer(mailbox, mail("Please unsubscribe me from the offers.")))
    assert mailbox.registers() == {"o:2"}
    assert text.splitlines()[0].endswith("from these emails from Meridian Watches:")
    assert "- Offers" in text.splitlines() and "all marketing" not in text


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Please stop sending me your newsletter, thank you.", "en"),
        ("Bitte senden Sie mir keine Newsletter mehr. Vielen Dank.", "de"),
        ("Bonjour, merci de ne plus m'envoyer votre newsletter.", "fr"),
        ("Hola, por favor no me envíen más correos publicitarios. Gracias.", "es"),
        ("メールの配信を停止してください。よろしくお願いします。", "ja"),
        ("Uitschrijven", "en"),  # the brand has no Dutch
        ("Unsubscribe", "en"),
    ],
)
def test_the_answer_has_the_language_of_the_mail(mailbox: Mailbox, text: str, language: str) -> None:
    assert answer(mailbox, mail(text))["Content-Language"] == language


def test_a_request_that_a_person_decides_is_answered_with_the_date(mailbox: Mailbox) -> None:
    text = mail_text(answer(mailbox, read_mail("erasure-request-gdpr")))
    (case,) = mailbox.cases()
    assert "A member of our team will look into it by " in text and "unsubscribed" not in text
    assert time.strftime("%Y", time.gmtime(case.due_at // 1000)) in text


def test_an_opt_out_beside_another_request_has_one_answer_about_both(mailbox: Mailbox) -> None:
    text = mail_text(answer(mailbox, mail(f"{STOP} Please also delete all my personal data.")))
    assert mailbox.registers() == {"o:0"} and len(mailbox.cases()) == 1
    assert "unsubscribed this address" in text and "A member of our team" in text


@pytest.mark.parametrize(
    ("raw", "event"),
    [
        (mail(STOP), "dmarc-gray"),
        (mail(STOP), "dmarc-fail"),
        (mail(STOP), "null-return-path"),
        (mail(STOP), "virus"),
        (b"Auto-Submitted: auto-replied\r\n" + mail(STOP), "sender-authenticated"),
        (b"Precedence: bulk\r\n" + mail(STOP), "sender-authenticated"),
        (b"List-Id: <club.example.net>\r\n" + mail(STOP), "sender-authenticated"),
        (b"X-Apple-Unsubscribe: true\r\n" + mail(STOP), "sender-authenticated"),
        (b"From: other@example.net\r\n" + mail(STOP), "sender-authenticated"),
        (mail("I am only 11 years old and signed up without asking my parents."), "sender-authenticated"),
        (mail("Please sign me up for your newsletter."), "sender-authenticated"),  # gets a confirmation
        (mail("Do not unsubscribe me yet."), "sender-authenticated"),  # the same
    ],
)
def test_no_other_mail_is_answered(mailbox: Mailbox, raw: bytes, event: str) -> None:
    mailbox.receive(raw, event)
    assert sent_mails() == []


@pytest.mark.parametrize("damage", ["", "x"])
def test_a_mail_to_the_address_of_a_link_is_not_answered(mailbox: Mailbox, damage: str) -> None:
    token = mailbox.world.token(SENDER, purpose=TokenPurpose.MAILTO)
    raw = read_mail("apple-unsubscribe").replace(mint(TokenPurpose.MAILTO).encode(), token.encode())
    raw = raw.replace(b"X-Apple-Unsubscribe: true\r\n", b"").replace(b"Auto-Submitted: auto-replied\r\n", b"")
    mailbox.receive(raw, recipients=[f"u+{damage}{token}@mail.example.com"])
    assert sent_mails() == []


def test_an_address_on_hold_gets_no_answer(mailbox: Mailbox) -> None:
    mailbox.world.apply_changes(SENDER, Change(HOLD, Entry(NOW, Source.AGENT, "{}")))
    mailbox.receive(mail(STOP))
    assert "o:0" in mailbox.registers() and sent_mails() == []


def test_the_answer_does_not_say_whether_an_address_is_known(mailbox: Mailbox) -> None:
    mailbox.world.apply_changes(SENDER, Change(out(0), Entry(Millis(NOW - 1), Source.LINK, "{}")))
    mailbox.receive(mail(STOP))
    mailbox.receive(mail(STOP, sender="stranger@example.net"), message_id="m2")
    known, stranger = answers()
    assert mail_text(known) == mail_text(stranger)


@pytest.mark.threat(
    "T33",
    "An attacker sends mails in the name of a person, who is flooded with answers of the company.",
    "Only authenticated senders get answers: one a day each, and 1,000 in all.",
)
def test_a_sender_gets_one_answer_a_day(mailbox: Mailbox) -> None:
    with time_machine.travel(NOW / 1000, tick=False) as clock:
        for number in range(3):
            mailbox.receive(mail(STOP), message_id=str(number))
        assert len(answers()) == 1
        clock.shift(DAY)
        mailbox.receive(mail(STOP), message_id="next day")
        assert len(answers()) == 2


def test_all_senders_together_get_a_thousand_answers_a_day(mailbox: Mailbox) -> None:
    with time_machine.travel(NOW / 1000, tick=False):
        key = f"{CountPrefix.ANSWERS}{format_day(NOW // (DAY * 1000))}#mail"
        client("dynamodb").put_item(TableName="Control", Item={"pk": {"S": key}, "n": {"N": "999"}})
        for number in range(3):
            mailbox.receive(mail(STOP, sender=f"reader{number}@example.net"), message_id=str(number))
    assert [sent["To"] for sent in answers()] == ["reader0@example.net"]
    assert mailbox.registers("reader2@example.net") == {"o:0"}


def test_the_count_of_answers_names_nobody(mailbox: Mailbox) -> None:
    mailbox.receive(mail(STOP))
    stored = str(mailbox.world.items("Control"))
    assert CountPrefix.ANSWERS in stored
    assert "recipient" not in stored and mailbox.world.recipient(SENDER) not in stored


def fail(*_: object, **__: object) -> None:
    raise ReadTimeoutError(endpoint_url="https://aws")


def test_an_answer_that_fails_leaves_the_opt_out_and_is_not_repeated(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(parts().client("sesv2", once=True), "send_email", fail)
        assert mailbox.receive(mail(STOP)) == NO_FAILURES
    assert (mailbox.registers(), mailbox.objects()) == ({"o:0"}, [])
    assert metrics(capsys) == {"MailOptOutRecorded": 1, "MailAnswerFailed": 1}
    assert mailbox.notify() == NO_FAILURES and sent_mails() == []


def test_a_mail_that_is_delivered_again_has_one_answer(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(parts().client("s3"), "delete_object", fail)
        assert mailbox.receive(mail(STOP))["batchItemFailures"]
        assert sent_mails() == []
    for _ in range(2):
        assert mailbox.notify() == NO_FAILURES
    assert len(answers()) == 1


HOSTILE: list[Any] = [
    b"Message-ID: <a@example.net>\r\n <b@example.net>\r\n",
    b"Message-ID: <=?utf-8?q?a=0D=0ABcc=3A_victim=40example=2Eorg?=@example.net>\r\n",
    b"Message-ID: " + b"<" + b"a" * 300 + b"@example.net>\r\n",
    b"Message-ID: <a@example.net> Bcc: victim@example.org\r\n",
]


@pytest.mark.parametrize("field", HOSTILE)
def test_no_message_id_adds_a_header_to_the_answer(mailbox: Mailbox, field: bytes) -> None:
    subject = "=?utf-8?q?stop=0D=0ABcc=3A_victim=40example=2Eorg?="
    sender = f"=?utf-8?q?a=0D=0ABcc=3A_victim=40example=2Eorg?= <{SENDER}>"
    sent = answer(mailbox, field + mail(STOP, subject, sender))
    assert "In-Reply-To" not in sent and "Bcc" not in sent and "victim" not in sent.as_string()
    assert [address.addr_spec for address in sent["To"].addresses] == [SENDER]


def test_a_long_message_id_stays_on_one_line(mailbox: Mailbox) -> None:
    message_id = f"<{'a' * 200}@example.net>"
    sent = answer(mailbox, f"Message-ID: {message_id}\r\n".encode() + mail(STOP))
    assert sent["In-Reply-To"] == message_id
    (message,) = ses_backends[ACCOUNT]["us-east-1"].sent_messages
    assert f"\r\nIn-Reply-To: {message_id}\r\n" in message.raw_data


def test_without_a_sender_address_there_is_no_answer(mailbox: Mailbox) -> None:
    restart(MAIL_FROM="")
    mailbox.receive(mail(STOP))
    assert mailbox.registers() == {"o:0"} and sent_mails() == []
