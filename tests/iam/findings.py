"""Finds what is wrong with the policies of a stack, given the requests made under them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.iam.evaluator import evaluate
from tests.iam.policies import Policies
from tests.iam.questions import Questions
from tests.iam.requests import Request, listed
from tests.support.stack import NAME, Stack

PolicyPart = tuple[str, int, str, str]
"""Of a policy, by its name, the number of a statement, and one action and one resource of it."""
_BY_THE_ACCOUNT = ("kms:*",)  # for a key: the account's policies decide, and they are checked themselves


@dataclass(frozen=True)
class Findings:
    """Everything that is wrong, in words.

    Attributes:
        missing: calls that are made and are denied.
        wrongly_allowed: calls that must be denied and are allowed.
        unused: permissions that no call needs, and denials that nothing tests.
        wide: permissions whose wildcard matches more than is used.
        ignored: keys of calls that no condition can use.
    """

    missing: list[str]
    wrongly_allowed: list[str]
    unused: list[str]
    wide: list[str]
    ignored: list[str]


def findings(stack: Stack, questions: Questions) -> Findings:
    """Evaluates all requests and compares the answers with the permissions."""
    policies = Policies(stack)
    both = [*questions.allowed, *questions.refused]
    answers = evaluate(policies, both)
    allowed, refused = answers[: len(questions.allowed)], answers[len(questions.allowed) :]
    used = {part for answer in allowed for part in answer.used if answer.allowed}
    denied = {part for answer in refused for part in answer.used}
    ignored = {key for answer in answers for key in answer.ignored}
    return Findings(
        missing=_faulty_requests(questions.allowed, [not answer.allowed for answer in allowed]),
        wrongly_allowed=_faulty_requests(questions.refused, [answer.allowed for answer in refused]),
        unused=sorted(map(_format_part, set(_parts(policies)) - used - denied)),
        wide=sorted(set(_wide(stack, policies, questions.allowed))),
        ignored=sorted(ignored),
    )


def _faulty_requests(requests: Sequence[Request], whether: Sequence[bool]) -> list[str]:
    return sorted({str(r) for r, is_fault in zip(requests, whether, strict=True) if is_fault})


def _parts(policies: Policies) -> Iterator[PolicyPart]:
    for name, document in policies.all().items():
        for number, statement in enumerate(document["Statement"]):
            for action in listed(statement["Action"]):
                for resource in listed(statement.get("Resource", "")):
                    if action not in _BY_THE_ACCOUNT:
                        yield name, number, action, resource


def _format_part(part: PolicyPart) -> str:
    return "{}, statement {}: {} on {}".format(*part)


def _wide(stack: Stack, policies: Policies, made: Sequence[Request]) -> Iterator[str]:
    """A wildcard is for names that are not known yet. It must match no unused resource of the stack."""
    ours = {stack.arn(name) for name in stack.resources if stack.has_arn(name)}
    arns = ours | {arn.replace(f"{NAME}-", "other-") for arn in ours}
    for name in policies.identities:
        pairs = {(r.action, r.resource) for r in made if r.who == name}
        for statement in policies.identities[name]["Statement"]:
            for action in listed(statement["Action"]):
                used = {resource for what, resource in pairs if what == action}
                if "*" in used:
                    continue  # IAM has no resource type for it
                for pattern in (resource for resource in listed(statement["Resource"]) if "*" in resource):
                    for arn in arns:
                        if _is_of_the_service(action, arn) and _reaches(pattern, arn, used):
                            yield f"{name}: {action} on {pattern} reaches {arn}, unused"


def _is_of_the_service(action: str, arn: str) -> bool:
    return action.split(":")[0] == arn.split(":")[2]


def _reaches(pattern: str, arn: str, used: set[str]) -> bool:
    of_it = {
        resource
        for resource in used
        if resource == arn or resource.startswith(f"{arn}/") or fnmatchcase(resource, arn)
    }
    return fnmatchcase(arn, pattern) and not of_it
