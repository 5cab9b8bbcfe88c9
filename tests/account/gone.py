"""Checks after `make destroy`: only keys that wait for their deletion may be left of a trial."""

from __future__ import annotations

from typing import Any

from tests.account.checking import Check, Unexpected, check
from tests.account.target import Target

_LOCAL_STACK_ENDS = "the local stack ends with its process"


@check("every resource DELETE_COMPLETE", only_in_an_account=_LOCAL_STACK_ENDS)
def nothing_is_left_of_the_stack(target: Target) -> str:
    """CloudFormation keeps a deleted stack under its id for 90 days."""
    cloudformation = target.client("cloudformation")
    pages = cloudformation.get_paginator("list_stacks").paginate()
    stacks = [item for page in pages for item in page["StackSummaries"] if item["StackName"] == target.name]
    if not stacks:
        raise Unexpected("no stack with this name in this account and region, not even a deleted one")
    newest: dict[str, Any] = max(stacks, key=lambda item: item["CreationTime"])
    if newest["StackStatus"] != "DELETE_COMPLETE":
        raise Unexpected(f"the stack, {newest['StackStatus']}")
    pages = cloudformation.get_paginator("list_stack_resources")
    left = [
        f"{resource['LogicalResourceId']} {resource['ResourceStatus']}"
        for page in pages.paginate(StackName=newest["StackId"])
        for resource in page["StackResourceSummaries"]
        if resource["ResourceStatus"] != "DELETE_COMPLETE"
    ]
    if left:
        raise Unexpected(", ".join(left))
    return "the stack and all its resources are deleted"


@check("no log group with the name of the stack", only_in_an_account=_LOCAL_STACK_ENDS)
def no_log_group_is_left(target: Target) -> str:
    """A function that writes while it is deleted would create its log group again."""
    logs = target.client("logs").get_paginator("describe_log_groups")
    prefixes = (
        f"/heed/{target.name}/",
        f"/aws/vendedlogs/{target.name}/",
        f"/aws/lambda/{target.name}-",
    )
    left = [
        group["logGroupName"]
        for prefix in prefixes
        for page in logs.paginate(logGroupNamePrefix=prefix)
        for group in page["logGroups"]
    ]
    if left:
        raise Unexpected(", ".join(left))
    return "none"


CHECKS: tuple[Check, ...] = (nothing_is_left_of_the_stack, no_log_group_is_left)
