"""Alarms of template.yaml and their sections in docs/operations.md, one to one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.test_template_queues import LINES, QUEUES, READ, THEIRS
from tests.architecture.test_template_streams import SCHEDULED, STREAMS
from tests.support.iam_policies import FUNCTIONS, RESOURCES
from tests.support.template import template, variables

_HOUR, _DAY = 3_600, 86_400
OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
ALARMS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}
SILENT = {name: alarm for name, alarm in ALARMS.items() if name.endswith("SilentAlarm")}


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


def _counted(alarm: dict[str, Any]) -> dict[str, Any]:
    """The one metric that an expression is made of, with its period."""
    (metric,) = (each for each in alarm["Metrics"] if "MetricStat" in each)
    counted: dict[str, Any] = metric["MetricStat"]
    return counted


def test_a_schedule_that_stops_is_told_because_nobody_would_miss_it() -> None:
    for alarm in SILENT.values():
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
        assert _counted(alarm)["Stat"] == "Sum"
    metrics = {name: _counted(alarm)["Metric"] for name, alarm in SILENT.items()}
    by_runs = {
        metric["Dimensions"][0]["Value"]["Ref"]
        for metric in metrics.values()
        if metric["MetricName"] == "Invocations"
    }
    # Deliveries of the stream, and of the queue, are invocations too: of those two the log's line tells.
    assert by_runs | {"PurgeFunction", "SendConfirmationFunction"} == SCHEDULED
    for name, metric, logs, words in (
        ("PurgeSweepSilentAlarm", "PurgeSweepRan", "PurgeLogs", "swept"),
        (
            "WaitingQueueSilentAlarm",
            "WaitingQueueSwept",
            "SendConfirmationLogs",
            "the waiting line was looked at",
        ),
    ):
        told = RESOURCES[f"{metric}Filter"]["Properties"]
        (made,) = told["MetricTransformations"]
        assert told["LogGroupName"] == {"Ref": logs}
        assert told["FilterPattern"] == f'{{ $.message = "{words}" }}'
        assert metrics[name] == {"Namespace": made["MetricNamespace"], "MetricName": metric}


@pytest.mark.parametrize("alarm", SILENT)
def test_a_gap_is_a_zero_to_an_alarm_on_silence(alarm: str) -> None:
    """Of missing points CloudWatch takes older ones first, and would tell of silence days late."""
    expression, metric = SILENT[alarm]["Metrics"]
    assert expression["Expression"] == f"FILL({metric['Id']}, 0)"
    assert (expression["ReturnData"], metric["ReturnData"]) == (True, False)
    assert not {"MetricName", "Namespace", "Dimensions", "Statistic", "Period"} & SILENT[alarm].keys()


@pytest.mark.parametrize("alarm", SILENT)
def test_silence_is_told_after_the_next_run_is_missed_and_within_its_day(alarm: str) -> None:
    period, periods = _counted(SILENT[alarm])["Period"], SILENT[alarm]["EvaluationPeriods"]
    between = _DAY if alarm == "SealSilentAlarm" else _HOUR
    assert between + _HOUR <= period * periods <= between + 2 * _HOUR
    assert period == _HOUR, "so that the runs of a schedule, which are late at times, trip nothing"


def test_every_alarm_looks_at_one_metric_which_is_what_it_costs() -> None:
    for alarm in ALARMS.values():
        assert len(alarm.get("Metrics", [])) in (0, 2)


def _watched(metric: str) -> dict[str, Any]:
    return {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]: alarm["Threshold"]
        for alarm in ALARMS.values()
        if alarm.get("MetricName") == metric
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
        if alarm.get("MetricName") == "Errors"
    }
    assert crashing == {reader for reader, _ in READ.values()} | set(STREAMS) | SCHEDULED
    assert ALARMS["ApiErrorsAlarm"]["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "HttpApi"}}]


def test_a_refused_opt_out_is_counted_from_the_access_log() -> None:
    pattern = RESOURCES["OptOutRefusedFilter"]["Properties"]["FilterPattern"]
    fields = set(re.findall(r"\$\.([a-z]+)", pattern))
    written = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]["Format"]
    assert fields == {"route", "status"}
    assert all(f'"{field}":' in written for field in fields)
    for route in ("POST /u/{token}", "POST /u/{token}/{rest+}"):
        assert f'$.route = "{route}"' in pattern


def test_an_opt_out_that_lambda_throttles_is_told_by_lambda_itself() -> None:
    """Of a flood of 429 API Gateway may leave lines and points out."""
    (alarm,) = (each for each in ALARMS.values() if each.get("MetricName") == "Throttles")
    assert (alarm["Namespace"], alarm["Statistic"]) == ("AWS/Lambda", "Sum")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "UnsubscribeFunction"}}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_lines_that_alarms_hang_on_are_written_by_every_function(function: str) -> None:
    """They are of the level INFO, and Lambda takes all of Powertools' lines for such."""
    common = template()["Globals"]["Function"]["LoggingConfig"]
    assert {**common, **FUNCTIONS[function]["LoggingConfig"]}["ApplicationLogLevel"] == "INFO"
    assert "POWERTOOLS_LOG_LEVEL" not in variables(function)


@pytest.mark.threat(
    "T26",
    "Another account has an AWS service act on our resources.",
    "Policies name our own topic and our own account.",
)
def test_alarms_of_this_account_and_the_rule_of_the_keys_alone_publish_to_the_topic() -> None:
    alarms, rule = RESOURCES["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert rule["Principal"] == {"Service": "events.amazonaws.com"}
    assert rule["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["KeyRule", "Arn"]}}}


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
