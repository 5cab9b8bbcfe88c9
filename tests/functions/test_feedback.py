"""The function: batches, direct events, what is put aside, and what is delivered again."""

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
from tests.support.ses_messages import EVENTS, ses, sns

ONE = "recipient@example.com"
ALL_GOOD: dict[str, Any] = {"batchItemFailures": []}
EFFECTS: dict[str, dict[str, set[str]]] = {
    "feedback-bare-bounce": {ONE: {UNDELIVERABLE.code}},
    "feedback-eventbridge-bounce": {ONE: {UNDELIVERABLE.code}},
    "feedback-eventbridge-complaint": {f"{name}@example.com": {COMPLAINT.code} for name in ("a", "b", "c")},
    "feedback-eventbridge-delivery-delayed": {},
    "feedback-eventbridge-sent": {},
    "feedback-eventbridge-unsubscribed-from-all": {ONE: {"o:0"}},
    "feedback-sns-bounce": {ONE: {UNDELIVERABLE.code}},
    "feedback-sns-feedback-bounce": {"jane@example.com": {UNDELIVERABLE.code}},
    "feedback-sns-topic-test": {},
    "feedback-sns-unsubscribed-from-all": {ONE: {"o:0"}},
    "feedback-sqs-batch-of-five": {ONE: {UNDELIVERABLE.code}},
    "feedback-sqs-eventbridge-bounce": {ONE: {UNDELIVERABLE.code}},
    "feedback-sqs-raw-bounce": {ONE: {UNDELIVERABLE.code}},
    "feedback-sqs-raw-complaint-of-the-account-list": {ONE: {COMPLAINT.code}},
    "feedback-sqs-raw-delivery-given-up": {ONE: {"soft"}},
    "feedback-sqs-raw-out-of-office": {},
    "feedback-sqs-raw-unsubscribed-in-another-case": {ONE: {"o:2"}},
    "feedback-sqs-sns-bounce": {ONE: {UNDELIVERABLE.code}},
    "feedback-sqs-sns-delivery": {},
    "feedback-sqs-sns-feedback-complaint": {"richard@example.com": {COMPLAINT.code}},
    "feedback-sqs-sns-mailbox-full": {ONE: {"soft"}},
    "feedback-sqs-sns-subscription-confirmation": {},
    "feedback-sqs-sns-unsubscribed-from-a-topic": {ONE: {"o:3"}},
}


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def batch(*bodies: str) -> dict[str, Any]:
    """A batch of SQS; the id of a message is its place."""
    record = sample("feedback-sqs-raw-bounce")["Records"][0]
    return {
        "Records": [{**record, "messageId": str(place), "body": body} for place, body in enumerate(bodies)]
    }


def bounce_of(*addresses: str, mailed: Sequence[str] | None = None) -> str:
    """A bounce of a mail to all of them, or to others."""
    event = ses(
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
    """The requests made to AWS, as `service.Operation`."""
    made: list[str] = []
    for service in ("dynamodb", "kms", "sqs"):
        parts().client(service).meta.events.register(
            "before-call",
            lambda model, service=service, **_: made.append(f"{service}.{model.name}"),
        )
    return made


def test_every_sample_event_is_expected_to_do_something_or_nothing() -> None:
    assert {path.stem for path in EVENTS.glob("feedback-*.json")} == set(EFFECTS)


def clear(world: World) -> None:
    for item in world.items():
        boto3.client("dynamodb").delete_item(TableName=world.table, Key={"id": item["id"]})


def test_each_sample_event_does_what_is_expected_however_often_it_comes(world: World) -> None:
    for name, effects in EFFECTS.items():
        expected = {world.recipient(address): done for address, done in effects.items()}
        for _ in range(2):
            answer = app.handler(sample(name), world.context)
            assert (name, answer) == (name, ALL_GOOD if "sqs" in name else None)
            assert (name, registers(world)) == (name, expected)
        assert all(item["n"] == {"N": "1"} for item in world.items())
        clear(world)


def test_who_leaves_several_lists_of_ses_at_once_has_left_each(world: World) -> None:
    event = ses("event-subscription-one-topic-optout-with-defaults")
    event["subscription"]["newTopicPreferences"]["topicSubscriptionStatus"] = [
        {"topicName": name, "subscriptionStatus": "OptOut"} for name in ("offers", "news")
    ]
    assert app.handler(batch(json.dumps(event)), world.context) == ALL_GOOD
    assert list(registers(world).values()) == [{"o:2", "o:3"}]


@pytest.mark.threat(
    "T19",
    "Messages that can never be understood come between good ones, to hold them up or to be lost.",
    "Each message stands alone; what is malformed goes to the dead-letter queue as it came.",
)
def test_in_a_batch_of_good_test_malformed_duplicate_and_foreign_each_has_its_own_fate(
    world: World,
) -> None:
    event = sample("feedback-sqs-batch-of-five")
    assert app.handler(event, world.context) == ALL_GOOD
    bodies = [record["body"] for record in event["Records"]]
    assert sorted(world.messages("FEEDBACK_DLQ_URL")) == sorted([bodies[2], bodies[4]])


def test_one_recipient_and_event_is_one_request_and_a_delivery_none(
    world: World, requests: list[str]
) -> None:
    world.recipient(ONE)  # the identity key, once in the life of a function
    requests.clear()
    app.handler(sample("feedback-sqs-sns-bounce"), world.context)
    assert requests == ["dynamodb.UpdateItem"]
    for name in ("sqs-sns-delivery", "eventbridge-sent", "sns-topic-test"):
        app.handler(sample(f"feedback-{name}"), world.context)
    assert requests == ["dynamodb.UpdateItem"]


def test_what_is_put_aside_is_kept_as_it_came_with_the_reason(world: World) -> None:
    body = '{"eventType": "Bounce",  "bounce": {}}'
    assert app.handler(batch(body), world.context) == ALL_GOOD
    kept = boto3.client("sqs").receive_message(
        QueueUrl=world.queues["FEEDBACK_DLQ_URL"], MessageAttributeNames=["All"]
    )["Messages"][0]
    assert kept["Body"] == body
    assert kept["MessageAttributes"]["reason"]["StringValue"] == "a bounce without a type"


def test_of_an_event_with_an_unreadable_recipient_the_rest_counts_and_the_whole_is_kept(
    world: World,
) -> None:
    body = bounce_of("not an address", ONE)
    assert app.handler(batch(body), world.context) == ALL_GOOD
    assert set(registers(world)) == {world.recipient(ONE)}
    assert world.messages("FEEDBACK_DLQ_URL") == [body]


@pytest.mark.threat(
    "T9",
    "A bounce names somebody to whom no mail was ever sent.",
    "Nobody is stopped by it but whom the mail was for; strangers are counted, and stay as they are.",
)
def test_a_bounce_of_strangers_writes_of_none_of_them(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    strangers = [f"stranger{number}@example.org" for number in range(30)]
    bodies = [bounce_of(*strangers, mailed=[ONE]), bounce_of(*strangers, mailed=[ONE, "b@x.com"])]
    assert app.handler(batch(*bodies), world.context) == ALL_GOOD
    assert registers(world) == {world.recipient(ONE): {UNDELIVERABLE.code}}
    assert not world.messages("FEEDBACK_DLQ_URL")
    assert '"RecipientNotAddressed":[60.0]' in capsys.readouterr().out


@pytest.mark.parametrize("part", ["bounce", "complaint"])
def test_what_is_about_nobody_and_was_sent_to_several_is_kept_for_a_person(world: World, part: str) -> None:
    name = {"bounce": "event-bounce-permanent-general", "complaint": "event-complaint-abuse"}[part]
    list_ = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients"}[part]
    changed = {f"{part}__{list_}": [], "mail__destination": [ONE, "b@example.com"]}
    body = json.dumps(ses(name, **changed))
    assert app.handler(batch(body), world.context) == ALL_GOOD
    assert not registers(world)
    assert world.messages("FEEDBACK_DLQ_URL") == [body]


def test_what_is_of_an_unknown_type_is_kept_for_a_person_with_the_reason(world: World) -> None:
    bodies = [json.dumps(ses(f"event-{name}")) for name in ("unknown-type", "bounce-unknown-type")]
    assert app.handler(batch(*bodies), world.context) == ALL_GOOD
    assert not registers(world)
    kept = boto3.client("sqs").receive_message(
        QueueUrl=world.queues["FEEDBACK_DLQ_URL"],
        MessageAttributeNames=["All"],
        MaxNumberOfMessages=10,
    )["Messages"]
    assert sorted(one["Body"] for one in kept) == sorted(bodies)
    reasons = {one["MessageAttributes"]["reason"]["StringValue"] for one in kept}
    assert reasons == {"is of an unknown type"}


def test_of_several_topics_those_known_are_recorded_and_the_message_kept_for_the_others(
    world: World,
) -> None:
    body = json.dumps(ses("event-subscription-optout-in-another-case-and-of-another-list"))
    assert app.handler(batch(body), world.context) == ALL_GOOD
    assert registers(world) == {world.recipient(ONE): {"o:2"}}
    assert world.messages("FEEDBACK_DLQ_URL") == [body]


def test_the_echo_of_the_account_list_changes_nothing_of_who_is_on_record(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    left, echo = (
        sample("feedback-sns-unsubscribed-from-all"),
        "event-complaint-onaccountsuppressionlist",
    )
    app.handler(left, world.context)
    stored = world.items()
    assert app.handler(batch(json.dumps(ses(echo))), world.context) == ALL_GOOD
    assert world.items() == stored
    assert '"ComplaintIgnored":[1.0]' in capsys.readouterr().out


def test_a_direct_event_of_a_time_to_come_is_kept_and_not_recorded(world: World) -> None:
    event = ses("event-bounce-permanent-general", bounce__timestamp="2099-01-01T00:00:00Z")
    assert app.handler(event, world.context) is None
    assert not registers(world)
    assert world.messages("FEEDBACK_DLQ_URL") == [json.dumps(event)]


def test_whatever_is_no_feedback_is_kept_too_when_it_comes_directly(world: World) -> None:
    events: list[Any] = [{}, [], None, "x", {"Records": []}, {"Records": [{}]}, {"a": 1}]
    for event in events:
        assert app.handler(event, world.context) is None
    expected = [event if isinstance(event, str) else json.dumps(event) for event in events]
    assert sorted(world.messages("FEEDBACK_DLQ_URL")) == sorted(expected)


def test_what_cannot_be_put_aside_is_delivered_again(world: World) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=world.queues["FEEDBACK_DLQ_URL"])
    answer = app.handler(batch(bounce_of(ONE), "{", bounce_of("?")), world.context)
    assert failures(answer) == ["1", "2"]
    with pytest.raises(DependencyUnavailable):
        app.handler({"a": 1}, world.context)


def fail_writes(monkeypatch: pytest.MonkeyPatch, *, only: str | None = None) -> None:
    """The table takes no write (of one recipient, or of any)."""
    client = parts().client("dynamodb")
    update = client.update_item

    def refuse(**request: Any) -> Any:
        if only in (None, request["Key"]["id"]["S"]):
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        return update(**request)

    monkeypatch.setattr(client, "update_item", refuse)


def test_only_the_messages_that_could_not_be_recorded_are_delivered_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_writes(monkeypatch, only=world.recipient("b@example.com"))
    bodies = [bounce_of("a@example.com"), bounce_of("b@example.com", "c@example.com"), "{"]
    answer = app.handler(batch(*bodies), world.context)
    assert failures(answer) == ["1"]
    expected = {world.recipient("a@example.com"), world.recipient("c@example.com")}
    assert set(registers(world)) == expected


def test_when_the_table_is_away_every_message_is_delivered_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_writes(monkeypatch)
    answer = app.handler(batch(bounce_of("a@example.com"), bounce_of(ONE)), world.context)
    assert failures(answer) == ["0", "1"]
    assert not world.messages("FEEDBACK_DLQ_URL")


@pytest.mark.parametrize(
    "name", ["feedback-sns-bounce", "feedback-eventbridge-bounce", "feedback-bare-bounce"]
)
def test_a_direct_event_that_could_not_be_recorded_raises_so_that_it_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with monkeypatch.context() as outage:
        fail_writes(outage)
        with pytest.raises(DependencyUnavailable):
            app.handler(sample(name), world.context)
    app.handler(sample(name), world.context)
    assert registers(world) == {world.recipient(ONE): {UNDELIVERABLE.code}}


def test_of_several_records_of_sns_all_are_tried_before_it_raises(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_writes(monkeypatch, only=world.recipient("a@example.com"))
    event = sample("feedback-sns-bounce")
    other = copy.deepcopy(event["Records"][0])
    event["Records"][0]["Sns"]["Message"] = bounce_of("a@example.com")
    event["Records"].append(other)
    with pytest.raises(DependencyUnavailable):
        app.handler(event, world.context)
    assert set(registers(world)) == {world.recipient(ONE)}


def test_without_the_identity_key_feedback_waits_and_deliveries_pass(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    restart(IDENTITY_KEY="00000000-0000-4000-8000-000000000000")
    delivery = sample("feedback-sqs-sns-delivery")["Records"][0]["body"]
    assert failures(app.handler(batch(bounce_of(ONE), delivery), world.context)) == ["0"]
    assert not world.items()


def test_with_little_time_left_no_further_message_is_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter([5_000, 2_000, 1_999, 500])
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: next(left))
    bodies = [bounce_of(f"{name}@example.com") for name in "abcd"]
    assert failures(app.handler(batch(*bodies), world.context)) == ["2", "3"]
    assert set(registers(world)) == {
        world.recipient("a@example.com"),
        world.recipient("b@example.com"),
    }


def test_the_stamp_of_the_queue_stands_in_where_an_event_has_no_time(world: World) -> None:
    event = ses("event-bounce-permanent-general", bounce__timestamp=None)
    app.handler(batch(json.dumps(event)), world.context)
    record = parts().preferences.read(world.recipient(ONE))
    assert record.at(UNDELIVERABLE) == 1_772_671_263_101  # SentTimestamp of the sample


def test_any_order_of_a_batch_leaves_the_same_record(world: World) -> None:
    bodies = [
        sns(json.dumps(ses(name)))
        for name in (
            "event-bounce-permanent-general",
            "event-bounce-permanent-onaccountsuppressionlist",
            "event-complaint-abuse",
            "event-complaint-other",
        )
    ]
    found = set()
    for order in itertools.permutations(bodies):
        assert app.handler(batch(*order), world.context) == ALL_GOOD
        record = parts().preferences.read(world.recipient(ONE))
        found.add(tuple(sorted((name, entry) for name, entry in record.registers.items())))
        clear(world)
    assert len(found) == 1


@pytest.mark.threat(
    "T20",
    "Addresses of feedback are looked for in the log.",
    "What is logged of an event is its numbers and a reason in words of our own.",
)
def test_counts_are_written_and_no_address_is(
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
    out = capsys.readouterr().out
    lines = [json.loads(line) for line in out.splitlines()]
    (counts,) = [line for line in lines if "_aws" in line]
    named = {name for name in counts if name[0].isupper()}
    assert named == {
        "BounceRecorded",
        "EventIgnored",
        "FeedbackRetried",
        "FeedbackDeadLettered",
        "RecipientUnreadable",
    }
    assert counts["FeedbackDeadLettered"] == [2.0]
    assert "@" not in out and "example.com" not in out
    assert world.recipient("a@example.com") not in out
