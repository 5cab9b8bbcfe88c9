"""The function `mailbox`: each mail is acted on as the table says, once, and deleted when that is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from functions.mailbox import app
from heed.domain.links.link_token import TokenPurpose
from heed.domain.mailbox.case import CaseKind
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import MINOR, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from tests.support.aws_calls import outside_handlers
from tests.support.crash import run_after_calls
from tests.support.deployment import NOW, World, parts, restart
from tests.support.inbound_mailbox import KEY, SENDER, Mailbox
from tests.support.inbound_mails import huge_mail, mint, read_mail

NO_FAILURES: dict[str, Any] = {"batchItemFailures": []}


def mail(text: str, subject: str = "", sender: str = SENDER) -> bytes:
    return f"From: {sender}\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode()


@pytest.fixture
def mailbox(world: World) -> Mailbox:
    world.context.milliseconds_left = 60_000
    return Mailbox(world)


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    """Returns the counted metrics that begin with `Mail`."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return {
        name: sum(value) if isinstance(value, list) else value
        for line in lines
        if "_aws" in line
        for name, value in line.items()
        if name.startswith("Mail")
    }


@pytest.mark.parametrize(
    ("event", "effects"),
    [
        ("sender-authenticated", {"MailOptOutRecorded": 1, "MailAnswered": 1}),
        ("dmarc-gray", {"MailOptOutRecorded": 1}),
    ],
)
def test_the_opt_out_of_a_sender_is_stored_and_the_mail_is_deleted(
    mailbox: Mailbox, event: str, effects: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert mailbox.receive(read_mail("plain-unsubscribe"), event) == NO_FAILURES
    assert mailbox.registers() == {"o:0"}
    assert (mailbox.objects(), mailbox.cases()) == ([], [])
    assert metrics(capsys) == effects


@pytest.mark.parametrize("event", ["sender-authenticated", "dmarc-fail", "null-return-path"])
def test_the_mail_of_an_unsubscribe_button_opts_out_by_its_token_from_any_sender(
    mailbox: Mailbox, event: str
) -> None:
    token = mailbox.world.token("jane@example.com", purpose=TokenPurpose.MAILTO)
    raw = read_mail("apple-unsubscribe").replace(mint(TokenPurpose.MAILTO).encode(), token.encode())
    restart()  # so that the function itself derives the key of links
    assert mailbox.receive(raw, event, [f"u+{token}@mail.example.com"]) == NO_FAILURES
    assert mailbox.registers("jane@example.com") == {"o:2"}
    assert (mailbox.registers(), mailbox.objects(), mailbox.cases()) == (set(), [], [])


def test_a_forged_sender_gets_a_confirmation_link_and_nothing_is_stored(mailbox: Mailbox) -> None:
    mailbox.receive(read_mail("plain-unsubscribe"), "dmarc-fail")
    (request,) = mailbox.requests()
    assert (request.address, request.intent) == (SENDER, Intent.OUT)
    assert (mailbox.registers(), mailbox.objects(), mailbox.cases()) == (set(), [], [])


@pytest.mark.parametrize("setting", ["MAIL_FROM", "PUBLIC_URL"])
def test_without_confirmation_mails_a_person_decides(mailbox: Mailbox, setting: str) -> None:
    restart(**{setting: ""})
    mailbox.receive(read_mail("plain-unsubscribe"), "dmarc-fail")
    (case,) = mailbox.cases()
    assert (case.kind, case.recipient) == (CaseKind.OPT_OUT_DOUBTFUL, mailbox.world.recipient(SENDER))


def test_beyond_the_caps_of_confirmation_mails_a_person_decides(mailbox: Mailbox) -> None:
    restart(KEY_MAILS_PER_DAY="1")  # one today, and one that waits until tomorrow
    for _ in range(3):
        mailbox.receive(read_mail("plain-unsubscribe"), "dmarc-fail")
    assert len(mailbox.requests()) == 2
    assert [case.kind for case in mailbox.cases()] == [CaseKind.OPT_OUT_DOUBTFUL]


def test_a_mail_with_a_virus_is_dropped_and_counted(
    mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    mailbox.receive(read_mail("plain-unsubscribe"), "virus")
    assert (mailbox.registers(), mailbox.objects(), mailbox.cases()) == (set(), [], [])
    assert metrics(capsys) == {"MailVirusDropped": 1}


def test_an_erasure_request_becomes_a_case_that_keeps_the_mail(mailbox: Mailbox) -> None:
    raw = read_mail("erasure-request-gdpr")
    mailbox.receive(raw)
    (case,) = mailbox.cases()
    assert (case.kind, mailbox.objects(), mailbox.objects("cases/")) == (
        CaseKind.ERASURE,
        [],
        [f"cases/{case.id}"],
    )
    assert parts().case_mails.read(case.id) == raw


def test_a_child_about_its_own_address_stops_all_mail(mailbox: Mailbox) -> None:
    mailbox.receive(mail("I am only 11 years old and signed up without asking my parents."))
    assert mailbox.registers() == {MINOR.code, "o:0"}
    assert mailbox.cases() == []


def test_a_child_that_is_reported_twice_at_the_same_time_is_purged_once(mailbox: Mailbox) -> None:
    report = ErasureRequest(ErasureCause.MINOR, NOW, Source.PHONE, "call 1", "key", "")

    def report_by_phone() -> None:
        with outside_handlers():
            parts().erase(mailbox.world.recipient(SENDER), report)

    # The mail reads the record, counts the report, and orders the purge.
    with run_after_calls(3, report_by_phone) as calls:
        mailbox.receive(mail("I am only 11 years old and signed up without asking my parents."))
    assert calls[2] == "PutItem"
    assert mailbox.registers() == {MINOR.code, "o:0"}
    purges = [item for item in mailbox.world.items("Control") if item["pk"]["S"].startswith("purge#")]
    assert len(purges) == 1


def test_reports_of_children_pause_mail_within_the_cap_of_a_sender(mailbox: Mailbox) -> None:
    for number in range(5):
        text = f"My daughter is 9 years old and signed up. Her address is kid{number}@example.net."
        mailbox.receive(mail(text), message_id=str(number))
    assert [case.kind for case in mailbox.cases()] == [CaseKind.CHILD_REPORT] * 5
    paused = ["p:0" in mailbox.registers(f"kid{number}@example.net") for number in range(5)]
    assert paused == [True, True, True, False, False]


def test_a_second_delivery_of_a_notice_changes_nothing(mailbox: Mailbox) -> None:
    mailbox.receive(read_mail("plain-unsubscribe"))
    before = mailbox.world.items()
    assert mailbox.notify() == NO_FAILURES
    assert mailbox.world.items() == before


def test_a_second_delivery_of_a_mail_opens_no_second_case(mailbox: Mailbox) -> None:
    for _ in range(2):
        mailbox.receive(read_mail("erasure-request-gdpr"))
    assert len(mailbox.cases()) == len(mailbox.objects("cases/")) == 1


def test_a_mail_is_kept_until_the_opt_out_is_stored(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def time_out(*_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    with monkeypatch.context() as broken:
        broken.setattr(parts().client("dynamodb"), "update_item", lambda **_: time_out())
        assert mailbox.receive(read_mail("plain-unsubscribe"))["batchItemFailures"]
        assert mailbox.objects() == [KEY]
    assert mailbox.notify() == NO_FAILURES
    assert (mailbox.registers(), mailbox.objects()) == ({"o:0"}, [])


def test_only_the_first_mebibyte_of_a_mail_is_read(mailbox: Mailbox) -> None:
    mailbox.receive(huge_mail(3_000_000))
    assert mailbox.registers() == {"o:0"}


def test_a_notice_without_a_mail_goes_to_the_dead_letter_queue(mailbox: Mailbox) -> None:
    record = {"messageId": "1", "body": '{"receipt": {}}', "eventSource": "aws:sqs"}
    assert app.handler({"Records": [record]}, mailbox.world.context) == NO_FAILURES
    assert mailbox.world.messages("MAILBOX_DLQ_URL") == [record["body"]]
