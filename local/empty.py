"""Before a trial's stack is deleted: its buckets are emptied, since CloudFormation deletes none that is full.

python -m local.empty STACK. Does nothing to a stack of production, whose buckets stay with what is in them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


def empty(stack: str) -> list[str]:
    """Empty the buckets of a trial; their names. Nothing, if there is no such stack."""
    cloudformation = boto3.client("cloudformation")
    try:
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # its word for "no such stack"
            return []
        raise
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described["Parameters"]}
    if parameters.get("Environment") != "trial":
        return []
    buckets = _buckets(cloudformation, stack)
    for name in buckets:
        boto3.resource("s3").Bucket(name).object_versions.delete()
    return buckets


def _buckets(cloudformation: CloudFormationClient, stack: str) -> list[str]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return [
        each["PhysicalResourceId"]
        for page in pages
        for each in page["StackResourceSummaries"]
        if each["ResourceType"] == "AWS::S3::Bucket" and "PhysicalResourceId" in each
    ]


if __name__ == "__main__":
    for emptied in empty(sys.argv[1]):
        print(f"Emptied {emptied}")
