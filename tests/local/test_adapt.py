from __future__ import annotations

from pathlib import Path
from typing import Any

from local.adapt import ADAPTATIONS, Surroundings, adapt

HERE = Surroundings("http://127.0.0.1:8000", "http://127.0.0.1:4566", Path("/build"))


def _adapted(**resources: dict[str, Any]) -> dict[str, Any]:
    adapted: dict[str, Any] = adapt({"Resources": resources, "Outputs": {"A": 1}}, HERE)["Resources"]
    return adapted


def _function(**variables: object) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Timeout": 10, "Environment": {"Variables": variables}},
    }


def test_what_the_emulator_takes_is_left_as_it_is() -> None:
    table = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete", "Properties": {"x": 1}}

    assert _adapted(Table=table) == {"Table": table}


def test_the_rest_of_the_template_is_left_as_it_is() -> None:
    assert adapt({"Resources": {}, "Outputs": {"A": 1}}, HERE)["Outputs"] == {"A": 1}


def test_an_http_api_loses_its_body() -> None:
    api = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": {}, "FailOnWarnings": True}}

    assert _adapted(Api=api)["Api"]["Properties"] == {"Name": "heed", "ProtocolType": "HTTP"}


def test_an_alarm_on_one_metric_stays_and_one_on_an_expression_is_left_out() -> None:
    plain = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Errors"}}
    maths = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": []}}

    assert _adapted(Plain=plain, Maths=maths) == {"Plain": plain}


def test_a_function_speaks_to_this_stack() -> None:
    variables = _adapted(F=_function(TABLE={"Ref": "T"}))["F"]["Properties"]["Environment"]["Variables"]

    assert variables == {
        "TABLE": {"Ref": "T"},
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "BRAND_DIR": "/build/BrandLayer/brand",
        "PYTHONPATH": "/build/CoreLayer/python",
    }


def test_a_function_finds_its_layers_where_they_were_built_and_no_process_unpacks_them() -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Layers": [{"Ref": "CoreLayer"}]}}

    assert "Layers" not in _adapted(F=function)["F"]["Properties"]


def test_links_lead_to_the_front_from_functions_that_make_links() -> None:
    adapted = _adapted(F=_function(PUBLIC_URL={"Fn::If": ["HasDomain", "x", ""]}))

    assert adapted["F"]["Properties"]["Environment"]["Variables"]["PUBLIC_URL"] == HERE.api
    assert adapted["F"]["Properties"]["Timeout"] == 10


def test_a_function_without_an_environment_gets_one() -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {}}

    assert "AWS_ENDPOINT_URL" in _adapted(F=function)["F"]["Properties"]["Environment"]["Variables"]


def test_the_template_given_is_not_changed() -> None:
    function = _function(PUBLIC_URL="")

    _adapted(F=function)

    assert function == _function(PUBLIC_URL="")


def test_every_adaptation_says_why() -> None:
    assert all(each.reason for each in ADAPTATIONS)
