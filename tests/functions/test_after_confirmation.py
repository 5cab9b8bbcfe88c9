"""After a confirmed yes: SES's own stop goes, and the adopter is told once, if it wants to be."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.after_confirmation import app
from functions.resubscribe import app as resubscribe
from functions.send_confirmation import app as send_confirmation
from functions.ses_list import app as ses_list
from heed.adapters.kms.address_encryption import KmsAddressEncryption
from heed.domain.opt_in.confirmed_opt_in import ConfirmedOptIn
from heed.domain.preferences.register import (
    COMPLAINT,
    DAY_MS,
    UNDELIVERABLE,
    Change,
    Entry,
    Register,
    Source,
)
from heed.domain.privacy.erasure import ErasureCause, ErasureReport
from heed.domain.recipients.address import normalise_address
from heed.use_cases.ports.privacy import PurgeSubject
from tests.support import mailbox
from tests.support.deployment import NOW, World, http, parts

READER = "reader+x@example.com"


@pytest.fixture
def ses(world: World) -> Iterator[mailbox.SuppressionList]:
    world.context.left = 90_000
    with mailbox.suppression_list() as held:
        held.addresses.add(READER)
        yield held


def opt_in(world: World, press: str = "p1", issued: int = NOW, given: str = READER) -> ConfirmedOptIn:
    seal = KmsAddressEncryption(parts().client("kms"), parts().config.address_key)
    return ConfirmedOptIn(press, world.recipient(given), issued, ("offers", "news"), seal.encrypt(given))


def deliver(world: World, *waiting: ConfirmedOptIn) -> list[str]:
    records = [{"messageId": str(n), "body": one.to_message()} for n, one in enumerate(waiting)]
    answer = app.handler({"Records": records}, world.context)
    return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


def unlisted(world: World) -> None:
    """What was handed on is done, and comes back."""
    while mailbox.deliver(world, "SES_LIST_QUEUE_URL", ses_list.handler):
        pass
    while mailbox.deliver(world, "CONFIRMED_OPT_INS_QUEUE_URL", app.handler):
        pass


def told(world: World) -> list[dict[str, Any]]:
    return [json.loads(body) for body in world.messages("OPT_IN_NOTIFICATIONS_QUEUE_URL")]


def test_ses_drops_mail_to_the_address_no_longer_and_the_adopter_is_told(
    world: World, ses: mailbox.SuppressionList
) -> None:
    assert deliver(world, opt_in(world)) == []
    unlisted(world)
    assert ses.addresses == set()
    assert told(world) == [
        {
            "id": f"{world.recipient(READER)}#{NOW}",
            "address": READER,
            "recipient": world.recipient(READER),
            "topics": ["offers", "news"],
            "at": "2026-03-05T09:12:44.390Z",
        }
    ]


def test_an_address_that_is_not_on_the_list_is_well(world: World, ses: mailbox.SuppressionList) -> None:
    ses.addresses.clear()
    assert deliver(world, opt_in(world)) == []
    unlisted(world)
    assert len(told(world)) == 1 and world.messages("SES_LIST_DLQ_URL") == []


@pytest.mark.parametrize(
    ("given", "listed"),
    [
        ("Joan.Smith@Example.COM", "Joan.Smith@Example.COM"),
        ("Joan.Smith@Example.COM", "Joan.Smith@example.com"),
        ("Joan.Smith@Example.COM", "joan.smith@example.com"),
        ("Joan <Joan.Smith@example.com>", "Joan.Smith@example.com"),
        ("Joan+Watches@example.com", "Joan+Watches@example.com"),
        ("Joan@exämple.com", "Joan@xn--exmple-cua.com"),
        ("rfc822; Joan@Example.com", "Joan@Example.com"),
    ],
)
def test_an_address_comes_off_the_list_as_people_write_it(
    world: World, ses: mailbox.SuppressionList, given: str, listed: str
) -> None:
    """From the form at /subscribe to the call of SES, which finds an entry by its exact spelling."""
    now = time.time_ns() // 1_000_000
    ses.addresses = {listed}
    entered = {"address": given, "topics": "offers", "intent": "in"}
    told_so = resubscribe.handler(http("POST", "/subscribe", form=entered, at=now), world.context)
    assert told_so["statusCode"] == 202
    mailbox.deliver(world, "CONFIRMATION_REQUESTS_QUEUE_URL", send_confirmation.handler)
    pressed = http("POST", mailbox.link(mailbox.sent()[-1]), at=now + 1)
    assert resubscribe.handler(pressed, world.context)["statusCode"] == 200
    mailbox.deliver(world, "CONFIRMED_OPT_INS_QUEUE_URL", app.handler)
    unlisted(world)
    assert ses.addresses == set()
    assert [one["address"] for one in told(world)] == [normalise_address(given)]


def test_who_writes_an_address_as_nearly_everybody_does_costs_one_call(
    world: World, ses: mailbox.SuppressionList
) -> None:
    deliver(world, opt_in(world))
    unlisted(world)
    assert ses.removed == [READER] and ses.pages == 0


def _bounced(world: World, register: Register) -> None:
    world.put(READER, Change(register, Entry(NOW - 1, Source.BOUNCE, "{}")))


@pytest.mark.parametrize("register", [UNDELIVERABLE, COMPLAINT])
def test_of_whom_ses_may_have_on_its_list_the_adopter_hears_when_they_are_off_it(
    world: World, ses: mailbox.SuppressionList, register: Register
) -> None:
    _bounced(world, register)
    assert deliver(world, opt_in(world)) == [] and told(world) == []
    ses.failure = "TooManyRequestsException"
    unlisting = world.messages("SES_LIST_QUEUE_URL")
    records = [{"messageId": "0", "body": unlisting[0]}]
    assert ses_list.handler({"Records": records}, world.context)["batchItemFailures"]
    assert told(world) == []
    ses.failure = ""
    mailbox.show_again("SES_LIST_QUEUE_URL")
    unlisted(world)
    assert ses.addresses == set() and len(told(world)) == 1


def test_the_others_are_told_of_at_once_however_many_wait_for_ses(
    world: World, ses: mailbox.SuppressionList
) -> None:
    ses.failure = "TooManyRequestsException"
    for number in range(5):
        who = f"reader{number}@example.com"
        assert deliver(world, opt_in(world, given=who)) == []
    assert len(told(world)) == 5 and ses.pauses == []


def test_an_address_that_ses_refuses_is_put_aside_and_the_adopter_is_told(
    world: World, ses: mailbox.SuppressionList, log: io.StringIO
) -> None:
    odd = "Reader/Two@example.com"
    ses.addresses = {odd}
    world.put(odd, Change(UNDELIVERABLE, Entry(NOW - 1, Source.BOUNCE, "{}")))
    waiting = opt_in(world, given=odd)
    deliver(world, waiting)
    unlisted(world)
    assert ses.addresses == {odd}, "it is not taken for done"
    # As it came: it can be put back once a person has seen to it.
    assert world.messages("SES_LIST_DLQ_URL") == [waiting.to_message()]
    assert len(told(world)) == 1
    assert "Two" not in log.getvalue() and "SesListAddressRemoved" not in log.getvalue()


def test_the_adopter_is_told_once_however_often_it_is_pressed_and_delivered(
    world: World, ses: mailbox.SuppressionList
) -> None:
    first, second = opt_in(world), opt_in(world, "p2")
    for waiting in (first, first, second, second, first):
        assert deliver(world, waiting) == []
    assert len(told(world)) == 1
    assert deliver(world, opt_in(world, "p3", NOW + 1)) == []  # another request is another yes
    assert len(told(world)) == 1


@pytest.mark.parametrize("cause", [ErasureCause.MINOR, ErasureCause.ERASURE])
def test_of_whoever_was_erased_since_or_is_a_child_nobody_is_told_and_nothing_is_kept(
    world: World, ses: mailbox.SuppressionList, cause: ErasureCause
) -> None:
    report = ErasureReport(cause, NOW + 5, Source.PHONE, "call 1", "key", "")
    parts().erase(world.recipient(READER), report)
    before = world.items("Control")
    assert deliver(world, opt_in(world)) == []  # it waited in the queue all the while
    assert world.messages("SES_LIST_QUEUE_URL") == [], "the purge sees to that list"
    assert told(world) == [] and world.items("Control") == before
    if cause is ErasureCause.ERASURE:  # who asks again afterwards is another matter
        assert deliver(world, opt_in(world, "p2", NOW + 6)) == [] and len(told(world)) == 1


def test_a_purge_in_the_middle_leaves_nothing_of_a_telling(
    world: World, ses: mailbox.SuppressionList, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, opt_ins = parts().opt_in_notifications, parts().after_confirmation.opt_ins
    send = opt_ins.send  # type: ignore[union-attr]

    def purged_meanwhile(body: str) -> None:
        assert table.clear(PurgeSubject(world.recipient(READER), "")) == 1
        send(body)

    monkeypatch.setattr(opt_ins, "send", purged_meanwhile)
    assert deliver(world, opt_in(world)) == [] and len(told(world)) == 1
    assert world.items("Control") == []


def test_who_confirms_often_has_an_item_that_does_not_grow(world: World) -> None:
    table, recipient = parts().opt_in_notifications, world.recipient(READER)
    for week in range(20):
        now = NOW + week * 7 * DAY_MS
        assert table.begin(recipient, now, "p", now)
        table.finish(recipient, now)
        assert not table.begin(recipient, now, "other", now)
    (item,) = world.items("Control")
    assert len(item) <= 2 + 2 * 6
    assert item["expires"] == {"N": str((now + 30 * DAY_MS) // 1000)}


def test_an_adopter_that_does_not_want_to_is_not_told(world: World, ses: mailbox.SuppressionList) -> None:
    waiting = opt_in(world)
    parts().config.opt_in_notifications_queue_url = ""
    assert deliver(world, waiting) == []
    unlisted(world)
    assert ses.addresses == set() and told(world) == [] and len(ses.removed) == 1
    assert deliver(world, opt_in(world, "p2"), waiting) == []
    unlisted(world)
    assert len(ses.removed) == 1


@pytest.mark.threat(
    "W7",
    "Presses of one link each ask SES, which takes one call a second, and hold everybody else's up.",
    "A press of a confirmation that another has taken ends before the first call of SES.",
)
def test_another_press_of_the_same_link_asks_neither_ses_nor_for_patience(
    world: World, ses: mailbox.SuppressionList
) -> None:
    for n in range(20):
        assert deliver(world, opt_in(world, f"p{n}")) == []
        unlisted(world)
    assert len(ses.removed) == len(ses.pauses) == 1


def test_a_queue_of_the_adopter_that_fails_loses_nothing(world: World, ses: mailbox.SuppressionList) -> None:
    sqs = boto3.client("sqs")
    sqs.delete_queue(QueueUrl=world.queues["OPT_IN_NOTIFICATIONS_QUEUE_URL"])
    waiting = opt_in(world)
    assert deliver(world, waiting) == ["0"]
    sqs.create_queue(QueueName="OPT_IN_NOTIFICATIONS_QUEUE_URL")
    assert deliver(world, opt_in(world, "p2")) == []  # another press leaves it to the first
    assert deliver(world, waiting) == [] and len(told(world)) == 1


def test_what_was_sealed_for_something_else_is_put_aside(world: World, ses: mailbox.SuppressionList) -> None:
    kms = parts().client("kms")
    foreign = kms.encrypt(KeyId=parts().config.address_key, Plaintext=READER.encode())
    for sealed in (b"none of ours", foreign["CiphertextBlob"]):
        waiting = ConfirmedOptIn("p", world.recipient(READER), NOW, ("offers",), sealed)
        assert deliver(world, waiting) == []
        assert world.messages("CONFIRMED_OPT_INS_DLQ_URL") == [waiting.to_message()]
        records = [{"messageId": "0", "body": waiting.to_message()}]
        assert ses_list.handler({"Records": records}, world.context) == {"batchItemFailures": []}
        assert world.messages("SES_LIST_DLQ_URL") == [waiting.to_message()]
    assert ses.removed == []


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"sealed": "?"}'])
def test_what_was_never_put_there_by_us_is_put_aside_too(world: World, body: str) -> None:
    answer = app.handler({"Records": [{"messageId": "x", "body": body}]}, world.context)
    assert answer == {"batchItemFailures": []}


def test_no_address_is_logged_or_kept(world: World, ses: mailbox.SuppressionList, log: io.StringIO) -> None:
    waiting = opt_in(world)
    assert "reader" not in waiting.to_message()
    deliver(world, waiting)
    unlisted(world)
    ses.failure = "TooManyRequestsException"
    deliver(world, opt_in(world, "p2", NOW + 5))
    records = [{"messageId": "0", "body": waiting.to_message()}]
    assert ses_list.handler({"Records": records}, world.context)["batchItemFailures"]
    assert "reader" not in log.getvalue() + str(world.items("Control"))
