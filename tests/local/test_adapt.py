from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from string import punctuation
from typing import Any

from local.adapt import ADAPTATIONS, LocalAddresses, adapt, make_parameters
from local.build import Built

HERE = LocalAddresses("http://127.0.0.1:8000", "http://127.0.0.1:4566", Built(Path("/build"), Path("/brand")))


def _adapted(**resources: dict[str, Any]) -> dict[str, Any]:
    adapted: dict[str, Any] = adapt({"Resources": resources, "Outputs": {"A": 1}}, HERE)["Resources"]
    return adapted


def _function(**variables: object) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Timeout": 10, "Environment": {"Variables": variables}},
    }


def test_a_supported_resource_is_not_changed() -> None:
    table = {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete", "Properties": {"x": 1}}

    assert _adapted(Table=table) == {"Table": table}


def test_the_rest_of_the_template_is_not_changed() -> None:
    assert adapt({"Resources": {}, "Outputs": {"A": 1}}, HERE)["Outputs"] == {"A": 1}


def test_an_http_api_has_no_body() -> None:
    api = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": {}, "FailOnWarnings": True}}

    assert _adapted(Api=api)["Api"]["Properties"] == {"Name": "heed", "ProtocolType": "HTTP"}


def test_an_alarm_on_an_expression_is_left_out() -> None:
    plain = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Errors"}}
    expression = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": []}}

    assert _adapted(Plain=plain, Expression=expression) == {"Plain": plain}


def test_a_function_gets_the_addresses_of_the_local_stack() -> None:
    variables = _adapted(F=_function(TABLE={"Ref": "T"}))["F"]["Properties"]["Environment"]["Variables"]

    assert variables == {
        "TABLE": {"Ref": "T"},
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "BRAND_DIR": "/brand",
        "SERVICE_MODELS_DIR": "/build/CoreLayer/service_models",
        "PYTHONPATH": "/build/CoreLayer/python",
    }


def test_a_function_has_no_layers_to_unpack() -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Layers": [{"Ref": "CoreLayer"}]}}

    assert "Layers" not in _adapted(F=function)["F"]["Properties"]


def test_a_layer_is_not_uploaded() -> None:
    assert _adapted(Layer={"Type": "AWS::Lambda::LayerVersion", "Properties": {}}) == {}


def test_only_a_function_with_the_layer_of_the_desk_gets_its_packages() -> None:
    function = _function()
    function["Properties"]["Layers"] = [
        {"Ref": "CoreLayer01"},
        {"Ref": "BrandLayer02"},
        {"Ref": "DeskLayer03"},
    ]

    variables = _adapted(F=function)["F"]["Properties"]["Environment"]["Variables"]
    assert variables["PYTHONPATH"] == "/build/CoreLayer/python:/build/DeskLayer/python"


def test_links_lead_to_the_http_front() -> None:
    adapted = _adapted(F=_function(PUBLIC_URL={"Fn::If": ["HasDomain", "x", ""]}))

    assert adapted["F"]["Properties"]["Environment"]["Variables"]["PUBLIC_URL"] == HERE.api
    assert adapted["F"]["Properties"]["Timeout"] == 10


def test_a_function_without_an_environment_gets_one() -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {}}

    assert "AWS_ENDPOINT_URL" in _adapted(F=function)["F"]["Properties"]["Environment"]["Variables"]


def test_the_original_template_is_not_changed() -> None:
    function = _function(PUBLIC_URL="")

    _adapted(F=function)

    assert function == _function(PUBLIC_URL="")


def test_each_adaptation_has_a_reason() -> None:
    assert all(adaptation.reason for adaptation in ADAPTATIONS)


def test_a_made_secret_has_no_punctuation() -> None:
    made = {"PasswordLength": 64, "ExcludePunctuation": True}
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": made}}

    adapted = _adapted(Secret=secret)["Secret"]["Properties"]["GenerateSecretString"]

    assert adapted == {**made, "ExcludeCharacters": punctuation}


def test_webhooks_go_to_the_url_of_the_stack() -> None:
    here = replace(HERE, webhook="http://127.0.0.1:9999/hook")
    function = _function(WEBHOOK_URL="https://webhook.invalid")

    adapted = adapt({"Resources": {"Webhook": function}}, here)["Resources"]["Webhook"]

    variables = adapted["Properties"]["Environment"]["Variables"]
    assert variables["WEBHOOK_URL"] == "http://127.0.0.1:9999/hook"


def test_a_stack_has_webhooks_only_with_a_url() -> None:
    assert "WebhookUrl" not in make_parameters("")
    assert make_parameters("http://127.0.0.1:9999/hook")["WebhookUrl"].startswith("https://")
