"""The function `feedback`: batches, direct events, dead letters and retries."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Sequence
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from functions.feedback import app
from heed.domain.errors import DependencyUnavailable
from heed.domain.preferences.register import COMPLAINT, UNDELIVERABLE
from tests.support.deployment import Context, World, parts, restart
from tests.support.ses_messages import EVENTS, ses_event, sns_envelope

RECIPIENT = "recipient@example.com"
NO_FAILURES: dict[str, Any] = {"batchItemFailures": []}
EFFECTS: dict[str, dict[str, set[str]]] = {
    "feedback-bare-bounce": {RECIPIENT: {UNDELIVERABLE.code}},
    "feedback-eventbridge-bounce": {RECIPIENT: {UNDELIVERABLE.code}},
    "feedback-eventbridge-complaint": {f"{name}@example.com": {COMPLAINT.code} for name in ("a", "b", "c")},
    "feedback-eventbridge-delivery-delayed": {},
    "feedback-eventbridge-sent": {},
    "feedback-eventbridge-unsubscribed-from-all": {RECIPIENT: {"o:0"}},
    "feedback-sns-bounce": {RECIPIENT: {UNDELIVERABLE.code}},
    "feedback-sns-feedback-bounce": {"jane@example.com": {UNDELIVERABLE.code}},
    "feedback-sns-topic-test": {},
    "feedback-sns-unsubscribed-from-all": {RECIPIENT: {"o:0"}},
    "feedback-sqs-batch-of-five": {RECIPIENT: {UNDELIVERABLE.code}},
    "feedback-sqs-eventbridge-bounce": {RECIPIENT: {UNDELIVERABLE.code}},
    "feedback-sqs-raw-bounce": {RECIPIENT: {UNDELIVERABLE.code}},
    "feedback-sqs-raw-complaint-of-the-account-list": {RECIPIENT: {COMPLAINT.code}},
    "feedback-sqs-raw-delivery-given-up": {RECIPIENT: {"soft"}},
    "feedback-sqs-raw-out-of-office": {},
    "feedback-sqs-raw-unsubscribed-in-another-case": {RECIPIENT: {"o:2"}},
    "feedback-sqs-sns-bounce": {RECIPIENT: {UNDELIVERABLE.code}},
    "feedback-sqs-sns-delivery": {},
    "feedback-sqs-sns-feedback-complaint": {"richard@example.com": {COMPLAINT.code}},
    "feedback-sqs-sns-mailbox-full": {RECIPIENT: {"soft"}},
    "feedback-sqs-sns-subscription-confirmation": {},
    "feedback-sqs-sns-unsubscribed-from-a-topic": {RECIPIENT: {"o:3"}},
}


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def batch(*bodies: str) -> dict[str, Any]:
    """Returns a batch of SQS messages; the id of each message is its index."""
    record = sample("feedback-sqs-raw-bounce")["Records"][0]
    return {
        "Records": [{**record, "messageId": str(index), "body": body} for index, body in enumerate(bodies)]
    }


def bounce_of(*addresses: str, mailed: Sequence[str] | None = None) -> str:
    """Returns a bounce of these addresses, for a mail to the same addresses or to `mailed`."""
    event = ses_event(
        "event-bounce-permanent-general",
        bounce__bouncedRecipients=[{"emailAddress": address} for address in addresses],
        mail__destination=list(addresses if mailed is None else mailed),
    )
    return json.dumps(event)


def failures(answer: object) -> list[str]:
    assert isinstance(answer, dict)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def registers(world: World) -> dict[str, set[str]]:
    return {
        item["id"]["S"]: {name for name in item if name[1:2] == ":" or name == "soft"}
        for item in world.items()
    }


@pytest.fixture
def requests(world: World) -> list[str]:
    """Records the requests to AWS, as `service.Operation`."""
    operations: list[str] = []
    for service in ("dynamodb", "kms", "sqs"):
        parts().client(service).meta.events.register(
            "before-call",
            lambda model, service=service, **_: operations.append(f"{service}.{model.name}"),
        )
    return operations


def test_every_sample_event_has_an_expected_effect() -> None:
    assert {path.stem for path in EVENTS.glob("feedback-*.json")} == set(EFFECTS)


def clear(world: World) -> None:
    for item in world.items():
        boto3.client("dynamodb").delete_item(TableName=world.table, Key={"id": item["id"]})


def test_each_sample_event_has_its_effect_once(world: World) -> None:
    for name, effects in EFFECTS.items():
        expected = {world.recipient(address): codes for address, codes in effects.items()}
        for _ in range(2):
            answer = app.handler(sample(name), world.context)
            assert (name, answer) == (name, NO_FAILURES if "sqs" in name else None)
            assert (name, registers(world)) == (name, expected)
        assert all(item["n"] == {"N": "1"} for item in world.items())
        clear(world)


def test_an_opt_out_of_several_ses_topics_is_recorded_for_each(world: World) -> None:
    event = ses_event("event-subscription-one-topic-optout-with-defaults")
    event["subscription"]["newTopicPreferences"]["topicSubscriptionStatus"] = [
        {"topicName": name, "subscriptionStatus": "OptOut"} for name in ("offers", "news")
    ]
    assert app.handler(batch(json.dumps(event)), world.context) == NO_FAILURES
    assert list(registers(world).values()) == [{"o:2", "o:3"}]


@pytest.mark.threat(
    "T19",
    "Malformed messages arrive between valid ones, to delay them or to get lost.",
    "Each message is handled alone. A malformed message goes to the dead-letter queue unchanged.",
)
def test_each_message_of_a_mixed_batch_is_handled_alone(
    world: World,
) -> None:
    event = sample("feedback-sqs-batch-of-five")
    assert app.handler(event, world.context) == NO_FAILURES
    bodies = [record["body"] for record in event["Records"]]
    assert sorted(world.messages("FEEDBACK_DLQ_URL")) == sorted([bodies[2], bodies[4]])


def test_a_bounce_makes_one_request_and_a_delivery_none(world: World, requests: list[str]) -> None:
    world.recipient(RECIPIENT)  # loads the identity key, which a function does once
    requests.clear()
    app.handler(sample("feedback-sqs-sns-bounce"), world.context)
    assert requests == ["dynamodb.UpdateItem"]
    for name in ("sqs-sns-delivery", "eventbridge-sent", "sns-topic-test"):
        app.handler(sample(f"feedback-{name}"), world.context)
    assert requests == ["dynamodb.UpdateItem"]


def test_a_dead_letter_holds_the_original_message_and_a_reason(world: World) -> None:
    body = '{"eventType": "Bounce",  "bounce": {}}'
    assert app.handler(batch(body), world.context) == NO_FAILURES
    message = boto3.client("sqs").receive_message(
        QueueUrl=world.queues["FEEDBACK_DLQ_URL"], MessageAttributeNames=["All"]
    )["Messages"][0]
    assert message["Body"] == body
    assert message["MessageAttributes"]["reason"]["StringValue"] == "the bounce has no type"


def test_an_event_with_an_invalid_recipient_is_recorded_and_dead_lettered(
    world: World,
) -> None:
    body = bounce_of("not an address", RECIPIENT)
    assert app.handler(batch(body), world.context) == NO_FAILURES
    assert set(registers(world)) == {world.recipient(RECIPIENT)}
    assert world.messages("FEEDBACK_DLQ_URL") == [body]


@pytest.mark.threat(
    "T9",
    "A bounce names a person to whom no mail was sent.",
    "A bounce stops only recipients of the mail. Other addresses are counted and stay unchanged.",
)
def test_a_bounce_stops_only_recipients_of_its_mail(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    strangers = [f"stranger{number}@example.org" for number in range(30)]
    bodies = [bounce_of(*strangers, mailed=[RECIPIENT]), bounce_of(*strangers, mailed=[RECIPIENT, "b@x.com"])]
    assert app.handler(batch(*bodies), world.context) == NO_FAILURES
    assert registers(world) == {world.recipient(RECIPIENT): {UNDELIVERABLE.code}}
    assert not world.messages("FEEDBACK_DLQ_URL")
    assert '"RecipientNotAddressed":[60.0]' in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["bounce", "complaint"])
def test_an_event_without_a_recipient_is_dead_lettered(world: World, kind: str) -> None:
    name = {"bounce": "event-bounce-permanent-general", "complaint": "event-complaint-abuse"}[kind]
    list_name = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients"}[kind]
    fields = {f"{kind}__{list_name}": [], "mail__destination": [RECIPIENT, "b@example.com"]}
    body = json.dumps(ses_event(name, **fields))
    assert app.handler(batch(body), world.context) == NO_FAILURES
    assert not registers(world)
    assert world.messages("FEEDBACK_DLQ_URL") == [body]


def test_an_event_of_an_unknown_type_is_dead_lettered_with_a_reason(world: World) -> None:
    bodies = [json.dumps(ses_event(f"event-{name}")) for name in ("unknown-type", "bounce-unknown-type")]
    assert app.handler(batch(*bodies), world.context) == NO_FAILURES
    assert not registers(world)
    messages = boto3.client("sqs").receive_message(
        QueueUrl=world.queues["FEEDBACK_DLQ_URL"],
        MessageAttributeNames=["All"],
        MaxNumberOfMessages=10,
    )["Messages"]
    assert sorted(message["Body"] for message in messages) == sorted(bodies)
    reasons = {message["MessageAttributes"]["reason"]["StringValue"] for message in messages}
    assert reasons == {"is of an unknown type"}


def test_known_topics_are_recorded_and_a_message_with_unknown_ones_is_dead_lettered(
    world: World,
) -> None:
    body = json.dumps(ses_event("event-subscription-optout-in-another-case-and-of-another-list"))
    assert app.handler(batch(body), world.context) == NO_FAILURES
    assert registers(world) == {world.recipient(RECIPIENT): {"o:2"}}
    assert world.messages("FEEDBACK_DLQ_URL") == [body]


def test_a_complaint_from_the_account_list_does_not_change_a_known_record(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    opt_out, complaint = (
        sample("feedback-sns-unsubscribed-from-all"),
        "event-complaint-onaccountsuppressionlist",
    )
    app.handler(opt_out, world.context)
    stored = world.items()
    assert app.handler(batch(json.dumps(ses_event(complaint))), world.context) == NO_FAILURES
    assert world.items() == stored
    assert '"ComplaintIgnored":[1.0]' in capsys.readouterr().out


def test_a_direct_event_with_a_future_time_is_dead_lettered(world: World) -> None:
    event = ses_event("event-bounce-permanent-general", bounce__timestamp="2099-01-01T00:00:00Z")
    assert app.handler(event, world.context) is None
    assert not registers(world)
    assert world.messages("FEEDBACK_DLQ_URL") == [json.dumps(event)]


def test_a_direct_event_that_is_not_feedback_is_dead_lettered(world: World) -> None:
    events: list[Any] = [{}, [], None, "x", {"Records": []}, {"Records": [{}]}, {"a": 1}]
    for event in events:
        assert app.handler(event, world.context) is None
    expected = [event if isinstance(event, str) else json.dumps(event) for event in events]
    assert sorted(world.messages("FEEDBACK_DLQ_URL")) == sorted(expected)


def test_a_message_that_cannot_be_dead_lettered_is_retried(world: World) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=world.queues["FEEDBACK_DLQ_URL"])
    answer = app.handler(batch(bounce_of(RECIPIENT), "{", bounce_of("?")), world.context)
    assert failures(answer) == ["1", "2"]
    with pytest.raises(DependencyUnavailable):
        app.handler({"a": 1}, world.context)


def fail_writes(monkeypatch: pytest.MonkeyPatch, *, only: str | None = None) -> None:
    """Makes writes to the table fail, for one recipient or for all."""
    client = parts().client("dynamodb")
    update = client.update_item

    def refuse(**request: Any) -> Any:
        if only in (None, request["Key"]["id"]["S"]):
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        return update(**request)

    monkeypatch.setattr(client, "update_item", refuse)


def test_only_failed_messages_are_retried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_writes(monkeypatch, only=world.recipient("b@example.com"))
    bodies = [bounce_of("a@example.com"), bounce_of("b@example.com", "c@example.com"), "{"]
    answer = app.handler(batch(*bodies), world.context)
    assert failures(answer) == ["1"]
    expected = {world.recipient("a@example.com"), world.recipient("c@example.com")}
    assert set(registers(world)) == expected


def test_all_messages_are_retried_when_the_table_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_writes(monkeypatch)
    answer = app.handler(batch(bounce_of("a@example.com"), bounce_of(RECIPIENT)), world.context)
    assert failures(answer) == ["0", "1"]
    assert not world.messages("FEEDBACK_DLQ_URL")


@pytest.mark.parametrize(
    "name", ["feedback-sns-bounce", "feedback-eventbridge-bounce", "feedback-bare-bounce"]
)
def test_a_failed_direct_event_raises_so_that_aws_retries_it(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with monkeypatch.context() as outage:
        fail_writes(outage)
        with pytest.raises(DependencyUnavailable):
            app.handler(sample(name), world.context)
    app.handler(sample(name), world.context)
    assert registers(world) == {world.recipient(RECIPIENT): {UNDELIVERABLE.code}}


def test_all_sns_records_are_tried_before_an_error_is_raised(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_writes(monkeypatch, only=world.recipient("a@example.com"))
    event = sample("feedback-sns-bounce")
    other = copy.deepcopy(event["Records"][0])
    event["Records"][0]["Sns"]["Message"] = bounce_of("a@example.com")
    event["Records"].append(other)
    with pytest.raises(DependencyUnavailable):
        app.handler(event, world.context)
    assert set(registers(world)) == {world.recipient(RECIPIENT)}


def test_feedback_is_retried_without_the_identity_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    restart(IDENTITY_KEY="00000000-0000-4000-8000-000000000000")
    delivery = sample("feedback-sqs-sns-delivery")["Records"][0]["body"]
    assert failures(app.handler(batch(bounce_of(RECIPIENT), delivery), world.context)) == ["0"]
    assert not world.items()


def test_no_message_is_handled_with_little_time_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([5_000, 2_000, 1_999, 500])
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: next(times))
    bodies = [bounce_of(f"{name}@example.com") for name in "abcd"]
    assert failures(app.handler(batch(*bodies), world.context)) == ["2", "3"]
    assert set(registers(world)) == {
        world.recipient("a@example.com"),
        world.recipient("b@example.com"),
    }


def test_an_event_without_a_time_gets_the_time_of_its_queue(world: World) -> None:
    event = ses_event("event-bounce-permanent-general", bounce__timestamp=None)
    app.handler(batch(json.dumps(event)), world.context)
    record = parts().preferences.read(world.recipient(RECIPIENT))
    assert record.time_of(UNDELIVERABLE) == 1_772_671_263_101  # the SentTimestamp of the sample


def test_the_order_of_a_batch_does_not_change_the_record(world: World) -> None:
    bodies = [
        sns_envelope(json.dumps(ses_event(name)))
        for name in (
            "event-bounce-permanent-general",
            "event-bounce-permanent-onaccountsuppressionlist",
            "event-complaint-abuse",
            "event-complaint-other",
        )
    ]
    records = set()
    for order in itertools.permutations(bodies):
        assert app.handler(batch(*order), world.context) == NO_FAILURES
        record = parts().preferences.read(world.recipient(RECIPIENT))
        records.add(tuple(sorted((name, entry) for name, entry in record.registers.items())))
        clear(world)
    assert len(records) == 1


@pytest.mark.threat(
    "T20",
    "An attacker searches the log for addresses from feedback.",
    "The log holds counts, and a reason in fixed words.",
)
def test_the_log_has_counts_but_no_addresses(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_writes(monkeypatch, only=world.recipient("b@example.com"))
    bodies = [
        bounce_of("a@example.com"),
        bounce_of("b@example.com"),
        bounce_of("someone at example.com"),
        sample("feedback-sqs-sns-delivery")["Records"][0]["body"],
        '{"someone@example.com"',
    ]
    app.handler(batch(*bodies), world.context)
    output = capsys.readouterr().out
    lines = [json.loads(line) for line in output.splitlines()]
    (counts,) = [line for line in lines if "_aws" in line]
    names = {name for name in counts if name[0].isupper()}
    assert names == {
        "BounceRecorded",
        "EventIgnored",
        "FeedbackRetried",
        "FeedbackDeadLettered",
        "RecipientUnreadable",
    }
    assert counts["FeedbackDeadLettered"] == [2.0]
    assert "@" not in output and "example.com" not in output
    assert world.recipient("a@example.com") not in output
