"""The requests that must be allowed, and those that must be denied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.iam import implicit, refused, services
from tests.iam.keys import key_requests
from tests.iam.policies import Policies
from tests.iam.requests import Request
from tests.support.stack import Stack


@dataclass(frozen=True)
class Questions:
    """The requests, each once.

    Attributes:
        allowed: requests by the functions and for them.
        refused: requests that no part of the stack makes.
    """

    allowed: list[Request]
    refused: list[Request]


def questions(stack: Stack, lines: Iterable[Mapping[str, Any]]) -> Questions:
    """Derives the requests from the recorded calls and from the resources of the stack."""
    recorded = [_made(stack, line) for line in lines]
    published = list(services.service_requests(stack))
    calls = [
        *recorded,
        *implicit.function_requests(stack),
        *implicit.schedule_requests(stack),
        *implicit.adopter_requests(stack),
        *published,
    ]
    trust = list(services.trust_requests(stack))
    allowed = [
        *calls,
        *trust,
        *implicit.mail_requests(recorded),
        *services.log_requests(stack),
        *key_requests(stack, calls),
    ]
    never = [
        *refused.stranger_requests([*published, *trust]),
        *refused.unencrypted_requests(_of_resources_that_say_so(stack, calls)),
        *refused.overwriting_requests(recorded),
    ]
    return Questions(_once(allowed), _once(never))


def _made(stack: Stack, line: Mapping[str, Any]) -> Request:
    """A recorded call, for the resource that the function's setting names in this stack."""
    function, resource = line["function"], line["resource"]
    if resource.startswith("$"):
        name, slash, rest = resource[1:].partition("/")
        variables = stack.resources[function][1]["Environment"]["Variables"]
        resource = f"{stack.arn_of(variables[name])}{slash}{rest}"
    role = implicit.role_of(stack, function)
    return Request(role, line["action"], resource, "in the tests", line["context"])


def _of_resources_that_say_so(stack: Stack, calls: Iterable[Request]) -> Iterable[Request]:
    policies = Policies(stack)
    for call in calls:
        own = policies.of_resource(call.resource)
        if own and any(statement["Effect"] == "Deny" for statement in policies.resources[own]["Statement"]):
            yield call


def _once(requests: Iterable[Request]) -> list[Request]:
    return list({str(request): request for request in requests}.values())
