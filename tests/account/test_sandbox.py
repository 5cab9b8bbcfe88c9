"""What the checks make of SES's sandbox, where a confirmed address waits: on an AWS in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto.backends import get_backend

from tests.account import checking, deployed, mail
from tests.account.checking import Result, Word
from tests.account.in_process import NAME, a_target, look
from tests.account.target import Target, Wishes

pytestmark = pytest.mark.usefixtures("aws")

TESTER = "tester@example.org"


@dataclass
class Hour:
    """The clock of the checks, which goes on only where they wait."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def _hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "time", Hour())


class Confirmed(Target):
    """A target whose API says that the tester has confirmed."""

    def reason(self, address: str) -> str:
        assert address == TESTER
        return "ok"


def _target(*, sandbox: bool) -> Target:
    boto3.client("sesv2").create_email_identity(EmailIdentity=TESTER)
    backends: Any = get_backend("ses")
    (identity,) = backends["123456789012"]["us-east-1"].email_identities.values()
    identity.verified_for_sending_status = True
    made = a_target(Wishes(tester=TESTER))
    sqs = boto3.client("sqs")
    outputs = {
        f"{name}Url": sqs.create_queue(QueueName=name)["QueueUrl"]
        for name in ("ConfirmedOptInsQueue", "SesListQueue")
    }
    target = Confirmed(made.name, outputs, made.access, False, made.mailbox, made.wishes, made.end)
    vars(target)["parameters"] = {"MailFrom": "preferences@example.com"}
    vars(target)["is_in_sandbox"] = sandbox
    return target


def _put(target: Target, queue: str) -> None:
    boto3.client("sqs").send_message(QueueUrl=target.outputs[queue], MessageBody="a yes")


def _take(target: Target, queue: str) -> None:
    """A function has it in hand."""
    assert boto3.client("sqs").receive_message(QueueUrl=target.outputs[queue])["Messages"]


def _done(target: Target) -> Result:
    return look(mail.what_follows_from_the_yes_is_done, target)


@pytest.mark.parametrize("sandbox", [True, False])
def test_a_yes_whose_queues_are_empty_is_done(sandbox: bool) -> None:
    assert _done(_target(sandbox=sandbox)).word is Word.OK


@pytest.mark.system
def test_an_address_that_waits_for_the_list_of_ses_is_skipped_in_the_sandbox_alone() -> None:
    target = _target(sandbox=True)
    _put(target, "SesListQueueUrl")
    _take(target, "SesListQueueUrl")

    assert _done(target).word is Word.SKIPPED
    vars(target)["is_in_sandbox"] = False
    assert _done(target).word is Word.FAILED


def test_a_yes_that_is_not_handed_on_is_a_failure_in_the_sandbox_too() -> None:
    target = _target(sandbox=True)
    _put(target, "ConfirmedOptInsQueueUrl")

    assert _done(target).word is Word.FAILED


def _standing(*names: str, sandbox: bool) -> Result:
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
    target = a_target()
    vars(target)["resources"] = {name: f"{NAME}-{name}" for name in names}
    vars(target)["is_in_sandbox"] = sandbox
    return look(deployed.no_alarm_stands, target)


def test_the_alarm_of_the_list_of_ses_may_stand_in_the_sandbox() -> None:
    result = _standing("SesListAgeAlarm", "SealSilentAlarm", sandbox=True)

    assert (result.word, result.said) == (
        Word.OK,
        "1 that watch for silence, and SesListAgeAlarm",
    )


def test_it_may_not_outside_of_it() -> None:
    assert _standing("SesListAgeAlarm", sandbox=False).word is Word.FAILED


def test_whatever_else_stands_is_a_failure_there_too() -> None:
    result = _standing("SesListAgeAlarm", "LedgerAgeAlarm", sandbox=True)

    assert result.word is Word.FAILED and "LedgerAgeAlarm" in result.said
