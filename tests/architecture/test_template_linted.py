"""What SAM makes of template.yaml, by those who know what CloudFormation and OpenAPI take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.architecture.test_template_api import ROUTES
from tests.support.stack import Stack
from tests.support.translated_template import PARAMETERS, translated

_DEFAULT = "$default"  # API Gateway's own, for what no other route takes: OpenAPI has no such path
_ANY = "ANY "  # one of API Gateway's own too, an extension at which no validator looks


def _linted(template: dict[str, Any], environment: str) -> list[str]:
    # Loaded by who lints: it takes half a second, and every worker collects this module.
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs
    from cfnlint.context.parameters import ParameterSet

    deployed = ParameterSet(source=environment, parameters=PARAMETERS[environment])
    found = lint(json.dumps(template), config=ManualArgs(parameters=[deployed]))
    return [f"{one.rule.id}: {one.message} at {one.path}" for one in found]


@pytest.mark.system
@pytest.mark.parametrize("environment", PARAMETERS)
def test_cloudformations_linter_has_nothing_against_what_is_deployed(environment: str) -> None:
    assert not _linted(translated(environment), environment)


@pytest.mark.system
def test_the_linter_knows_what_a_queue_takes() -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": "soon"}}
    assert _linted({"Resources": {"OptOutRetryQueue": queue}}, "trial")


def _body(environment: str) -> dict[str, Any]:
    """The API's description, as API Gateway gets it, but for what is its own."""
    resources = Stack(translated(environment), PARAMETERS[environment]).resources
    (api,) = (made for kind, made in resources.values() if kind == "AWS::ApiGatewayV2::Api")
    body: dict[str, Any] = json.loads(json.dumps(api["Body"]))  # SAM's texts are of classes of its own
    body["paths"].pop(_DEFAULT)
    return body


def _of_sam() -> list[tuple[str, ...]]:
    """Where SAM leaves out what OpenAPI asks for: it says nothing of answers, nor of a variable's form."""
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
def test_the_apis_description_has_no_fault_but_two_kinds_that_sam_makes(environment: str) -> None:
    found = OpenAPIV30SpecValidator(_body(environment)).iter_errors()
    assert sorted(tuple(map(str, one.absolute_path)) for one in found) == _of_sam()
