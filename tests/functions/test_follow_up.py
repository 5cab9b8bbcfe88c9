"""After a confirmed yes: SES's own stop goes, and the adopter is told once, if it wants to be."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.follow_up import app
from heed import wiring
from heed.actions.ports_privacy import Person
from heed.adapters import aws, ses_suppressions
from heed.adapters.address_seal import KmsAddressSeal
from heed.domain.epoch import Cause, Report
from heed.domain.opt_in import OptIn
from heed.domain.register import DAY, Source
from tests import post
from tests.world import NOW, World

READER = "reader+x@example.com"


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made."""
    made: list[float] = []
    original = ses_suppressions.SesSuppressions
    monkeypatch.setattr(
        ses_suppressions, "SesSuppressions", lambda client: original(client, made.append)
    )
    return made


@pytest.fixture
def ses(world: World) -> Iterator[post.SuppressionList]:
    with post.suppression_list() as held:
        held.addresses.add(READER)
        yield held


def opt_in(world: World, press: str = "p1", issued: int = NOW) -> OptIn:
    seal = KmsAddressSeal(aws.client("kms"), wiring.settings().address_key)
    return OptIn(press, world.recipient(READER), issued, ("offers", "news"), seal.seal(READER))


def deliver(world: World, *waiting: OptIn) -> list[str]:
    records = [{"messageId": str(n), "body": one.to_message()} for n, one in enumerate(waiting)]
    answer = app.handler({"Records": records}, world.context)
    return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


def told(world: World) -> list[dict[str, Any]]:
    return [json.loads(body) for body in world.messages("OPT_INS_QUEUE_URL")]


def test_ses_drops_mail_to_the_address_no_longer_and_the_adopter_is_told(
    world: World, ses: post.SuppressionList
) -> None:
    assert deliver(world, opt_in(world)) == []
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


def test_an_address_that_is_not_on_the_list_is_well(
    world: World, ses: post.SuppressionList
) -> None:
    ses.addresses.clear()
    assert deliver(world, opt_in(world)) == [] and len(told(world)) == 1


def test_the_adopter_is_told_once_however_often_it_is_pressed_and_delivered(
    world: World, ses: post.SuppressionList
) -> None:
    first, second = opt_in(world), opt_in(world, "p2")
    for waiting in (first, first, second, second, first):
        assert deliver(world, waiting) == []
    assert len(told(world)) == 1
    assert deliver(world, opt_in(world, "p3", NOW + 1)) == []  # another request is another yes
    assert len(told(world)) == 1


@pytest.mark.parametrize("cause", [Cause.MINOR, Cause.ERASURE])
def test_of_whoever_was_erased_since_or_is_a_child_nobody_is_told_and_nothing_is_kept(
    world: World, ses: post.SuppressionList, cause: Cause
) -> None:
    report = Report(cause, NOW + 5, Source.PHONE, "call 1", "key", "")
    wiring.begin_epoch().report(world.recipient(READER), report, address_given=False)
    before = world.items("Control")
    assert deliver(world, opt_in(world)) == []  # it waited in the queue all the while
    assert ses.addresses == set()
    assert told(world) == [] and world.items("Control") == before
    if cause is Cause.ERASURE:  # who asks again afterwards is another matter
        assert deliver(world, opt_in(world, "p2", NOW + 6)) == [] and len(told(world)) == 1


def test_a_purge_in_the_middle_leaves_nothing_of_a_telling(
    world: World, ses: post.SuppressionList, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, opt_ins = wiring.tellings(), wiring.follow_up()._opt_ins
    send = opt_ins.send  # type: ignore[union-attr]

    def purged_meanwhile(body: str) -> None:
        assert table.clear(Person(world.recipient(READER), "")) == 1
        send(body)

    monkeypatch.setattr(opt_ins, "send", purged_meanwhile)
    assert deliver(world, opt_in(world)) == [] and len(told(world)) == 1
    assert world.items("Control") == []


def test_who_confirms_often_has_an_item_that_does_not_grow(world: World) -> None:
    table, recipient = wiring.tellings(), world.recipient(READER)
    for week in range(20):
        now = NOW + week * 7 * DAY
        assert table.begin(recipient, now, "p", now)
        table.finish(recipient, now)
        assert not table.begin(recipient, now, "other", now)
    (item,) = world.items("Control")
    assert len(item) <= 2 + 2 * 6
    assert item["expires"] == {"N": str((now + 30 * DAY) // 1000)}


def test_an_adopter_that_does_not_want_to_is_not_told(
    world: World, ses: post.SuppressionList, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = opt_in(world)
    monkeypatch.setenv("OPT_INS_QUEUE_URL", "")
    wiring.follow_up.cache_clear()
    wiring.settings.cache_clear()
    assert deliver(world, waiting) == [] and ses.addresses == set()
    assert told(world) == [] and len(ses.removed) == 1
    assert deliver(world, opt_in(world, "p2"), waiting) == [] and len(ses.removed) == 1


@pytest.mark.threat(
    "W7",
    "Presses of one link each ask SES, which takes one call a second, and hold everybody else's up.",
    "A press of a confirmation that another has taken ends before the first call of SES.",
)
def test_another_press_of_the_same_link_asks_neither_ses_nor_for_patience(
    world: World, ses: post.SuppressionList, pauses: list[float]
) -> None:
    for n in range(20):
        assert deliver(world, opt_in(world, f"p{n}")) == []
    assert len(ses.removed) == len(pauses) == 1


def test_ses_that_asks_for_patience_gets_it_and_nobody_is_told_before(
    world: World, ses: post.SuppressionList
) -> None:
    ses.failure = "TooManyRequestsException"
    waiting = opt_in(world)
    assert deliver(world, waiting) == ["0"] and told(world) == []
    ses.failure = ""
    assert deliver(world, waiting) == [] and len(told(world)) == 1


def test_a_queue_of_the_adopter_that_fails_loses_nothing(
    world: World, ses: post.SuppressionList
) -> None:
    sqs = boto3.client("sqs")
    sqs.delete_queue(QueueUrl=world.queues["OPT_INS_QUEUE_URL"])
    waiting = opt_in(world)
    assert deliver(world, waiting) == ["0"]
    sqs.create_queue(QueueName="OPT_INS_QUEUE_URL")
    assert deliver(world, opt_in(world, "p2")) == []  # another press leaves it to the first
    assert deliver(world, waiting) == [] and len(told(world)) == 1


def test_ses_is_asked_no_more_than_once_a_second_by_two_readers(
    world: World, ses: post.SuppressionList, pauses: list[float]
) -> None:
    deliver(world, opt_in(world))
    assert pauses == [2.0]


def test_what_was_sealed_for_something_else_is_given_back(
    world: World, ses: post.SuppressionList
) -> None:
    kms = aws.client("kms")
    foreign = kms.encrypt(KeyId=wiring.settings().address_key, Plaintext=READER.encode())
    for sealed in (b"none of ours", foreign["CiphertextBlob"]):
        waiting = OptIn("p", world.recipient(READER), NOW, ("offers",), sealed)
        assert deliver(world, waiting) == ["0"]
    assert ses.removed == []


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"sealed": "?"}'])
def test_what_was_never_put_there_by_us_is_given_back_too(world: World, body: str) -> None:
    answer = app.handler({"Records": [{"messageId": "x", "body": body}]}, world.context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "x"}]}


def test_no_address_is_logged_or_kept(
    world: World, ses: post.SuppressionList, log: io.StringIO
) -> None:
    waiting = opt_in(world)
    assert "reader" not in waiting.to_message()
    deliver(world, waiting)
    ses.failure = "TooManyRequestsException"
    deliver(world, opt_in(world, "p2", NOW + 5))
    assert "reader" not in log.getvalue() + str(world.items("Control"))
