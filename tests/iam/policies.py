"""The policies of a stack, of roles and of resources; each statement has its number as its Sid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.iam.requests import as_list
from tests.support.stack import ACCOUNT, Stack

Document = dict[str, Any]
# The property of a resource policy that names its resources.
_RESOURCE_PROPERTIES = {
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::S3::BucketPolicy": "Bucket",
}
# KMS gives this policy to a key without one: the account's policies decide.
_DEFAULT_KEY_POLICY = {
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
            role: _number_statements(policy["PolicyDocument"])
            for role, properties in stack.of_type("AWS::IAM::Role").items()
            for (policy,) in [properties["Policies"]]
        } | {
            name: _number_statements(properties["PolicyDocument"])
            for name, properties in stack.of_type("AWS::IAM::ManagedPolicy").items()
        }
        """The policy of each role, and each managed policy, by its logical id."""
        self.resources: dict[str, Document] = {}
        """The policies of resources, by the name of the policy."""
        self._names_by_arn: dict[str, str] = {}
        for name, arn, document in _resource_policies(stack):
            self.resources[name] = _number_statements(document)
            self._names_by_arn[arn] = name

    def all(self) -> dict[str, Document]:
        """Returns each policy by its name."""
        return {**self.identities, **self.resources}

    def of_resource(self, arn: str) -> str | None:
        """Returns the name of the policy of a resource. An object has the policy of its bucket."""
        names = self._names_by_arn.items()
        return next((name for owner, name in names if arn == owner or arn.startswith(f"{owner}/")), None)


def _number_statements(document: Document) -> Document:
    statements = [{**statement, "Sid": str(n)} for n, statement in enumerate(document["Statement"])]
    return {"Version": document["Version"], "Statement": statements}


def _resource_policies(stack: Stack) -> Iterable[tuple[str, str, Document]]:
    for name, key in stack.of_type("AWS::KMS::Key").items():
        yield name, stack.arn(name), key.get("KeyPolicy", _DEFAULT_KEY_POLICY)
    for role, properties in stack.of_type("AWS::IAM::Role").items():
        yield f"trust of {role}", stack.arn(role), properties["AssumeRolePolicyDocument"]
    for kind, resource_property in _RESOURCE_PROPERTIES.items():
        for name, properties in stack.of_type(kind).items():
            for resource in as_list(properties[resource_property]):
                yield name, stack.arn_of(resource), properties["PolicyDocument"]
