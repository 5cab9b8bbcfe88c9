"""AWS for a person at a terminal: what is in a stack, clients for it, calling its functions."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from heed.adapters.aws import FAILURES, error_code
from heed.domain.errors import DependencyUnavailable, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient

_LONGEST_RUN = 900  # seconds that Lambda lets a function run
_RETRIED: Mapping[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": 30,
    "retries": {"mode": "standard", "total_max_attempts": 3},
}
# As long as a function may run, and once: whoever calls a function by hand means one call.
_ONCE: Mapping[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": _LONGEST_RUN + 5,
    "retries": {"mode": "standard", "total_max_attempts": 1},
}
_ACCOUNT = "000000000000"  # of the local stack
# What botocore would read of the person's own settings, and finds instead where it speaks to an
# emulation: (name in a file, name in the environment, value, conversion).
_HIDDEN = {
    "profile": (None, None, None, None),
    "config_file": (None, None, "/dev/null", None),
    "credentials_file": (None, None, "/dev/null", None),
    "ca_bundle": (None, None, None, None),
}


class AwsAccess:
    """AWS as the person has it, or an emulation on this machine.

    Args:
        endpoint: of the emulation; None: AWS itself, with the credentials, the region and the proxies
            that this machine's AWS settings name.
        region: of the emulation.
    """

    def __init__(self, endpoint: str | None = None, region: str | None = None) -> None:
        self._endpoint = endpoint
        self._region = region

    def client(self, service: str, config: Mapping[str, Any] = _RETRIED) -> Any:  # noqa: ANN401
        """A client of a service; each caller names its type.

        Raises:
            Unavailable: this machine's settings are not enough to make one.
        """
        try:
            if self._endpoint is None:
                return self._session.create_client(service, config=Config(**config))
            return self._session.create_client(
                service,
                region_name=self._region,
                endpoint_url=self._endpoint,
                config=Config(proxies={}, **config),
            )
        except BotoCoreError as error:
            raise DependencyUnavailable(error_code(error)) from error

    @cached_property
    def _session(self) -> botocore.session.Session:
        if self._endpoint is None:
            return botocore.session.get_session()
        session = botocore.session.Session(session_vars=_HIDDEN)
        session.set_credentials(_ACCOUNT, "local")
        return session


def stack_outputs(access: AwsAccess, stack: str) -> dict[str, str]:
    """What a deployed stack says of itself, by the name of the output.

    Raises:
        NotFound: there is no stack of that name.
        Unavailable: AWS does not say.
    """
    client: CloudFormationClient = access.client("cloudformation")
    try:
        found = client.describe_stacks(StackName=stack)["Stacks"][0]
    except FAILURES as error:
        # That is what CloudFormation calls a name that it does not know.
        if error_code(error) == "ValidationError":
            raise NotFound("no stack of that name") from error
        raise DependencyUnavailable(error_code(error)) from error
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}


def stack_functions(access: AwsAccess, stack: str) -> dict[str, str]:
    """The full names of a deployed stack's functions, by the name that people use.

    Raises:
        Unavailable: AWS does not say.
    """
    client: CloudFormationClient = access.client("cloudformation")
    try:
        # DescribeStackResources would give the first hundred alone.
        pages = list(client.get_paginator("list_stack_resources").paginate(StackName=stack))
    except FAILURES as error:
        raise DependencyUnavailable(error_code(error)) from error
    found = [one for page in pages for one in page["StackResourceSummaries"]]
    names = {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in found}
    return functions_by_short_name(names)


def functions_by_short_name(names: Mapping[str, str]) -> dict[str, str]:
    """The full names of functions, by the name that people use, of the names of all resources.

    `OptOutRetryFunction` is `opt-out-retry`.
    """
    return {
        _with_hyphens(logical_id.removesuffix("Function")): full
        for logical_id, full in names.items()
        if logical_id.endswith("Function")
    }


def _with_hyphens(name: str) -> str:
    words = "".join(f"-{letter}" if letter.isupper() else letter for letter in name)
    return words.removeprefix("-").lower()


def invoke_function(access: AwsAccess, function: str, event: bytes) -> tuple[object, bool]:
    """Call a function by its full name with an event of JSON; its answer, and whether it raised.

    Raises:
        Unavailable: it is not known whether the function ran.
    """
    client: LambdaClient = access.client("lambda", _ONCE)
    try:
        answer = client.invoke(FunctionName=function, Payload=event)
        payload = answer["Payload"].read()
    except FAILURES as error:
        raise DependencyUnavailable(error_code(error)) from error
    return json.loads(payload or b"null"), "FunctionError" in answer
