"""What stands after `make deploy`, by what AWS says of it."""

from __future__ import annotations

from botocore.exceptions import ClientError

from heed.adapters.aws import error_code
from tests.account.checking import Check, Skipped, Unexpected, check, soon
from tests.account.target import Target
from tests.support.template import template

_WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
# AWS disables calls of SES's own suppression list there: who confirmed a yes waits for it.
_STANDS_IN_THE_SANDBOX = "SesListAgeAlarm"


@check("one of " + ", ".join(_WELL))
def the_stack_is_deployed(target: Target) -> str:
    """A deployment that failed can look as if it worked: the one before goes on."""
    stacks = target.client("cloudformation").describe_stacks(StackName=target.name)["Stacks"]
    status: str = stacks[0]["StackStatus"]
    if status not in _WELL:
        raise Unexpected(status)
    return status


@check("every output that template.yaml makes without a condition")
def the_outputs_are_there(target: Target) -> str:
    """All that is said to a person or a program goes by an output."""
    wanted = {name for name, one in template()["Outputs"].items() if "Condition" not in one}
    if missing := sorted(wanted - set(target.outputs)):
        raise Unexpected(f"none called {', '.join(missing)}")
    return f"{len(wanted)}"


@check("at least one subscription, and all confirmed")
def the_alarms_reach_somebody(target: Target) -> str:
    """SNS sends nothing to an address whose owner has not pressed the link of its first mail."""
    target.parameter("AlarmEmail")
    found = target.client("sns").list_subscriptions_by_topic(TopicArn=target.outputs["AlarmTopicArn"])[
        "Subscriptions"
    ]
    waiting = [one for one in found if one["SubscriptionArn"] == "PendingConfirmation"]
    if waiting or not found:
        raise Unexpected(f"{len(found)} subscriptions, {len(waiting)} not confirmed")
    return f"{len(found)} confirmed"


@check(
    "no alarm but those that watch for silence, which stand until each has run once, "
    f"and in SES's sandbox {_STANDS_IN_THE_SANDBOX}",
    only_in_an_account="the emulator evaluates no alarm",
)
def no_alarm_stands(target: Target) -> str:
    """The trial is new: whatever else stands is a fault of the deployment."""
    names = {physical: logical for logical, physical in target.resources.items()}
    pages = target.client("cloudwatch").get_paginator("describe_alarms")
    standing = {
        names[one["AlarmName"]]
        for page in pages.paginate(AlarmNamePrefix=f"{target.name}-", StateValue="ALARM")
        for one in page["MetricAlarms"]
        if one["AlarmName"] in names
    }
    silent = {name for name in standing if "Silent" in name}
    loud = standing - silent
    if loud == {_STANDS_IN_THE_SANDBOX} and target.is_in_sandbox:
        return f"{len(silent)} that watch for silence, and {_STANDS_IN_THE_SANDBOX}"
    if loud:
        raise Unexpected(", ".join(sorted(loud)))
    return f"{len(silent)} that watch for silence" if silent else "none"


@check("no lock and no versions: a trial is to leave nothing")
def the_bucket_of_a_trial_has_no_object_lock(target: Target) -> str:
    """The lock of production is looked at by --break-a-creation, which makes such a bucket."""
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
def an_object_that_could_lie_over_another_is_refused(target: Target) -> str:
    """Whoever may do anything in the account may not either, without altering the policy first."""
    s3, bucket, name = target.client("s3"), target.outputs["LedgerBucket"], f"account/{target.run}"
    try:
        s3.put_object(Bucket=bucket, Key=name, Body=b"")
    except ClientError as error:
        if error_code(error) != "AccessDenied":
            raise
        return error_code(error)
    s3.delete_object(Bucket=bucket, Key=name)
    raise Unexpected("it was taken")


@check(
    "a line for a POST of a link, and in no line a token",
    only_in_an_account="no API Gateway writes a log here",
)
def the_access_log_names_routes_and_no_link(target: Target) -> str:
    """Behind the checks of links: it takes up to some minutes until a line is there."""
    logs, group = target.client("logs"), f"/aws/vendedlogs/{target.name}/api"

    def lines() -> list[str]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        said = [str(one["message"]) for page in pages for one in page["events"]]
        return said if any("POST /u/{token}" in line for line in said) else []

    said = soon(lines, 300, "no line for a POST of a link")
    if any("/u/E" in line or "/p/E" in line for line in said):
        raise Unexpected("a token in a line")
    return f"{len(said)} lines, no token"


CHECKS: tuple[Check, ...] = (
    the_stack_is_deployed,
    the_outputs_are_there,
    the_alarms_reach_somebody,
    the_bucket_of_a_trial_has_no_object_lock,
    an_object_that_could_lie_over_another_is_refused,
)
LAST: tuple[Check, ...] = (the_access_log_names_routes_and_no_link, no_alarm_stands)


def must_be_a_trial(target: Target) -> None:
    """Refuse a stack of production.

    Raises:
        Skipped: it is one: these checks enter stops of made-up people.
    """
    if target.parameters.get("Environment") != "trial":
        raise Skipped(f"{target.name} is no trial; these checks enter stops of made-up people")
