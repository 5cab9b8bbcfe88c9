"""What the local stack cannot run of the checks, on an AWS in this process: they find what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError

from tests.account import deployed, gone, silence
from tests.account.__main__ import use_samconfig
from tests.account.checking import Result, Skipped, Word, check, run
from tests.account.in_process import NAME, a_target, deploy, look
from tests.account.target import Target, Wishes

pytestmark = pytest.mark.usefixtures("aws")

START = datetime(2026, 3, 5, 12, tzinfo=UTC)


# ---- The alarm that comes when nobody seals ----


@pytest.fixture
def sealing(aws: None) -> Any:
    """The schedule and its alarm, as a deployment has them once the ledger was sealed; the target."""
    target = a_target(Wishes(silence=True))
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
    boto3.client("cloudwatch").set_alarm_state(AlarmName="silent", StateValue=state, StateReason="a test")


def _schedule() -> dict[str, Any]:
    found = dict(boto3.client("scheduler").get_schedule(Name="nightly"))
    return {
        name: value
        for name, value in found.items()
        if name not in ("ResponseMetadata", "LastModificationDate")
    }


def _silence(target: Target) -> Result:
    return look(silence.the_alarm_comes_when_nobody_seals, target)


def test_the_schedule_is_left_alone_unless_it_is_asked_for(sealing: Target) -> None:
    quiet = a_target()
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


# ---- What a trial must not leave ----


def test_a_stack_that_still_stands_and_one_that_never_was_are_not_gone() -> None:
    assert look(gone.nothing_is_left_of_the_stack, a_target()).word is Word.FAILED
    deploy(NAME)
    assert look(gone.nothing_is_left_of_the_stack, a_target()).word is Word.FAILED


def test_a_log_group_that_came_back_is_named_and_that_of_another_stack_is_not() -> None:
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/heed/heed/seal")
    assert look(gone.no_log_group_came_back, a_target()).word is Word.OK
    logs.create_log_group(logGroupName="/aws/lambda/heed-trial-SealFunction-1")
    assert look(gone.no_log_group_came_back, a_target()).said == "/aws/lambda/heed-trial-SealFunction-1"


# ---- How a run is told ----


@check("nothing")
def a_check_that_fails(_: Target) -> str:
    raise ClientError({"Error": {"Code": "Denied", "Message": "on identity/ann@example.com"}}, "Send")


def test_what_fails_stops_nothing_behind_it_and_names_no_address() -> None:
    first, second = run([a_check_that_fails, gone.no_log_group_came_back], a_target())

    assert (first.word, second.word) == (Word.FAILED, Word.OK)
    assert "identity/…@…" in first.said and "ann" not in first.said


def test_the_trial_is_the_one_that_samconfig_names() -> None:
    assert use_samconfig("trial") == NAME


def test_production_is_refused() -> None:
    target = a_target()
    vars(target)["parameters"] = {"Environment": "production"}

    with pytest.raises(Skipped):
        deployed.must_be_a_trial(target)
