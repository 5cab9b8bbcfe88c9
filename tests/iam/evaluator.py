"""Requests, and what a real evaluator of IAM's policies says to them under the policies of a stack."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.stack import ACCOUNT, Stack

_PROGRAM = Path(__file__).with_name("evaluate.mjs")
Document = dict[str, Any]
# IAM's reference has no resource for it, and so has the evaluator. Lambda asks for it of the stream all the
# same, and makes no mapping for a role that cannot perform it there.
_LAMBDAS_OWN = ("dynamodb:ListStreams",)


@dataclass(frozen=True)
class Request:
    """Somebody asks for something.

    Attributes:
        who: the logical id of a role or of a managed policy that a role of the adopter has; or a service
            of AWS, by its name.
        action: what IAM calls it.
        resource: an ARN, or `*` where IAM knows no resource.
        why: who makes the call, in words, for the failure that names it.
        context: the keys that a policy can put a condition on.
    """

    who: str
    action: str
    resource: str
    why: str
    context: Mapping[str, str | list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.who}: {self.action} on {self.resource} with {dict(self.context)} ({self.why})"
        )


@dataclass(frozen=True)
class Answer:
    """What the evaluator says to a request, and by which parts of which statements.

    Attributes:
        result: `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`.
        used: of each statement that fits: the policy, its number there, an action and a resource of it.
        ignored: keys of the context that the action is not asked with.
    """

    result: str
    used: frozenset[tuple[str, int, str, str]]
    ignored: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether the call is made."""
        return self.result == "Allowed"


def listed(value: Any) -> list[Any]:
    """One value, or several, as a list."""
    return value if isinstance(value, list) else [value]


class Policies:
    """The policies of a stack: of roles and of resources, each statement with its number for a Sid."""

    def __init__(self, stack: Stack) -> None:
        self.identities = {
            role: _numbered(policy["PolicyDocument"])
            for role, properties in stack.of("AWS::IAM::Role").items()
            for (policy,) in [properties["Policies"]]
        } | {
            name: _numbered(properties["PolicyDocument"])
            for name, properties in stack.of("AWS::IAM::ManagedPolicy").items()
        }
        """What a role, or a role with a managed policy, may do, by its logical id."""
        self.resources: dict[str, Document] = {}
        """Who may do what with the resources that have a policy, by the policy's name."""
        self._of: dict[str, str] = {}
        for name, arn, document in _of_resources(stack):
            self.resources[name] = _numbered(document)
            self._of[arn] = name

    def all(self) -> dict[str, Document]:
        """Each by its name."""
        return {**self.identities, **self.resources}

    def of_resource(self, arn: str) -> str | None:
        """The name of a resource's policy; of an object, that of its bucket."""
        return next(
            (name for of, name in self._of.items() if arn == of or arn.startswith(f"{of}/")), None
        )


def evaluate(policies: Policies, requests: Sequence[Request]) -> list[Answer]:
    """Put the requests to the evaluator, all in one process."""
    known = [request for request in requests if request.action not in _LAMBDAS_OWN]
    answers = dict(zip(map(id, known), _evaluated(policies, known), strict=True))
    return [answers.get(id(request)) or _stated(policies, request) for request in requests]


def _evaluated(policies: Policies, requests: Sequence[Request]) -> list[Answer]:
    asked = {
        "policies": policies.all(),
        "requests": [_written(policies, request) for request in requests],
    }
    made = subprocess.run(
        ["node", _PROGRAM],  # noqa: S607 - tests/iam/setup.sh has seen to it
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return [_read(answer) for answer in json.loads(made.stdout)]


def _written(policies: Policies, request: Request) -> Document:
    is_ours = request.who in policies.identities
    return {
        "principal": f"arn:aws:iam::{ACCOUNT}:role/{request.who}" if is_ours else request.who,
        "action": request.action,
        "resource": request.resource,
        "account": ACCOUNT,
        "context": {"aws:SecureTransport": "true", **request.context},
        "identity": [request.who] if is_ours else [],
        "own": policies.of_resource(request.resource),
    }


def _read(answer: Document) -> Answer:
    used = frozenset(
        (one["policy"], int(one["statement"]), action, resource)
        for one in answer["used"]
        for action in one["actions"]
        for resource in one["resources"] or [""]
    )
    return Answer(answer["result"], used, tuple(answer["ignored"]))


def _stated(policies: Policies, request: Request) -> Answer:
    used = frozenset(
        (request.who, number, action, resource)
        for number, statement in enumerate(policies.identities[request.who]["Statement"])
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if action == request.action and fnmatchcase(request.resource, resource)
    )
    return Answer("Allowed" if used else "ImplicitlyDenied", used, ())


def _numbered(document: Document) -> Document:
    statements = [{**one, "Sid": str(n)} for n, one in enumerate(document["Statement"])]
    return {"Version": document["Version"], "Statement": statements}


def _of_resources(stack: Stack) -> Iterable[tuple[str, str, Document]]:
    for name, key in stack.of("AWS::KMS::Key").items():
        yield name, stack.arn(name), key.get("KeyPolicy", _OF_A_KEY)
    for role, properties in stack.of("AWS::IAM::Role").items():
        yield f"trust of {role}", stack.arn(role), properties["AssumeRolePolicyDocument"]
    for kind, holds in _HELD_BY.items():
        for name, properties in stack.of(kind).items():
            for named in listed(properties[holds]):
                yield name, stack.called(named), properties["PolicyDocument"]


# What a policy of resources names them by.
_HELD_BY = {
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::S3::BucketPolicy": "Bucket",
}
# What KMS gives a key that is made without a policy: the account's policies decide.
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
