"""All that is asked of the policies of a stack: what must be allowed, and what must be refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.iam import implicit
from tests.iam.evaluator import Policies, Request
from tests.stack import Stack


@dataclass(frozen=True)
class Questions:
    """Requests, each once.

    Attributes:
        allowed: that are made, by the functions and for them.
        refused: that nobody of ours makes.
    """

    allowed: list[Request]
    refused: list[Request]


def questions(stack: Stack, lines: Iterable[Mapping[str, Any]]) -> Questions:
    """What follows from the calls that were recorded, and from the stack's own resources."""
    recorded = [_made(stack, line) for line in lines]
    services = list(implicit.of_services(stack))
    calls = [
        *recorded,
        *implicit.of_functions(stack),
        *implicit.of_schedules(stack),
        *implicit.of_adopters(stack),
        *services,
    ]
    trust = list(implicit.of_trust(stack))
    allowed = [
        *calls,
        *trust,
        *implicit.of_mail(recorded),
        *implicit.of_logs(stack),
        *implicit.of_keys(stack, calls),
    ]
    refused = [
        *implicit.of_strangers([*services, *trust]),
        *implicit.unencrypted(_of_resources_that_say_so(stack, calls)),
        *implicit.overwriting(recorded),
    ]
    return Questions(_once(allowed), _once(refused))


def _made(stack: Stack, line: Mapping[str, Any]) -> Request:
    """A call that was recorded, of the resource that its function's setting names in this stack."""
    function, resource = line["function"], line["resource"]
    if resource.startswith("$"):
        name, slash, rest = resource[1:].partition("/")
        variables = stack.resources[function][1]["Environment"]["Variables"]
        resource = f"{stack.called(variables[name])}{slash}{rest}"
    role = implicit.role_of(stack, function)
    return Request(role, line["action"], resource, "in the tests", line["context"])


def _of_resources_that_say_so(stack: Stack, calls: Iterable[Request]) -> Iterable[Request]:
    policies = Policies(stack)
    for call in calls:
        own = policies.of_resource(call.resource)
        if own and any(one["Effect"] == "Deny" for one in policies.resources[own]["Statement"]):
            yield call


def _once(requests: Iterable[Request]) -> list[Request]:
    return list({str(request): request for request in requests}.values())
