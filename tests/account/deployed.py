"""Checks of a deployed stack through AWS's own APIs."""

from __future__ import annotations

from botocore.exceptions import ClientError

from heed.adapters.aws import error_code
from tests.account.checking import Check, Skipped, Unexpected, check, wait_for
from tests.account.target import Target
from tests.support.template import template

_COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
# AWS disables calls of the SES list in the sandbox, so confirmed opt-ins wait for it.
_ACTIVE_IN_THE_SANDBOX = "SesListAgeAlarm"


@check("one of " + ", ".join(_COMPLETE))
def the_stack_is_deployed(target: Target) -> str:
    """After a failed deployment the stack still works, because the previous version goes on."""
    stacks = target.client("cloudformation").describe_stacks(StackName=target.name)["Stacks"]
    status: str = stacks[0]["StackStatus"]
    if status not in _COMPLETE:
        raise Unexpected(status)
    return status


@check("every output of template.yaml that has no condition")
def the_outputs_are_there(target: Target) -> str:
    """People and programs read all names and addresses from outputs."""
    expected = {name for name, output in template()["Outputs"].items() if "Condition" not in output}
    if missing := sorted(expected - set(target.outputs)):
        raise Unexpected(f"missing: {', '.join(missing)}")
    return f"{len(expected)}"


@check("at least one subscription, and all confirmed")
def the_alarms_have_confirmed_subscriptions(target: Target) -> str:
    """SNS sends nothing to an address until its owner confirms the subscription."""
    target.parameter("AlarmEmail")
    subscriptions = target.client("sns").list_subscriptions_by_topic(
        TopicArn=target.outputs["AlarmTopicArn"]
    )["Subscriptions"]
    waiting = [item for item in subscriptions if item["SubscriptionArn"] == "PendingConfirmation"]
    if waiting or not subscriptions:
        raise Unexpected(f"{len(subscriptions)} subscriptions, {len(waiting)} not confirmed")
    return f"{len(subscriptions)} confirmed"


@check(
    "no alarm, except those that watch for silence: they are active until each function has run once, "
    f"and in the SES sandbox {_ACTIVE_IN_THE_SANDBOX}",
    only_in_an_account="the emulator evaluates no alarm",
)
def no_alarm_is_active(target: Target) -> str:
    """The trial is new. Any other active alarm is a fault of the deployment."""
    names = {physical: logical for logical, physical in target.resources.items()}
    pages = target.client("cloudwatch").get_paginator("describe_alarms")
    active = {
        names[alarm["AlarmName"]]
        for page in pages.paginate(AlarmNamePrefix=f"{target.name}-", StateValue="ALARM")
        for alarm in page["MetricAlarms"]
        if alarm["AlarmName"] in names
    }
    silent = {name for name in active if "Silent" in name}
    unexpected = active - silent
    if unexpected == {_ACTIVE_IN_THE_SANDBOX} and target.is_in_sandbox:
        return f"{len(silent)} that watch for silence, and {_ACTIVE_IN_THE_SANDBOX}"
    if unexpected:
        raise Unexpected(", ".join(sorted(unexpected)))
    return f"{len(silent)} that watch for silence" if silent else "none"


@check("no Object Lock and no versioning, so that a trial leaves nothing")
def the_bucket_of_a_trial_has_no_object_lock(target: Target) -> str:
    """--break-a-creation checks the lock of production, because it creates such a bucket."""
    s3, bucket = target.client("s3"), target.outputs["LedgerBucket"]
    try:
        s3.get_object_lock_configuration(Bucket=bucket)
    except ClientError as error:
        if error_code(error) != "ObjectLockConfigurationNotFoundError":
            raise
    else:
        raise Unexpected("an Object Lock")
    if status := s3.get_bucket_versioning(Bucket=bucket).get("Status"):
        raise Unexpected(f"versioning {status}")
    return "neither"


@check(
    "AccessDenied, by the bucket's own policy",
    only_in_an_account="the emulator evaluates no bucket policy",
)
def a_write_that_could_replace_an_object_is_refused(target: Target) -> str:
    """The policy also applies to an administrator, who would have to change it first."""
    s3, bucket, name = target.client("s3"), target.outputs["LedgerBucket"], f"account/{target.run_id}"
    try:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    except ClientError as error:
        if error_code(error) != "AccessDenied":
            raise
        return error_code(error)
    s3.delete_object(Bucket=bucket, Key=name)
    raise Unexpected("the bucket accepted it")


@check(
    "a line for the POST of a link, and no token in any line",
    only_in_an_account="the local stack has no access log of API Gateway",
)
def the_access_log_has_routes_and_no_links(target: Target) -> str:
    """Runs after the checks of links. It can take some minutes until the log has a line."""
    logs, group = target.client("logs"), f"/aws/vendedlogs/{target.name}/api"

    def read_lines() -> list[str]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        lines = [str(event["message"]) for page in pages for event in page["events"]]
        return lines if any("POST /u/{token}" in line for line in lines) else []

    lines = wait_for(read_lines, 300, "no line for a POST of a link")
    if any("/u/E" in line or "/p/E" in line for line in lines):
        raise Unexpected("a token in a line")
    return f"{len(lines)} lines, no token"


CHECKS: tuple[Check, ...] = (
    the_stack_is_deployed,
    the_outputs_are_there,
    the_alarms_have_confirmed_subscriptions,
    the_bucket_of_a_trial_has_no_object_lock,
    a_write_that_could_replace_an_object_is_refused,
)
LAST: tuple[Check, ...] = (the_access_log_has_routes_and_no_links, no_alarm_is_active)


def must_be_a_trial(target: Target) -> None:
    """Refuses a production stack, because the checks record opt-outs of invented people.

    Raises:
        Skipped: The stack is not a trial.
    """
    if target.parameters.get("Environment") != "trial":
        raise Skipped(f"{target.name} is not a trial; these checks record opt-outs of invented people")
