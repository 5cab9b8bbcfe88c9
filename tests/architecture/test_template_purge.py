"""How purges are woken: by the table's stream, where a purge is due, and once an hour for the rest."""

from __future__ import annotations

import json

from tests.support.iam_policies import FUNCTIONS, RESOURCES

EVENTS = FUNCTIONS["PurgeFunction"]["Events"]


def test_the_stream_wakes_it_only_where_a_purge_is_due() -> None:
    (wanted,) = EVENTS["Changes"]["Properties"]["FilterCriteria"]["Filters"]
    assert json.loads(wanted["Pattern"]) == {"dynamodb": {"NewImage": {"purge": {"S": [{"exists": True}]}}}}


def test_what_the_stream_gives_up_is_told_and_the_sweep_comes_within_the_hour() -> None:
    stream = EVENTS["Changes"]["Properties"]
    assert stream["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    destination = stream["DestinationConfig"]["OnFailure"]["Destination"]
    assert destination == {"Fn::GetAtt": ["PurgeDeadLetters", "Arn"]}
    assert EVENTS["Hourly"]["Properties"]["ScheduleExpression"] == "rate(1 hour)"


def test_no_more_than_two_read_the_tables_stream() -> None:
    readers = [
        name
        for name, function in FUNCTIONS.items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "DynamoDB"
    ]
    assert sorted(readers) == ["LedgerFunction", "PurgeFunction"], "a third would be throttled"


def test_its_schedule_may_call_it_and_nothing_else() -> None:
    (policy,) = RESOURCES["PurgeScheduleRole"]["Properties"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"] == {"Fn::GetAtt": ["PurgeFunction", "Arn"]}


def test_the_alarm_looks_for_the_words_that_the_function_logs() -> None:
    pattern = RESOURCES["PurgeOverdueFilter"]["Properties"]["FilterPattern"]
    assert pattern == '{ $.message = "purge overdue" }'


def test_the_alarm_names_both_times_after_which_a_purge_is_late() -> None:
    told = RESOURCES["PurgeOverdueAlarm"]["Properties"]["AlarmDescription"]
    assert "after an hour" in told and "on the SES list after a day" in told
