"""The alarms of template.yaml and their sections in docs/reference/alarms.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.test_template_queues import (
    ADOPTER_QUEUES,
    QUEUES,
    QUEUES_WITH_READER,
    SCHEDULED_QUEUES,
)
from tests.architecture.test_template_streams import SCHEDULED, STREAMS
from tests.support.iam_policies import FUNCTIONS, RESOURCES
from tests.support.template import template, variables

_HOUR, _DAY = 3_600, 86_400
ALARMS_PAGE = Path(__file__).parents[2] / "docs" / "reference" / "alarms.md"
ALARMS = {
    name: resource["Properties"]
    for name, resource in RESOURCES.items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}
SILENT = {name: alarm for name, alarm in ALARMS.items() if name.endswith("SilentAlarm")}


def _anchor(text: str) -> str:
    (anchor,) = re.findall(r"docs/reference/alarms\.md#([a-z-]+)", text)
    return str(anchor)


def test_each_alarm_has_a_section_and_each_section_an_alarm() -> None:
    headings = re.findall(r"^### (Alarm: .+)$", ALARMS_PAGE.read_text(), re.MULTILINE)
    sections = [re.sub(r"[^a-z -]", "", heading.lower()).replace(" ", "-") for heading in headings]
    named = [_anchor(alarm["AlarmDescription"]) for alarm in ALARMS.values()]
    assert sorted(sections) == sorted([*named, "alarm-key"])


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_links_to_its_section_and_notifies_the_topic(alarm: str) -> None:
    words = re.findall("[A-Z][a-z]+", alarm.removesuffix("Alarm"))
    properties = ALARMS[alarm]
    assert _anchor(properties["AlarmDescription"]) == "-".join(["alarm", *words]).lower()
    assert properties["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    silence = alarm.endswith("SilentAlarm")
    assert properties["TreatMissingData"] == ("breaching" if silence else "notBreaching")


def _counted(alarm: dict[str, Any]) -> dict[str, Any]:
    """Returns the metric of an expression, with its period and statistic."""
    (metric,) = (each for each in alarm["Metrics"] if "MetricStat" in each)
    counted: dict[str, Any] = metric["MetricStat"]
    return counted


def test_each_schedule_has_an_alarm_for_its_absence() -> None:
    for alarm in SILENT.values():
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
        assert _counted(alarm)["Stat"] == "Sum"
    metrics = {name: _counted(alarm)["Metric"] for name, alarm in SILENT.items()}
    by_runs = {
        metric["Dimensions"][0]["Value"]["Ref"]
        for metric in metrics.values()
        if metric["MetricName"] == "Invocations"
    }
    # Other events invoke these functions too. So their alarms count a log line of the scheduled run.
    assert (
        by_runs | {"CasesFunction", "JobsFunction", "PurgeFunction", "SendConfirmationFunction"} == SCHEDULED
    )
    for name, metric, logs, words in (
        ("CasesCheckSilentAlarm", "CasesChecked", "CasesLogs", "cases checked"),
        ("JobsSweepSilentAlarm", "JobsSwept", "JobsLogs", "jobs swept"),
        ("PurgeSweepSilentAlarm", "PurgeSweepRan", "PurgeLogs", "swept"),
        (
            "WaitingQueueSilentAlarm",
            "WaitingQueueSwept",
            "SendConfirmationLogs",
            "waiting queue swept",
        ),
    ):
        log_filter = RESOURCES[f"{metric}Filter"]["Properties"]
        (transformation,) = log_filter["MetricTransformations"]
        assert log_filter["LogGroupName"] == {"Ref": logs}
        assert log_filter["FilterPattern"] == f'{{ $.message = "{words}" }}'
        assert metrics[name] == {"Namespace": transformation["MetricNamespace"], "MetricName": metric}


@pytest.mark.parametrize("alarm", SILENT)
def test_a_silent_alarm_counts_a_gap_as_zero(alarm: str) -> None:
    """Without this, CloudWatch fills gaps with older points and raises the alarm days late."""
    expression, metric = SILENT[alarm]["Metrics"]
    assert expression["Expression"] == f"FILL({metric['Id']}, 0)"
    assert (expression["ReturnData"], metric["ReturnData"]) == (True, False)
    assert not {"MetricName", "Namespace", "Dimensions", "Statistic", "Period"} & SILENT[alarm].keys()


@pytest.mark.parametrize("alarm", SILENT)
def test_a_silent_alarm_is_raised_soon_after_a_missed_run(alarm: str) -> None:
    period, periods = _counted(SILENT[alarm])["Period"], SILENT[alarm]["EvaluationPeriods"]
    between = _DAY if alarm == "SealSilentAlarm" else _HOUR
    assert between + _HOUR <= period * periods <= between + 2 * _HOUR
    assert period == _HOUR, "a run that is a little late raises no alarm"


def test_each_alarm_uses_one_metric() -> None:
    for name, alarm in ALARMS.items():
        assert len(alarm.get("Metrics", [])) in ((1,) if name == "ManyLookUpsAlarm" else (0, 2))


def test_one_alarm_watches_each_user_of_the_desk() -> None:
    (metric,) = ALARMS["ManyLookUpsAlarm"]["Metrics"]
    (counted,) = RESOURCES["DeskLookUpsFilter"]["Properties"]["MetricTransformations"]
    (dimension,) = counted["Dimensions"]
    query = metric["Expression"]["Fn::Sub"]
    assert f"({counted['MetricName']})" in query
    assert f'SCHEMA("Heed/${{AWS::StackName}}", {dimension["Key"]}) GROUP BY {dimension["Key"]}' in query
    assert query.endswith("ORDER BY SUM() DESC LIMIT 1"), "one time series, of the user with the most"
    assert counted["MetricNamespace"] == {"Fn::Sub": "Heed/${AWS::StackName}"}


def _watched(metric: str) -> dict[str, Any]:
    return {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]: alarm["Threshold"]
        for alarm in ALARMS.values()
        if alarm.get("MetricName") == metric
    }


def test_one_message_in_a_dead_letter_queue_raises_an_alarm() -> None:
    dead = QUEUES.keys() - QUEUES_WITH_READER.keys() - ADOPTER_QUEUES - SCHEDULED_QUEUES.keys()
    assert _watched("ApproximateNumberOfMessagesVisible") == dict.fromkeys(dead, 0)


def test_the_age_of_each_queue_has_an_alarm() -> None:
    ages = _watched("ApproximateAgeOfOldestMessage")
    assert ages.keys() == QUEUES_WITH_READER.keys() | ADOPTER_QUEUES
    for queue in QUEUES_WITH_READER:
        seconds, hidden = ages[queue], QUEUES[queue]["VisibilityTimeout"]
        assert hidden <= seconds < 2 * hidden, "after the first failed attempt and before the third"


def test_a_crash_of_each_function_raises_an_alarm() -> None:
    crashing = {
        alarm["Dimensions"][0]["Value"]["Ref"]
        for alarm in ALARMS.values()
        if alarm.get("MetricName") == "Errors"
    }
    assert crashing == {reader for reader, _ in QUEUES_WITH_READER.values()} | set(STREAMS) | SCHEDULED
    assert ALARMS["ApiErrorsAlarm"]["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "HttpApi"}}]


def test_each_end_of_an_execution_without_its_last_step_raises_an_alarm() -> None:
    watched = [alarm for alarm in ALARMS.values() if alarm.get("Namespace") == "AWS/States"]
    ends = {"ExecutionsTimedOut", "ExecutionsFailed", "ExecutionsAborted"}
    assert {alarm["MetricName"] for alarm in watched} == ends
    for alarm in watched:
        assert alarm["Dimensions"] == [{"Name": "StateMachineArn", "Value": {"Ref": "JobMachine"}}]
        assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 0)


def test_refused_opt_outs_are_counted_from_the_access_log() -> None:
    pattern = RESOURCES["OptOutRefusedFilter"]["Properties"]["FilterPattern"]
    fields = set(re.findall(r"\$\.([a-z]+)", pattern))
    log_format = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]["Format"]
    assert fields == {"route", "status"}
    assert all(f'"{field}":' in log_format for field in fields)
    for route in ("POST /u/{token}", "POST /u/{token}/{rest+}"):
        assert f'$.route = "{route}"' in pattern


def test_throttled_opt_outs_raise_an_alarm_of_lambda() -> None:
    """During a flood of 429 answers, API Gateway may omit log lines and metric points."""
    (alarm,) = (each for each in ALARMS.values() if each.get("MetricName") == "Throttles")
    assert (alarm["Namespace"], alarm["Statistic"]) == ("AWS/Lambda", "Sum")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "UnsubscribeFunction"}}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_logs_the_level_that_alarms_need(function: str) -> None:
    """The alarms need lines of the level INFO. Lambda treats each line of Powertools as INFO."""
    common = template()["Globals"]["Function"]["LoggingConfig"]
    assert {**common, **FUNCTIONS[function]["LoggingConfig"]}["ApplicationLogLevel"] == "INFO"
    assert "POWERTOOLS_LOG_LEVEL" not in variables(function)


@pytest.mark.threat(
    "T26",
    "Another account makes an AWS service act on the resources of this account.",
    "The policies name the topic and the account.",
)
def test_only_alarms_and_the_key_rule_of_this_account_publish_to_the_alarm_topic() -> None:
    alarms, rule = RESOURCES["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert rule["Principal"] == {"Service": "events.amazonaws.com"}
    assert rule["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["KeyRule", "Arn"]}}}


def test_disabling_or_deleting_a_key_raises_an_alarm() -> None:
    rule = RESOURCES["KeyRule"]["Properties"]
    detail = rule["EventPattern"]["detail"]
    keys = [name for name, r in RESOURCES.items() if r["Type"] == "AWS::KMS::Key"]
    assert detail["eventName"] == ["DisableKey", "ScheduleKeyDeletion"]
    assert detail["resources"]["ARN"] == [{"Fn::GetAtt": [key, "Arn"]} for key in keys]
    assert _anchor(rule["Description"]) == "alarm-key"
    assert rule["Targets"][0]["Arn"] == {"Ref": "AlarmTopic"}


def test_the_alarm_topic_does_not_need_a_key() -> None:
    assert "Properties" not in RESOURCES["AlarmTopic"]
