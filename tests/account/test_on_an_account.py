"""What the local stack cannot run of the checks, on an AWS in this process: they find what is wrong."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError

from heed.adapters.stack import Access
from tests.account import creation, deployed, gone, silence
from tests.account.__main__ import as_samconfig_says
from tests.account.checking import Check, Result, Skipped, Word, check, run
from tests.account.target import Target, Wishes

pytestmark = pytest.mark.usefixtures("aws")

NAME = "heed-trial"
START = datetime(2026, 3, 5, 12, tzinfo=UTC)


def _target(*, silence: bool = False) -> Target:
    wishes = Wishes(silence=silence)
    return Target(NAME, {}, Access(), False, lambda _: "", wishes, ExitStack())


def _look(check: Check, target: Target) -> Result:
    (result,) = run([check], target)
    return result


# ---- The alarm that comes when nobody seals ----


@pytest.fixture
def sealing(aws: None) -> Any:
    """The schedule and its alarm, as a deployment has them once the ledger was sealed; the target."""
    target = _target(silence=True)
    vars(target)["resources"] = {"SealFunctionNightly": "nightly", "SealSilentAlarm": "silent"}
    boto3.client("scheduler").create_schedule(
        Name="nightly",
        Description="two hours after midnight",
        ScheduleExpression="cron(0 2 * * ? *)",
        ScheduleExpressionTimezone="UTC",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:lambda:us-east-1:123456789012:function:seal",
            "RoleArn": "arn:aws:iam::123456789012:role/seal",
        },
    )
    boto3.client("cloudwatch").put_metric_alarm(
        AlarmName="silent",
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Statistic="Sum",
        Period=3600,
        EvaluationPeriods=26,
        ComparisonOperator="LessThanThreshold",
        Threshold=1,
    )
    _alarm("OK")
    return target


def _alarm(state: str) -> None:
    boto3.client("cloudwatch").set_alarm_state(
        AlarmName="silent", StateValue=state, StateReason="a test"
    )


def _schedule() -> dict[str, Any]:
    found = dict(boto3.client("scheduler").get_schedule(Name="nightly"))
    return {
        name: value
        for name, value in found.items()
        if name not in ("ResponseMetadata", "LastModificationDate")
    }


def _silence(target: Target) -> Result:
    return _look(silence.the_alarm_comes_when_nobody_seals, target)


def test_the_schedule_is_left_alone_unless_it_is_asked_for(sealing: Target) -> None:
    quiet = _target()
    vars(quiet)["resources"] = sealing.resources

    assert _silence(quiet).word is Word.SKIPPED
    assert _schedule()["State"] == "ENABLED"


def test_the_schedule_is_disabled_and_enabled_again_when_the_alarm_came(sealing: Target) -> None:
    before = _schedule()

    assert _silence(sealing).word is Word.SKIPPED
    assert _schedule() == {**before, "State": "DISABLED"}

    _alarm("ALARM")
    assert _silence(sealing).word is Word.OK
    assert _schedule() == before


def test_an_alarm_that_never_comes_is_a_failure_and_the_schedule_is_enabled_again(
    sealing: Target,
) -> None:
    with time_machine.travel(START, tick=False):
        _silence(sealing)
    with time_machine.travel(START + timedelta(hours=27), tick=False):
        assert _silence(sealing).word is Word.SKIPPED
    with time_machine.travel(START + timedelta(hours=29), tick=False):
        assert _silence(sealing).word is Word.FAILED
    assert _schedule()["State"] == "ENABLED"


def test_a_ledger_that_was_never_sealed_is_not_silenced(sealing: Target) -> None:
    _alarm("ALARM")

    assert _silence(sealing).word is Word.SKIPPED
    assert _schedule()["State"] == "ENABLED"


# ---- What a production stack leaves, and what a trial must not ----

KEPT = {
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "Properties": {
            "DeletionProtectionEnabled": True,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        },
    },
    "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
    "Key": {
        "Type": "AWS::KMS::Key",
        "DeletionPolicy": "Retain",
        "Properties": {"KeyPolicy": json.dumps({"Statement": []})},
    },
}


def _deploy(name: str) -> None:
    body = json.dumps({"Resources": KEPT})
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=body)


def test_the_broken_stack_is_removed_with_all_that_production_keeps_and_nothing_else() -> None:
    _deploy(NAME)
    tables, buckets = boto3.client("dynamodb").list_tables, boto3.client("s3").list_buckets
    others = tables()["TableNames"], [one["Name"] for one in buckets()["Buckets"]]
    _deploy(f"{NAME}-broken")

    creation.remove(_target(), f"{NAME}-broken")

    assert (tables()["TableNames"], [one["Name"] for one in buckets()["Buckets"]]) == others
    kms = boto3.client("kms")
    keys = [kms.describe_key(KeyId=one["KeyId"]) for one in kms.list_keys()["Keys"]]
    assert sorted(key["KeyMetadata"]["KeyState"] for key in keys) == ["Enabled", "PendingDeletion"]


def test_a_stack_that_was_there_before_is_not_taken_for_the_broken_one() -> None:
    _deploy(f"{NAME}-broken")
    target = Target(
        NAME, {}, Access(), False, lambda _: "", Wishes(break_a_creation=True), ExitStack()
    )

    result = _look(creation.a_production_creation_that_fails_is_mended_in_place, target)

    assert result.word is Word.SKIPPED
    target.end.close()
    assert _status(f"{NAME}-broken") == "CREATE_COMPLETE"


def _status(name: str) -> str:
    return boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0][
        "StackStatus"
    ]


def test_a_stack_that_still_stands_and_one_that_never_was_are_not_gone() -> None:
    assert _look(gone.nothing_is_left_of_the_stack, _target()).word is Word.FAILED
    _deploy(NAME)
    assert _look(gone.nothing_is_left_of_the_stack, _target()).word is Word.FAILED


def test_a_log_group_that_came_back_is_named_and_that_of_another_stack_is_not() -> None:
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/heed/heed/seal")
    assert _look(gone.no_log_group_came_back, _target()).word is Word.OK
    logs.create_log_group(logGroupName="/aws/lambda/heed-trial-SealFunction-1")
    assert (
        _look(gone.no_log_group_came_back, _target()).said
        == "/aws/lambda/heed-trial-SealFunction-1"
    )


# ---- How a run is told ----


@check("nothing")
def a_check_that_fails(_: Target) -> str:
    raise ClientError(
        {"Error": {"Code": "Denied", "Message": "on identity/ann@example.com"}}, "Send"
    )


def test_what_fails_stops_nothing_behind_it_and_names_no_address() -> None:
    first, second = run([a_check_that_fails, gone.no_log_group_came_back], _target())

    assert (first.word, second.word) == (Word.FAILED, Word.OK)
    assert "identity/…@…" in first.said and "ann" not in first.said


def test_the_trial_is_the_one_that_samconfig_names() -> None:
    assert as_samconfig_says("trial") == NAME


def test_production_is_refused() -> None:
    target = _target()
    vars(target)["parameters"] = {"Environment": "production"}

    with pytest.raises(Skipped):
        deployed.must_be_a_trial(target)
