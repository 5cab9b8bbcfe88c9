"""The policies of a stack, of roles and of resources; each statement has its number as its Sid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.iam.requests import listed
from tests.support.stack import ACCOUNT, Stack

Document = dict[str, Any]
# the property by which a resource policy names its resources
_HELD_BY = {
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::S3::BucketPolicy": "Bucket",
}
# KMS gives this policy to a key without one: the account's policies decide.
_OF_A_KEY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}


class Policies:
    """The policies of a stack, of roles and of resources; each statement has its number as its Sid."""

    def __init__(self, stack: Stack) -> None:
        self.identities = {
            role: _numbered(policy["PolicyDocument"])
            for role, properties in stack.of_type("AWS::IAM::Role").items()
            for (policy,) in [properties["Policies"]]
        } | {
            name: _numbered(properties["PolicyDocument"])
            for name, properties in stack.of_type("AWS::IAM::ManagedPolicy").items()
        }
        """What a role, or a role with a managed policy, may do, by its logical id."""
        self.resources: dict[str, Document] = {}
        """Who may do what with the resources that have a policy, by the policy's name."""
        self._of: dict[str, str] = {}
        for name, arn, document in _of_resources(stack):
            self.resources[name] = _numbered(document)
            self._of[arn] = name

    def all(self) -> dict[str, Document]:
        """Returns each policy by its name."""
        return {**self.identities, **self.resources}

    def of_resource(self, arn: str) -> str | None:
        """Returns the name of a resource's policy; for an object, that of its bucket."""
        return next((name for of, name in self._of.items() if arn == of or arn.startswith(f"{of}/")), None)


def _numbered(document: Document) -> Document:
    statements = [{**statement, "Sid": str(n)} for n, statement in enumerate(document["Statement"])]
    return {"Version": document["Version"], "Statement": statements}


def _of_resources(stack: Stack) -> Iterable[tuple[str, str, Document]]:
    for name, key in stack.of_type("AWS::KMS::Key").items():
        yield name, stack.arn(name), key.get("KeyPolicy", _OF_A_KEY)
    for role, properties in stack.of_type("AWS::IAM::Role").items():
        yield f"trust of {role}", stack.arn(role), properties["AssumeRolePolicyDocument"]
    for kind, holds in _HELD_BY.items():
        for name, properties in stack.of_type(kind).items():
            for named in listed(properties[holds]):
                yield name, stack.arn_of(named), properties["PolicyDocument"]
