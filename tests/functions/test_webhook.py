"""Webhooks: from the event on the bus to the endpoint of the company, which verifies them."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from moto.events.models import EventPattern
from standardwebhooks import WebhookVerificationError

from functions.ledger import app as ledger
from functions.unsubscribe import app as unsubscribe
from functions.webhook import app
from heed.domain.jobs.import_event import ImportEventType, import_done_event
from heed.domain.jobs.job_report import JobCounts
from heed.domain.ledger.events import EventType
from heed.domain.milliseconds import Millis
from heed.domain.preferences.register import Source
from heed.domain.recipients.recipient import DOCTOR_RECIPIENT
from tests.functions.conftest import DAY, HOUR, Clock
from tests.support.deployment import World, client, http_event, parts, restart
from tests.support.failing_client import FailingCalls
from tests.support.iam_policies import RESOURCES
from tests.support.ses_messages import EVENTS
from tests.support.stream_events import StreamRecorder, stream_event
from tests.support.webhook_receiver import WEBHOOK_SECRET, WebhookReceiver, receiving_webhooks

WHO = "jz4wbmpruykluzhzykzinbwxle"
OTHER_SECRET = "0123456789012345678901234567890123456789012345678901234567890123"


def event(
    event_type: str = EventType.OPTED_OUT, *, source: str = "heed", detail: object = None, **changed: object
) -> dict[str, Any]:
    change = {"id": "a" * 32, "recipient": WHO, "scope": "offers", "state": "out", "source": "one-click"}
    known = {**change, "at": "2026-03-05T09:12:44.390Z", **changed}
    return {"source": source, "detail-type": event_type, "detail": known if detail is None else detail}


class Company:
    """The bus, the queue, and the system of the company that receives webhooks."""

    def __init__(self, world: World, clock: Clock, receiver: WebhookReceiver) -> None:
        self.world, self.clock, self.receiver = world, clock, receiver
        client("secretsmanager").create_secret(Name="webhook", SecretString=WEBHOOK_SECRET)
        restart(WEBHOOK_URL=receiver.url)

    def deliver(self, message: object, *, attempt: int = 1, ago: int = 0) -> bool:
        """Sends a message to the queue, and the queue to the function. Returns whether it is done."""
        queue = {"QueueUrl": self.world.queues["WEBHOOK_QUEUE_URL"]}
        body = message if isinstance(message, str) else json.dumps(message)
        client("sqs").send_message(**queue, MessageBody=body)
        (received,) = client("sqs").receive_message(**queue)["Messages"]
        attributes = {
            "ApproximateReceiveCount": str(attempt),
            "SentTimestamp": str(self.clock.now - ago),
        }
        record = {
            "messageId": "1",
            "receiptHandle": received["ReceiptHandle"],
            "eventSource": "aws:sqs",
            "body": received["Body"],
            "attributes": attributes,
        }
        answer = app.handler({"Records": [record]}, self.world.context)
        return not answer["batchItemFailures"]

    @property
    def dead_letters(self) -> list[dict[str, Any]]:
        """The messages of the dead-letter queue."""
        response = client("sqs").receive_message(
            QueueUrl=self.world.queues["WEBHOOK_DLQ_URL"], MessageAttributeNames=["All"]
        )
        return list(response.get("Messages", []))


@pytest.fixture
def company(world: World, clock: Clock) -> Iterator[Company]:
    with receiving_webhooks() as receiver:
        yield Company(world, clock, receiver)


@pytest.fixture
def delays(company: Company) -> list[int]:
    """Returns the delays that the function asks the queue for, in seconds."""
    seconds: list[int] = []
    parts().client("sqs").meta.events.register(
        "provide-client-params.sqs.ChangeMessageVisibility",
        lambda params, **_: seconds.append(params["VisibilityTimeout"]),
    )
    return seconds


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch, company: Company) -> None:
    """Makes the time of the functions the real one, which the library of Standard Webhooks compares."""
    monkeypatch.setattr("heed.clock.time", time)
    company.clock.now = time.time_ns() // 1_000_000


@pytest.mark.usefixtures("now")
def test_a_press_arrives_as_a_webhook_that_the_standard_library_verifies(company: Company) -> None:
    world = company.world
    stream = StreamRecorder(parts().client("dynamodb"), world.table, company.clock.now)
    published: list[dict[str, Any]] = []
    parts().client("events").meta.events.register(
        "before-parameter-build.events.PutEvents", lambda params, **_: published.extend(params["Entries"])
    )
    path, hints = f"/u/{world.token('joan@example.com')}", {"c": "may", "r": "customer-4711"}
    unsubscribe.handler(http_event("POST", path, query=hints), world.context)
    ledger.handler(stream_event(json.loads(json.dumps(stream.records))), world.context)
    (entry,) = published
    detail = json.loads(entry["Detail"])

    assert company.deliver({"source": entry["Source"], "detail-type": entry["DetailType"], "detail": detail})

    (webhook,) = company.receiver.received
    assert webhook.verify() == {
        "type": "recipient.opted_out",
        "timestamp": detail["at"],
        "data": {**detail, "campaign": "may", "ref": "customer-4711"},
    }
    assert (webhook.id, webhook.path) == (detail["id"], "/hook?from=heed")
    assert webhook.headers["content-type"] == "application/json"


@pytest.mark.usefixtures("now")
def test_another_secret_or_another_body_does_not_verify(company: Company) -> None:
    company.deliver(event())
    (webhook,) = company.receiver.received
    with pytest.raises(WebhookVerificationError):
        webhook.verify(OTHER_SECRET)
    object.__setattr__(webhook, "body", webhook.body.replace(b"out", b"in"))
    with pytest.raises(WebhookVerificationError):
        webhook.verify()


def test_each_event_of_a_recipient_has_a_type(company: Company) -> None:
    for event_type in EventType:
        assert company.deliver(event(event_type))
    assert [json.loads(webhook.body)["type"] for webhook in company.receiver.received] == [
        "recipient.opted_out",
        "recipient.opted_in",
        "recipient.paused",
        "recipient.suppressed",
        "recipient.lifted",
        "recipient.purged",
    ]


def test_an_import_is_one_webhook_with_its_counts(company: Company) -> None:
    done = import_done_event("j" * 26, JobCounts(applied=3, known=1), Millis(0))
    assert company.deliver(event(done.type, detail=done.detail))
    (webhook,) = company.receiver.received
    counts = {"applied": 3, "known": 1, "superseded": 0, "skipped": 0, "invalid": 0, "refused": 0}
    about = {"id": webhook.id, "job": "j" * 26, "state": "done", "at": "1970-01-01T00:00:00.000Z"}
    assert json.loads(webhook.body) == {
        "type": "import.done",
        "timestamp": about["at"],
        "data": {**about, **counts},
    }


def test_the_sample_of_the_queue_is_delivered(company: Company) -> None:
    sample = json.loads((EVENTS / "webhook-sqs-eventbridge-change.json").read_text())
    assert app.handler(sample, company.world.context) == {"batchItemFailures": []}
    (webhook,) = company.receiver.received
    assert json.loads(webhook.body)["data"]["ref"] == "customer-4711"


@pytest.mark.parametrize("status", [199, 300, 301, 302, 307, 400, 404, 410, 429, 500, 503])
def test_only_2xx_is_delivered(company: Company, delays: list[int], status: int) -> None:
    company.receiver.answers = [status]
    company.receiver.location = f"{company.receiver.url}&elsewhere"

    assert not company.deliver(event())

    assert delays == [15]
    assert len(company.receiver.received) == 1, "a redirect is not followed"
    assert company.deliver(event(), attempt=2)


def test_each_attempt_waits_twice_as_long_up_to_an_hour(company: Company, delays: list[int]) -> None:
    for attempt in (*range(1, 11), 40, 1_000):
        company.receiver.answers = [500]
        assert not company.deliver(event(), attempt=attempt)
    assert delays == [15, 30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600, 3_600]


@pytest.mark.usefixtures("now")
def test_a_webhook_that_comes_again_has_the_same_id_and_body_and_a_new_timestamp(
    company: Company, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    company.receiver.answers = [500]
    company.deliver(event())
    clock.now = company.clock.now + 15_000
    monkeypatch.setattr("heed.clock.time", clock)
    company.deliver(event(), attempt=2)

    first, second = company.receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    seconds = [int(webhook.headers["webhook-timestamp"]) for webhook in (first, second)]
    assert seconds[1] - seconds[0] in (14, 15)
    assert first.verify() == second.verify()


def test_a_message_that_the_queue_does_not_delay_goes_back_all_the_same(company: Company) -> None:
    company.receiver.answers = [500]
    failing = FailingCalls("sqs", "ChangeMessageVisibility")
    assert not company.deliver(event())
    assert failing


def test_a_webhook_is_given_up_after_a_day(company: Company, delays: list[int]) -> None:
    company.receiver.answers = [500, 500]
    assert not company.deliver(event(), attempt=30, ago=DAY - 1)
    assert company.dead_letters == []
    assert company.deliver(event(), attempt=31, ago=DAY)

    (message,) = company.dead_letters
    assert json.loads(message["Body"]) == event()
    assert message["MessageAttributes"]["reason"]["StringValue"] == "not delivered for a day: status 500"
    assert delays == [3_600]


def test_an_old_event_whose_first_attempt_is_late_is_delivered(company: Company) -> None:
    assert company.deliver(event(), attempt=2, ago=3 * DAY)


def test_a_webhook_that_fails_for_an_hour_is_in_the_log_for_the_alarm(
    company: Company, log: io.StringIO
) -> None:
    company.receiver.answers = [500, 500]
    company.deliver(event(), ago=HOUR - 1)
    assert "webhook overdue" not in log.getvalue()
    company.deliver(event(), ago=HOUR)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["reason"] for line in lines if line["message"] == "webhook not delivered"] == [
        "status 500",
        "status 500",
    ]
    pattern = RESOURCES["WebhookOverdueFilter"]["Properties"]["FilterPattern"]
    assert pattern == '{ $.message = "webhook overdue" }'
    assert [line["message"] for line in lines].count("webhook overdue") == 1


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        "{}",
        event(source="aws.ses"),
        event("Recipient Renamed"),
        event(detail=[]),
        event(id=None),
        event(id="a\r\nX-Header: b"),
        event(id="x" * 65),
        event(at="yesterday"),
        event(source="heed", detail={"id": "a" * 32, "at": "2026-03-05T09:12:44.390Z", "source": "import"}),
    ],
    ids=range(11),
)
def test_a_message_that_heed_did_not_send_goes_to_the_dead_letter_queue_at_once(
    company: Company, message: object
) -> None:
    assert company.deliver(message)
    assert company.receiver.received == []
    (dead,) = company.dead_letters
    assert dead["Body"] == (message if isinstance(message, str) else json.dumps(message))


@pytest.mark.usefixtures("now")
def test_both_secrets_sign_for_a_day_after_a_change(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    client("secretsmanager").put_secret_value(SecretId="webhook", SecretString=OTHER_SECRET)
    company.deliver(event())
    (webhook,) = company.receiver.received
    assert webhook.verify(WEBHOOK_SECRET) == webhook.verify(OTHER_SECRET)
    assert len(webhook.headers["webhook-signature"].split(" ")) == 2

    restart()
    late = Clock(company.clock.now + DAY + HOUR)
    monkeypatch.setattr("heed.clock.time", late)
    company.deliver(event())
    assert len(company.receiver.received[-1].headers["webhook-signature"].split(" ")) == 1


@pytest.mark.usefixtures("now")
def test_the_secret_may_be_one_that_begins_with_whsec(company: Company) -> None:
    client("secretsmanager").put_secret_value(SecretId="webhook", SecretString=f"whsec_{OTHER_SECRET}\n")
    company.deliver(event())
    assert company.receiver.received[0].verify(OTHER_SECRET)


@pytest.mark.parametrize("secret", ["too-short", "x" * 64 + "!", "A" * 28, "A" * 92, "é" * 40])
def test_a_secret_of_another_form_is_retried_and_not_in_the_log(
    company: Company, log: io.StringIO, delays: list[int], secret: str
) -> None:
    client("secretsmanager").put_secret_value(SecretId="webhook", SecretString=secret)
    assert not company.deliver(event())
    assert delays == [15]
    assert company.receiver.received == []
    assert "InvalidWebhookSecret" in log.getvalue() and secret not in log.getvalue()

    client("secretsmanager").put_secret_value(SecretId="webhook", SecretString=OTHER_SECRET)
    assert company.deliver(event()), "the secret before it never signed anything"


def test_an_unavailable_secret_is_retried(company: Company, delays: list[int]) -> None:
    FailingCalls("secretsmanager", "GetSecretValue")
    assert not company.deliver(event())
    assert delays == [15]


def test_the_rule_of_the_bus_selects_everything_but_the_rows_of_an_import() -> None:
    pattern = EventPattern.load(json.dumps(RESOURCES["WebhookRule"]["Properties"]["EventPattern"]))
    for event_type in EventType:
        for source in Source:
            selected = pattern.matches_event(event(event_type, detail={"source": source}))  # type: ignore[arg-type]
            assert selected == (source is not Source.IMPORT)
    assert pattern.matches_event(event(ImportEventType.IMPORT_DONE, detail={"job": "j"}))  # type: ignore[arg-type]
    assert not pattern.matches_event(event(source="aws.ses"))  # type: ignore[arg-type]


def test_the_rule_of_the_bus_leaves_out_the_recipient_of_the_doctor() -> None:
    pattern = EventPattern.load(json.dumps(RESOURCES["WebhookRule"]["Properties"]["EventPattern"]))
    for recipient, is_selected in ((WHO, True), (DOCTOR_RECIPIENT, False)):
        pressed = event(detail={"source": Source.ONE_CLICK, "recipient": recipient})
        assert pattern.matches_event(pressed) == is_selected  # type: ignore[arg-type]


def test_nothing_of_a_webhook_is_in_the_log(company: Company, log: io.StringIO) -> None:
    company.receiver.answers = [500, 200]
    for _ in range(2):
        company.deliver(event(ref="customer-4711"))
    for text in (WHO, "customer-4711", WEBHOOK_SECRET, "127.0.0.1"):
        assert text not in log.getvalue()
