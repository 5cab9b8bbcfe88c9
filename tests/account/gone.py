"""What is left of a trial after `make destroy`: nothing but keys that wait for their deletion."""

from __future__ import annotations

from typing import Any

from tests.account.checking import Check, Unexpected, check
from tests.account.target import Target

_ELSEWHERE = "the local stack ends with its process"


@check("every resource DELETE_COMPLETE", only_in_an_account=_ELSEWHERE)
def nothing_is_left_of_the_stack(target: Target) -> str:
    """CloudFormation knows a deleted stack by its id for 90 days."""
    cloudformation = target.client("cloudformation")
    pages = cloudformation.get_paginator("list_stacks").paginate()
    of_the_name = [
        each for page in pages for each in page["StackSummaries"] if each["StackName"] == target.name
    ]
    if not of_the_name:
        raise Unexpected("no stack of that name, deleted or not, in this account and region")
    newest: dict[str, Any] = max(of_the_name, key=lambda each: each["CreationTime"])
    if newest["StackStatus"] != "DELETE_COMPLETE":
        raise Unexpected(f"the stack, {newest['StackStatus']}")
    pages = cloudformation.get_paginator("list_stack_resources")
    left = [
        f"{each['LogicalResourceId']} {each['ResourceStatus']}"
        for page in pages.paginate(StackName=newest["StackId"])
        for each in page["StackResourceSummaries"]
        if each["ResourceStatus"] != "DELETE_COMPLETE"
    ]
    if left:
        raise Unexpected(", ".join(left))
    return "the stack and all of it deleted"


@check("no log group of the stack's name", only_in_an_account=_ELSEWHERE)
def no_log_group_came_back(target: Target) -> str:
    """A function that still wrote while it was deleted would have made its log group anew."""
    logs = target.client("logs").get_paginator("describe_log_groups")
    beginnings = (
        f"/heed/{target.name}/",
        f"/aws/vendedlogs/{target.name}/",
        f"/aws/lambda/{target.name}-",
    )
    left = [
        group["logGroupName"]
        for beginning in beginnings
        for page in logs.paginate(logGroupNamePrefix=beginning)
        for group in page["logGroups"]
    ]
    if left:
        raise Unexpected(", ".join(left))
    return "none"


CHECKS: tuple[Check, ...] = (nothing_is_left_of_the_stack, no_log_group_came_back)
