"""Topics and queues of template.yaml: nothing gets in from elsewhere, nothing is lost inside."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.architecture.test_template_time import LONGEST_CALL
from tests.support.iam_policies import FUNCTIONS, RESOURCES
from tests.support.template import time_of

_DATA_KEY = {"Fn::GetAtt": ["DataKey", "Arn"]}
_FOURTEEN_DAYS = 14 * 24 * 60 * 60
_FOUR_DAYS = 4 * 24 * 60 * 60
# They hold addresses as they were entered, which are of no use after a day.
_SHORT = {
    "ConfirmationRequestsQueue",
    "WaitingQueue",
    "ConfirmationRequestsDeadLetters",
}
# Read by the adopter's own system.
THEIRS = {"OptInNotificationsQueue"}
# Read as a whole by a schedule.
LINES = {"WaitingQueue": "SendConfirmationFunction"}
QUEUES = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::SQS::Queue"
}
# A queue with a reader, the reader, and what becomes of a message that is given up.
READ = {
    event["Properties"]["Queue"]["Fn::GetAtt"][0]: (name, event["Properties"])
    for name, function in FUNCTIONS.items()
    for event in function.get("Events", {}).values()
    if event["Type"] == "SQS"
}


def _policy(name: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = RESOURCES[name]["Properties"]["PolicyDocument"]["Statement"]
    return statements


def test_these_queues_are_read() -> None:
    assert READ.keys() == {
        "OptOutRetryQueue",
        "FeedbackQueue",
        "ConfirmationRequestsQueue",
        "ConfirmedOptInsQueue",
        "SesListQueue",
    }


@pytest.mark.parametrize("queue", READ)
def test_a_message_stays_hidden_for_six_times_the_readers_time(queue: str) -> None:
    function, event = READ[queue]
    window = event.get("MaximumBatchingWindowInSeconds", 0)
    assert QUEUES[queue]["VisibilityTimeout"] >= 6 * time_of(function) + window


@pytest.mark.parametrize("queue", LINES)
def test_a_message_of_a_line_is_hidden_while_it_is_looked_at_and_there_at_the_next_look(
    queue: str,
) -> None:
    function = LINES[queue]
    (look,) = (e for e in FUNCTIONS[function]["Events"].values() if e["Type"] == "ScheduleV2")
    (minutes,) = re.findall(r"^rate\((\d+) minutes\)$", look["Properties"]["ScheduleExpression"])
    hidden, between = QUEUES[queue]["VisibilityTimeout"], 60 * int(minutes)
    assert 2 * time_of(function) <= hidden < between
    # Whoever waits for two days is given up by no redrive; what nobody can read is, before its time ends.
    looks = QUEUES[queue]["RedrivePolicy"]["maxReceiveCount"]
    assert 2 * 24 * 60 * 60 < looks * between < QUEUES[queue]["MessageRetentionPeriod"]


@pytest.mark.parametrize("queue", READ)
def test_a_reader_has_time_for_every_message_of_its_batch(queue: str) -> None:
    function, event = READ[queue]
    assert time_of(function) >= event["BatchSize"] * LONGEST_CALL


@pytest.mark.parametrize("queue", READ)
def test_one_bad_message_does_not_bring_the_others_back(queue: str) -> None:
    assert READ[queue][1]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("queue", READ)
def test_a_flood_is_held_by_the_number_of_readers(queue: str) -> None:
    assert 2 <= READ[queue][1]["ScalingConfig"]["MaximumConcurrency"] <= 10


@pytest.mark.parametrize("queue", READ)
def test_an_outage_of_three_days_gives_nothing_up(queue: str) -> None:
    redrive = QUEUES[queue]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"]["Fn::GetAtt"][0] in QUEUES.keys() - READ.keys()
    assert redrive["maxReceiveCount"] * QUEUES[queue]["VisibilityTimeout"] >= 3 * 24 * 60 * 60


@pytest.mark.parametrize("queue", QUEUES)
def test_every_queue_encrypts_and_keeps_for_fourteen_days_unless_it_holds_what_was_entered(
    queue: str,
) -> None:
    kept = _FOUR_DAYS if queue in _SHORT else _FOURTEEN_DAYS
    assert QUEUES[queue]["MessageRetentionPeriod"] == kept
    assert QUEUES[queue]["KmsMasterKeyId"] == _DATA_KEY


@pytest.mark.threat(
    "T8",
    "Somebody else's account, or anybody, publishes an event that looks like one of SES.",
    "The topic takes events of our own account's SES alone, and the queue those of our topic alone.",
)
def test_only_our_own_ses_publishes_feedback() -> None:
    assert RESOURCES["FeedbackTopic"]["Properties"]["KmsMasterKeyId"] == _DATA_KEY
    allowed, denied = _policy("FeedbackTopicPolicy")
    assert (allowed["Effect"], allowed["Principal"]) == ("Allow", {"Service": "ses.amazonaws.com"})
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    sources = allowed["Condition"]["ArnLike"]["aws:SourceArn"]
    assert all("${AWS::AccountId}:" in source["Fn::Sub"] for source in sources)
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.threat(
    "T26",
    "Another account has an AWS service act on our resources.",
    "Policies name our own topic and our own account.",
)
def test_only_our_topic_sends_to_the_queue_of_feedback() -> None:
    (policy,) = (r for r in RESOURCES.values() if r["Type"] == "AWS::SQS::QueuePolicy")
    assert policy["Properties"]["Queues"] == [
        {"Ref": "FeedbackQueue"},
        {"Ref": "FeedbackDeadLetters"},
    ]
    allowed, denied = policy["Properties"]["PolicyDocument"]["Statement"]
    assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "FeedbackTopic"}}}
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")


def test_feedback_comes_in_its_envelope_and_is_kept_if_the_queue_refuses_it() -> None:
    subscription = RESOURCES["FeedbackSubscription"]["Properties"]
    assert subscription["RawMessageDelivery"] is False
    assert subscription["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": ["FeedbackDeadLetters", "Arn"]
    }


def test_the_key_lets_every_sender_and_the_logs_in() -> None:
    statements = RESOURCES["DataKey"]["Properties"]["KeyPolicy"]["Statement"]
    services = [s["Principal"]["Service"] for s in statements if "Service" in s["Principal"]]
    assert services == [
        "ses.amazonaws.com",
        "sns.amazonaws.com",
        {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"},
    ]


def test_ses_is_asked_for_what_says_something_about_a_wish_or_an_address() -> None:
    wanted = RESOURCES["EventsToFeedback"]["Properties"]["EventDestination"]
    assert wanted["MatchingEventTypes"] == ["bounce", "complaint", "subscription"]
