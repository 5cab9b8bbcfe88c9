"""The template after SAM translated it for CloudFormation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.adapt import LocalAddresses, adapt
from local.build import Built
from local.routes import read_routes
from tests.architecture.test_template_alarms import ALARMS
from tests.architecture.test_template_api import ROUTES
from tests.support.iam_policies import RESOURCES
from tests.support.translated_template import PARAMETERS, translated_template


def _of(environment: str, kind: str) -> dict[str, Any]:
    resources = translated_template(environment)["Resources"]
    return {name: r.get("Properties", {}) for name, r in resources.items() if r["Type"] == kind}


@pytest.mark.parametrize("environment", PARAMETERS)
def test_sam_adds_no_role_and_no_policy(environment: str) -> None:
    for kind in ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        roles_and_policies = {name for name, resource in RESOURCES.items() if resource["Type"] == kind}
        assert _of(environment, kind).keys() == roles_and_policies


@pytest.mark.parametrize("environment", PARAMETERS)
def test_each_route_is_deployed_with_payload_format_2(environment: str) -> None:
    api = _of(environment, "AWS::ApiGatewayV2::Api")["HttpApi"]
    paths = api["Body"]["paths"].values()
    operations = [operation for methods in paths for operation in methods.values()]
    integrations = [operation["x-amazon-apigateway-integration"] for operation in operations]
    versions = {integration["payloadFormatVersion"] for integration in integrations}
    assert {route.key for route in read_routes(translated_template(environment))} == set().union(
        *ROUTES.values()
    )
    assert versions == {"2.0"}


@pytest.mark.parametrize("environment", PARAMETERS)
def test_a_warning_about_the_api_does_not_fail_a_deployment(environment: str) -> None:
    """SAM adds path parameters without a schema, which OpenAPI requires. API Gateway may warn about them."""
    api = _of(environment, "AWS::ApiGatewayV2::Api")["HttpApi"]
    assert api.get("FailOnWarnings", False) is False


@pytest.mark.parametrize("environment", PARAMETERS)
def test_the_local_stack_has_each_alarm_that_the_emulator_supports(environment: str) -> None:
    built = Built(Path("/build"), Path("/brand"))
    surroundings = LocalAddresses("http://127.0.0.1:8000", "http://127.0.0.1:4566", built)
    alarms = {
        name
        for name, resource in adapt(translated_template(environment), surroundings)["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert alarms == {name for name, alarm in ALARMS.items() if "Metrics" not in alarm}


@pytest.mark.parametrize("environment", PARAMETERS)
def test_the_template_is_far_below_the_size_limit_of_cloudformation(environment: str) -> None:
    assert len(json.dumps(translated_template(environment))) < 500_000
