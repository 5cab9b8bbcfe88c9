"""Events that invoke the purge function: due purges in the stream, and an hourly sweep."""

from __future__ import annotations

import json

from tests.support.iam_policies import FUNCTIONS, RESOURCES

EVENTS = FUNCTIONS["PurgeFunction"]["Events"]


def test_the_stream_invokes_the_purge_only_if_one_is_due() -> None:
    (stream_filter,) = EVENTS["Changes"]["Properties"]["FilterCriteria"]["Filters"]
    assert json.loads(stream_filter["Pattern"]) == {
        "dynamodb": {"NewImage": {"purge": {"S": [{"exists": True}]}}}
    }


def test_a_failed_stream_record_is_reported_and_swept_within_an_hour() -> None:
    stream = EVENTS["Changes"]["Properties"]
    assert stream["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    destination = stream["DestinationConfig"]["OnFailure"]["Destination"]
    assert destination == {"Fn::GetAtt": ["PurgeDeadLetters", "Arn"]}
    assert EVENTS["Hourly"]["Properties"]["ScheduleExpression"] == "rate(1 hour)"


def test_the_stream_of_the_table_has_at_most_two_readers() -> None:
    readers = [
        name
        for name, function in FUNCTIONS.items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "DynamoDB"
    ]
    assert sorted(readers) == ["LedgerFunction", "PurgeFunction"], "DynamoDB throttles a third reader"


def test_the_purge_schedule_may_only_invoke_the_purge_function() -> None:
    (policy,) = RESOURCES["PurgeScheduleRole"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"] == {"Fn::GetAtt": ["PurgeFunction", "Arn"]}


def test_the_alarm_filter_has_the_text_that_the_function_logs() -> None:
    pattern = RESOURCES["PurgeOverdueFilter"]["Properties"]["FilterPattern"]
    assert pattern == '{ $.message = "purge overdue" }'


def test_the_alarm_names_both_deadlines_of_a_purge() -> None:
    description = RESOURCES["PurgeOverdueAlarm"]["Properties"]["AlarmDescription"]
    assert "after an hour" in description and "on the SES list after a day" in description
