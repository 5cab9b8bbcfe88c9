"""Alarms of template.yaml and their sections in docs/operations.md, one to one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.test_template_queues import LINES, QUEUES, READ, THEIRS
from tests.architecture.test_template_streams import SCHEDULED, STREAMS
from tests.policies import FUNCTIONS, RESOURCES
from tests.template import template

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
ALARMS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}
OUTPUTS = {
    "ApiUrl",
    "PreferencesTable",
    "ControlTable",
    "FeedbackTopicArn",
    "FeedbackQueueUrl",
    "FeedbackDeadLettersUrl",
    "LaterQueueUrl",
    "LaterDeadLettersUrl",
    "SubscribeQueueUrl",
    "SubscribeDeadLettersUrl",
    "ConfirmedQueueUrl",
    "ConfirmedDeadLettersUrl",
    "OptInsQueueUrl",
    "OptInsPolicyArn",
    "IdentityKeyArn",
    "LinksKeyArn",
    "AlarmTopicArn",
}


def _anchor(text: str) -> str:
    (found,) = re.findall(r"docs/operations\.md#([a-z-]+)", text)
    return str(found)


def test_every_alarm_has_its_section_and_every_section_its_alarm() -> None:
    headings = re.findall(r"^### (Alarm: .+)$", OPERATIONS.read_text(), re.MULTILINE)
    sections = [re.sub(r"[^a-z -]", "", heading.lower()).replace(" ", "-") for heading in headings]
    named = [_anchor(alarm["AlarmDescription"]) for alarm in ALARMS.values()]
    assert sorted(sections) == sorted([*named, "alarm-key"])


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_is_named_as_its_section_and_reaches_the_topic(alarm: str) -> None:
    words = re.findall("[A-Z][a-z]+", alarm.removesuffix("Alarm"))
    properties = ALARMS[alarm]
    assert _anchor(properties["AlarmDescription"]) == "-".join(["alarm", *words]).lower()
    assert properties["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    silence = alarm.endswith("SilentAlarm")
    assert properties["TreatMissingData"] == ("breaching" if silence else "notBreaching")


def test_a_schedule_that_stops_is_told_because_nobody_would_miss_it() -> None:
    silent = {name: alarm for name, alarm in ALARMS.items() if name.endswith("SilentAlarm")}
    for alarm in silent.values():
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    by_runs = {
        alarm["Dimensions"][0]["Value"]["Ref"]
        for alarm in silent.values()
        if alarm["MetricName"] == "Invocations"
    }
    # Deliveries of the stream, and of the queue, are invocations too: of those two the log's line tells.
    assert by_runs | {"PurgeFunction", "SendConfirmationFunction"} == SCHEDULED
    for name, metric, logs, words in (
        ("SweepSilentAlarm", "Swept", "PurgeLogs", "swept"),
        (
            "WaitingSilentAlarm",
            "WaitingLookedAt",
            "SendConfirmationLogs",
            "the waiting line was looked at",
        ),
    ):
        told = RESOURCES[f"{metric}Filter"]["Properties"]
        assert told["LogGroupName"] == {"Ref": logs}
        assert told["FilterPattern"] == f'{{ $.message = "{words}" }}'
        assert silent[name]["MetricName"] == metric


def _watched(metric: str) -> dict[str, Any]:
    return {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]: alarm["Threshold"]
        for alarm in ALARMS.values()
        if alarm["MetricName"] == metric
    }


def test_one_message_in_a_dead_letter_queue_is_enough() -> None:
    dead = QUEUES.keys() - READ.keys() - THEIRS - LINES.keys()
    assert _watched("ApproximateNumberOfMessagesVisible") == dict.fromkeys(dead, 0)


def test_the_age_of_a_queue_is_watched_while_sqs_still_counts_it() -> None:
    ages = _watched("ApproximateAgeOfOldestMessage")
    assert ages.keys() == READ.keys() | THEIRS
    for queue in READ:
        seconds, hidden = ages[queue], QUEUES[queue]["VisibilityTimeout"]
        assert hidden <= seconds < 2 * hidden, "after the first try failed, before the third"


def test_a_crash_shows_behind_the_api_and_behind_a_queue() -> None:
    crashing = {
        alarm["Dimensions"][0]["Value"]["Ref"]
        for alarm in ALARMS.values()
        if alarm["MetricName"] == "Errors"
    }
    assert crashing == {reader for reader, _ in READ.values()} | set(STREAMS) | SCHEDULED
    assert ALARMS["ApiErrorsAlarm"]["Dimensions"] == [
        {"Name": "ApiId", "Value": {"Ref": "HttpApi"}}
    ]


def test_a_refused_opt_out_is_counted_from_the_access_log() -> None:
    pattern = RESOURCES["OptOutRefusedFilter"]["Properties"]["FilterPattern"]
    fields = set(re.findall(r"\$\.([a-z]+)", pattern))
    written = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]["Format"]
    assert fields == {"route", "status"}
    assert all(f'"{field}":' in written for field in fields)
    assert '"POST /u/{token}"' in pattern


def test_disabling_or_deleting_any_key_is_told() -> None:
    rule = RESOURCES["KeyRule"]["Properties"]
    detail = rule["EventPattern"]["detail"]
    keys = [name for name, r in RESOURCES.items() if r["Type"] == "AWS::KMS::Key"]
    assert detail["eventName"] == ["DisableKey", "ScheduleKeyDeletion"]
    assert detail["resources"]["ARN"] == [{"Fn::GetAtt": [key, "Arn"]} for key in keys]
    assert _anchor(rule["Description"]) == "alarm-key"
    assert rule["Targets"][0]["Arn"] == {"Ref": "AlarmTopic"}


def test_alarms_arrive_when_the_key_is_what_broke() -> None:
    assert "Properties" not in RESOURCES["AlarmTopic"]


def test_the_outputs_name_what_tools_and_people_need() -> None:
    assert OUTPUTS | {f"{name}Name" for name in FUNCTIONS} <= template()["Outputs"].keys()
