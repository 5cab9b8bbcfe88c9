"""AWS for the command line: clients, the outputs and functions of a stack, and calls of a function."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from heed.adapters.aws import FAILURES, error_code, failures_as
from heed.domain.errors import DependencyUnavailable, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackResourceSummaryTypeDef, StackTypeDef
    from mypy_boto3_lambda import LambdaClient

_MAX_FUNCTION_SECONDS = 900  # the longest time-out that Lambda allows
_WITH_RETRIES: Mapping[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": 30,
    "retries": {"mode": "standard", "total_max_attempts": 3},
}
# The client waits as long as a function may run and makes no retries: one command means one call.
_WITHOUT_RETRIES: Mapping[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": _MAX_FUNCTION_SECONDS + 5,
    "retries": {"mode": "standard", "total_max_attempts": 1},
}
_LOCAL_ACCOUNT = "000000000000"  # the account id of the local stack
# These values replace the person's own AWS settings when the client calls the emulator. Each tuple is
# (name in a configuration file, name of an environment variable, value, conversion).
_EMULATOR_SETTINGS = {
    "profile": (None, None, None, None),
    "config_file": (None, None, "/dev/null", None),
    "credentials_file": (None, None, "/dev/null", None),
    "ca_bundle": (None, None, None, None),
}


class AwsAccess:
    """Creates clients for AWS, or for the emulator on this machine.

    Args:
        endpoint: URL of the emulator. None means AWS itself, with the credentials, the region and the
            proxies of this machine's AWS settings.
        region: Region of the emulator.
    """

    def __init__(self, endpoint: str | None = None, region: str | None = None) -> None:
        self._endpoint = endpoint
        self._region = region

    def client(self, service: str, config: Mapping[str, Any] = _WITH_RETRIES) -> Any:  # noqa: ANN401
        """Returns a client of a service. The caller annotates its type.

        Raises:
            DependencyUnavailable: The AWS settings of this machine are not sufficient.
        """
        with failures_as(DependencyUnavailable):
            if self._endpoint is None:
                return self._session.create_client(service, config=Config(**config))
            return self._session.create_client(
                service,
                region_name=self._region,
                endpoint_url=self._endpoint,
                config=Config(proxies={}, **config),
            )

    @cached_property
    def _session(self) -> botocore.session.Session:
        if self._endpoint is None:
            return botocore.session.get_session()
        session = botocore.session.Session(session_vars=_EMULATOR_SETTINGS)
        session.set_credentials(_LOCAL_ACCOUNT, "local")
        return session


def stack_outputs(access: AwsAccess, stack: str) -> dict[str, str]:
    """Returns the outputs of a deployed stack by name.

    Raises:
        NotFound: There is no stack with that name.
        DependencyUnavailable: CloudFormation did not answer, or refused the request.
    """
    outputs = _describe_stack(access, stack).get("Outputs", ())
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def stack_parameters(access: AwsAccess, stack: str) -> dict[str, str]:
    """Returns the parameters of a deployed stack by name.

    Raises:
        NotFound: There is no stack with that name.
        DependencyUnavailable: CloudFormation did not answer, or refused the request.
    """
    parameters = _describe_stack(access, stack).get("Parameters", ())
    return {item["ParameterKey"]: item.get("ParameterValue", "") for item in parameters}


def _describe_stack(access: AwsAccess, stack: str) -> StackTypeDef:
    client: CloudFormationClient = access.client("cloudformation")
    try:
        return client.describe_stacks(StackName=stack)["Stacks"][0]
    except FAILURES as error:
        # CloudFormation answers with this code when it does not know the name of the stack.
        if error_code(error) == "ValidationError":
            raise NotFound("no stack of that name") from error
        raise DependencyUnavailable(error_code(error)) from error


def stack_functions(access: AwsAccess, stack: str) -> dict[str, str]:
    """Returns the full name of each function of a deployed stack, by its short name.

    Raises:
        DependencyUnavailable: CloudFormation did not answer, or refused the request.
    """
    resources = _list_resources(access, stack)
    names = {resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "") for resource in resources}
    return functions_by_short_name(names)


def stack_resources(access: AwsAccess, stack: str, *kinds: str) -> dict[str, tuple[str, str]]:
    """Returns the type and the physical id of each resource of these types of a deployed stack.

    Args:
        access: Creates the client.
        stack: Name of the stack.
        kinds: Types of resources, such as `AWS::KMS::Key`.

    Returns:
        They are by the logical id.

    Raises:
        DependencyUnavailable: CloudFormation did not answer, or refused the request.
    """
    return {
        item["LogicalResourceId"]: (item["ResourceType"], item.get("PhysicalResourceId", ""))
        for item in _list_resources(access, stack)
        if item["ResourceType"] in kinds
    }


def _list_resources(access: AwsAccess, stack: str) -> list[StackResourceSummaryTypeDef]:
    client: CloudFormationClient = access.client("cloudformation")
    with failures_as(DependencyUnavailable):
        # DescribeStackResources would return the first hundred resources only.
        pages = list(client.get_paginator("list_stack_resources").paginate(StackName=stack))
    return [resource for page in pages for resource in page["StackResourceSummaries"]]


def functions_by_short_name(names: Mapping[str, str]) -> dict[str, str]:
    """Selects the functions among the resources of a stack.

    Args:
        names: Physical id of each resource, by its logical id.

    Returns:
        The full name of each function by its short name. The short name of `OptOutRetryFunction` is
        `opt-out-retry`.
    """
    return {
        _with_hyphens(logical_id.removesuffix("Function")): full_name
        for logical_id, full_name in names.items()
        if logical_id.endswith("Function")
    }


def _with_hyphens(name: str) -> str:
    words = "".join(f"-{letter}" if letter.isupper() else letter for letter in name)
    return words.removeprefix("-").lower()


def invoke_function(access: AwsAccess, function: str, event: bytes) -> tuple[object, bool]:
    """Calls a function and waits for its result.

    Args:
        access: Creates the client.
        function: Full name of the function.
        event: The event as JSON.

    Returns:
        The result of the function, and whether the function raised an exception.

    Raises:
        DependencyUnavailable: It is unknown whether the function ran.
    """
    client: LambdaClient = access.client("lambda", _WITHOUT_RETRIES)
    with failures_as(DependencyUnavailable):
        response = client.invoke(FunctionName=function, Payload=event)
        payload = response["Payload"].read()
    return json.loads(payload or b"null"), "FunctionError" in response
