"""Asks an IAM policy evaluator whether requests are allowed under the policies of a stack."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tests.iam.policies import Document, Policies
from tests.iam.requests import Request, listed
from tests.support.stack import ACCOUNT

_PROGRAM = Path(__file__).with_name("evaluate.mjs")
# Neither IAM's reference nor the evaluator has a resource type for this action. Lambda calls it for the
# stream anyway, and makes no mapping if the role cannot perform it there.
_LAMBDAS_OWN = ("dynamodb:ListStreams",)


@dataclass(frozen=True)
class Evaluation:
    """The evaluator's answer to a request.

    Attributes:
        result: `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`.
        used: each matching statement: its policy, its number there, an action and a resource of it.
        ignored: context keys that do not apply to the action.
    """

    result: str
    used: frozenset[tuple[str, int, str, str]]
    ignored: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether the call is allowed."""
        return self.result == "Allowed"


def evaluate(policies: Policies, requests: Sequence[Request]) -> list[Evaluation]:
    """Evaluates all requests in one process."""
    known = [request for request in requests if request.action not in _LAMBDAS_OWN]
    answers = iter(_evaluated(policies, known))
    return [
        _stated(policies, request) if request.action in _LAMBDAS_OWN else next(answers)
        for request in requests
    ]


def _evaluated(policies: Policies, requests: Sequence[Request]) -> list[Evaluation]:
    question = {
        "policies": policies.all(),
        "requests": [_request_document(policies, request) for request in requests],
    }
    made = subprocess.run(
        ["node", _PROGRAM],  # noqa: S607 - tests/iam/setup.sh has seen to it
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return [_read(answer) for answer in json.loads(made.stdout)]


def _request_document(policies: Policies, request: Request) -> Document:
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


def _read(answer: Document) -> Evaluation:
    used = frozenset(
        (entry["policy"], int(entry["statement"]), action, resource)
        for entry in answer["used"]
        for action in entry["actions"]
        for resource in entry["resources"] or [""]
    )
    return Evaluation(answer["result"], used, tuple(answer["ignored"]))


def _stated(policies: Policies, request: Request) -> Evaluation:
    used = frozenset(
        (request.who, number, action, resource)
        for number, statement in enumerate(policies.identities[request.who]["Statement"])
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if action == request.action and fnmatchcase(request.resource, resource)
    )
    return Evaluation("Allowed" if used else "ImplicitlyDenied", used, ())
