"""Before a trial's stack is deleted: its buckets are emptied, since CloudFormation deletes none that is full.

python -m local.empty ENV. The stack is the one that samconfig.toml names for that environment, in the region
and with the profile that stand there: the one that `sam delete` deletes next. Nothing is done to a stack of
production, whose buckets stay with what is in them.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cloudformation import CloudFormationClient

_SAMCONFIG = Path(__file__).parents[1] / "samconfig.toml"


class Deployed(NamedTuple):
    """Where an environment is deployed.

    Attributes:
        stack: its name.
        region: None: the one of the shell or of the profile.
        profile: None: the one of the shell.
    """

    stack: str
    region: str | None
    profile: str | None


def deployed(environment: str, samconfig: Path) -> Deployed:
    """What `sam deploy --config-env` goes by: its own parameters, and those of every command behind them."""
    sections = tomllib.loads(samconfig.read_text())[environment]
    parameters: dict[str, str] = {}
    for command in ("global", "deploy"):
        parameters |= sections.get(command, {}).get("parameters", {})
    return Deployed(parameters["stack_name"], parameters.get("region"), parameters.get("profile"))


def empty(where: Deployed) -> Iterator[str]:
    """Empty the buckets of a trial, and say in a line each what was done."""
    session = boto3.Session(region_name=where.region, profile_name=where.profile)
    cloudformation = session.client("cloudformation")
    try:
        described = cloudformation.describe_stacks(StackName=where.stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # its word for "no such stack"
            raise
        yield f"There is no stack {where.stack} in {session.region_name}: nothing to empty"
        return
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described["Parameters"]}
    if parameters.get("Environment") != "trial":
        yield f"{where.stack} is no trial: its buckets stay as they are"
        return
    for name in _buckets(cloudformation, where.stack):
        session.resource("s3").Bucket(name).object_versions.delete()
        yield f"Emptied {name}"


def _buckets(cloudformation: CloudFormationClient, stack: str) -> list[str]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return [
        each["PhysicalResourceId"]
        for page in pages
        for each in page["StackResourceSummaries"]
        if each["ResourceType"] == "AWS::S3::Bucket" and "PhysicalResourceId" in each
    ]


if __name__ == "__main__":
    for said in empty(deployed(sys.argv[1], _SAMCONFIG)):
        print(said)
