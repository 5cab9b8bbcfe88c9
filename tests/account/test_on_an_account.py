"""Checks that the local stack cannot run, with an AWS mock in this process: they find faults."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError

from tests.account import deployed, gone, silence
from tests.account.__main__ import use_samconfig
from tests.account.checking import Outcome, Result, Skipped, check, run_checks
from tests.account.in_process import NAME, deploy, make_target, run_check
from tests.account.target import Options, Target

pytestmark = pytest.mark.usefixtures("aws")

START = datetime(2026, 3, 5, 12, tzinfo=UTC)


# ---- The alarm for a missing seal ----


@pytest.fixture
def sealing(aws: None) -> Any:
    """The target, with the schedule and the alarm of a deployment that has sealed the ledger."""
    target = make_target(Options(silence=True))
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
    _set_alarm("OK")
    return target


def _set_alarm(state: Literal["OK", "ALARM"]) -> None:
    boto3.client("cloudwatch").set_alarm_state(AlarmName="silent", StateValue=state, StateReason="a test")


def _read_schedule() -> dict[str, Any]:
    schedule = dict(boto3.client("scheduler").get_schedule(Name="nightly"))
    return {
        name: value
        for name, value in schedule.items()
        if name not in ("ResponseMetadata", "LastModificationDate")
    }


def _check_silence(target: Target) -> Result:
    return run_check(silence.a_missing_seal_raises_an_alarm, target)


def test_the_schedule_does_not_change_without_the_option(sealing: Target) -> None:
    quiet = make_target()
    vars(quiet)["resources"] = sealing.resources

    assert _check_silence(quiet).outcome is Outcome.SKIPPED
    assert _read_schedule()["State"] == "ENABLED"


def test_the_schedule_is_enabled_again_after_the_alarm(sealing: Target) -> None:
    before = _read_schedule()

    assert _check_silence(sealing).outcome is Outcome.SKIPPED
    assert _read_schedule() == {**before, "State": "DISABLED"}

    _set_alarm("ALARM")
    assert _check_silence(sealing).outcome is Outcome.OK
    assert _read_schedule() == before


def test_a_missing_alarm_is_a_failure_and_the_schedule_is_enabled_again(
    sealing: Target,
) -> None:
    with time_machine.travel(START, tick=False):
        _check_silence(sealing)
    with time_machine.travel(START + timedelta(hours=27), tick=False):
        assert _check_silence(sealing).outcome is Outcome.SKIPPED
    with time_machine.travel(START + timedelta(hours=29), tick=False):
        assert _check_silence(sealing).outcome is Outcome.FAILED
    assert _read_schedule()["State"] == "ENABLED"


def test_a_ledger_without_a_seal_is_not_silenced(sealing: Target) -> None:
    _set_alarm("ALARM")

    assert _check_silence(sealing).outcome is Outcome.SKIPPED
    assert _read_schedule()["State"] == "ENABLED"


# ---- Leftovers of a trial ----


def test_an_existing_or_unknown_stack_fails_the_check() -> None:
    assert run_check(gone.nothing_is_left_of_the_stack, make_target()).outcome is Outcome.FAILED
    deploy(NAME)
    assert run_check(gone.nothing_is_left_of_the_stack, make_target()).outcome is Outcome.FAILED


def test_a_log_group_is_reported_if_it_belongs_to_the_stack() -> None:
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/heed/heed/seal")
    assert run_check(gone.no_log_group_is_left, make_target()).outcome is Outcome.OK
    logs.create_log_group(logGroupName="/aws/lambda/heed-trial-SealFunction-1")
    assert (
        run_check(gone.no_log_group_is_left, make_target()).detail == "/aws/lambda/heed-trial-SealFunction-1"
    )


# ---- The results of a run ----


@check("nothing")
def a_check_that_fails(_: Target) -> str:
    raise ClientError({"Error": {"Code": "Denied", "Message": "on identity/ann@example.com"}}, "Send")


def test_a_failed_check_stops_no_other_check_and_prints_no_address() -> None:
    first, second = run_checks([a_check_that_fails, gone.no_log_group_is_left], make_target())

    assert (first.outcome, second.outcome) == (Outcome.FAILED, Outcome.OK)
    assert "identity/…@…" in first.detail and "ann" not in first.detail


def test_the_trial_is_that_of_samconfig() -> None:
    assert use_samconfig("trial") == NAME


def test_production_is_refused() -> None:
    target = make_target()
    vars(target)["parameters"] = {"Environment": "production"}

    with pytest.raises(Skipped):
        deployed.must_be_a_trial(target)
