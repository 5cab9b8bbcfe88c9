"""Finds the faults of the policies of a stack. Each function must need its permissions and have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from tests.iam.evaluator import evaluate
from tests.iam.expected_requests import ExpectedRequests
from tests.iam.policies import Policies
from tests.iam.requests import Request, as_list
from tests.support.stack import NAME, Stack


class PolicyPart(NamedTuple):
    """One action and one resource of a statement, which has a number in its policy."""

    policy: str
    statement: int
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.policy}, statement {self.statement}: {self.action} on {self.resource}"


# The policy of a key leaves the decision to the policies of the account, which are checked themselves.
_DELEGATED_TO_ACCOUNT = ("kms:*",)


@dataclass(frozen=True)
class PolicyFaults:
    """The faults of the policies, in words.

    Attributes:
        missing: calls that are made and are denied.
        wrongly_allowed: calls that must be denied and are allowed.
        unused: permissions that no call needs, and denials that nothing tests.
        too_wide: permissions whose wildcard matches an unused resource.
        ignored: keys of calls that no condition can use.
    """

    missing: list[str]
    wrongly_allowed: list[str]
    unused: list[str]
    too_wide: list[str]
    ignored: list[str]


def find_policy_faults(stack: Stack, expected: ExpectedRequests) -> PolicyFaults:
    """Evaluates all requests and compares the answers with the permissions."""
    policies = Policies(stack)
    answers = evaluate(policies, [*expected.must_be_allowed, *expected.must_be_denied])
    count = len(expected.must_be_allowed)
    of_allowed, of_denied = answers[:count], answers[count:]
    used = {part for answer in of_allowed for part in answer.used if answer.is_allowed}
    denied = {part for answer in of_denied for part in answer.used}
    ignored = {key for answer in answers for key in answer.ignored}
    return PolicyFaults(
        missing=_faulty_requests(expected.must_be_allowed, [not answer.is_allowed for answer in of_allowed]),
        wrongly_allowed=_faulty_requests(expected.must_be_denied, [item.is_allowed for item in of_denied]),
        unused=sorted(map(str, set(_parts(policies)) - used - denied)),
        too_wide=sorted(set(_find_wide_wildcards(stack, policies, expected.must_be_allowed))),
        ignored=sorted(ignored),
    )


def _faulty_requests(requests: Sequence[Request], is_fault: Sequence[bool]) -> list[str]:
    return sorted({str(r) for r, is_faulty in zip(requests, is_fault, strict=True) if is_faulty})


def _parts(policies: Policies) -> Iterator[PolicyPart]:
    for name, document in policies.all().items():
        for number, statement in enumerate(document["Statement"]):
            for action in as_list(statement["Action"]):
                for resource in as_list(statement.get("Resource", "")):
                    if action not in _DELEGATED_TO_ACCOUNT:
                        yield PolicyPart(name, number, action, resource)


def _find_wide_wildcards(stack: Stack, policies: Policies, requests: Sequence[Request]) -> Iterator[str]:
    """Yields the wildcards that match an unused resource of the stack.

    A wildcard is for names that are not known yet.
    """
    arns_of_stack = {stack.arn(name) for name in stack.resources if stack.has_arn(name)}
    arns = arns_of_stack | {arn.replace(f"{NAME}-", "other-") for arn in arns_of_stack}
    for name in policies.identities:
        pairs = {(r.action, r.resource) for r in requests if r.who == name}
        for statement in policies.identities[name]["Statement"]:
            for action in as_list(statement["Action"]):
                used = {resource for used_action, resource in pairs if used_action == action}
                if "*" in used:
                    continue  # IAM has no resource type for it
                for pattern in (resource for resource in as_list(statement["Resource"]) if "*" in resource):
                    for arn in arns:
                        if _is_of_service(action, arn) and _matches_unused(pattern, arn, used):
                            yield f"{name}: {action} on {pattern} matches {arn}, which is unused"


def _is_of_service(action: str, arn: str) -> bool:
    return action.split(":")[0] == arn.split(":")[2]


def _matches_unused(pattern: str, arn: str, used: set[str]) -> bool:
    """Returns whether the pattern matches the ARN although no used resource belongs to it."""
    used_parts = {
        resource
        for resource in used
        if resource == arn or resource.startswith(f"{arn}/") or fnmatchcase(resource, arn)
    }
    return fnmatchcase(arn, pattern) and not used_parts
