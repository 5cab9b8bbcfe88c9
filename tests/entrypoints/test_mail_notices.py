from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.domain.errors import MalformedMessage
from heed.domain.mailbox.inbound_mail import Receipt, Verdict
from heed.domain.milliseconds import Millis
from heed.entrypoints.inbound_mail.mime import parse_mail
from heed.entrypoints.inbound_mail.notices import MailNotice, StoredMail, parse_mail_notices
from tests.support.inbound_mails import MAILS, RECEIVED
from tests.support.junk import json_values, message_bodies

LATER = Millis(RECEIVED + 1_000)
MAIL = StoredMail("amzn-s3-demo-bucket", "inbound/d6iitobk75ur44p8kdnnp7g2n800example")
RECEIPT = Receipt(
    "d6iitobk75ur44p8kdnnp7g2n800example",
    RECEIVED,
    ("news@inbound.example.com",),
    spam=Verdict.PASS,
    virus=Verdict.PASS,
    dmarc=Verdict.PASS,
)


def notice_text(name: str) -> str:
    return (MAILS / "notices" / f"{name}.json").read_text()


def parse_one(body: str, queued_at: Millis = LATER) -> MailNotice:
    (notice,) = parse_mail_notices(body, queued_at)
    return notice


def s3_notice() -> dict[str, Any]:
    event = json.loads(notice_text("s3-action-alert-no-content.sns-lambda"))
    content: dict[str, Any] = json.loads(event["Records"][0]["Sns"]["Message"])
    return content


def in_sns(content: object) -> str:
    return json.dumps({"Type": "Notification", "MessageId": "x", "Message": json.dumps(content)})


@pytest.mark.parametrize(
    "body",
    [
        notice_text("s3-action-alert-no-content.sns-lambda"),
        json.dumps(s3_notice()),
        in_sns(s3_notice()),
    ],
)
def test_a_notice_of_a_stored_mail_is_read_in_each_envelope(body: str) -> None:
    notice = parse_one(body)
    assert notice == MailNotice(RECEIPT, MAIL, notice.header)
    header = parse_mail(notice.header)
    assert (header.senders, header.subject) == (("recipient@example.net",), "unsubscribe")
    assert header.headers.first("return-path") == "<recipient@example.net>"


@pytest.mark.parametrize(
    ("mail", "fields"),
    [
        ({"headers": [{"name": "Subject", "value": "a\r\nFrom: b@example.net\r\n\r\ntext"}]}, ["subject"]),
        ({"headers": [{"name": "Subject\r\nFrom", "value": "b@example.net"}, None, 1, {}]}, ["subject from"]),
        ({"commonHeaders": {"subject": "unsubscribe"}}, ["subject"]),
        ({"headers": 1, "commonHeaders": {"subject": 1}}, ["subject"]),
    ],
)
def test_a_header_in_a_notice_has_the_fields_of_the_notice_alone(
    mail: dict[str, Any], fields: list[str]
) -> None:
    notice = s3_notice()
    names = [
        line.partition(b":")[0].decode().lower()
        for line in parse_one(json.dumps({**notice, "mail": mail})).header.split(b"\r\n")
    ]
    assert [name for name in names if name] == fields


def verdicts_of(name: str) -> tuple[Verdict, Verdict, Verdict]:
    """Returns the verdicts of a sample of a Lambda action, as an S3 action reports them."""
    content = json.loads(notice_text(name))["Records"][0]["ses"]
    content["receipt"]["action"] = s3_notice()["receipt"]["action"]
    receipt = parse_one(json.dumps(content)).receipt
    return receipt.spam, receipt.virus, receipt.dmarc


def test_verdicts_are_read_and_a_missing_or_failed_check_is_unknown() -> None:
    unknown = Verdict.UNKNOWN
    assert verdicts_of("lambda-action-dmarc-gray") == (Verdict.PASS, Verdict.PASS, Verdict.GRAY)
    assert verdicts_of("lambda-action-forged-dmarc-fail-reject")[2] is Verdict.FAIL
    assert verdicts_of("lambda-action-processing-failed") == (unknown, unknown, unknown)
    assert parse_one(notice_text("sns-action-no-encoding-field.raw")).receipt.dmarc is unknown


@pytest.mark.parametrize("status", ["DISABLED", "pass", "", None, 1, ["PASS"], "PASS "])
def test_only_the_exact_word_is_a_verdict(status: object) -> None:
    content = s3_notice()
    content["receipt"]["dmarcVerdict"] = {"status": status}
    assert parse_one(json.dumps(content)).receipt.dmarc is Verdict.UNKNOWN


def test_a_rule_may_send_the_mail_itself() -> None:
    for name in ("sns-action-content-utf8.sns-lambda", "sns-action-no-encoding-field.raw"):
        mail = parse_one(notice_text(name)).mail
        assert isinstance(mail, bytes) and mail.endswith(b"\r\n\r\nunsubscribe\r\n")
    content = json.loads(notice_text("sns-action-no-encoding-field.raw"))
    content["receipt"]["action"]["encoding"] = "BASE64"
    content["content"] = base64.b64encode(b"Subject: \xe9\r\n\r\n").decode()
    assert parse_one(json.dumps(content)).mail == b"Subject: \xe9\r\n\r\n"
    content["content"] = "é"
    with pytest.raises(MalformedMessage, match="base64"):
        parse_one(json.dumps(content))


def test_the_recipients_are_those_of_the_envelope() -> None:
    content = s3_notice()
    content["receipt"]["recipients"] = ["u+token@inbound.example.com"]
    assert parse_one(json.dumps(content)).receipt.recipients == ("u+token@inbound.example.com",)


@pytest.mark.parametrize(
    ("source", "has_return_path"), [("a@example.net", True), ("", False), ("<>", False), (None, True)]
)
def test_a_null_return_path_is_noticed(source: object, has_return_path: bool) -> None:
    content = s3_notice()
    content["mail"]["source"] = source
    assert parse_one(json.dumps(content)).receipt.has_return_path is has_return_path


def test_a_notice_of_the_bucket_has_no_verdicts_and_leaves_the_sender_in_doubt() -> None:
    notice = parse_one(notice_text("s3-event-inbound-mail-object-created"), Millis(RECEIVED + 5_000))
    assert notice.mail == MAIL
    assert notice.receipt == Receipt("d6iitobk75ur44p8kdnnp7g2n800example", Millis(1_772_701_966_192))
    key = "opt-outs/March 2026/list (a) é.csv"
    assert parse_one(notice_text("s3-event-url-encoded-key")).mail == StoredMail("amzn-s3-demo-bucket", key)


@pytest.mark.parametrize(
    "body",
    [
        notice_text("s3-event-test-event"),
        notice_text("s3-event-ses-setup-notification-object"),
        json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "…"}),
        json.dumps({"Type": "SubscriptionConfirmation", "Message": "You have chosen …"}),
        json.dumps({"Type": "Notification", "Message": "Successfully validated SNS topic for Amazon SES."}),
    ],
)
def test_a_test_of_aws_is_no_mail(body: str) -> None:
    assert parse_mail_notices(body, LATER) == []


@pytest.mark.parametrize(
    ("change", "time"),
    [
        (lambda content: content["receipt"].pop("timestamp"), LATER),
        (lambda content: content["receipt"].update(timestamp="soon"), LATER),
        (lambda content: content["receipt"].update(timestamp="2030-01-01T00:00:00Z"), LATER),
        (lambda content: content.pop("notificationType"), RECEIVED),
    ],
)
def test_a_mail_is_not_later_than_its_place_in_the_queue(
    change: Callable[[dict[str, Any]], object], time: Millis
) -> None:
    content = s3_notice()
    change(content)
    assert parse_one(json.dumps(content)).receipt.at == time


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        "{",
        "[" * 100_000,
        json.dumps({"Type": "Notification", "Message": {}}),
        json.dumps({"Type": "Notification", "Message": "{"}),
        json.dumps({"Records": ["x"]}),
        notice_text("lambda-action-dmarc-gray"),
    ],
)
def test_a_message_that_names_no_mail_is_malformed(body: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_mail_notices(body, LATER)


def test_a_refused_message_is_not_in_the_error() -> None:
    with pytest.raises(MalformedMessage) as refused:
        parse_mail_notices("{joan@example.com", LATER)
    assert "joan" not in str(refused.value) and refused.value.__cause__ is None


@given(
    message_bodies(in_sns(s3_notice())) | message_bodies(notice_text("s3-action-alert-no-content.sns-lambda"))
)
def test_no_message_fails_in_another_way(body: str) -> None:
    with suppress(MalformedMessage):
        parse_mail_notices(body, LATER)


@given(st.sampled_from(["receipt", "mail", "notificationType", "content", "s3"]), json_values)
def test_no_field_of_a_notice_fails_in_another_way(name: str, value: object) -> None:
    content = {**s3_notice(), name: value}
    with suppress(MalformedMessage):
        parse_mail_notices(json.dumps(content), LATER)
