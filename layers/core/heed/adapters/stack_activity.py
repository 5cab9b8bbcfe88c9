"""Whether the parts of a stack that make others work are on, for the command line. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from heed.adapters.aws import FAILURES, error_code, failures_as, required_member
from heed.adapters.stack import AwsAccess
from heed.domain.errors import DependencyUnavailable

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient

_GONE = ("NotFound", "NotFoundException", "ResourceNotFoundException")
_RUNNING = ("Creating", "Enabling", "Enabled", "Updating")
_STAGE = "$default"


def is_on(access: AwsAccess, kind: str, physical_id: str) -> bool:
    """Returns whether a resource exists and is on.

    Args:
        access: creates the client.
        kind: the type of the resource, one of `SWITCHED`.
        physical_id: its physical id. That of a rule may begin with the name of its bus, and a `|`.

    Raises:
        DependencyUnavailable: AWS did not answer, or refused the request.
    """
    try:
        return SWITCHED[kind](access, physical_id)
    except FAILURES as error:
        if error_code(error) in _GONE:
            return False
        raise DependencyUnavailable(error_code(error)) from error


def _may_run(access: AwsAccess, function: str) -> bool:
    client: LambdaClient = access.client("lambda")
    return client.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions") != 0


def _is_read(access: AwsAccess, mapping: str) -> bool:
    client: LambdaClient = access.client("lambda")
    return client.get_event_source_mapping(UUID=mapping).get("State") in _RUNNING


def _is_subscribed(access: AwsAccess, subscription: str) -> bool:
    if not subscription.startswith("arn:"):
        return True  # one of an address that is not confirmed yet has no ARN: the check "alarms" finds it
    client: SNSClient = access.client("sns")
    return bool(client.get_subscription_attributes(SubscriptionArn=subscription))


def _is_rule_on(access: AwsAccess, rule: str) -> bool:
    client: EventBridgeClient = access.client("events")
    bus, _, name = rule.rpartition("|")
    answer = client.describe_rule(Name=name, EventBusName=bus) if bus else client.describe_rule(Name=name)
    return answer.get("State") != "DISABLED"


def _is_schedule_on(access: AwsAccess, schedule: str) -> bool:
    client: Any = access.client("scheduler")
    return bool(client.get_schedule(Name=schedule).get("State") != "DISABLED")


SWITCHED: Mapping[str, Callable[[AwsAccess, str], bool]] = {
    "AWS::Lambda::Function": _may_run,
    "AWS::Lambda::EventSourceMapping": _is_read,
    "AWS::SNS::Subscription": _is_subscribed,
    "AWS::Events::Rule": _is_rule_on,
    "AWS::Scheduler::Schedule": _is_schedule_on,
}
"""The types of resources that can be switched off beside the template."""


def read_unreserved_concurrency(access: AwsAccess) -> int:
    """Returns how many functions may run at once in this account and region that have reserved nothing.

    Raises:
        DependencyUnavailable: Lambda did not answer, or refused the request.
    """
    client: LambdaClient = access.client("lambda")
    with failures_as(DependencyUnavailable):
        answer = client.get_account_settings()
    return int(required_member(required_member(answer, "AccountLimit"), "UnreservedConcurrentExecutions"))


def read_reservation(access: AwsAccess, function: str) -> int | None:
    """Returns how many executions a function has reserved, which are also its most; None if it has none.

    Raises:
        DependencyUnavailable: Lambda did not answer, or refused the request.
    """
    client: LambdaClient = access.client("lambda")
    with failures_as(DependencyUnavailable):
        return client.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions")


def read_rates(access: AwsAccess, api: str) -> Mapping[str, float]:
    """Returns how many requests a second each route with a throttle of its own admits.

    Raises:
        DependencyUnavailable: API Gateway did not answer, or refused the request.
    """
    client: Any = access.client("apigatewayv2")
    with failures_as(DependencyUnavailable):
        settings = client.get_stage(ApiId=api, StageName=_STAGE).get("RouteSettings", {})
    return {
        route: throttle["ThrottlingRateLimit"]
        for route, throttle in settings.items()
        if "ThrottlingRateLimit" in throttle
    }


def read_active_alarms(access: AwsAccess, stack: str) -> set[str]:
    """Returns the names of the alarms of a stack that are on.

    Raises:
        DependencyUnavailable: CloudWatch did not answer, or refused the request.
    """
    client: CloudWatchClient = access.client("cloudwatch")
    with failures_as(DependencyUnavailable):
        pages = client.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{stack}-")
        alarms = [alarm for page in pages for alarm in page.get("MetricAlarms", ())]
    return {alarm.get("AlarmName", "") for alarm in alarms if alarm.get("StateValue") == "ALARM"}
