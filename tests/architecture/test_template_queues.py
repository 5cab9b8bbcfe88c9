"""Topics and queues of template.yaml: only permitted senders, and no lost messages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.architecture.test_template_time import LONGEST_CALL
from tests.support.iam_policies import FUNCTIONS, RESOURCES
from tests.support.template import timeout_of

_DATA_KEY = {"Fn::GetAtt": ["DataKey", "Arn"]}
_FOURTEEN_DAYS = 14 * 24 * 60 * 60
_FOUR_DAYS = 4 * 24 * 60 * 60
# They contain addresses as people typed them, which are not needed after a day.
SHORT_RETENTION_QUEUES = {
    "ConfirmationRequestsQueue",
    "WaitingQueue",
    "ConfirmationRequestsDeadLetters",
}
# The adopter's own system reads these queues.
ADOPTER_QUEUES = {"OptInNotificationsQueue"}
# A scheduled function reads these queues completely.
SCHEDULED_QUEUES = {"WaitingQueue": "SendConfirmationFunction"}
QUEUES = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::SQS::Queue"
}
# Each queue with a reader, the reader, and the properties of its event source.
QUEUES_WITH_READER = {
    event["Properties"]["Queue"]["Fn::GetAtt"][0]: (name, event["Properties"])
    for name, function in FUNCTIONS.items()
    for event in function.get("Events", {}).values()
    if event["Type"] == "SQS"
}


def _policy_statements(name: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = RESOURCES[name]["Properties"]["PolicyDocument"]["Statement"]
    return statements


def test_exactly_these_queues_have_a_reader() -> None:
    assert QUEUES_WITH_READER.keys() == {
        "OptOutRetryQueue",
        "FeedbackQueue",
        "MailboxQueue",
        "ConfirmationRequestsQueue",
        "ConfirmedOptInsQueue",
        "SesListQueue",
        "NumbersQueue",
        "WebhookQueue",
    }


@pytest.mark.parametrize("queue", QUEUES_WITH_READER)
def test_the_visibility_timeout_is_six_times_the_timeout_of_the_reader(queue: str) -> None:
    function, event = QUEUES_WITH_READER[queue]
    window = event.get("MaximumBatchingWindowInSeconds", 0)
    assert QUEUES[queue]["VisibilityTimeout"] >= 6 * timeout_of(function) + window


@pytest.mark.parametrize("queue", SCHEDULED_QUEUES)
def test_a_waiting_message_is_hidden_during_a_sweep_and_visible_for_the_next(
    queue: str,
) -> None:
    function = SCHEDULED_QUEUES[queue]
    (schedule,) = (e for e in FUNCTIONS[function]["Events"].values() if e["Type"] == "ScheduleV2")
    (minutes,) = re.findall(r"^rate\((\d+) minutes\)$", schedule["Properties"]["ScheduleExpression"])
    hidden, between = QUEUES[queue]["VisibilityTimeout"], 60 * int(minutes)
    assert 2 * timeout_of(function) <= hidden < between
    # A redrive does not affect a request that waits for two days. A message that is never readable is moved
    # to the dead-letter queue before it expires.
    sweeps = QUEUES[queue]["RedrivePolicy"]["maxReceiveCount"]
    assert 2 * 24 * 60 * 60 < sweeps * between < QUEUES[queue]["MessageRetentionPeriod"]


@pytest.mark.parametrize("queue", QUEUES_WITH_READER)
def test_a_reader_has_time_for_each_message_of_its_batch(queue: str) -> None:
    function, event = QUEUES_WITH_READER[queue]
    assert timeout_of(function) >= event["BatchSize"] * LONGEST_CALL


@pytest.mark.parametrize("queue", QUEUES_WITH_READER)
def test_a_failed_message_does_not_retry_the_others_of_its_batch(queue: str) -> None:
    assert QUEUES_WITH_READER[queue][1]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("queue", QUEUES_WITH_READER)
def test_the_concurrency_of_each_queue_is_limited(queue: str) -> None:
    assert 2 <= QUEUES_WITH_READER[queue][1]["ScalingConfig"]["MaximumConcurrency"] <= 10


@pytest.mark.parametrize("queue", QUEUES_WITH_READER)
def test_a_message_survives_an_outage_of_three_days(queue: str) -> None:
    redrive = QUEUES[queue]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"]["Fn::GetAtt"][0] in QUEUES.keys() - QUEUES_WITH_READER.keys()
    assert redrive["maxReceiveCount"] * QUEUES[queue]["VisibilityTimeout"] >= 3 * 24 * 60 * 60


@pytest.mark.parametrize("queue", QUEUES)
def test_each_queue_is_encrypted_and_has_the_right_retention(
    queue: str,
) -> None:
    retention = _FOUR_DAYS if queue in SHORT_RETENTION_QUEUES else _FOURTEEN_DAYS
    assert QUEUES[queue]["MessageRetentionPeriod"] == retention
    assert QUEUES[queue]["KmsMasterKeyId"] == _DATA_KEY


@pytest.mark.threat(
    "T8",
    "Another account, or an anonymous client, publishes an event that looks like one of SES.",
    "The topic accepts only events of SES in this account, and the queue only messages of this topic.",
)
@pytest.mark.parametrize("topic", ["FeedbackTopic", "MailboxTopic"])
def test_only_ses_of_this_account_publishes_feedback_and_mail(topic: str) -> None:
    assert RESOURCES[topic]["Properties"]["KmsMasterKeyId"] == _DATA_KEY
    allowed, denied = _policy_statements(f"{topic}Policy")
    assert (allowed["Effect"], allowed["Principal"]) == ("Allow", {"Service": "ses.amazonaws.com"})
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    sources = allowed["Condition"]["ArnLike"]["aws:SourceArn"]
    assert all("${AWS::AccountId}:" in source["Fn::Sub"] for source in sources)
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.threat(
    "T26",
    "Another account makes an AWS service act on the resources of this account.",
    "The policies name the topic and the account.",
)
@pytest.mark.parametrize(
    ("policy", "name"), [("QueuePolicies", "Feedback"), ("MailboxQueuePolicies", "Mailbox")]
)
def test_only_its_topic_sends_to_the_queue_of_feedback_and_of_mail(policy: str, name: str) -> None:
    queues = [{"Ref": f"{name}Queue"}, {"Ref": f"{name}DeadLetters"}]
    assert RESOURCES[policy]["Properties"]["Queues"] == queues
    allowed, denied = _policy_statements(policy)
    assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": f"{name}Topic"}}}
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")


@pytest.mark.parametrize("name", ["Numbers", "Webhook"])
def test_only_rules_of_the_bus_send_to_the_queue_of_the_numbers_and_of_webhooks(name: str) -> None:
    queues = [{"Ref": f"{name}Queue"}, {"Ref": f"{name}DeadLetters"}]
    assert RESOURCES[f"{name}QueuePolicy"]["Properties"]["Queues"] == queues
    allowed, denied = _policy_statements(f"{name}QueuePolicy")
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    (source,) = allowed["Condition"]["ArnLike"].values()
    assert source["Fn::Sub"].endswith(":${AWS::Region}:${AWS::AccountId}:rule/${EventBus}/*")
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")


@pytest.mark.parametrize("name", ["Feedback", "Mailbox"])
def test_a_notice_keeps_its_envelope_and_has_a_dead_letter_queue(name: str) -> None:
    subscription = RESOURCES[f"{name}Subscription"]["Properties"]
    assert subscription["RawMessageDelivery"] is False
    dead_letters = {"Fn::GetAtt": [f"{name}DeadLetters", "Arn"]}
    assert subscription["RedrivePolicy"]["deadLetterTargetArn"] == dead_letters


def test_the_data_key_permits_each_sender_and_the_logs() -> None:
    statements = RESOURCES["DataKey"]["Properties"]["KeyPolicy"]["Statement"]
    services = [s["Principal"]["Service"] for s in statements if "Service" in s["Principal"]]
    assert services == [
        "ses.amazonaws.com",
        "sns.amazonaws.com",
        "events.amazonaws.com",
        {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"},
    ]


def test_ses_publishes_only_bounces_complaints_and_subscriptions() -> None:
    destination = RESOURCES["EventsToFeedback"]["Properties"]["EventDestination"]
    assert destination["MatchingEventTypes"] == ["bounce", "complaint", "subscription"]
