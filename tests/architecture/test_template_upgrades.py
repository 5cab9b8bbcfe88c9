"""An update of a deployed stack loses no data and contains no change that AWS refuses."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from local.upgrade_faults import STATEFUL_TYPES, upgrade_faults
from tests.support.released import released_template
from tests.support.translated_template import translated_template

Template = dict[str, Any]

VERSIONED_TYPES = {"AWS::Lambda::LayerVersion"}  # each version is another resource
_INDEX = {"KeySchema": [], "Projection": {"ProjectionType": "ALL"}}


def test_the_current_template_can_update_the_latest_release() -> None:
    assert list(upgrade_faults(released_template(), translated_template("production"))) == []


def test_an_unchanged_template_has_no_fault() -> None:
    assert list(upgrade_faults(released_template(), released_template())) == []


def _resource(template: Template, name: str) -> dict[str, Any]:
    resource: dict[str, Any] = template["Resources"][name]
    return resource


def _properties(template: Template, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = _resource(template, name)["Properties"]
    return properties


def _rename(template: Template, old: str, new: str) -> None:
    template["Resources"][new] = template["Resources"].pop(old)


def _stage(template: Template) -> dict[str, Any]:
    (stage,) = (
        each["Properties"]
        for each in template["Resources"].values()
        if each["Type"] == "AWS::ApiGatewayV2::Stage"
    )
    properties: dict[str, Any] = stage
    return properties


# Each forbidden change of the released template, and the fault that must be found.
FAULTS: dict[str, tuple[Callable[[Template], object], str]] = {
    "a table is renamed": (
        lambda t: _rename(t, "PreferencesTable", "RecipientsTable"),
        "PreferencesTable is removed",
    ),
    "a queue is removed": (lambda t: t["Resources"].pop("OptOutRetryQueue"), "OptOutRetryQueue is removed"),
    "a key becomes a topic": (
        lambda t: _resource(t, "DataKey").update(Type="AWS::SNS::Topic"),
        "DataKey is removed",
    ),
    "a table has another key": (
        lambda t: _properties(t, "ControlTable").update(KeySchema=[]),
        "ControlTable is replaced, because its KeySchema changes",
    ),
    "a key attribute has another type": (
        lambda t: _properties(t, "ControlTable")["AttributeDefinitions"][0].update(AttributeType="N"),
        "ControlTable is replaced, because its attribute pk has another type",
    ),
    "a log group has another name": (
        lambda t: _properties(t, "PurgeLogs").update(LogGroupName="/purge"),
        "PurgeLogs is replaced, because its LogGroupName changes",
    ),
    "a bucket gets a name": (
        lambda t: _properties(t, "LedgerBucket").update(BucketName="ledger"),
        "LedgerBucket is replaced, because its BucketName changes",
    ),
    "a policy that roles of the adopter have gets another description": (
        lambda t: _properties(t, "LinksKeyPolicy").update(Description="May make links"),
        "LinksKeyPolicy is replaced, because its Description changes",
    ),
    "a table is deleted with its stack": (
        lambda t: _resource(t, "LedgerTable").update(DeletionPolicy="Delete"),
        "LedgerTable has another DeletionPolicy",
    ),
    "a key depends on a condition": (
        lambda t: _resource(t, "LinksKey").update(Condition="Production"),
        "LinksKey has another Condition",
    ),
    "another resource has another type": (
        lambda t: _resource(t, "PurgeRole").update(Type="AWS::IAM::User"),
        "PurgeRole becomes another type of resource, and CloudFormation rejects that",
    ),
    "an index has another projection": (
        lambda t: _properties(t, "PreferencesTable")["GlobalSecondaryIndexes"][0].update(
            Projection={"ProjectionType": "ALL"}
        ),
        "PreferencesTable changes its index Changes: another projection needs another name",
    ),
    "two indexes are added": (
        lambda t: _properties(t, "PreferencesTable")["GlobalSecondaryIndexes"].extend(
            {"IndexName": name, **_INDEX} for name in ("One", "Two")
        ),
        "PreferencesTable gets more than one index, but DynamoDB creates only one in an update",
    ),
    "a route loses its throttle": (
        lambda t: _stage(t)["RouteSettings"].pop("POST /v1/check"),
        "the throttle of POST /v1/check is removed",
    ),
    "a route is removed": (
        lambda t: _properties(t, "HttpApi")["Body"]["paths"]["/u/{token}"].pop("post"),
        "the route post /u/{token} is removed",
    ),
    "a parameter is removed": (
        lambda t: t["Parameters"].pop("SealYears"),
        "the parameter SealYears is removed, and a samconfig.toml that sets it is rejected",
    ),
    "a parameter takes less": (
        lambda t: t["Parameters"]["SealYears"].update(MaxValue=5),
        "the parameter SealYears may reject the value of an existing stack",
    ),
    "a parameter takes only some values": (
        lambda t: t["Parameters"]["MailFrom"].update(AllowedValues=[""]),
        "the parameter MailFrom may reject the value of an existing stack",
    ),
    "a parameter is added without a default": (
        lambda t: t["Parameters"].update(Company={"Type": "String"}),
        "the parameter Company is new and has no default",
    ),
    "an output is removed": (
        lambda t: t["Outputs"].pop("LedgerTable"),
        "the output LedgerTable is removed",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_forbidden_change_is_found(fault: str) -> None:
    change, message = FAULTS[fault]
    changed = copy.deepcopy(released_template())
    change(changed)
    assert list(upgrade_faults(released_template(), changed)) == [message]


def test_permitted_changes_are_accepted() -> None:
    changed = copy.deepcopy(released_template())
    _properties(changed, "PreferencesTable")["GlobalSecondaryIndexes"].append({"IndexName": "One", **_INDEX})
    changed["Resources"]["MailboxBucket"] = {"Type": "AWS::S3::Bucket"}
    changed["Resources"].pop("PurgeErrorsAlarm")
    changed["Parameters"]["Company"] = {"Type": "String", "Default": ""}
    changed["Parameters"]["Environment"]["AllowedValues"].append("rehearsal")
    changed["Parameters"]["SealYears"]["MaxValue"] = 200
    changed["Outputs"]["MailboxBucket"] = {"Value": {"Ref": "MailboxBucket"}}
    assert list(upgrade_faults(released_template(), changed)) == []


def test_a_new_version_of_a_layer_is_accepted() -> None:
    changed = copy.deepcopy(released_template())
    layers = [name for name in changed["Resources"] if name.startswith("CoreLayer")]
    assert len(layers) == 1
    _rename(changed, layers[0], "CoreLayer0123456789")
    assert list(upgrade_faults(released_template(), changed)) == []


@pytest.mark.parametrize("kind", STATEFUL_TYPES.keys() - VERSIONED_TYPES)
def test_each_property_whose_change_replaces_a_protected_resource_is_compared(kind: str) -> None:
    """The schemas of CloudFormation's registry, which cfn-lint has, name these properties."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    replacing = {
        pointer.split("/")[2]
        for key in ("createOnlyProperties", "conditionalCreateOnlyProperties")
        for pointer in schema.get(key, ())
    }
    used = {
        name
        for resource in translated_template("production")["Resources"].values()
        if resource["Type"] == kind
        for name in resource.get("Properties", {})
    }
    assert replacing & used <= set(STATEFUL_TYPES[kind])


@pytest.mark.parametrize("kind", STATEFUL_TYPES)
def test_the_template_has_a_resource_of_each_protected_type(kind: str) -> None:
    assert kind in {each["Type"] for each in translated_template("production")["Resources"].values()}


def test_the_baseline_has_each_protected_type_that_is_not_newer() -> None:
    released = {each["Type"] for each in released_template()["Resources"].values()}

    assert STATEFUL_TYPES.keys() - released == {"AWS::Cognito::UserPool", "AWS::SecretsManager::Secret"}


LATER_FAULTS: dict[str, tuple[Callable[[Template], object], str]] = {
    "the pool of the people at the desk is removed": (
        lambda t: t["Resources"].pop("DeskUsers"),
        "DeskUsers is removed",
    ),
    "the people at the desk sign in with something else": (
        lambda t: _properties(t, "DeskUsers").update(UsernameAttributes=["email"]),
        "DeskUsers is replaced, because its UsernameAttributes changes",
    ),
    "the secret of webhooks gets a name": (
        lambda t: _properties(t, "WebhookSecret").update(Name="webhooks"),
        "WebhookSecret is replaced, because its Name changes",
    ),
}


@pytest.mark.parametrize("fault", LATER_FAULTS)
def test_a_forbidden_change_of_what_the_next_release_has_is_found(fault: str) -> None:
    change, message = LATER_FAULTS[fault]
    current = translated_template("production")
    changed = copy.deepcopy(current)
    change(changed)

    assert list(upgrade_faults(current, changed)) == [message]
