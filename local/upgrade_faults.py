"""Finds faults of a stack update by comparing the translated templates before and after it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Template = Mapping[str, Any]

# Resource types that must not be lost, because they hold data or other systems know their names. A change of
# one of the listed properties makes CloudFormation replace the resource.
STATEFUL_TYPES = {
    "AWS::ApiGatewayV2::Api": ("ProtocolType",),
    "AWS::ApiGatewayV2::DomainName": ("DomainName",),
    "AWS::Cognito::UserPool": ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration"),
    "AWS::DynamoDB::Table": ("TableName", "KeySchema"),
    "AWS::Events::EventBus": ("Name",),
    # A policy that is attached to a role of the adopter cannot be deleted.
    "AWS::IAM::ManagedPolicy": ("Description", "ManagedPolicyName", "Path"),
    "AWS::KMS::Alias": ("AliasName",),
    "AWS::KMS::Key": ("KeySpec", "KeyUsage", "MultiRegion"),
    "AWS::Lambda::LayerVersion": ("LayerName",),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::SES::ConfigurationSet": ("Name",),
    "AWS::SES::EmailIdentity": ("EmailIdentity",),
    "AWS::SNS::Topic": ("TopicName",),
    "AWS::SecretsManager::Secret": ("Name",),
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
}
_LIFECYCLE_ATTRIBUTES = ("Condition", "DeletionPolicy", "UpdateReplacePolicy")
_HASH = re.compile(r"[0-9a-f]{10}$")  # SAM appends the hash of its content to the name of a layer


def upgrade_faults(before: Template, after: Template) -> Iterator[str]:
    """Returns what an update from one template to the other would lose, and what AWS would reject."""
    old, new = resources_by_name(before), resources_by_name(after)
    for name, resource in old.items():
        if resource["Type"] in STATEFUL_TYPES:
            yield from _faults_of_stateful(name, resource, new.get(name, {}))
        elif name in new and new[name]["Type"] != resource["Type"]:
            yield f"{name} becomes another type of resource, and CloudFormation rejects that"
    for name, resource in new.items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            yield from _faults_of_indexes(name, old.get(name, {}), resource)
    for find_routes, name in ((_throttled_routes, "the throttle of"), (_routes, "the route")):
        for route in sorted(find_routes(old) - find_routes(new)):
            yield f"{name} {route} is removed"
    yield from _faults_of_parameters(before["Parameters"], after["Parameters"])
    for name in sorted(before["Outputs"].keys() - after["Outputs"].keys()):
        yield f"the output {name} is removed"


def resources_by_name(template: Template) -> dict[str, Any]:
    """Returns the resources of a translated template. The name of a layer has no hash."""
    return {
        _HASH.sub("", name) if resource["Type"] == "AWS::Lambda::LayerVersion" else name: resource
        for name, resource in template["Resources"].items()
    }


def _properties(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = resource.get("Properties", {})
    return properties


def _faults_of_stateful(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if new.get("Type") != old["Type"]:
        yield f"{name} is removed"
        return
    for property_name in STATEFUL_TYPES[old["Type"]]:
        if _to_text(_properties(old).get(property_name)) != _to_text(_properties(new).get(property_name)):
            yield f"{name} is replaced, because its {property_name} changes"
    for attribute in _LIFECYCLE_ATTRIBUTES:
        if old.get(attribute) != new.get(attribute):
            yield f"{name} has another {attribute}"
    types = _attributes(new)
    for attribute, kind in _attributes(old).items():
        if types.get(attribute, kind) != kind:
            yield f"{name} is replaced, because its attribute {attribute} has another type"


def _to_text(value: object) -> str:
    """Returns a property as text. CloudFormation may return a number or a truth value as text."""
    return str(value).lower()


def _attributes(table: Mapping[str, Any]) -> dict[str, str]:
    defined = _properties(table).get("AttributeDefinitions", ())
    return {definition["AttributeName"]: definition["AttributeType"] for definition in defined}


def _faults_of_indexes(table: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Returns the faults of indexes. CloudFormation rejects a change of an index's keys or projection."""
    before, after = _indexes(old), _indexes(new)
    for name, index in before.items():
        if after.get(name) != index:
            yield f"{table} changes its index {name}: another projection needs another name"
    if old and len(after.keys() - before.keys()) > 1:
        yield f"{table} gets more than one index, but DynamoDB creates only one in an update"


def _indexes(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        index["IndexName"]: (index["KeySchema"], index["Projection"])
        for index in _properties(table).get("GlobalSecondaryIndexes", ())
    }


def _throttled_routes(resources: Mapping[str, Any]) -> set[str]:
    """Returns the routes with a throttle.

    API Gateway keeps the throttle of a removed route and then rejects the update.
    """
    stages = [r for r in resources.values() if r["Type"] == "AWS::ApiGatewayV2::Stage"]
    return {route for stage in stages for route in _properties(stage).get("RouteSettings", ())}


def _routes(resources: Mapping[str, Any]) -> set[str]:
    apis = [r for r in resources.values() if "Body" in r.get("Properties", {})]  # only SAM's have one
    return {
        f"{method} {path}"
        for api in apis
        for path, methods in _properties(api)["Body"]["paths"].items()
        for method in methods
    }


def _faults_of_parameters(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            yield f"the parameter {name} is removed, and a samconfig.toml that sets it is rejected"
        elif _is_narrower(old, new):
            yield f"the parameter {name} may reject the value of an existing stack"
    for name in sorted(after.keys() - before.keys()):
        if "Default" not in after[name]:
            yield f"the parameter {name} is new and has no default"


def _is_narrower(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    allowed = new.get("AllowedValues")
    return (
        old["Type"] != new["Type"]
        or ("Default" in old and "Default" not in new)
        or new.get("AllowedPattern") not in (None, old.get("AllowedPattern"))
        or (allowed is not None and not set(old.get("AllowedValues", ("any other",))) <= set(allowed))
        or float(new.get("MinValue", "-inf")) > float(old.get("MinValue", "-inf"))
        or float(new.get("MaxValue", "inf")) < float(old.get("MaxValue", "inf"))
    )
