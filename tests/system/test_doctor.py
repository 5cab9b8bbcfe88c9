"""The doctor on a local stack, first as it is, then with many of its parts broken.

The local stack is examined here as if it were deployed, with the checks of an account. The emulator does not
have what some need: DKIM, replicas of keys, receipt rules, the sandbox, and identities that are gone.
Their faults are shown in tests/doctor, on servers of this machine that answer as AWS does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import pytest

from heed.adapters.stack import AwsAccess, stack_parameters
from heed.doctor.findings import CheckName, CheckOutcome, DoctorFinding
from heed.doctor.stack import examine_stack
from heed.entrypoints.cli.stack import Stack
from local.aws import Clients
from tests.system.running import Running, free_ports

pytestmark = pytest.mark.system

OK, WARNING, FAULT = CheckOutcome
SET, DESTINATION = "campaigns", "heed"
NOT_EMULATED = {
    CheckName.URL: WARNING,  # plain http on this machine
    CheckName.PARAMETERS: WARNING,  # it reads its mails without a receipt rule
    CheckName.KEYS: WARNING,  # no replica in another region
    CheckName.SES_DKIM: FAULT,
    CheckName.MAIL_FROM: WARNING,
    CheckName.DMARC: FAULT,  # nobody asks the DNS here
}
"""What the doctor finds on each local stack."""


class ExaminedStack:
    """A local stack of its own, as a deployed one."""

    def __init__(self, announcement: Mapping[str, Any]) -> None:
        self._announcement = announcement
        self._clients = Clients(announcement["aws"])
        self.outputs = {**announcement["outputs"], "ApiUrl": announcement["api"]}
        self.functions = self.outputs.pop("functions")

    def client(self, service: str) -> Any:
        return self._clients.make_client(service)

    @cached_property
    def resources(self) -> dict[str, str]:
        """The physical id of each resource, by its logical id."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName="heed")
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
        }

    def examine(self) -> dict[CheckName, DoctorFinding]:
        access = AwsAccess(self._announcement["aws"], self._announcement["region"])
        stack = Stack(
            self.outputs,
            lambda: self.functions,
            self._announcement["api_key"],
            lambda: access,
            lambda: {**stack_parameters(access, "heed"), "ConfigurationSet": SET},
            "heed",
        )
        findings = examine_stack(stack, lambda _: [], presses=False, sends=False)
        return {finding.name: finding for finding in findings}

    def complete(self) -> None:
        """Does what the emulator leaves out of the template, and what an operator does once."""
        for table in ("PreferencesTable", "ControlTable", "LedgerTable"):
            self.recover(table, enabled=True)
        self.client("sns").subscribe(
            TopicArn=self.outputs["AlarmTopicArn"], Protocol="https", Endpoint="https://ops.example.com"
        )
        self.client("apigatewayv2").update_stage(
            ApiId=self.resources["HttpApi"],
            StageName="$default",
            RouteSettings={
                f"{method} /u/{{token}}": {"ThrottlingRateLimit": 1_000} for method in ("POST", "GET", "HEAD")
            },
        )
        ses = self.client("sesv2")
        ses.create_configuration_set(ConfigurationSetName=SET)
        ses.create_configuration_set_event_destination(
            ConfigurationSetName=SET,
            EventDestinationName=DESTINATION,
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": ["BOUNCE", "COMPLAINT"],
                "SnsDestination": {"TopicArn": self.outputs["FeedbackTopicArn"]},
            },
        )

    def recover(self, table: str, *, enabled: bool) -> None:
        self.client("dynamodb").update_continuous_backups(
            TableName=self.outputs[table],
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled},
        )

    def break_parts(self) -> None:
        """Breaks what somebody breaks in a console, each in another service."""
        parts = self.resources
        self.client("kms").disable_key(KeyId=parts["IdentityKey"])
        self.recover("LedgerTable", enabled=False)
        self.client("sesv2").delete_configuration_set_event_destination(
            ConfigurationSetName=SET, EventDestinationName=DESTINATION
        )
        sns, lambda_ = self.client("sns"), self.client("lambda")
        (alarms,) = sns.list_subscriptions_by_topic(TopicArn=self.outputs["AlarmTopicArn"])["Subscriptions"]
        for subscription in (parts["FeedbackSubscription"], alarms["SubscriptionArn"]):
            sns.unsubscribe(SubscriptionArn=subscription)
        lambda_.update_event_source_mapping(UUID=parts["OptOutRetryFunctionMessages"], Enabled=False)
        lambda_.put_function_concurrency(
            FunctionName=parts["UnsubscribeFunction"], ReservedConcurrentExecutions=0
        )
        rule = parts["NumbersRule"].rpartition("|")[2]
        self.client("events").disable_rule(Name=rule, EventBusName=parts["EventBus"])
        self.client("cloudwatch").set_alarm_state(
            AlarmName=parts["FeedbackDeadLettersAlarm"],
            StateValue="ALARM",
            StateReason="a test",
        )
        scheduler = self.client("scheduler")
        schedule = scheduler.get_schedule(Name=parts["SealFunctionNightly"])
        kept = {
            name: schedule[name] for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
        }
        scheduler.update_schedule(**kept, State="DISABLED")


@pytest.fixture
def examined(tmp_path: Any) -> Iterator[ExaminedStack]:
    running = Running(tmp_path, *free_ports(2))
    try:
        yield ExaminedStack(running.wait_until_ready())
    finally:
        running.stop()


def test_each_broken_part_of_a_stack_is_found_and_stops_no_other_check(examined: ExaminedStack) -> None:
    examined.complete()
    whole = examined.examine()
    wrong = {name: finding.result for name, finding in whole.items() if finding.result is not OK}
    assert wrong == NOT_EMULATED, [finding.seen for finding in whole.values()]

    examined.break_parts()
    broken = examined.examine()

    assert {name: broken[name].seen for name in broken if broken[name].result is FAULT} == {
        CheckName.GET: "500",
        CheckName.HEAD: "500",
        CheckName.KEYS: "keys that do not work: Disabled",
        CheckName.FUNCTIONS: (
            "off or gone: FeedbackSubscription, NumbersRule, OptOutRetryFunctionMessages, "
            "SealFunctionNightly, UnsubscribeFunction"
        ),
        CheckName.POINT_IN_TIME_RECOVERY: "off for LedgerTable",
        CheckName.ALARMS: "nobody receives the alarms",
        CheckName.ACTIVE_ALARMS: "on: FeedbackDeadLettersAlarm",
        CheckName.CONFIGURATION_SET: "no BOUNCE and no COMPLAINT reaches the topic of the stack",
        CheckName.SES_DKIM: whole[CheckName.SES_DKIM].seen,
        CheckName.DMARC: whole[CheckName.DMARC].seen,
    }
    assert broken[CheckName.LAMBDA_CONCURRENCY].seen.startswith("0 functions at once, reserved for links")
    of_the_page = {CheckName.GET_CHANGES_NOTHING, CheckName.GET_LOADS_NOTHING}
    assert whole.keys() - broken.keys() == of_the_page, "there was no page"
