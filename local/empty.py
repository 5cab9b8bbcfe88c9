"""`python -m local.empty ENV`: empties the buckets of a trial. CloudFormation deletes only empty buckets.

samconfig.toml names the stack, the region and the profile for the environment ENV. `sam delete` deletes the
same stack afterwards. The buckets of a production stack are not changed.
"""

from __future__ import annotations

import sys
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.problem import LocalProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cloudformation import CloudFormationClient

FAILED = 3
SAMCONFIG = Path(__file__).parents[1] / "samconfig.toml"


class Environment(NamedTuple):
    """Where an environment is deployed.

    Attributes:
        stack: The name of the stack.
        region: The AWS region. None means the region of the shell or of the profile.
        profile: The AWS profile. None means the profile of the shell.
    """

    stack: str
    region: str | None
    profile: str | None


def read_environment(name: str, samconfig: Path) -> Environment:
    """Returns the environment as `sam deploy --config-env` reads it.

    The parameters of the command `deploy` override the global ones.

    Raises:
        LocalProblem: The file does not have it.
    """
    environments = tomllib.loads(samconfig.read_text())
    if not isinstance(environments.get(name), dict):
        names = ", ".join(each for each, sections in environments.items() if isinstance(sections, dict))
        raise LocalProblem(f"samconfig.toml has no environment {name}", f"choose one of: {names}")
    sections = environments[name]
    parameters: dict[str, str] = {}
    for command in ("global", "deploy"):
        parameters |= sections.get(command, {}).get("parameters", {})
    return Environment(parameters["stack_name"], parameters.get("region"), parameters.get("profile"))


def empty_buckets(environment: Environment) -> Iterator[str]:
    """Empties the buckets of a trial. Yields one line of text for each step."""
    session = boto3.Session(region_name=environment.region, profile_name=environment.profile)
    cloudformation = session.client("cloudformation")
    try:
        description = cloudformation.describe_stacks(StackName=environment.stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # CloudFormation's code for a missing stack
            raise
        yield f"There is no stack {environment.stack} in {session.region_name}: nothing to empty"
        return
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in description["Parameters"]}
    if parameters.get("Environment") != "trial":
        yield f"{environment.stack} is not a trial: its buckets are not changed"
        return
    for name in _find_buckets(cloudformation, environment.stack):
        session.resource("s3").Bucket(name).object_versions.delete()
        yield f"Emptied {name}"


def _find_buckets(cloudformation: CloudFormationClient, stack: str) -> list[str]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return [
        resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::S3::Bucket" and "PhysicalResourceId" in resource
    ]


@contextmanager
def explained_refusals() -> Iterator[None]:
    """Converts what AWS refuses into a problem in words.

    Raises:
        LocalProblem: AWS cannot be reached, or refused a request.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        remedy = "check AWS_PROFILE, and the region: in samconfig.toml, or AWS_DEFAULT_REGION"
        raise LocalProblem(f"AWS: {error}", remedy) from error


def main(name: str) -> int:
    """Empties the buckets of an environment. Returns the exit code."""
    try:
        with explained_refusals():
            for line in empty_buckets(read_environment(name, SAMCONFIG)):
                print(line)
    except LocalProblem as problem:
        print(f"{problem.summary}\n  Remedy: {problem.remedy}", file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
