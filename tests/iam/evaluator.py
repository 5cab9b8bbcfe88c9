"""Asks an IAM policy evaluator whether requests are allowed under the policies of a stack."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tests.iam.policies import Document, Policies
from tests.iam.requests import Request, as_list
from tests.support.stack import ACCOUNT

_PROGRAM = Path(__file__).with_name("evaluate.mjs")
# Neither IAM's reference nor the evaluator has a resource type for this action. Lambda calls it for the
# stream anyway, and makes no mapping if the role cannot perform it there.
_UNKNOWN_ACTIONS = ("dynamodb:ListStreams",)


@dataclass(frozen=True)
class Evaluation:
    """The evaluator's answer to a request.

    Attributes:
        result: `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`.
        used: for each matching statement its policy, its number, one of its actions and one of its resources.
        ignored: context keys that do not apply to the action.
    """

    result: str
    used: frozenset[tuple[str, int, str, str]]
    ignored: tuple[str, ...]

    @property
    def is_allowed(self) -> bool:
        """Whether the request is allowed."""
        return self.result == "Allowed"


def evaluate(policies: Policies, requests: Sequence[Request]) -> list[Evaluation]:
    """Evaluates all requests in one process."""
    known = [request for request in requests if request.action not in _UNKNOWN_ACTIONS]
    answers = iter(_run_evaluator(policies, known))
    return [
        _evaluate_literally(policies, request) if request.action in _UNKNOWN_ACTIONS else next(answers)
        for request in requests
    ]


def _run_evaluator(policies: Policies, requests: Sequence[Request]) -> list[Evaluation]:
    evaluator_input = {
        "policies": policies.all(),
        "requests": [_request_document(policies, request) for request in requests],
    }
    process = subprocess.run(
        ["node", _PROGRAM],  # noqa: S607 - tests/node_packages.sh installs node's packages
        input=json.dumps(evaluator_input),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return [_parse_evaluation(answer) for answer in json.loads(process.stdout)]


def _request_document(policies: Policies, request: Request) -> Document:
    is_of_stack = request.who in policies.identities
    return {
        "principal": f"arn:aws:iam::{ACCOUNT}:role/{request.who}" if is_of_stack else request.who,
        "action": request.action,
        "resource": request.resource,
        "account": ACCOUNT,
        "context": {"aws:SecureTransport": "true", **request.context},
        "identity": [request.who] if is_of_stack else [],
        "own": policies.of_resource(request.resource),
    }


def _parse_evaluation(answer: Document) -> Evaluation:
    used = frozenset(
        (entry["policy"], int(entry["statement"]), action, resource)
        for entry in answer["used"]
        for action in entry["actions"]
        for resource in entry["resources"] or [""]
    )
    return Evaluation(answer["result"], used, tuple(answer["ignored"]))


def _evaluate_literally(policies: Policies, request: Request) -> Evaluation:
    """Evaluates a request for an action that the evaluator does not know, by the text of the statements."""
    used = frozenset(
        (request.who, number, action, resource)
        for number, statement in enumerate(policies.identities[request.who]["Statement"])
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if action == request.action and fnmatchcase(request.resource, resource)
    )
    return Evaluation("Allowed" if used else "ImplicitlyDenied", used, ())
