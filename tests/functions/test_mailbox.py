"""The function `mailbox`: each mail is acted on as the table says, once, and deleted when that is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ReadTimeoutError

from functions.mailbox import app
from heed.adapters.dynamodb.daily_counts import CountPrefix
from heed.domain.links.link_token import TokenPurpose
from heed.domain.mailbox.case import CaseKind
from heed.domain.opt_in.confirmation_token import Intent
from heed.domain.preferences.register import DAY_MS, MINOR, Source
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.domain.rfc3339 import format_day
from heed.use_cases.mailbox.mail_requests import count_name
from tests.support.aws_calls import outside_handlers
from tests.support.crash import run_after_calls
from tests.support.deployment import NOW, World, client, parts, restart
from tests.support.inbound_mailbox import KEY, SENDER, Mailbox, notice_batch
from tests.support.inbound_mails import huge_mail, mint, read_mail
from tests.support.mailbox import sent_mails

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


@pytest.mark.parametrize("event", ["sender-authenticated", "dmarc-gray", "dmarc-fail"])
def test_a_doubtful_opt_out_is_a_case_and_its_sender_may_confirm_it(
    mailbox: Mailbox, event: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mailbox.receive(mail("Do not unsubscribe me yet."), event)
    (case,), (request,) = mailbox.cases(), mailbox.requests()
    assert (case.kind, case.recipient) == (CaseKind.OPT_OUT_DOUBTFUL, mailbox.world.recipient(SENDER))
    assert (request.address, request.intent) == (SENDER, Intent.OUT)
    assert (mailbox.registers(), sent_mails()) == (set(), [])
    assert metrics(capsys) == {"MailCaseOpened": 1, "MailConfirmationRequested": 1}


def test_a_doubtful_opt_out_without_a_link_is_one_case(
    mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    restart(MAIL_FROM="")
    mailbox.receive(mail("Do not unsubscribe me yet."))
    assert len(mailbox.cases()) == 1 and mailbox.requests() == []
    assert metrics(capsys) == {"MailCaseOpened": 1}


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


@pytest.mark.parametrize("event", ["sender-authenticated", "dmarc-fail"])
def test_a_mail_that_is_missing_is_counted_and_raises_an_alarm(
    mailbox: Mailbox, event: str, capsys: pytest.CaptureFixture[str], log: Any
) -> None:
    assert mailbox.notify(event) == NO_FAILURES
    assert (mailbox.registers(), mailbox.cases(), metrics(capsys)) == (set(), [], {"MailMissing": 1})
    assert '"mail is lost"' in log.getvalue()


@pytest.mark.parametrize("event", ["sender-authenticated", "dmarc-fail"])
def test_the_token_of_a_missing_mail_still_opts_out(
    mailbox: Mailbox, event: str, capsys: pytest.CaptureFixture[str]
) -> None:
    token = mailbox.world.token("jane@example.com", purpose=TokenPurpose.MAILTO)
    mailbox.notify(event, [f"u+{token}@mail.example.com"])
    assert mailbox.registers("jane@example.com") == {"o:2"}
    assert metrics(capsys) == {"MailMissing": 1, "MailOptOutRecorded": 1}
    before = mailbox.world.items()
    mailbox.notify(event, [f"u+{token}@mail.example.com"])
    assert mailbox.world.items() == before


def test_a_missing_reply_of_a_program_to_a_token_is_a_case(mailbox: Mailbox) -> None:
    """The notice has the subject of the mail, and no return path."""
    token = mailbox.world.token("jane@example.com", purpose=TokenPurpose.MAILTO)
    batch = json.dumps(notice_batch("null-return-path", [f"u+{token}@mail.example.com"]))
    app.handler(json.loads(batch.replace("unsubscribe", "Out of office")), mailbox.world.context)
    assert mailbox.registers("jane@example.com") == set()
    assert [case.recipient for case in mailbox.cases()] == [mailbox.world.recipient("jane@example.com")]


def test_a_missing_mail_with_a_virus_opts_nobody_out(mailbox: Mailbox) -> None:
    token = mailbox.world.token("jane@example.com", purpose=TokenPurpose.MAILTO)
    mailbox.notify("virus", [f"u+{token}@mail.example.com"])
    assert (mailbox.registers("jane@example.com"), mailbox.cases()) == (set(), [])


def test_a_plain_opt_out_of_a_postmaster_is_a_case_without_an_answer(mailbox: Mailbox) -> None:
    postmaster = "postmaster@example.net"
    mailbox.receive(mail("Please unsubscribe me.", sender=postmaster))
    (case,) = mailbox.cases()
    assert (case.kind, case.recipient) == (CaseKind.OPT_OUT_DOUBTFUL, mailbox.world.recipient(postmaster))
    assert (mailbox.registers(postmaster), sent_mails()) == (set(), [])


def test_an_opt_out_that_names_another_address_is_a_case_about_the_sender(mailbox: Mailbox) -> None:
    mailbox.receive(mail("Please unsubscribe me. I also had joan@example.org."))
    (case,) = mailbox.cases()
    assert (case.kind, case.recipient, case.names_other) == (
        CaseKind.OPT_OUT_DOUBTFUL,
        mailbox.world.recipient(SENDER),
        True,
    )


ERASURE = "Please delete all my personal data."


def count_cases(name: str, number: int) -> None:
    """Counts cases as of the moment at which the tests of caps freeze the clock."""
    key = f"{CountPrefix.CASES}{format_day(NOW // DAY_MS)}#{name}"
    item = {"pk": {"S": key}, "n": {"N": str(number)}}
    client("dynamodb").put_item(TableName="Control", Item=item)


@pytest.mark.threat(
    "T44",
    "Somebody floods the mailbox, so that the cases of honest people are refused or lost among others.",
    "Mails whose sender is not proven share 500 cases a day. A proven sender has 10, its domain 500, and all "
    "have 2,000.",
)
def test_a_flood_of_forged_mails_refuses_no_case_of_an_authenticated_sender(
    mailbox: Mailbox, capsys: pytest.CaptureFixture[str], log: Any
) -> None:
    with time_machine.travel(NOW / 1000, tick=False):
        count_cases("other", 499)
        for number, event in enumerate(["dmarc-fail", "dmarc-fail", "dmarc-gray", "spam-and-dmarc-fail"]):
            assert mailbox.receive(mail(ERASURE), event, message_id=str(number)) == NO_FAILURES
        assert (len(mailbox.cases()), mailbox.objects()) == (1, [])
        assert metrics(capsys)["MailCaseRefused"] == 1
        assert log.getvalue().count('"mail is lost"') == 3
        mailbox.receive(mail(ERASURE), message_id="honest")
    assert len(mailbox.cases()) == 2


def test_a_proven_sender_opens_ten_cases_a_day(mailbox: Mailbox) -> None:
    with time_machine.travel(NOW / 1000, tick=False):
        for number in range(12):
            mailbox.receive(mail(ERASURE), message_id=str(number))
        assert len(mailbox.cases()) == 10
        mailbox.receive(mail(ERASURE, sender="else@example.net"), message_id="else")
    assert len(mailbox.cases()) == 11


@pytest.mark.parametrize("caps", ["domain", "all"])
def test_no_domain_and_no_day_opens_cases_without_end(mailbox: Mailbox, caps: str) -> None:
    with time_machine.travel(NOW / 1000, tick=False):
        if caps == "all":
            count_cases("proven", 1_999)
        else:
            count_cases(count_name(parts().identity_key.identity_key(), "cases of", "example.net"), 499)
        for number in range(3):
            mailbox.receive(mail(ERASURE, sender=f"a{number}@example.net"), message_id=str(number))
        assert len(mailbox.cases()) == 1
        mailbox.receive(mail(ERASURE, sender="a@example.org"), message_id="other")
    assert len(mailbox.cases()) == (1 if caps == "all" else 2)


@pytest.mark.parametrize("sender", [SENDER, "postmaster@example.net"])
def test_a_plain_opt_out_of_a_proven_sender_is_never_lost_to_a_cap(mailbox: Mailbox, sender: str) -> None:
    with time_machine.travel(NOW / 1000, tick=False):
        count_cases("proven", 2_000)
        mailbox.receive(mail("Please unsubscribe me.", sender=sender))
    assert (mailbox.registers(sender), mailbox.cases(), mailbox.objects()) == ({"o:0"}, [], [])


def test_a_mail_that_arrives_again_is_counted_once(mailbox: Mailbox) -> None:
    with time_machine.travel(NOW / 1000, tick=False):
        count_cases("proven", 1_999)
        for _ in range(2):
            mailbox.receive(mail(ERASURE))
    assert len(mailbox.cases()) == 1
    (count,) = [
        item["n"]["N"] for item in mailbox.world.items("Control") if item["pk"]["S"].endswith("#proven")
    ]
    assert count == "2000"


def test_only_the_first_mebibyte_of_a_mail_is_read(mailbox: Mailbox) -> None:
    mailbox.receive(huge_mail(3_000_000))
    assert mailbox.registers() == {"o:0"}


def test_a_notice_without_a_mail_goes_to_the_dead_letter_queue(mailbox: Mailbox) -> None:
    record = {"messageId": "1", "body": '{"receipt": {}}', "eventSource": "aws:sqs"}
    assert app.handler({"Records": [record]}, mailbox.world.context) == NO_FAILURES
    assert mailbox.world.messages("MAILBOX_DLQ_URL") == [record["body"]]
