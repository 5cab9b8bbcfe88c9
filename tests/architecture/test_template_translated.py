"""template.yaml as CloudFormation gets it: what SAM adds to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.adapt import Surroundings, adapt
from local.routes import routes
from tests.architecture.test_template_alarms import ALARMS, SILENT
from tests.architecture.test_template_api import ROUTES
from tests.support.iam_policies import RESOURCES
from tests.support.translated_template import PARAMETERS, translated


def _of(environment: str, kind: str) -> dict[str, Any]:
    resources = translated(environment)["Resources"]
    return {name: r.get("Properties", {}) for name, r in resources.items() if r["Type"] == kind}


@pytest.mark.parametrize("environment", PARAMETERS)
def test_sam_gives_nobody_a_role_or_a_right_that_the_template_does_not(environment: str) -> None:
    for kind in ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        ours = {name for name, resource in RESOURCES.items() if resource["Type"] == kind}
        assert _of(environment, kind).keys() == ours


@pytest.mark.parametrize("environment", PARAMETERS)
def test_every_route_arrives_as_written_in_payload_format_2(environment: str) -> None:
    (api,) = _of(environment, "AWS::ApiGatewayV2::Api").values()
    operations = [one for methods in api["Body"]["paths"].values() for one in methods.values()]
    versions = {one["x-amazon-apigateway-integration"]["payloadFormatVersion"] for one in operations}
    assert {route.key for route in routes(translated(environment))} == set().union(*ROUTES.values())
    assert versions == {"2.0"}


@pytest.mark.parametrize("environment", PARAMETERS)
def test_a_warning_about_what_sam_writes_fails_no_deployment(environment: str) -> None:
    """A path parameter of SAM's has no schema, which OpenAPI asks for: API Gateway may warn."""
    (api,) = _of(environment, "AWS::ApiGatewayV2::Api").values()
    assert api.get("FailOnWarnings", False) is False


@pytest.mark.parametrize("environment", PARAMETERS)
def test_the_local_stack_gets_every_alarm_that_its_emulator_takes(environment: str) -> None:
    here = Surroundings("http://127.0.0.1:8000", "http://127.0.0.1:4566", Path("/build"))
    alarms = {
        name
        for name, resource in adapt(translated(environment), here)["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert alarms == ALARMS.keys() - SILENT.keys()


@pytest.mark.parametrize("environment", PARAMETERS)
def test_it_stays_far_below_the_size_that_cloudformation_takes(environment: str) -> None:
    assert len(json.dumps(translated(environment))) < 500_000
