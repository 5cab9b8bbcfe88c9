"""A stack in an AWS mock in this process, for checks that the local stack cannot run."""

from __future__ import annotations

import json
from contextlib import ExitStack

import boto3

from heed.adapters.stack import AwsAccess
from tests.account.checking import Check, Result, run_checks
from tests.account.target import Options, Target

NAME = "heed-trial"
RETAINED_RESOURCES = {
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "Properties": {
            "DeletionProtectionEnabled": True,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        },
    },
    "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
    "Key": {
        "Type": "AWS::KMS::Key",
        "DeletionPolicy": "Retain",
        "Properties": {"KeyPolicy": json.dumps({"Statement": []})},
    },
}


def deploy(name: str) -> None:
    """Deploys a stack that retains what a production stack retains."""
    body = json.dumps({"Resources": RETAINED_RESOURCES})
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=body)


def make_target(options: Options | None = None) -> Target:
    """Returns the stack as a target. It need not be deployed."""
    return Target(NAME, {}, AwsAccess(), False, lambda _: "", options or Options(), ExitStack())


def run_check(check: Check, target: Target) -> Result:
    """Runs one check."""
    (result,) = run_checks([check], target)
    return result
