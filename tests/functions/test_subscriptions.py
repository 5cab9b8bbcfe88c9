"""Confirmation mails for forms that post from a server: `POST /v1/subscriptions`."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import boto3
import pytest

from functions.platform import app
from functions.resubscribe import app as resubscribe
from functions.send_confirmation import app as send_confirmation
from heed.domain.api_key import KeyScope
from heed.domain.errors import StoreUnavailable
from heed.domain.milliseconds import Millis
from heed.domain.preferences.decision import decide
from heed.domain.preferences.register import ALL_SCOPES, HOLD, MINOR, Change, Entry, Source
from tests.support import mailbox, openapi
from tests.support.deployment import World, http_event, parts, restart
from tests.support.registers import out

READER = "reader@example.com"
BODY = {"address": READER, "intent": "in", "topics": ["offers", "meridian/research"]}


class Server:
    """A server with an API key that may write. It sends each request now, since mails use the real clock."""

    def __init__(self, world: World, *scopes: KeyScope) -> None:
        self.world = world
        self.now = time.time_ns() // 1_000_000
        self.key_id, self.key = parts().api_keys.create("website", "web", scopes or [KeyScope.WRITE])

    def post(self, body: object, **more: Any) -> tuple[dict[str, Any], Any]:
        headers = {"Authorization": f"Bearer {self.key}"}
        event = http_event(
            "POST", "/v1/subscriptions", body=json.dumps(body), headers=headers, at=self.now, **more
        )
        answer = app.handler(event, self.world.context)
        return answer, openapi.check_response("POST", "/v1/subscriptions", answer)

    def faults(self, body: object) -> dict[str, str]:
        """Returns the faults of a body by JSON pointer, and checks that no mail was requested."""
        answer, problem = self.post(body)
        assert answer["statusCode"] == 422 and queued(self.world) == []
        return {fault["pointer"]: fault["detail"] for fault in problem["errors"]}


@pytest.fixture
def server(world: World) -> Server:
    world.context.milliseconds_left = 60_000
    return Server(world)


def queued(world: World) -> list[dict[str, Any]]:
    return [json.loads(body) for body in world.messages("CONFIRMATION_REQUESTS_QUEUE_URL")]


def deliver(world: World) -> None:
    mailbox.deliver_messages(world, "CONFIRMATION_REQUESTS_QUEUE_URL", send_confirmation.handler)


def sendable(world: World, at: int) -> set[str]:
    record, catalogue = parts().preferences.read(world.recipient(READER)), parts().catalogue
    return {topic.name for topic in catalogue.topics.values() if decide(record, topic, Millis(at)).sendable}


def test_an_opt_in_counts_only_after_the_click_in_the_mail(server: Server, world: World) -> None:
    answer, body = server.post({**BODY, "lang": "de"})
    assert (answer["statusCode"], body) == (202, {})
    deliver(world)
    assert "research" not in sendable(world, server.now), "without a click nothing changes"

    (mail,) = mailbox.sent_mails()
    assert (mail["To"], mail["Content-Language"]) == (READER, "de")
    press = http_event("POST", mailbox.link_path(mail), at=server.now + 1)
    assert resubscribe.handler(press, world.context)["statusCode"] == 303
    assert "research" in sendable(world, server.now + 1)


def test_an_opt_out_without_topics_stops_everything_after_the_click(server: Server, world: World) -> None:
    server.post({"address": READER, "intent": "out", "topics": []})
    deliver(world)
    press = http_event("POST", mailbox.link_path(mailbox.sent_mails()[0]), at=server.now + 1)
    resubscribe.handler(press, world.context)
    assert parts().preferences.read(world.recipient(READER)).get(out(ALL_SCOPES)) is not None


def test_a_queued_request_names_the_key_and_no_network(server: Server, world: World) -> None:
    server.post({**BODY, "address": "Reader@Example.com"}, source_ip="192.0.2.77")
    assert queued(world) == [
        {
            "id": "JKJaXmPLvHcESHA=",
            "address": READER,
            "intent": "in",
            "scopes": [2, 5],
            "language": "en",
            "at": server.now,
            "base_url": "https://prefs.example.com",
            "network": f"key {server.key_id}",
            "resume": [],
            "due": server.now,
            "given": "Reader@Example.com",
        }
    ]


@pytest.mark.parametrize(
    ("lang", "language"),
    [("de", "de"), ("de-AT", "de"), ("en-GB", "en-GB"), ("en-gb", "en-GB"), ("en-AU", "en"), ("xx", "en")],
)
def test_the_mail_has_the_nearest_language_of_the_brand(
    server: Server, world: World, lang: str, language: str
) -> None:
    server.post({**BODY, "lang": lang})
    assert [request["language"] for request in queued(world)] == [language]


@pytest.mark.parametrize(
    ("changed", "pointer", "words"),
    [
        ({"address": "no address"}, "/address", "not a valid address"),
        ({"address": "jürgen@example.com"}, "/address", "cannot get mail"),
        ({"intent": "maybe"}, "/intent", "one of in, out"),
        ({"topics": []}, "/topics", "at least one topic"),
        ({"topics": ["news", "ofers"]}, "/topics/1", "most similar name is offers"),
        ({"topics": ["service"]}, "/topics/0", "service mail"),
        ({"topics": ["meridian"]}, "/topics/0", "not a topic"),
        ({"topics": [7]}, "/topics/0", "must be a string"),
        ({"lang": 7}, "/lang", "must be a string"),
        ({"recipient": "3zvsuytgjqa66cdh7rajwddfky"}, "/recipient", "not a known field"),
    ],
)
def test_a_fault_is_named_and_no_mail_is_requested(
    server: Server, changed: dict[str, object], pointer: str, words: str
) -> None:
    faults = server.faults({**BODY, **changed})
    assert words in faults[pointer]


def test_an_opt_in_needs_topics_and_all_faults_are_reported_at_once(server: Server) -> None:
    assert set(server.faults({"address": "x", "intent": "in", "lang": ""})) == {
        "/address",
        "/topics",
        "/lang",
    }


@pytest.mark.threat(
    "T6",
    "The owner of a key requests mails for an address to learn whether Heed knows the address.",
    "No record is read. The answer and the AWS calls are the same for every address.",
)
def test_the_answer_is_the_same_for_every_address(server: Server, world: World) -> None:
    world.apply_changes("held@example.com", Change(HOLD, Entry(Millis(5), Source.AGENT, "{}")))
    world.apply_changes("kid@example.com", Change(MINOR, Entry(Millis(5), Source.AGENT, "{}")))
    world.apply_changes("known@example.com", Change(out(ALL_SCOPES), Entry(Millis(5), Source.LINK, "{}")))
    server.post(BODY)  # the key is read once, and then cached
    answers, calls = [], []
    for name in ("held", "kid", "known", "nobody"):
        new_calls = mailbox.record_aws_calls()
        answers.append(server.post({**BODY, "address": f"{name}@example.com"})[0])
        calls.append(list(new_calls))
    assert answers == [answers[0]] * 4 and answers[0]["statusCode"] == 202
    assert calls == [calls[0]] * 4
    deliver(world)
    assert sorted(mail["To"].partition("@")[0] for mail in mailbox.sent_mails()) == [
        "known",
        "nobody",
        "reader",
    ]


def test_a_repeated_request_causes_one_mail(server: Server, world: World) -> None:
    for number in range(3):
        assert server.post(BODY, request_id=f"r{number}")[0]["statusCode"] == 202
    deliver(world)
    assert len(mailbox.sent_mails()) == 1


def test_more_people_than_the_cap_of_a_network_get_their_mails_through_one_server(
    server: Server, world: World
) -> None:
    people = parts().config.confirmations_per_network + 4
    for number in range(people):
        body = {**BODY, "address": f"a{number}@example.com"}
        server.post(body, request_id=f"r{number}")
        deliver(world)
    assert len(mailbox.sent_mails()) == people


def test_the_stored_caps_name_the_key_and_no_person_and_expire(
    server: Server, world: World, log: io.StringIO
) -> None:
    server.post(BODY)
    items = [row for row in world.items("Control") if row["pk"]["S"].startswith("mails#")]
    day = server.now // 86_400_000
    assert {item["pk"]["S"] for item in items} == {
        f"mails#key#in#{server.key_id}#{day}",
        f"mails#key#all#{day}",
    }
    for item in items:
        assert set(item) == {"pk", "n", "expires"}
        assert int(item["expires"]["N"]) == (server.now + 3 * 86_400_000) // 1000
    assert READER not in log.getvalue() and world.recipient(READER) not in log.getvalue()


def test_a_deployment_without_a_sender_address_answers_404(server: Server, world: World) -> None:
    restart(MAIL_FROM="")
    answer, problem = server.post(BODY)
    assert answer["statusCode"] == 404 and "`MailFrom`" in problem["detail"]
    assert queued(world) == []


@pytest.mark.parametrize("scope", sorted(set(KeyScope) - {KeyScope.WRITE}))
def test_a_key_without_the_scope_write_requests_no_mail(world: World, scope: KeyScope) -> None:
    answer, _ = Server(world, scope).post(BODY)
    assert answer["statusCode"] == 403 and queued(world) == []


@pytest.mark.parametrize("queue", ["CONFIRMATION_REQUESTS_QUEUE_URL", "WAITING_QUEUE_URL"])
def test_an_unavailable_queue_is_503_and_never_202(server: Server, world: World, queue: str) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=world.queues[queue])
    answer, _ = server.post(BODY)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "5")


def test_an_unavailable_table_of_caps_is_503_and_queues_nothing(
    server: Server, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable("ThrottlingException")

    monkeypatch.setattr(type(parts().request_confirmation_by_key.origin_caps), "reserve", fail)
    assert server.post(BODY)[0]["statusCode"] == 503 and queued(world) == []
