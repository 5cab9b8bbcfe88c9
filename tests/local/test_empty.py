"""What is emptied before a stack is deleted."""

from __future__ import annotations

import json

import boto3
import pytest

from local.empty import empty

pytestmark = pytest.mark.usefixtures("aws")
_TEMPLATE = json.dumps(
    {
        "Parameters": {"Environment": {"Type": "String"}},
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
    }
)


def stack(environment: str) -> str:
    """A stack with a bucket that holds two versions of an object; the bucket's name."""
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName="heed",
        TemplateBody=_TEMPLATE,
        Parameters=[{"ParameterKey": "Environment", "ParameterValue": environment}],
    )
    found = cloudformation.list_stack_resources(StackName="heed")["StackResourceSummaries"]
    bucket = found[0]["PhysicalResourceId"]
    boto3.client("s3").put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    for body in (b"1", b"2"):
        boto3.client("s3").put_object(Bucket=bucket, Key="hashes/1", Body=body)
    return bucket


def versions(bucket: str) -> int:
    return len(boto3.client("s3").list_object_versions(Bucket=bucket).get("Versions", []))


def test_a_trials_bucket_is_emptied_of_every_version() -> None:
    bucket = stack("trial")
    assert empty("heed") == [bucket]
    assert versions(bucket) == 0


def test_what_is_in_a_bucket_of_production_stays() -> None:
    bucket = stack("production")
    assert empty("heed") == []
    assert versions(bucket) == 2


def test_without_a_stack_there_is_nothing_to_empty() -> None:
    assert empty("heed") == []
