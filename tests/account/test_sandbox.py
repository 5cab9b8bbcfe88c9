"""The checks in the SES sandbox, where a confirmed address waits, with an AWS mock in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto.backends import get_backend

from tests.account import checking, deployed, mail
from tests.account.checking import Outcome, Result
from tests.account.in_process import NAME, make_target, run_check
from tests.account.target import Options, Target

pytestmark = pytest.mark.usefixtures("aws")

TESTER = "tester@example.org"


@dataclass
class FakeClock:
    """The clock of the checks. It moves only when they wait."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def _fake_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "time", FakeClock())


class ConfirmedTarget(Target):
    """A target whose tester has confirmed."""

    def reason(self, address: str) -> str:
        assert address == TESTER
        return "ok"


def _make_target(*, sandbox: bool) -> Target:
    boto3.client("sesv2").create_email_identity(EmailIdentity=TESTER)
    backends: Any = get_backend("ses")
    (identity,) = backends["123456789012"]["us-east-1"].email_identities.values()
    identity.verified_for_sending_status = True
    base = make_target(Options(tester=TESTER))
    sqs = boto3.client("sqs")
    outputs = {
        f"{name}Url": sqs.create_queue(QueueName=name)["QueueUrl"]
        for name in ("ConfirmedOptInsQueue", "SesListQueue")
    }
    target = ConfirmedTarget(base.name, outputs, base.access, False, base.mailbox, base.options, base.cleanup)
    vars(target)["parameters"] = {"MailFrom": "preferences@example.com"}
    vars(target)["is_in_sandbox"] = sandbox
    return target


def _send(target: Target, queue: str) -> None:
    boto3.client("sqs").send_message(QueueUrl=target.outputs[queue], MessageBody="an opt-in")


def _receive(target: Target, queue: str) -> None:
    """Receives the message, as a function that processes it."""
    assert boto3.client("sqs").receive_message(QueueUrl=target.outputs[queue])["Messages"]


def _check_processed(target: Target) -> Result:
    return run_check(mail.the_confirmed_opt_in_is_processed, target)


@pytest.mark.parametrize("sandbox", [True, False])
def test_empty_queues_pass_the_check(sandbox: bool) -> None:
    assert _check_processed(_make_target(sandbox=sandbox)).outcome is Outcome.OK


@pytest.mark.system
def test_an_address_that_waits_for_the_ses_list_is_skipped_only_in_the_sandbox() -> None:
    target = _make_target(sandbox=True)
    _send(target, "SesListQueueUrl")
    _receive(target, "SesListQueueUrl")

    assert _check_processed(target).outcome is Outcome.SKIPPED
    vars(target)["is_in_sandbox"] = False
    assert _check_processed(target).outcome is Outcome.FAILED


def test_an_opt_in_that_is_not_passed_on_is_a_failure_in_the_sandbox_too() -> None:
    target = _make_target(sandbox=True)
    _send(target, "ConfirmedOptInsQueueUrl")

    assert _check_processed(target).outcome is Outcome.FAILED


def _check_alarms(*names: str, sandbox: bool) -> Result:
    cloudwatch = boto3.client("cloudwatch")
    for name in names:
        cloudwatch.put_metric_alarm(
            AlarmName=f"{NAME}-{name}",
            Namespace="Heed",
            MetricName=name,
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold",
            Threshold=0,
        )
        cloudwatch.set_alarm_state(AlarmName=f"{NAME}-{name}", StateValue="ALARM", StateReason="a test")
    target = make_target()
    vars(target)["resources"] = {name: f"{NAME}-{name}" for name in names}
    vars(target)["is_in_sandbox"] = sandbox
    return run_check(deployed.no_alarm_is_active, target)


def test_the_alarm_of_the_ses_list_may_be_active_in_the_sandbox() -> None:
    result = _check_alarms("SesListAgeAlarm", "SealSilentAlarm", sandbox=True)

    assert (result.outcome, result.detail) == (
        Outcome.OK,
        "1 that watch for silence, and SesListAgeAlarm",
    )


def test_the_alarm_of_the_ses_list_may_not_be_active_elsewhere() -> None:
    assert _check_alarms("SesListAgeAlarm", sandbox=False).outcome is Outcome.FAILED


def test_another_active_alarm_is_a_failure_in_the_sandbox_too() -> None:
    result = _check_alarms("SesListAgeAlarm", "LedgerAgeAlarm", sandbox=True)

    assert result.outcome is Outcome.FAILED and "LedgerAgeAlarm" in result.detail
