"""After a confirmed opt-in: the address leaves the SES list, and the adopter's systems are notified once."""

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
from heed.config import Config
from heed.domain.errors import SuppressionListUnavailable
from heed.domain.milliseconds import Millis
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
from heed.domain.privacy.erasure import ErasureCause, ErasureRequest
from heed.domain.recipients.address import normalise_address
from heed.use_cases.ports.privacy import PurgedPerson
from heed.use_cases.ports.ses_list import ACCOUNT_LIST
from tests.support import mailbox
from tests.support.deployment import NOW, World, http_event, parts

READER = "reader+x@example.com"


@pytest.fixture
def ses(world: World) -> Iterator[mailbox.FakeSesList]:
    world.context.milliseconds_left = 90_000
    with mailbox.fake_ses_list() as suppression_list:
        suppression_list.addresses.add(READER)
        yield suppression_list


def opt_in(world: World, press: str = "p1", issued: Millis = NOW, address: str = READER) -> ConfirmedOptIn:
    encryption = KmsAddressEncryption(parts().client("kms"), parts().config.address_key)
    return ConfirmedOptIn(
        press, world.recipient(address), issued, ("offers", "news"), encryption.encrypt(address)
    )


def deliver(world: World, *opt_ins: ConfirmedOptIn) -> list[str]:
    records = [
        {"messageId": str(index), "body": message.to_message()} for index, message in enumerate(opt_ins)
    ]
    answer = app.handler({"Records": records}, world.context)
    return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


def run_queues(world: World) -> None:
    """Runs the queue of the SES list, and then the queue of confirmed opt-ins, until both are empty."""
    while mailbox.deliver_messages(world, "SES_LIST_QUEUE_URL", ses_list.handler):
        pass
    while mailbox.deliver_messages(world, "CONFIRMED_OPT_INS_QUEUE_URL", app.handler):
        pass


def notifications(world: World) -> list[dict[str, Any]]:
    return [json.loads(body) for body in world.messages("OPT_IN_NOTIFICATIONS_QUEUE_URL")]


def test_the_address_leaves_the_ses_list_and_the_adopter_is_notified(
    world: World, ses: mailbox.FakeSesList
) -> None:
    assert deliver(world, opt_in(world)) == []
    run_queues(world)
    assert ses.addresses == set()
    assert notifications(world) == [
        {
            "id": f"{world.recipient(READER)}#{NOW}",
            "address": READER,
            "recipient": world.recipient(READER),
            "topics": ["offers", "news"],
            "at": "2026-03-05T09:12:44.390Z",
        }
    ]


def test_the_address_leaves_the_list_of_each_tenant(
    world: World, ses: mailbox.FakeSesList, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SES reaches the list of a tenant only by its name."""
    ses.of_tenants = {"campaigns": {READER, "other@example.com"}, "partners": {READER}}
    tenants = Config({"SES_TENANTS": "campaigns,partners"}).ses_tenants
    monkeypatch.setattr(parts().ses_suppression_list, "_tenants", (ACCOUNT_LIST, *tenants))
    assert deliver(world, opt_in(world)) == []
    run_queues(world)
    assert ses.addresses == set()
    assert ses.of_tenants == {"campaigns": {"other@example.com"}, "partners": set()}
    assert len(notifications(world)) == 1


def test_a_removal_without_time_for_all_lists_is_repeated(world: World, ses: mailbox.FakeSesList) -> None:
    world.context.milliseconds_left = 40_000
    with pytest.raises(SuppressionListUnavailable):
        parts().remove_from_ses_list(opt_in(world), lambda: False)
    assert (ses.addresses, world.messages("CONFIRMED_OPT_INS_QUEUE_URL")) == ({READER}, [])


def test_an_address_that_is_not_on_the_list_is_no_failure(world: World, ses: mailbox.FakeSesList) -> None:
    ses.addresses.clear()
    assert deliver(world, opt_in(world)) == []
    run_queues(world)
    assert len(notifications(world)) == 1 and world.messages("SES_LIST_DLQ_URL") == []


@pytest.mark.parametrize(
    ("spelling", "listed"),
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
def test_an_address_is_removed_in_the_spelling_of_the_form(
    world: World, ses: mailbox.FakeSesList, spelling: str, listed: str
) -> None:
    """From the form to the call of SES, which finds an entry only by its exact spelling."""
    now = time.time_ns() // 1_000_000
    ses.addresses = {listed}
    form = {"address": spelling, "topics": "offers", "intent": "in"}
    answer = resubscribe.handler(http_event("POST", "/subscribe", form=form, at=now), world.context)
    assert answer["statusCode"] == 202
    mailbox.deliver_messages(world, "CONFIRMATION_REQUESTS_QUEUE_URL", send_confirmation.handler)
    press = http_event("POST", mailbox.link_path(mailbox.sent_mails()[-1]), at=now + 1)
    assert resubscribe.handler(press, world.context)["statusCode"] == 303
    mailbox.deliver_messages(world, "CONFIRMED_OPT_INS_QUEUE_URL", app.handler)
    run_queues(world)
    assert ses.addresses == set()
    assert [notification["address"] for notification in notifications(world)] == [normalise_address(spelling)]


def test_an_address_in_lower_case_needs_one_call(world: World, ses: mailbox.FakeSesList) -> None:
    deliver(world, opt_in(world))
    run_queues(world)
    assert ses.removed == [READER] and ses.pages_read == 0


def _add_bounce(world: World, register: Register) -> None:
    world.apply_changes(READER, Change(register, Entry(Millis(NOW - 1), Source.BOUNCE, "{}")))


@pytest.mark.parametrize("register", [UNDELIVERABLE, COMPLAINT])
def test_a_notification_after_a_bounce_waits_for_the_removal(
    world: World, ses: mailbox.FakeSesList, register: Register
) -> None:
    _add_bounce(world, register)
    assert deliver(world, opt_in(world)) == [] and notifications(world) == []
    ses.failure = "TooManyRequestsException"
    messages = world.messages("SES_LIST_QUEUE_URL")
    records = [{"messageId": "0", "body": messages[0]}]
    assert ses_list.handler({"Records": records}, world.context)["batchItemFailures"]
    assert notifications(world) == []
    ses.failure = ""
    mailbox.make_messages_visible("SES_LIST_QUEUE_URL")
    run_queues(world)
    assert ses.addresses == set() and len(notifications(world)) == 1


def test_notifications_without_a_bounce_do_not_wait_for_ses(world: World, ses: mailbox.FakeSesList) -> None:
    ses.failure = "TooManyRequestsException"
    for number in range(5):
        address = f"reader{number}@example.com"
        assert deliver(world, opt_in(world, address=address)) == []
    assert len(notifications(world)) == 5 and ses.pauses == []


def test_an_address_that_ses_refuses_is_dead_lettered_and_notified(
    world: World, ses: mailbox.FakeSesList, log: io.StringIO
) -> None:
    refused = "Reader/Two@example.com"
    ses.addresses = {refused}
    world.apply_changes(refused, Change(UNDELIVERABLE, Entry(Millis(NOW - 1), Source.BOUNCE, "{}")))
    message = opt_in(world, address=refused)
    deliver(world, message)
    run_queues(world)
    assert ses.addresses == {refused}, "the address stays on the list"
    # The message is unchanged, so a person can put it back into the queue.
    assert world.messages("SES_LIST_DLQ_URL") == [message.to_message()]
    assert len(notifications(world)) == 1
    assert "Two" not in log.getvalue() and "SesListAddressRemoved" not in log.getvalue()


def test_repeated_presses_and_deliveries_notify_once(world: World, ses: mailbox.FakeSesList) -> None:
    first, second = opt_in(world), opt_in(world, "p2")
    for message in (first, first, second, second, first):
        assert deliver(world, message) == []
    assert len(notifications(world)) == 1
    assert deliver(world, opt_in(world, "p3", Millis(NOW + 1))) == []  # another request makes another opt-in
    assert len(notifications(world)) == 1


@pytest.mark.parametrize("cause", [ErasureCause.MINOR, ErasureCause.ERASURE])
def test_an_erased_person_or_a_minor_is_neither_notified_nor_stored(
    world: World, ses: mailbox.FakeSesList, cause: ErasureCause
) -> None:
    report = ErasureRequest(cause, Millis(NOW + 5), Source.PHONE, "call 1", "key", "")
    parts().erase(world.recipient(READER), report)
    before = world.items("Control")
    assert deliver(world, opt_in(world)) == []  # the message was in the queue during the report
    assert world.messages("SES_LIST_QUEUE_URL") == [], "the purge clears that list"
    assert notifications(world) == [] and world.items("Control") == before
    if cause is ErasureCause.ERASURE:  # a request after the erasure counts
        assert deliver(world, opt_in(world, "p2", Millis(NOW + 6))) == [] and len(notifications(world)) == 1


def test_a_purge_during_a_notification_leaves_no_data(
    world: World, ses: mailbox.FakeSesList, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, opt_ins = parts().opt_in_notifications, parts().after_confirmation.notification_queue
    send = opt_ins.send  # type: ignore[union-attr]

    def purge_then_send(body: str) -> None:
        assert table.clear(PurgedPerson(world.recipient(READER), "")) == 1
        send(body)

    monkeypatch.setattr(opt_ins, "send", purge_then_send)
    assert deliver(world, opt_in(world)) == [] and len(notifications(world)) == 1
    assert world.items("Control") == []


def test_frequent_confirmations_do_not_make_the_item_grow(world: World) -> None:
    table, recipient = parts().opt_in_notifications, world.recipient(READER)
    for week in range(20):
        now = Millis(NOW + week * 7 * DAY_MS)
        assert table.claim(recipient, now, "p", now)
        table.finish(recipient, now)
        assert not table.claim(recipient, now, "other", now)
    (item,) = world.items("Control")
    assert len(item) <= 2 + 2 * 6
    assert item["expires"] == {"N": str((now + 30 * DAY_MS) // 1000)}


def test_a_deployment_without_notifications_sends_none(world: World, ses: mailbox.FakeSesList) -> None:
    message = opt_in(world)
    parts().config.opt_in_notifications_queue_url = ""
    assert deliver(world, message) == []
    run_queues(world)
    assert ses.addresses == set() and notifications(world) == [] and len(ses.removed) == 1
    assert deliver(world, opt_in(world, "p2"), message) == []
    run_queues(world)
    assert len(ses.removed) == 1


@pytest.mark.threat(
    "W7",
    "Each press of one link calls SES, which permits one call a second, so other removals wait.",
    "A press of a confirmation that another press has claimed ends before the first call of SES.",
)
def test_another_press_of_the_same_link_does_not_call_ses(world: World, ses: mailbox.FakeSesList) -> None:
    for number in range(20):
        assert deliver(world, opt_in(world, f"p{number}")) == []
        run_queues(world)
    assert len(ses.removed) == len(ses.pauses) == 1


def test_a_failed_notification_queue_loses_nothing(world: World, ses: mailbox.FakeSesList) -> None:
    sqs = boto3.client("sqs")
    sqs.delete_queue(QueueUrl=world.queues["OPT_IN_NOTIFICATIONS_QUEUE_URL"])
    message = opt_in(world)
    assert deliver(world, message) == ["0"]
    sqs.create_queue(QueueName="OPT_IN_NOTIFICATIONS_QUEUE_URL")
    assert deliver(world, opt_in(world, "p2")) == []  # the first press still holds the claim
    assert deliver(world, message) == [] and len(notifications(world)) == 1


def test_an_address_encrypted_for_another_purpose_is_dead_lettered(
    world: World, ses: mailbox.FakeSesList
) -> None:
    kms = parts().client("kms")
    foreign = kms.encrypt(KeyId=parts().config.address_key, Plaintext=READER.encode())
    for encrypted_address in (b"not encrypted", foreign["CiphertextBlob"]):
        message = ConfirmedOptIn("p", world.recipient(READER), NOW, ("offers",), encrypted_address)
        assert deliver(world, message) == []
        assert world.messages("CONFIRMED_OPT_INS_DLQ_URL") == [message.to_message()]
        records = [{"messageId": "0", "body": message.to_message()}]
        assert ses_list.handler({"Records": records}, world.context) == {"batchItemFailures": []}
        assert world.messages("SES_LIST_DLQ_URL") == [message.to_message()]
    assert ses.removed == []


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"encrypted_address": "?"}'])
def test_a_foreign_message_is_dead_lettered(world: World, body: str) -> None:
    answer = app.handler({"Records": [{"messageId": "x", "body": body}]}, world.context)
    assert answer == {"batchItemFailures": []}


def test_no_address_is_logged_or_stored(world: World, ses: mailbox.FakeSesList, log: io.StringIO) -> None:
    message = opt_in(world)
    assert "reader" not in message.to_message()
    deliver(world, message)
    run_queues(world)
    ses.failure = "TooManyRequestsException"
    deliver(world, opt_in(world, "p2", Millis(NOW + 5)))
    records = [{"messageId": "0", "body": message.to_message()}]
    assert ses_list.handler({"Records": records}, world.context)["batchItemFailures"]
    assert "reader" not in log.getvalue() + str(world.items("Control"))
