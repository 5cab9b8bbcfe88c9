"""`make deploy` shows what an update changes, and stops before one that loses something."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest

from local import changes, empty
from local.changes import LosingUpdate, describe_changes
from local.empty import Environment
from local.translate import translate

pytestmark = pytest.mark.usefixtures("aws")
_HERE = Environment("heed", "us-east-1", None)
_FUNCTION = {
    "Type": "AWS::Serverless::Function",
    "Properties": {
        "CodeUri": "functions/unsubscribe",
        "Handler": "app.handler",
        "Runtime": "python3.13",
        "Role": "arn:aws:iam::123456789012:role/heed",
        "Timeout": 28,
    },
    "Metadata": {"BuildMethod": "makefile"},
}
_TEMPLATE: dict[str, Any] = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Parameters": {"Environment": {"Type": "String", "Default": "trial", "Description": "Kind of stack"}},
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "feedback"}},
        "UnsubscribeFunction": _FUNCTION,
    },
    "Outputs": {},
}


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A template whose stack is deployed."""
    path = _store(tmp_path, _TEMPLATE)
    deployed = translate(path, {}).template
    # The emulator would ask for the code of the function.
    del deployed["Resources"]["UnsubscribeFunction"]["Properties"]["Code"]
    body = {**deployed, "Resources": _without_function(deployed["Resources"])}
    boto3.client("cloudformation").create_stack(StackName="heed", TemplateBody=json.dumps(body))
    return path


def _without_function(resources: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in resources.items() if name != "UnsubscribeFunction"}


def _store(folder: Path, template: dict[str, Any]) -> Path:
    path = folder / "template.yaml"
    path.write_text(json.dumps(template))
    return path


def _change(path: Path, **resources: dict[str, Any] | None) -> None:
    template = copy.deepcopy(_TEMPLATE)
    merged = {**template["Resources"], **resources}
    template["Resources"] = {name: each for name, each in merged.items() if each is not None}
    _store(path.parent, template)


def test_without_a_stack_everything_is_new(tmp_path: Path) -> None:
    lines = list(describe_changes(_HERE, _store(tmp_path, _TEMPLATE)))
    assert lines == ["There is no stack heed in us-east-1 yet: everything is new"]


def test_before_a_first_deployment_is_done_everything_is_new(tmp_path: Path) -> None:
    empty = json.dumps({"Resources": {}})
    boto3.client("cloudformation").create_stack(StackName="heed", TemplateBody=empty)
    lines = list(describe_changes(_HERE, _store(tmp_path, _TEMPLATE)))
    assert lines == ["The stack heed in us-east-1 has no resources yet: everything is new"]


def test_a_template_in_yaml_is_parsed() -> None:
    assert changes._to_template("Resources: {Queue: {Type: 'AWS::SQS::Queue'}}") == {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}
    }
    assert changes._to_template("") == {}


def test_added_changed_and_removed_resources_are_listed(template: Path) -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 90}}
    policy = {"Type": "AWS::SNS::TopicPolicy", "Properties": {}}
    _change(template, Queue=queue, Policy=policy)
    assert list(describe_changes(_HERE, template)) == [
        "heed in us-east-1: 2 resources are added, 1 change, 0 are removed",
        "  + Policy  AWS::SNS::TopicPolicy",
        "  + UnsubscribeFunction  AWS::Lambda::Function",
        "  ~ Queue  AWS::SQS::Queue",
    ]


def test_a_number_that_became_text_is_no_change(template: Path) -> None:
    _change(template, Queue={"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": "60"}})
    assert not any("Queue" in line for line in describe_changes(_HERE, template))


def test_a_new_parameter_is_explained(template: Path) -> None:
    wanted = copy.deepcopy(_TEMPLATE)
    wanted["Parameters"]["SealYears"] = {"Type": "Number", "Default": 6, "Description": "Years of seals"}
    _store(template.parent, wanted)
    assert list(describe_changes(_HERE, template))[-1] == "  + parameter SealYears: Years of seals"


def test_an_update_that_loses_a_queue_stops_with_what_is_lost(template: Path) -> None:
    _change(template, Queue=None)
    lines = describe_changes(_HERE, template)
    assert next(lines).endswith("1 are removed")
    with pytest.raises(LosingUpdate, match=r"^Queue is removed$"):
        list(lines)


def test_the_command_ends_with_1_and_says_how_to_deploy_all_the_same(
    template: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (template.parent / "samconfig.toml").write_text('[trial.global.parameters]\nstack_name = "heed"\n')
    monkeypatch.setattr(changes, "SAMCONFIG", template.parent / "samconfig.toml")
    monkeypatch.setattr(changes, "ROOT", template.parent)
    assert changes.main("trial") == 0
    _change(template, Topic=None)
    assert changes.main("trial") == 1
    printed = capsys.readouterr().err
    assert "Topic is removed" in printed
    assert "Nothing was deployed" in printed and "sam deploy --config-env trial" in printed


def test_a_new_layer_version_alone_changes_no_function() -> None:
    old, new = (
        {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Layers": [{"Ref": f"CoreLayer{digest}"}], "Code": {}},
        }
        for digest in ("0123456789", "abcdef0123")
    )
    lines = list(changes._compare("heed", _with(old), _with(new)))
    assert lines == ["heed: 0 resources are added, 0 change, 0 are removed"]


def _with(function: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": {"UnsubscribeFunction": function}, "Parameters": {}}


@pytest.mark.parametrize("command", [changes, empty], ids=["deploy", "destroy"])
def test_an_environment_that_does_not_exist_is_named_with_those_that_do(
    command: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main("staging") == 3

    assert capsys.readouterr().err == (
        "samconfig.toml has no environment staging\n  Remedy: choose one of: default, trial, production\n"
    )


@pytest.mark.parametrize("command", [changes, empty], ids=["deploy", "destroy"])
def test_without_a_region_the_remedy_names_where_it_is_set(
    command: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    assert command.main("trial") == 3

    printed = capsys.readouterr().err
    assert printed.startswith("AWS: You must specify a region.") and "AWS_DEFAULT_REGION" in printed
