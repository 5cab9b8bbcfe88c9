"""The translated template passes the linters of CloudFormation and OpenAPI."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.architecture.test_template_api import ROUTES
from tests.support.full import is_full
from tests.support.stack import Stack
from tests.support.translated_template import PARAMETERS, translated_template

_DEFAULT = "$default"  # API Gateway's route for all other requests, which OpenAPI does not have
_ANY = "ANY "  # an extension of API Gateway, which validators ignore


def _linted(template: dict[str, Any], environment: str) -> list[str]:
    # Imported here, because it takes half a second and each worker collects this module.
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs
    from cfnlint.context.parameters import ParameterSet

    deployed = ParameterSet(source=environment, parameters=PARAMETERS[environment])
    matches = lint(json.dumps(template), config=ManualArgs(parameters=[deployed]))
    return [f"{match.rule.id}: {match.message} at {match.path}" for match in matches]


@pytest.mark.system
@pytest.mark.parametrize("environment", PARAMETERS)
def test_the_deployed_template_passes_the_linter_of_cloudformation(environment: str) -> None:
    """Without `--full` the production, which has all features. `make package` lints template.yaml."""
    if environment != "production" and not is_full():
        pytest.skip("without --full only the production is linted")
    assert not _linted(translated_template(environment), environment)


@pytest.mark.system
def test_the_linter_finds_an_invalid_property() -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": "soon"}}
    assert _linted({"Resources": {"OptOutRetryQueue": queue}}, "trial")


def _body(environment: str) -> dict[str, Any]:
    """Returns the definition of the API for API Gateway, without the route `$default`."""
    resources = Stack(translated_template(environment), PARAMETERS[environment]).resources
    _, api = resources["HttpApi"]
    body: dict[str, Any] = json.loads(json.dumps(api["Body"]))  # converts the string classes of SAM
    body["paths"].pop(_DEFAULT)
    return body


def _faults_of_sam() -> list[tuple[str, ...]]:
    """Returns the known faults of SAM: operations without responses, and parameters without a schema."""
    faults: list[tuple[str, ...]] = []
    for route in set().union(*ROUTES.values()) - {_DEFAULT}:
        if route.startswith(_ANY):
            continue
        method, path = route.split()
        faults.append(("paths", path, method.lower(), "responses"))
        variables = range(path.count("{"))
        faults += [("paths", path, method.lower(), "parameters", str(n)) for n in variables]
    return sorted(faults)


@pytest.mark.parametrize("environment", PARAMETERS)
def test_the_api_definition_has_only_the_two_known_faults_of_sam(environment: str) -> None:
    errors = OpenAPIV30SpecValidator(_body(environment)).iter_errors()
    assert sorted(tuple(map(str, error.absolute_path)) for error in errors) == _faults_of_sam()
