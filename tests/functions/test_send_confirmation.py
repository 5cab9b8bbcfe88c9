"""The mail with the confirmation link: what it says, and when there is none."""

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
from heed.domain.privacy.erasure import ErasureCause, ErasureReport
from heed.domain.recipients.address import normalise_address
from tests.support import mailbox
from tests.support.deployment import World, http, parts, restart
from tests.support.registers import scope_numbers

READER = "reader@example.com"
MINUTE = 60_000
LANGUAGES = ("de", "en", "es", "fr", "ja")


def request(**more: Any) -> ConfirmationRequest:
    asked = ConfirmationRequest(
        id="r1",
        address=READER,
        intent=Intent.IN,
        scopes=scope_numbers(2, 5),
        language="en",
        at=time.time_ns() // 1_000_000 - MINUTE,
        base_url="https://prefs.example.com",
        network="192.0.2.0/24",
    )
    return replace(asked, **more)


def deliver(world: World, *requests: ConfirmationRequest) -> list[str]:
    """Ids of the messages that are given back."""
    records = [{"messageId": str(place), "body": one.to_message()} for place, one in enumerate(requests)]
    answer = app.handler({"Records": records}, world.context)
    return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


# ---- What it says


def test_the_mail_comes_from_the_brand_to_the_address_with_one_click_to_leave(world: World) -> None:
    assert deliver(world, request()) == []
    (mail,) = mailbox.sent()
    assert mail["From"] == "Meridian Watches <preferences@example.com>"
    assert mail["To"] == READER
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "<confirmations.meridian.example.com>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    https, mailto = mail["List-Unsubscribe"].split(", ")
    assert https.startswith(f"<https://prefs.example.com{mailbox.link(mail, 'u')}")
    assert mailto.startswith("<mailto:u+") and mailto.endswith("@mail.example.com?subject=unsubscribe>")


def test_the_list_headers_are_each_one_line_as_they_leave(world: World) -> None:
    deliver(world, request())
    (sent,) = ses_backends[mailbox.ACCOUNT]["us-east-1"].sent_messages
    head = sent.raw_data.partition("\r\n\r\n")[0].split("\r\n")
    (line,) = (line for line in head if line.startswith("List-Unsubscribe:"))
    assert line.count("<https://") == 1 and line.endswith(">") and len(line) < 998
    assert all(len(line) < 998 for line in sent.raw_data.split("\r\n"))
    assert "\n" not in sent.raw_data.replace("\r\n", "")


def test_it_goes_through_its_own_configuration_set_and_names_the_recipient_to_ses_alone(
    world: World,
) -> None:
    seen: list[dict[str, Any]] = []
    parts().client("sesv2", once=True).meta.events.register(
        "provide-client-params.sesv2.SendEmail", lambda params, **_: seen.append(params)
    )
    deliver(world, request())
    (sent,) = seen
    assert sent["ConfigurationSetName"] == "confirmations"
    assert sent["Destination"] == {"ToAddresses": [READER]}
    assert sent["EmailTags"] == [{"Name": "heed-recipient", "Value": world.recipient(READER)}]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", Intent)
def test_in_each_language_it_says_what_why_how_to_withdraw_and_who_sends_it(
    world: World, language: str, intent: Intent
) -> None:
    scopes = (2, 5) if intent is Intent.IN else ()
    deliver(world, request(language=language, intent=intent, scopes=scopes))
    (mail,) = mailbox.sent()
    names = [parts().catalogue.topics[number].names[language] for number in scopes]
    html, plain = mailbox.text(mail, "html"), mailbox.text(mail)
    for words in (html, plain):
        for part in ("Meridian Watches", "1 Example Street", "48", *names):
            assert part in words
        assert "{" not in words.partition("<body")[2] + plain and "\u2060" not in words
        assert mailbox.link(mail) in words and mailbox.link(mail, "u") in words
        assert f"?lang={language}" in words
    assert f'<html lang="{language}">' in html and mail["Content-Language"] == language
    assert "<img" not in html and "src=" not in html and html.count("https://") == 2
    assert "Meridian Watches" in mail["Subject"]


def test_the_five_languages_have_words_of_their_own(world: World) -> None:
    for place, language in enumerate(LANGUAGES):
        deliver(world, request(id=language, language=language, address=f"a{place}@example.com"))
    assert len({mail["Subject"] for mail in mailbox.sent()}) == 5


def test_no_address_stands_in_its_links(world: World) -> None:
    deliver(world, request())
    (mail,) = mailbox.sent()
    for link in (mailbox.link(mail), mailbox.link(mail, "u"), mail["List-Unsubscribe"]):
        assert "reader" not in link and "%40" not in link


def test_its_link_confirms_as_of_the_request_and_the_other_one_stops_everything_for_ever(
    world: World,
) -> None:
    asked = request()
    deliver(world, asked)
    (mail,) = mailbox.sent()
    press = http("POST", mailbox.link(mail), at=asked.at + 5 * MINUTE)
    assert resubscribe.handler(press, world.context)["statusCode"] == 200
    assert world.items()[0]["k:5"]["M"]["t"] == {"N": str(asked.at)}
    years_later = http("POST", mailbox.link(mail, "u"), at=asked.at + 10**11, body=b"")
    assert unsubscribe.handler(years_later, world.context)["statusCode"] == 200
    record = parts().preferences.read(world.recipient(READER))
    marketing = parts().catalogue.marketing(ScopeNumber(0))
    assert not any(decide(record, topic, asked.at + 10**11).sendable for topic in marketing)


def test_a_way_out_carries_no_address_at_all(world: World) -> None:
    deliver(world, request(intent=Intent.OUT, scopes=()))
    (mail,) = mailbox.sent()
    token = mailbox.link(mail).removeprefix("/c/")
    assert verify_confirmation_token(token, parts().confirmation_keys.confirmation_key).sealed == b""
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
def test_unusual_addresses_stay_what_they_are(world: World, address: str) -> None:
    seen: list[bytes] = []
    parts().client("sesv2", once=True).meta.events.register(
        "provide-client-params.sesv2.SendEmail",
        lambda params, **_: seen.append(params["Content"]["Raw"]["Data"]),
    )
    deliver(world, request(address=address))
    (to,) = mailbox.parsed(seen[0])["To"].addresses
    assert to.addr_spec == address


# ---- When there is none


@pytest.mark.parametrize("register", [MINOR, HOLD])
@pytest.mark.parametrize("intent", Intent)
def test_a_minor_and_a_held_address_are_left_alone(world: World, register: Register, intent: Intent) -> None:
    entry = Entry(5, Source.AGENT, "{}")
    parts().preferences.apply(world.recipient(READER), [Change(register, entry)], 9)
    assert deliver(world, request(intent=intent)) == [] and mailbox.sent() == []


@pytest.mark.parametrize("intent", Intent)
def test_what_was_asked_for_before_an_erasure_is_forgotten_with_it(world: World, intent: Intent) -> None:
    asked = request(intent=intent)
    report = ErasureReport(ErasureCause.ERASURE, asked.at, Source.LETTER, "letter 4", "key", "")
    parts().erase(world.recipient(READER), report)
    before = world.items("Control")
    assert deliver(world, asked) == [] and mailbox.sent() == []
    assert world.items("Control") == before, "nor is it counted"
    assert deliver(world, replace(asked, id="r2", at=asked.at + 1)) == [] and len(mailbox.sent()) == 1


def test_who_complained_may_come_back(world: World) -> None:
    world.put(READER, Change(COMPLAINT, Entry(5, Source.COMPLAINT, "{}")))
    deliver(world, request())
    assert len(mailbox.sent()) == 1


@pytest.mark.parametrize("local", ["rëader", "=?utf-8?q?a=0d=0ab?="])
def test_a_local_part_beyond_ascii_or_encoded_cannot_be_mailed_and_is_counted(
    world: World, capsys: pytest.CaptureFixture[str], local: str
) -> None:
    address = normalise_address(f"{local}@example.com")
    assert deliver(world, request(address=address)) == [] and mailbox.sent() == []
    assert "ConfirmationUnmailable" in capsys.readouterr().out


def test_a_request_that_could_not_be_sent_for_days_is_sent_with_a_link_that_lives(
    world: World,
) -> None:
    now = time.time_ns() // 1_000_000
    old = now - 60 * 60 * MINUTE
    assert deliver(world, request(at=old)) == []
    (mail,) = mailbox.sent()
    said = verify_confirmation_token(
        mailbox.link(mail).removeprefix("/c/"), parts().confirmation_keys.confirmation_key
    )
    assert said.issued == old and not said.is_expired(now + CONFIRMATION_LIFETIME)


def test_the_same_message_again_sends_no_second_mail(world: World) -> None:
    asked = request()
    assert deliver(world, asked, asked) == [] and deliver(world, asked) == []
    assert len(mailbox.sent()) == 1


def test_another_request_within_ten_minutes_sends_none_but_a_way_out_is_no_way_back(
    world: World,
) -> None:
    deliver(world, request(), request(id="r2"), request(id="r3", intent=Intent.OUT, scopes=()))
    assert len(mailbox.sent()) == 2


# ---- When something fails


def failing(*failures: Exception) -> list[int]:
    """Each failure, in turn, is what the answer to a mail that was taken is lost to."""
    left, taken = list(failures), [0]

    def lose(**_: Any) -> None:
        taken[0] += 1
        if left:
            raise left.pop(0)

    parts().client("sesv2", once=True).meta.events.register("after-call.sesv2.SendEmail", lose)
    return taken


def test_an_answer_that_is_lost_costs_one_mail_more_and_never_two(world: World) -> None:
    lost = ReadTimeoutError(endpoint_url="https://email")
    failing(lost, lost, lost, lost)
    asked = request()
    came = [deliver(world, asked) for _ in range(4)]
    assert came == [["0"], ["0"], [], []] and len(mailbox.sent()) == 2


def test_a_call_is_not_repeated_by_the_client_itself(world: World) -> None:
    failing(ReadTimeoutError(endpoint_url="https://email"))
    deliver(world, request())
    assert len(mailbox.sent()) == 1


def refuse(code: str, text: str = "no", status: int = 400) -> None:
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders

    said = {
        "ResponseMetadata": {"HTTPStatusCode": status},
        "Error": {"Code": code, "Message": text},
    }
    answer = (AWSResponse("https://email", status, HTTPHeaders(), None), said)
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
def test_what_can_mend_is_tried_again_until_it_does(world: World, code: str, text: str) -> None:
    refuse(code, text)
    asked = request()
    assert [deliver(world, asked) for _ in range(5)] == [["0"]] * 5
    restart()
    assert deliver(world, asked) == [] and len(mailbox.sent()) == 1


def test_what_ses_will_never_take_is_given_up(world: World) -> None:
    refuse("MessageRejected", "Address blacklisted")
    asked = request()
    assert deliver(world, asked) == []
    restart()
    assert deliver(world, asked) == [] and mailbox.sent() == []


@pytest.mark.parametrize("service", ["dynamodb", "kms"])
def test_without_tables_or_keys_nothing_is_sent_and_the_message_waits(world: World, service: str) -> None:
    def down(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://aws")

    parts().client(service).meta.events.register("before-send", down)
    assert deliver(world, request()) == ["0"] and mailbox.sent() == []
    restart()
    assert deliver(world, request()) == [] and len(mailbox.sent()) == 1


def test_what_was_never_put_there_by_us_is_put_aside_as_it_came(world: World) -> None:
    bodies = ["[]", "{}", '{"address": "a@b.example"}', "x"]
    for body in bodies:
        answer = app.handler({"Records": [{"messageId": "x", "body": body}]}, world.context)
        assert answer == {"batchItemFailures": []}
    assert sorted(world.messages("CONFIRMATION_REQUESTS_DLQ_URL")) == sorted(bodies)


@pytest.mark.parametrize("given", ["reader@example.org", "Reader@example.org", "x", "reader@example.com"])
def test_another_spelling_of_an_address_is_one_of_that_address(world: World, given: str) -> None:
    said = request(given=given).to_message()
    answer = app.handler({"Records": [{"messageId": "x", "body": said}]}, world.context)
    assert answer == {"batchItemFailures": []}
    is_one = given == "reader@example.com"
    assert len(mailbox.sent()) == is_one and len(world.messages("CONFIRMATION_REQUESTS_DLQ_URL")) == (
        not is_one
    )


def test_neither_address_nor_network_is_logged_or_kept(world: World, log: io.StringIO) -> None:
    deliver(world, request(), request(id="r2"), request(id="r3", address="rëader@example.com"))
    refuse("MessageRejected", "Address blacklisted: reader@example.com")
    deliver(world, request(id="r4", address="other@example.com"))
    kept = log.getvalue() + json.dumps(world.items("Control"))
    for part in ("reader@", "other@", "rëader", "192.0.2", "example.com"):
        assert part not in kept


def test_the_whole_way_back(world: World) -> None:
    form = [("address", f" Reader <{READER}>"), ("topics", "research"), ("intent", "in")]
    now = time.time_ns() // 1_000_000
    resubscribe.handler(http("POST", "/subscribe", form=form, at=now), world.context)
    mailbox.deliver(world, "CONFIRMATION_REQUESTS_QUEUE_URL", app.handler)
    (mail,) = mailbox.sent()
    resubscribe.handler(http("POST", mailbox.link(mail), at=now + 9), world.context)
    record = parts().preferences.read(world.recipient(READER))
    assert decide(record, parts().catalogue.topic("research"), now + 9).sendable
    sqs = boto3.client("sqs")
    assert "Messages" not in sqs.receive_message(QueueUrl=world.queues["CONFIRMATION_REQUESTS_QUEUE_URL"])
