"""The requests that must be allowed, and those that must be denied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.iam import denied_requests, implicit, services
from tests.iam.keys import key_requests
from tests.iam.policies import Policies
from tests.iam.requests import Request
from tests.support.stack import Stack


@dataclass(frozen=True)
class ExpectedRequests:
    """The requests whose results are known. Each request occurs once.

    Attributes:
        must_be_allowed: requests by the functions, and by AWS for the functions.
        must_be_denied: requests that no part of the stack makes.
    """

    must_be_allowed: list[Request]
    must_be_denied: list[Request]


def derive_requests(stack: Stack, recorded_calls: Iterable[Mapping[str, Any]]) -> ExpectedRequests:
    """Derives the requests from the recorded calls and from the resources of the stack."""
    recorded = [_to_request(stack, call) for call in recorded_calls]
    signed = list(implicit.signed_url_requests(stack))
    by_services = list(services.service_requests(stack))
    calls = [
        *recorded,
        *signed,
        *implicit.missing_object_requests(recorded),
        *implicit.function_requests(stack),
        *implicit.schedule_requests(stack),
        *implicit.machine_requests(stack),
        *implicit.managed_policy_requests(stack),
        *by_services,
    ]
    trust = list(services.trust_requests(stack))
    allowed = [
        *calls,
        *trust,
        *implicit.mail_requests(recorded),
        *services.log_requests(stack),
        *key_requests(stack, calls),
    ]
    denied = [
        *denied_requests.other_account_requests([*by_services, *trust]),
        *denied_requests.unencrypted_requests(_with_deny_statement(stack, calls)),
        *denied_requests.overwriting_requests([*recorded, *signed]),
    ]
    return ExpectedRequests(_unique(allowed), _unique(denied))


def _to_request(stack: Stack, call: Mapping[str, Any]) -> Request:
    """Returns a recorded call as a request for the resource that the setting names in this stack."""
    function, resource = call["function"], call["resource"]
    if resource.startswith("$"):
        name, slash, rest = resource[1:].partition("/")
        variables = stack.resources[function][1]["Environment"]["Variables"]
        value = variables[name]
        # The secret of the desk's client is yours: the stack only gets its ARN.
        arn = value if name == "DESK_CLIENT_SECRET_ARN" else stack.arn_of(value)
        resource = f"{arn}{slash}{rest}"
    role = implicit.find_role_of(stack, function)
    return Request(role, call["action"], resource, "in the tests", call["context"])


def _with_deny_statement(stack: Stack, calls: Iterable[Request]) -> Iterable[Request]:
    """Yields the requests for the resources whose policy has a statement that denies."""
    policies = Policies(stack)
    for call in calls:
        name = policies.of_resource(call.resource)
        if name and any(item["Effect"] == "Deny" for item in policies.resources[name]["Statement"]):
            yield call


def _unique(requests: Iterable[Request]) -> list[Request]:
    return list({str(request): request for request in requests}.values())
