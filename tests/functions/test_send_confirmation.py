"""The confirmation mail: its content, and requests that get no mail."""

from __future__ import annotations

import io
import json
import time
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from moto.ses.models import ses_backends

from functions.resubscribe import app as resubscribe
from functions.send_confirmation import app
from functions.unsubscribe import app as unsubscribe
from heed.domain.milliseconds import Millis
from heed.domain.opt_in.confirmation_request import ConfirmationRequest
from heed.domain.opt_in.confirmation_token import (
    CONFIRMATION_LIFETIME,
    Intent,
    verify_confirmation_token,
)
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import (
    COMPLAINT,
    HOLD,
    MINOR,
    Change,
    Entry,
    Register,
    ScopeNumber,
    Source,
)
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.domain.recipients.address import normalise_address
from tests.support import mailbox
from tests.support.deployment import World, http_event, parts, restart
from tests.support.registers import scope_numbers

READER = "reader@example.com"
MINUTE = 60_000
LANGUAGES = ("de", "en", "es", "fr", "ja")


def make_request(**more: Any) -> ConfirmationRequest:
    confirmation = ConfirmationRequest(
        id="r1",
        address=READER,
        intent=Intent.IN,
        scopes=scope_numbers(2, 5),
        language="en",
        at=Millis(time.time_ns() // 1_000_000 - MINUTE),
        base_url="https://prefs.example.com",
        origin="192.0.2.0/24",
    )
    return replace(confirmation, **more)


def deliver(world: World, *requests: ConfirmationRequest) -> list[str]:
    """Hands requests to the function; returns the ids of the messages to retry."""
    records = [
        {"messageId": str(index), "body": request.to_message()} for index, request in enumerate(requests)
    ]
    answer = app.handler({"Records": records}, world.context)
    return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


# ---- The content of the mail


def test_the_mail_has_the_sender_the_address_and_one_click_headers(world: World) -> None:
    assert deliver(world, make_request()) == []
    (mail,) = mailbox.sent_mails()
    assert mail["From"] == "Meridian Watches <preferences@example.com>"
    assert mail["To"] == READER
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "<confirmations.meridian.example.com>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    https, mailto = mail["List-Unsubscribe"].split(", ")
    assert https.startswith(f"<https://prefs.example.com{mailbox.link_path(mail, 'u')}")
    assert mailto.startswith("<mailto:u+") and mailto.endswith("@mail.example.com?subject=unsubscribe>")


def test_each_list_header_is_sent_on_one_line(world: World) -> None:
    deliver(world, make_request())
    (mail,) = ses_backends[mailbox.ACCOUNT]["us-east-1"].sent_messages
    head = mail.raw_data.partition("\r\n\r\n")[0].split("\r\n")
    (line,) = (line for line in head if line.startswith("List-Unsubscribe:"))
    assert line.count("<https://") == 1 and line.endswith(">") and len(line) < 998
    assert all(len(line) < 998 for line in mail.raw_data.split("\r\n"))
    assert "\n" not in mail.raw_data.replace("\r\n", "")


def test_the_mail_uses_its_configuration_set_and_tags_the_recipient(
    world: World,
) -> None:
    calls: list[dict[str, Any]] = []
    parts().client("sesv2", once=True).meta.events.register(
        "provide-client-params.sesv2.SendEmail", lambda params, **_: calls.append(params)
    )
    deliver(world, make_request())
    (call,) = calls
    assert call["ConfigurationSetName"] == "confirmations"
    assert call["Destination"] == {"ToAddresses": [READER]}
    assert call["EmailTags"] == [{"Name": "heed-recipient", "Value": world.recipient(READER)}]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", Intent)
def test_the_mail_names_topics_sender_and_links_in_each_language(
    world: World, language: str, intent: Intent
) -> None:
    scopes = (2, 5) if intent is Intent.IN else ()
    deliver(world, make_request(language=language, intent=intent, scopes=scopes))
    (mail,) = mailbox.sent_mails()
    names = [parts().catalogue.topics[number].names[language] for number in scopes]
    html, plain = mailbox.mail_text(mail, "html"), mailbox.mail_text(mail)
    for words in (html, plain):
        for part in ("Meridian Watches", "1 Example Street", "48", *names):
            assert part in words
        assert "{" not in words.partition("<body")[2] + plain and "\u2060" not in words
        assert mailbox.link_path(mail) in words and mailbox.link_path(mail, "u") in words
        assert f"?lang={language}" in words
    assert f'<html lang="{language}">' in html and mail["Content-Language"] == language
    assert "<img" not in html and "src=" not in html
    assert html.count("https://") == 5  # two links of this mail, and three to the website
    assert "Meridian Watches" in mail["Subject"]


@pytest.mark.parametrize(
    ("requested", "language"), [("en-GB", "en-GB"), ("de-AT", "de"), ("en-AU", "en"), ("xx", "en")]
)
def test_a_language_that_the_brand_has_lost_since_the_request_is_replaced_by_the_nearest(
    world: World, requested: str, language: str
) -> None:
    deliver(world, make_request(language=requested))
    (mail,) = mailbox.sent_mails()
    assert mail["Content-Language"] == language and f"?lang={language}" in mailbox.mail_text(mail)
    assert f'<html lang="{language}">' in mailbox.mail_text(mail, "html")


def test_the_five_languages_have_different_subjects(world: World) -> None:
    for index, language in enumerate(LANGUAGES):
        deliver(world, make_request(id=language, language=language, address=f"a{index}@example.com"))
    assert len({mail["Subject"] for mail in mailbox.sent_mails()}) == 5


def test_the_links_contain_no_address(world: World) -> None:
    deliver(world, make_request())
    (mail,) = mailbox.sent_mails()
    for link in (mailbox.link_path(mail), mailbox.link_path(mail, "u"), mail["List-Unsubscribe"]):
        assert "reader" not in link and "%40" not in link


def test_one_link_confirms_and_the_other_always_opts_out_of_everything(
    world: World,
) -> None:
    request = make_request()
    deliver(world, request)
    (mail,) = mailbox.sent_mails()
    press = http_event("POST", mailbox.link_path(mail), at=request.at + 5 * MINUTE)
    assert resubscribe.handler(press, world.context)["statusCode"] == 303
    assert world.items()[0]["k:5"]["M"]["t"] == {"N": str(request.at)}
    years_later = http_event("POST", mailbox.link_path(mail, "u"), at=request.at + 10**11, body=b"")
    assert unsubscribe.handler(years_later, world.context)["statusCode"] == 200
    record = parts().preferences.read(world.recipient(READER))
    marketing = parts().catalogue.marketing_topics(ScopeNumber(0))
    assert not any(decide(record, topic, Millis(request.at + 10**11)).sendable for topic in marketing)


def test_an_opt_out_link_contains_no_encrypted_address(world: World) -> None:
    deliver(world, make_request(intent=Intent.OUT, scopes=()))
    (mail,) = mailbox.sent_mails()
    token = mailbox.link_path(mail).removeprefix("/c/")
    assert (
        verify_confirmation_token(token, parts().confirmation_keys.confirmation_key).encrypted_address == b""
    )
    assert len(token) < 64


@pytest.mark.parametrize(
    "address",
    [
        '"john smith"@example.com',
        "o'hara+x@example.com",
        "a@xn--bcher-kva.example",
        "!#$%&*/=?^_`{|}~@b.example",
    ],
)
def test_unusual_addresses_are_sent_unchanged(world: World, address: str) -> None:
    messages: list[bytes] = []
    parts().client("sesv2", once=True).meta.events.register(
        "provide-client-params.sesv2.SendEmail",
        lambda params, **_: messages.append(params["Content"]["Raw"]["Data"]),
    )
    deliver(world, make_request(address=address))
    (to,) = mailbox.parse_mail(messages[0])["To"].addresses
    assert to.addr_spec == address


# ---- Requests that get no mail


@pytest.mark.parametrize("register", [MINOR, HOLD])
@pytest.mark.parametrize("intent", Intent)
def test_a_minor_and_an_address_on_hold_get_no_mail(world: World, register: Register, intent: Intent) -> None:
    entry = Entry(Millis(5), Source.AGENT, "{}")
    parts().preferences.apply(world.recipient(READER), [Change(register, entry)], Millis(9))
    assert deliver(world, make_request(intent=intent)) == [] and mailbox.sent_mails() == []


@pytest.mark.parametrize("intent", Intent)
def test_a_request_from_before_an_erasure_gets_no_mail(world: World, intent: Intent) -> None:
    request = make_request(intent=intent)
    report = ErasureRequest(ErasureCause.ERASURE, request.at, Source.LETTER, "letter 4", "key", "")
    parts().erase(world.recipient(READER), report)
    before = world.items("Control")
    assert deliver(world, request) == [] and mailbox.sent_mails() == []
    assert world.items("Control") == before, "the request is not counted"
    assert (
        deliver(world, replace(request, id="r2", at=Millis(request.at + 1))) == []
        and len(mailbox.sent_mails()) == 1
    )


def test_a_person_who_complained_can_get_a_confirmation_mail(world: World) -> None:
    world.apply_changes(READER, Change(COMPLAINT, Entry(Millis(5), Source.COMPLAINT, "{}")))
    deliver(world, make_request())
    assert len(mailbox.sent_mails()) == 1


@pytest.mark.parametrize("local", ["rëader", "=?utf-8?q?a=0d=0ab?="])
def test_an_address_that_cannot_be_mailed_is_counted(
    world: World, capsys: pytest.CaptureFixture[str], local: str
) -> None:
    address = normalise_address(f"{local}@example.com")
    assert deliver(world, make_request(address=address)) == [] and mailbox.sent_mails() == []
    assert "ConfirmationUnmailable" in capsys.readouterr().out


def test_an_old_request_gets_a_valid_link(
    world: World,
) -> None:
    now = time.time_ns() // 1_000_000
    requested_at = now - 60 * 60 * MINUTE
    assert deliver(world, make_request(at=requested_at)) == []
    (mail,) = mailbox.sent_mails()
    token = verify_confirmation_token(
        mailbox.link_path(mail).removeprefix("/c/"), parts().confirmation_keys.confirmation_key
    )
    assert token.requested_at == requested_at and not token.is_expired(Millis(now + CONFIRMATION_LIFETIME))


def test_a_duplicate_message_sends_no_second_mail(world: World) -> None:
    request = make_request()
    assert deliver(world, request, request) == [] and deliver(world, request) == []
    assert len(mailbox.sent_mails()) == 1


def test_a_second_request_within_ten_minutes_sends_a_mail_only_for_another_intent(
    world: World,
) -> None:
    deliver(world, make_request(), make_request(id="r2"), make_request(id="r3", intent=Intent.OUT, scopes=()))
    assert len(mailbox.sent_mails()) == 2


# ---- Failures


def failing(*failures: Exception) -> list[int]:
    """Lets SES take mails, but replaces its next answers by these failures."""
    remaining, calls = list(failures), [0]

    def lose_answer(**_: Any) -> None:
        calls[0] += 1
        if remaining:
            raise remaining.pop(0)

    parts().client("sesv2", once=True).meta.events.register("after-call.sesv2.SendEmail", lose_answer)
    return calls


def test_lost_answers_cost_at_most_one_extra_mail(world: World) -> None:
    timeout = ReadTimeoutError(endpoint_url="https://email")
    failing(timeout, timeout, timeout, timeout)
    request = make_request()
    failed = [deliver(world, request) for _ in range(4)]
    assert failed == [["0"], ["0"], [], []] and len(mailbox.sent_mails()) == 2


def test_the_client_does_not_retry_a_call(world: World) -> None:
    failing(ReadTimeoutError(endpoint_url="https://email"))
    deliver(world, make_request())
    assert len(mailbox.sent_mails()) == 1


def refuse(code: str, text: str = "no", status: int = 400) -> None:
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders

    body = {
        "ResponseMetadata": {"HTTPStatusCode": status},
        "Error": {"Code": code, "Message": text},
    }
    answer = (AWSResponse("https://email", status, HTTPHeaders(), None), body)
    parts().client("sesv2", once=True).meta.events.register("before-call.sesv2.SendEmail", lambda **_: answer)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("TooManyRequestsException", "slow down"),
        ("SendingPausedException", "paused"),
        ("AccountSuspendedException", "suspended"),
        ("MailFromDomainNotVerifiedException", "not verified"),
        ("MessageRejected", "Email address is not verified."),
        ("NotFoundException", "no such configuration set"),
    ],
)
def test_a_temporary_failure_is_retried_until_it_ends(world: World, code: str, text: str) -> None:
    refuse(code, text)
    request = make_request()
    assert [deliver(world, request) for _ in range(5)] == [["0"]] * 5
    restart()
    assert deliver(world, request) == [] and len(mailbox.sent_mails()) == 1


def test_a_permanent_rejection_is_not_retried(world: World) -> None:
    refuse("MessageRejected", "Address blacklisted")
    request = make_request()
    assert deliver(world, request) == []
    restart()
    assert deliver(world, request) == [] and mailbox.sent_mails() == []


@pytest.mark.parametrize("service", ["dynamodb", "kms"])
def test_a_failure_of_tables_or_keys_sends_nothing_and_is_retried(world: World, service: str) -> None:
    def time_out(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://aws")

    parts().client(service).meta.events.register("before-send", time_out)
    assert deliver(world, make_request()) == ["0"] and mailbox.sent_mails() == []
    restart()
    assert deliver(world, make_request()) == [] and len(mailbox.sent_mails()) == 1


def test_a_foreign_message_is_dead_lettered_unchanged(world: World) -> None:
    bodies = ["[]", "{}", '{"address": "a@b.example"}', "x"]
    for body in bodies:
        answer = app.handler({"Records": [{"messageId": "x", "body": body}]}, world.context)
        assert answer == {"batchItemFailures": []}
    assert sorted(world.messages("CONFIRMATION_REQUESTS_DLQ_URL")) == sorted(bodies)


@pytest.mark.parametrize("entered", ["reader@example.org", "Reader@example.org", "x", "reader@example.com"])
def test_the_entered_spelling_must_match_the_address(world: World, entered: str) -> None:
    body = make_request(given=entered).to_message()
    answer = app.handler({"Records": [{"messageId": "x", "body": body}]}, world.context)
    assert answer == {"batchItemFailures": []}
    is_same = entered == "reader@example.com"
    assert len(mailbox.sent_mails()) == is_same and len(world.messages("CONFIRMATION_REQUESTS_DLQ_URL")) == (
        not is_same
    )


def test_neither_address_nor_network_is_logged_or_stored(world: World, log: io.StringIO) -> None:
    deliver(world, make_request(), make_request(id="r2"), make_request(id="r3", address="rëader@example.com"))
    refuse("MessageRejected", "Address blacklisted: reader@example.com")
    deliver(world, make_request(id="r4", address="other@example.com"))
    stored = log.getvalue() + json.dumps(world.items("Control"))
    for part in ("reader@", "other@", "rëader", "192.0.2", "example.com"):
        assert part not in stored


def test_a_double_opt_in_works_from_form_to_record(world: World) -> None:
    form = [("address", f" Reader <{READER}>"), ("topics", "research"), ("intent", "in")]
    now = time.time_ns() // 1_000_000
    resubscribe.handler(http_event("POST", "/subscribe", form=form, at=now), world.context)
    mailbox.deliver_messages(world, "CONFIRMATION_REQUESTS_QUEUE_URL", app.handler)
    (mail,) = mailbox.sent_mails()
    resubscribe.handler(http_event("POST", mailbox.link_path(mail), at=now + 9), world.context)
    record = parts().preferences.read(world.recipient(READER))
    assert decide(record, parts().catalogue.topic_by_name("research"), Millis(now + 9)).sendable
    sqs = boto3.client("sqs")
    assert "Messages" not in sqs.receive_message(QueueUrl=world.queues["CONFIRMATION_REQUESTS_QUEUE_URL"])
