"""A stack of an AWS in this process: what the local stack cannot run of the checks is run on it."""

from __future__ import annotations

import json
from contextlib import ExitStack

import boto3

from heed.adapters.stack import AwsAccess
from tests.account.checking import Check, Result, run
from tests.account.target import Target, Wishes

NAME = "heed-trial"
KEPT = {
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
    """A stack that keeps what production keeps."""
    body = json.dumps({"Resources": KEPT})
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=body)


def a_target(wishes: Wishes | None = None) -> Target:
    """That stack, whether or not it was deployed."""
    return Target(NAME, {}, AwsAccess(), False, lambda _: "", wishes or Wishes(), ExitStack())


def look(check: Check, target: Target) -> Result:
    """What becomes of one check."""
    (result,) = run([check], target)
    return result
